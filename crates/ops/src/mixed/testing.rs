//! Images, and runs of operators, for the tests of mixed chains.
#![expect(unsafe_code, reason = "runs launches")]

use crate::mixed::ChainImage;
use crate::*;
use pixelflume_device::{Address, Device, HostConfig, Launch};
use std::sync::{Arc, LazyLock};

/// Host devices with one worker and with several.
pub(super) static DEVICES: LazyLock<[Device; 2]> = LazyLock::new(|| {
    [1, 3].map(|threads| Device::host_with(HostConfig::default().with_threads(threads)))
});

/// An image in memory, with some bytes behind each row.
pub(super) struct Image {
    pub(super) shape: ImageShape,
    pub(super) row_pitch: usize,
    pub(super) bytes: Vec<u8>,
}

impl Image {
    pub(super) fn random(shape: ImageShape, random: &mut testing::Random) -> Self {
        let row_pitch = shape.row_bytes() + random.within(0, 3) as usize;
        let bytes = random.bytes(row_pitch * shape.rows());
        Image {
            shape,
            row_pitch,
            bytes,
        }
    }

    pub(super) fn chain_image<'a>(&self, frame: usize) -> ChainImage<'a> {
        ChainImage {
            shape: self.shape,
            base: Address::from_ptr(self.bytes.as_ptr()),
            row_pitch: self.row_pitch,
            index: frame as u64,
            epoch: 0,
            frame,
            values: &[],
        }
    }

    fn batch(&self) -> ImageBatch {
        ImageBatch {
            shape: self.shape,
            batch: 1,
            base: Address::from_ptr(self.bytes.as_ptr()),
            row_pitch: self.row_pitch,
            batch_stride: self.bytes.len(),
        }
    }
}

fn run(device: &Device, launches: &[Launch]) {
    let stream = device.stream().unwrap();
    for launch in launches {
        // SAFETY: the callers keep the memory until the stream is at rest, and use it for nothing else.
        unsafe { stream.enqueue(launch, None) }.unwrap();
    }
    stream.synchronize().unwrap();
}

/// Runs a plan over one input, to an output without padding.
pub(super) fn output_of(plan: &Arc<dyn Plan>, device: &Device, input: ImageBatch) -> Vec<u32> {
    let shape = plan.output();
    let mut memory = vec![0u32; (shape.bytes() * input.batch as usize).div_ceil(4)];
    let binding = Binding {
        inputs: &[input],
        output: ImageBatch::tight(
            shape,
            input.batch,
            Address::from_ptr(memory.as_mut_ptr().cast::<u8>()),
        ),
        tables: Address::NULL,
        workspace: Address::NULL,
    };
    let code = Arc::clone(plan).code(device).unwrap();
    let mut launches = Vec::new();
    plan.bind(&code, &binding, &mut launches);
    run(device, &launches);
    memory
}

fn bytes(memory: &[u32], shape: ImageShape) -> Vec<u8> {
    bytemuck::cast_slice(memory)[..shape.bytes()].to_vec()
}

/// The outputs of the operators for one image, one operator after the other.
pub(super) fn one_by_one(
    operators: &[Arc<dyn Operator>],
    image: &Image,
    device: &Device,
) -> (ImageShape, Vec<u8>) {
    one_by_one_of(operators, image, 0, device)
}

/// The outputs of the operators for the image of this frame, one operator after the other.
pub(super) fn one_by_one_of(
    operators: &[Arc<dyn Operator>],
    image: &Image,
    frame: usize,
    device: &Device,
) -> (ImageShape, Vec<u8>) {
    let (mut shape, mut data) = (image.shape, None::<Vec<u32>>);
    let of_frame = image.chain_image(frame);
    for operator in operators {
        let concrete = operator.for_image(&of_frame.context(0, shape)).unwrap();
        let operator = concrete.as_ref().unwrap_or(operator);
        let plan = operator.plan(&[shape]).unwrap();
        let input = match &data {
            None => image.batch(),
            Some(data) => {
                ImageBatch::tight(shape, 1, Address::from_ptr(data.as_ptr().cast::<u8>()))
            }
        };
        data = Some(output_of(&plan, device, input));
        shape = plan.output();
    }
    (shape, bytes(&data.unwrap(), shape))
}
