//! Once the scratch rows of the workers are as large as the images need, running an operator allocates nothing.
#![expect(unsafe_code, reason = "runs launches")]

use pixelflume_device::{Address, Device, HostConfig, Launch, Stream};
use pixelflume_heap_counter::{Counting, counted};
use pixelflume_ops::{
    AbsDiff, Binding, Blend, BoxBlur, Color, ColorConversion, Erode, Flip, GaussianBlur,
    ImageBatch, ImageShape, Interpolation, Laplacian, Letterbox, MedianBlur, Normalize, Operator,
    Pad, Resize, Sobel, Threshold, WarpAffine,
};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

fn operators() -> Vec<Box<dyn Operator>> {
    let resize = |width, height| Resize::new(width, height).expect("a possible size");
    vec![
        Box::new(Color::new(ColorConversion::RgbToGray)),
        Box::new(Color::new(ColorConversion::RgbToBgr)),
        Box::new(resize(333, 222)),
        Box::new(resize(200, 150)),
        Box::new(resize(333, 222).interpolation(Interpolation::Nearest)),
        Box::new(GaussianBlur::new(9).expect("an odd size")),
        Box::new(Sobel::magnitude()),
        Box::new(Sobel::dx()),
        Box::new(AbsDiff::new()),
        Box::new(Blend::default()),
        Box::new(Threshold::new(9)),
        Box::new(Flip::default()),
        Box::new(Pad::new(1, 2, 3, 4)),
        Box::new(Letterbox::new(64, 64).expect("a possible size")),
        Box::new(
            WarpAffine::new([0.8, -0.6, 40.0, 0.6, 0.8, -20.0], 64, 64).expect("a possible matrix"),
        ),
        Box::new(BoxBlur::new(5).expect("an odd size")),
        Box::new(Erode::new(5).expect("an odd size")),
        Box::new(Laplacian::default()),
        Box::new(MedianBlur::new(5).expect("3 or 5")),
        Box::new(Normalize::new(&[0.5], &[0.25]).expect("possible numbers")),
    ]
}

#[test]
fn running_and_binding_allocate_nothing() {
    // One worker: with more, which of them needs scratch for the first time is a matter of luck.
    // A checked device is made for tests, and allocates.
    let device = Device::host_with(HostConfig::default().with_threads(1).with_checked(false));
    let stream = device.stream().expect("a host stream");
    // Large images are cut into strips; small ones are run often enough for an allocation in every 1,200th run to be seen.
    for (input, runs) in [
        (ImageShape::u8(400, 300, 3), 20),
        (ImageShape::u8(24, 18, 3), 1500),
    ] {
        count(&device, &stream, input, runs);
    }
}

/// Counts what so many runs of each operator allocate after the first.
fn count(device: &Device, stream: &Stream, input: ImageShape, runs: usize) {
    let batch = 3;
    let source = vec![7u8; input.bytes() * batch];
    for operator in operators() {
        let inputs = operator.input_count();
        let plan = operator
            .plan(&vec![input; inputs])
            .expect("possible shapes");
        let mut target = vec![0u64; (plan.output().bytes() * batch).div_ceil(8)];
        let images = |shape, address| ImageBatch::tight(shape, batch as u32, address);
        let binding = Binding {
            inputs: &vec![images(input, Address::from_ptr(source.as_ptr())); inputs],
            output: images(plan.output(), Address::from_ptr(target.as_mut_ptr())),
            tables: Address::NULL,
            workspace: Address::NULL,
        };
        let code = plan.clone().code(device).expect("host code");
        let mut launches: Vec<Launch> = Vec::with_capacity(2);
        let mut run = || {
            launches.clear();
            plan.bind(&code, &binding, &mut launches);
            for launch in &launches {
                // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
                unsafe { stream.enqueue(launch, None) }.expect("a host launch");
            }
            stream.synchronize().expect("the launch works");
        };
        run();
        let (during, ()) = counted(|| (0..runs).for_each(|_| run()));
        assert_eq!(
            during, 0,
            "{operator:?} allocated {during} times in {runs} runs of {input}"
        );
    }
}
