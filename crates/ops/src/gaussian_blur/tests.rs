//! A test of a launch of the blur over invalid memory.
#![expect(unsafe_code, reason = "runs launches")]

use super::GaussianBlur;
use crate::contract::{Binding, Operator};
use crate::image::{ImageBatch, ImageShape};
use pixelflume_device::{Address, Args, Device, HostConfig};
use pixelflume_kernels::args::GaussianBlurArgs;

#[test]
fn a_launch_with_impossible_memory_fails_and_the_stream_works_on() {
    let device = Device::host_with(HostConfig::default().with_threads(1));
    let stream = device.stream().expect("a host stream");
    let shape = ImageShape::u8(8, 8, 1);
    let (source, mut target) = ([7u8; 64], [0u8; 64]);
    let blur = GaussianBlur::new(3).expect("an odd size");
    let plan = blur.plan(&[shape]).expect("a plan");
    let code = plan.clone().code(&device).expect("host code");
    let binding = Binding {
        inputs: &[ImageBatch::tight(
            shape,
            1,
            Address::from_ptr(source.as_ptr()),
        )],
        output: ImageBatch::tight(shape, 1, Address::from_ptr(target.as_mut_ptr())),
        tables: Address::NULL,
        workspace: Address::NULL,
    };
    let mut launches = Vec::new();
    plan.bind(&code, &binding, &mut launches);
    let good = launches[0].clone();
    let mut args = good.args().get::<GaussianBlurArgs>();
    args.dst.base = args.src.base + 63;
    launches[0].set_args(Args::of(&args));

    // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.

    unsafe { stream.enqueue(&launches[0], None) }.expect("a host launch");
    let error = stream
        .synchronize()
        .expect_err("the images overlap")
        .to_string();
    assert!(error.contains("overlap"), "{error}");
    // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
    unsafe { stream.enqueue(&good, None) }.expect("a host launch");
    stream.synchronize().expect("the stream works on");
    assert_eq!(target, source);
}
