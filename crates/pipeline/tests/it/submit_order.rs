//! Batches on streams of the caller, and the plan's own memory.

use crate::gate::Gate;
use crate::support::noise;
use pixelflume_device::{Device, HostConfig, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume_ops::{GaussianBlur, ImageShape, Sobel};
use pixelflume_pipeline::{
    BatchLayout, DeviceImages, ExecutionConfig, Image, Input, Output, Pipeline, PipelineBuilder,
    Runner,
};

/// Two nodes that are not fused, so that the arena is used.
fn pipeline() -> Pipeline {
    let mut builder = PipelineBuilder::new("order");
    let input = builder.input("input").unwrap();
    let smooth = builder
        .then(input, "smooth", GaussianBlur::new(5).unwrap())
        .unwrap();
    let edges = builder.then(smooth, "edges", Sobel::magnitude()).unwrap();
    builder.output(smooth).unwrap();
    builder.output(edges).unwrap();
    builder.build().unwrap()
}

fn buffer_with(memory: &MemoryManager, image: &Image, stream: &Stream) -> DeviceBuffer {
    let len = image.data().len();
    let mut pinned = memory.pinned(len).unwrap();
    pinned.as_mut_slice().unwrap()[..len].copy_from_slice(image.data());
    let mut buffer = memory.allocate(len, stream).unwrap();
    buffer.upload(0, &mut pinned, 0..len, stream).unwrap();
    buffer
}

/// The arena of a plan may come from a tensor whose last use is still in another stream: the batches of the plan come
/// behind that, whatever their stream.
#[test]
fn a_new_plan_waits_for_the_last_use_of_its_memory() {
    for checked in [false, true] {
        let settings = HostConfig::default().with_threads(3).with_checked(checked);
        let device = Device::host_with(settings);
        let memory = MemoryManager::new(&device, MemoryConfig::default());
        let config = ExecutionConfig::default().with_max_batch(1);
        let mut maker = Runner::with_memory(pipeline(), &memory, config.clone()).unwrap();
        let mut reader = Runner::with_memory(pipeline(), &memory, config.clone()).unwrap();
        let busy = device.stream().unwrap();
        let other = device.stream().unwrap();

        // A tensor of the size of the arena of the plan below, whose home is the runner's own stream.
        let small = noise(64, 32, 1, 1);
        let plan = pipeline()
            .compile(&device, &[ImageShape::u8(64, 32, 1)], config.clone())
            .unwrap();
        let rows = plan.arena().bytes() / 64;
        let large = noise(64, u32::try_from(rows).unwrap(), 1, 2);
        let mut tensor = None;
        let _ = maker
            .execute(
                &[Input::Images(&[&large])],
                &mut [Output::Tensor(&mut tensor), Output::Discard],
            )
            .unwrap();
        let tensor = tensor.unwrap();
        let expected = tensor.to_images().unwrap();
        let expected = reader.run(&[&expected[0]]).unwrap();
        let expected = expected.images("edges").unwrap()[0].data().to_vec();

        // Its last use waits in a busy stream.
        let input = buffer_with(&memory, &small, &other);
        other.synchronize().unwrap();
        let gate = Gate::close(&busy);
        let mut edges = None;
        let pending = reader
            .submit(
                &[Input::Device(tensor.images())],
                &mut [Output::Discard, Output::Tensor(&mut edges)],
                &busy,
            )
            .unwrap();
        drop(tensor);

        // A new plan gets its memory.
        let layout = BatchLayout::tight(ImageShape::u8(64, 32, 1), 1);
        let images = DeviceImages::new(layout, &input).unwrap();
        let next = maker.submit(
            &[Input::Device(images)],
            &mut [Output::Discard, Output::Discard],
            &other,
        );
        for _ in 0..200 {
            std::thread::sleep(std::time::Duration::from_millis(1));
            if next.as_ref().is_ok_and(|next| next.is_ready().unwrap()) {
                break;
            }
        }
        gate.open();
        assert!(pending.wait().unwrap().is_success());
        let got = edges.unwrap().to_images().unwrap();
        assert!(got[0].data() == expected, "checked {checked}");
        assert!(next.unwrap().wait().unwrap().is_success());
    }
}
