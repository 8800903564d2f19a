//! The launches of a plan, run by a stream of the caller's own.
#![expect(unsafe_code, reason = "runs launches")]

use crate::runner::{HOST, fork_join};
use crate::support::noise;
use pixelflume_device::{DeviceError, Stream};
use pixelflume_memory::DeviceBuffer;
use pixelflume_pipeline::{
    BatchLayout, BatchOutputs, DeviceImages, DeviceImagesMut, ExecutionConfig, Image, Input,
    PipelineError,
};

fn upload(
    plan: &pixelflume_pipeline::CompiledPipeline,
    images: &[Image],
    stream: &Stream,
) -> DeviceBuffer {
    let bytes: Vec<u8> = images
        .iter()
        .flat_map(|image| image.data().to_vec())
        .collect();
    let mut buffer = plan.memory().allocate(bytes.len(), stream).unwrap();
    let mut pinned = plan.memory().pinned(bytes.len()).unwrap();
    pinned.as_mut_slice().unwrap().copy_from_slice(&bytes);
    buffer
        .upload(0, &mut pinned, 0..bytes.len(), stream)
        .unwrap();
    buffer
}

#[test]
fn launches_of_a_plan_give_what_its_execution_gives() {
    let images: Vec<Image> = (0..3).map(|seed| noise(40, 30, 3, seed)).collect();
    let shape = images[0].shape();
    let config = ExecutionConfig::default().with_max_batch(3);
    let mut plan = fork_join().compile(&HOST, &[shape], config).unwrap();
    let frames: Vec<&Image> = images.iter().collect();
    let expected = plan.run(&frames).unwrap();
    let submitted = plan.statistics().submit_time;
    assert!(!submitted.is_zero());

    let stream = HOST.stream().unwrap();
    let input = upload(&plan, &images, &stream);
    let input = DeviceImages::new(BatchLayout::tight(shape, 3), &input).unwrap();
    let shapes: Vec<_> = plan
        .pipeline()
        .output_nodes()
        .iter()
        .map(|&node| plan.shapes().nodes[node])
        .collect();
    let mut room: Vec<DeviceBuffer> = shapes
        .iter()
        .map(|shape| plan.memory().allocate(shape.bytes() * 3, &stream).unwrap())
        .collect();
    let mut outputs: Vec<DeviceImagesMut<'_>> = shapes
        .iter()
        .zip(&mut room)
        .map(|(&shape, room)| DeviceImagesMut::new(BatchLayout::tight(shape, 3), room).unwrap())
        .collect();
    let launches = plan.launches(&[input], &mut outputs).unwrap();
    assert_eq!(launches.len(), plan.launches_per_batch());
    for launch in &launches {
        // SAFETY: plan and images are kept until the downloads below are waited for, all in the order of the stream.
        unsafe { stream.enqueue(launch, None) }.unwrap();
    }
    let refused = plan.launches(&[], &mut outputs);
    assert!(
        matches!(refused, Err(PipelineError::InputCount { .. })),
        "{refused:?}"
    );
    let config = ExecutionConfig::default().with_max_batch(2);
    let mut small = fork_join().compile(&HOST, &[shape], config).unwrap();
    let refused = small.launches(&[input], &mut outputs);
    assert!(
        matches!(refused, Err(PipelineError::Setting { got: 2, .. })),
        "{refused:?}"
    );
    let names: Vec<String> = plan.pipeline().outputs().map(str::to_owned).collect();
    for ((name, room), shape) in names.iter().zip(&room).zip(&shapes) {
        let mut pinned = plan.memory().pinned(shape.bytes() * 3).unwrap();
        room.download(0, &mut pinned, 0..shape.bytes() * 3, &stream)
            .unwrap();
        let expected = expected.images(name).unwrap();
        let got = pinned.as_slice().unwrap().chunks_exact(shape.bytes());
        for (expected, got) in expected.iter().zip(got) {
            assert_eq!(expected.data(), got, "{name}");
        }
    }

    // The plan goes on as before, and refuses what it cannot make launches for.
    let again = plan.execute(&[Input::Device(input)], &mut []);
    assert!(
        matches!(again, Err(PipelineError::OutputCount { .. })),
        "{again:?}"
    );
    let again = plan.run(&frames).unwrap();
    assert_eq!(
        again.images(&names[0]).unwrap(),
        expected.images(&names[0]).unwrap()
    );
    assert!(plan.statistics().submit_time > submitted);
}

#[test]
fn memory_whose_stream_captures_is_refused() {
    let image = noise(40, 30, 3, 1);
    let shape = image.shape();
    let mut plan = fork_join()
        .compile(&HOST, &[shape], ExecutionConfig::default())
        .unwrap();
    let expected = plan.run(&[&image]).unwrap();
    let stream = HOST.stream().unwrap();
    let input = upload(&plan, &[noise(40, 30, 3, 2)], &stream);
    let input = DeviceImages::new(BatchLayout::tight(shape, 1), &input).unwrap();
    let mut outputs = BatchOutputs::default();
    // SAFETY: nothing that is to run relies on the order of the stream.
    unsafe { stream.begin_capture() }.unwrap();
    // It would run nothing, and give what an earlier run left.
    let error = plan
        .run_into(&[Input::Device(input)], &mut outputs)
        .unwrap_err();
    assert!(
        matches!(error, PipelineError::Device(DeviceError::Capture { .. })),
        "{error}"
    );
    assert_eq!(stream.end_capture().unwrap().launch_count(), 0);
    plan.run_into(&[Input::Device(input)], &mut outputs)
        .unwrap();
    for name in plan.pipeline().outputs() {
        assert_ne!(
            outputs.images(name).unwrap(),
            expected.images(name).unwrap()
        );
    }
}
