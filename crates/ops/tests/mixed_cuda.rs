//! The plan of a mixed chain for a GPU, on a driver without one.
#![expect(unsafe_code, reason = "takes plans out of mixed chains")]

use pixelflume_cuda_driver::testing::{FakeConfig, TestDriver};
use pixelflume_device::{Address, Change, Device, DeviceKind, Launch};
use pixelflume_kernels::args::SampleArgs;
use pixelflume_ops::mixed::{ChainImage, ImageDescriptor, MixedChain};
use pixelflume_ops::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

fn chain(channels: u32, output: ToFloat) -> MixedChain {
    let shape = ImageShape::u8(300, 200, channels);
    let image = ChainImage {
        shape,
        base: Address::new(0x10_0000),
        row_pitch: shape.row_bytes(),
        index: 0,
        epoch: 0,
        frame: 0,
        values: &[],
    };
    let operators: [Arc<dyn Operator>; 2] = [
        Arc::new(Resize::new(224, 224).expect("possible sides")),
        Arc::new(output),
    ];
    MixedChain::new(&operators, &image, DeviceKind::Cuda).expect("a mixed chain")
}

/// The launch for this many frames, whose descriptors are `stride` bytes apart from `table` on.
fn bind(chain: &MixedChain, device: &Device, frames: u32, table: u64, stride: usize) -> Launch {
    // SAFETY: nothing is launched.
    let plan = unsafe { chain.plan() };
    let code = Arc::clone(plan)
        .code(device)
        .expect("the fake driver loads");
    let mut launches = Vec::new();
    let binding = Binding {
        inputs: &[ImageBatch {
            row_pitch: stride,
            batch_stride: stride,
            ..ImageBatch::tight(ImageDescriptor::SHAPE, frames, Address::new(table))
        }],
        output: ImageBatch::tight(plan.output(), frames, Address::new(0x4000_0000)),
        tables: Address::new(0x9000),
        workspace: Address::NULL,
    };
    plan.bind(&code, &binding, &mut launches);
    assert_eq!(launches.len(), 1, "a mixed chain is one launch");
    launches.remove(0)
}

#[test]
fn the_launch_is_the_same_for_all_images() {
    let (driver, _) = TestDriver::fake(FakeConfig::default());
    let device = Device::cuda_on(driver.driver(), 0).expect("a fake GPU");
    let size = ImageDescriptor::SHAPE.bytes();
    for channels in [1, 3, 4] {
        let chain = chain(channels, ToFloat::new().layout(Layout::Planar));
        let launch = |frames| bind(&chain, &device, frames, 0x2000, size);
        let (first, again, more) = (launch(64), launch(64), launch(65));
        assert_eq!(again.change_from(&first), Change::None);
        assert_ne!(more.change_from(&first), Change::None);
        let args: SampleArgs = first.args().get();
        assert_eq!(
            (args.src.base, args.src.batch_stride),
            (0x2000, size as u64)
        );
        assert_eq!((args.dst.base, args.dst.batch), (0x4000_0000, 64));
        // SAFETY: nothing is launched.
        let plan = unsafe { chain.plan() };
        assert!(plan.tables().is_empty());
        assert_eq!(plan.workspace_bytes(&device, 64), 0);
    }
}

#[test]
fn a_table_that_the_kernel_cannot_read_is_refused() {
    let (driver, _) = TestDriver::fake(FakeConfig::default());
    let device = Device::cuda_on(driver.driver(), 0).expect("a fake GPU");
    let chain = chain(3, ToFloat::new());
    for (table, stride) in [(0x2004, 256), (0x2000, 260), (0x2000, 255)] {
        let bound = catch_unwind(AssertUnwindSafe(|| {
            bind(&chain, &device, 2, table, stride);
        }));
        assert!(
            bound.is_err(),
            "a table at {table:#x}, {stride} bytes apart"
        );
    }
}
