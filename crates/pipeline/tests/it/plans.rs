//! Batches against single frames, in every way that frames can lie and runs can go.

use crate::random::{self, Random};
use crate::runner::HOST;
use crate::support::noise;
use pixelflume_device::Device;
use pixelflume_memory::{AllocatorMode, DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::{
    BatchLayout, BatchView, BatchViewMut, CompiledPipeline, DeviceImages, DeviceImagesMut,
    ExecutionConfig, Image, ImageView, Input, Output, PipelineError,
};
use pixelflume_scheduler::ExecutionMode;
use proptest::prelude::*;

/// A layout for these images with random padding.
fn padded(shape: ImageShape, batch: usize, random: &mut Random) -> BatchLayout {
    let pitch = shape.row_bytes() + random.below(9);
    let layout = BatchLayout::tight(shape, batch)
        .with_row_pitch(pitch)
        .at(random.below(20));
    layout.with_batch_stride(pitch * shape.rows() + random.below(30))
}

/// The images in memory of this layout; what is between them is 0xaa.
fn spread(images: &[Image], layout: BatchLayout) -> Vec<u8> {
    let mut bytes = vec![0xaa; layout.end().unwrap()];
    for (n, image) in images.iter().enumerate() {
        let shape = image.shape();
        for (y, row) in image.data().chunks_exact(shape.row_bytes()).enumerate() {
            let at = layout.offset() + n * layout.batch_stride() + y * layout.row_pitch();
            bytes[at..at + row.len()].copy_from_slice(row);
        }
    }
    bytes
}

fn to_device(plan: &CompiledPipeline, bytes: &[u8]) -> DeviceBuffer {
    let stream = plan.device().stream().unwrap();
    let mut buffer = plan.memory().allocate(bytes.len(), &stream).unwrap();
    let mut pinned = plan.memory().pinned(bytes.len()).unwrap();
    pinned.as_mut_slice().unwrap().copy_from_slice(bytes);
    buffer
        .upload(0, &mut pinned, 0..bytes.len(), &stream)
        .unwrap();
    buffer
}

fn from_device(plan: &CompiledPipeline, buffer: &DeviceBuffer) -> Vec<u8> {
    let mut pinned = plan.memory().pinned(buffer.len()).unwrap();
    let len = buffer.len();
    buffer
        .download(0, &mut pinned, 0..len, buffer.stream())
        .unwrap();
    pinned.as_slice().unwrap().to_vec()
}

/// The results of each frame by itself, by output.
fn one_by_one(plan: &mut CompiledPipeline, inputs: &[Vec<Image>]) -> Vec<Vec<Image>> {
    let outputs = plan.pipeline().outputs().len();
    let mut results = vec![Vec::new(); outputs];
    for frame in 0..inputs[0].len() {
        let one: Vec<[&Image; 1]> = inputs.iter().map(|images| [&images[frame]]).collect();
        let one: Vec<Input<'_>> = one.iter().map(|image| Input::Images(image)).collect();
        let mut images = vec![Vec::new(); outputs];
        let mut places: Vec<Output<'_>> = images.iter_mut().map(Output::Images).collect();
        plan.execute(&one, &mut places)
            .unwrap()
            .into_result()
            .unwrap();
        for (results, mut images) in results.iter_mut().zip(images) {
            results.append(&mut images);
        }
    }
    results
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_is_its_frames(
        seed in any::<u64>(),
        nodes in 1usize..14,
        frames in 1usize..18,
        streams in 1usize..6,
        max_batch in 1u32..20,
        allocator in prop::sample::select(AllocatorMode::ALL.to_vec()),
        replay in any::<bool>(),
    ) {
        let mut random = Random::new(seed);
        let (pipeline, shapes) = random::pipeline(nodes, &mut random);
        let single = ExecutionConfig::default().with_streams(1).with_max_batch(1);
        let mut oracle = pipeline.compile(&HOST, &shapes, single).unwrap();
        let execution = match replay {
            true => ExecutionMode::Replay,
            false => ExecutionMode::Direct,
        };
        let config = ExecutionConfig::default()
            .with_streams(streams)
            .with_max_batch(max_batch)
            .with_allocator(allocator)
            .with_execution(execution);
        let mut plan = pipeline.compile(&HOST, &shapes, config).unwrap();
        prop_assert_eq!(plan.memory().effective_mode().mode, allocator);

        // The same kinds of places each time, so that runs repeat; other images, so that old results would show.
        let ways: Vec<usize> = (0..shapes.len() + pipeline.outputs().len()).map(|_| random.below(4)).collect();
        let layouts: Vec<BatchLayout> = shapes.iter().map(|&shape| padded(shape, frames, &mut random)).collect();
        let room: Vec<BatchLayout> = pipeline.output_nodes().iter()
            .map(|&node| padded(plan.shapes().nodes[node], frames, &mut random))
            .collect();
        let mut buffers: Vec<_> = room.iter()
            .map(|layout| to_device(&plan, &vec![0xaa; layout.end().unwrap()]))
            .collect();
        for round in 0..5u64 {
            let images: Vec<Vec<Image>> = shapes.iter().enumerate().map(|(input, shape)| {
                (0..frames as u64)
                    .map(|n| noise(shape.width, shape.height, shape.channels, seed ^ (round << 40) ^ (n << 8) ^ input as u64))
                    .collect()
            }).collect();
            let expected = one_by_one(&mut oracle, &images);

            let bytes: Vec<Vec<u8>> = images.iter().zip(&layouts).map(|(images, &layout)| spread(images, layout)).collect();
            let resident: Vec<_> = bytes.iter().map(|bytes| to_device(&plan, bytes)).collect();
            let refs: Vec<Vec<&Image>> = images.iter().map(|images| images.iter().collect()).collect();
            let batches: Vec<BatchView<'_>> = bytes.iter().zip(&layouts)
                .map(|(bytes, &layout)| BatchView::new(layout, bytes).unwrap())
                .collect();
            let views: Vec<Vec<ImageView<'_>>> = batches.iter()
                .map(|batch| (0..frames).map(|n| batch.frame(n).unwrap()).collect())
                .collect();
            let inputs: Vec<Input<'_>> = (0..shapes.len()).map(|input| match ways[input] {
                0 => Input::Images(&refs[input]),
                1 => Input::Views(&views[input]),
                2 => Input::Batch(batches[input]),
                _ => Input::Device(DeviceImages::new(layouts[input], &resident[input]).unwrap()),
            }).collect();

            let mut kept = vec![Vec::new(); room.len()];
            let mut slices: Vec<Vec<u8>> = room.iter().map(|layout| vec![0xaa; layout.end().unwrap()]).collect();
            let ways = &ways[shapes.len()..];
            let mut outputs: Vec<Output<'_>> = kept.iter_mut().zip(&mut slices).zip(&mut buffers).enumerate().map(|(output, ((kept, slice), buffer))| {
                match ways[output] {
                    0 => Output::Images(kept),
                    1 => Output::Batch(BatchViewMut::new(room[output], slice).unwrap()),
                    2 => Output::Device(DeviceImagesMut::new(room[output], buffer).unwrap()),
                    _ => Output::Discard,
                }
            }).collect();
            let execution = plan.execute(&inputs, &mut outputs).unwrap();
            prop_assert!(execution.is_success());
            prop_assert_eq!(execution.batches(), frames.div_ceil(max_batch as usize) as u64);
            drop(outputs);
            for (output, expected) in expected.iter().enumerate() {
                match ways[output] {
                    0 => prop_assert_eq!(&kept[output], expected),
                    // Padding is left as it was.
                    1 => prop_assert_eq!(&slices[output], &spread(expected, room[output])),
                    2 => prop_assert_eq!(&from_device(&plan, &buffers[output]), &spread(expected, room[output])),
                    _ => prop_assert!(kept[output].is_empty()),
                }
            }
        }
        let statistics = plan.statistics();
        let chunks = frames.div_ceil(max_batch as usize) as u64;
        // Each node once per batch, however many frames that has.
        prop_assert_eq!(statistics.batches, 5 * chunks);
        prop_assert_eq!(statistics.node_launches, 5 * chunks * pipeline.nodes().len() as u64);
        prop_assert_eq!(statistics.frames, 5 * frames as u64);
        prop_assert_eq!(statistics.chunked_runs, if chunks > 1 { 5 } else { 0 });
        prop_assert_eq!(plan.replay_statistics().runs(), 5 * chunks);
        let memory = plan.memory().clone();
        drop((plan, buffers));
        prop_assert_eq!(memory.shutdown().unwrap(), []);
    }
}

fn plan() -> CompiledPipeline {
    let shape = ImageShape::u8(12, 9, 3);
    crate::runner::fork_join()
        .compile(&HOST, &[shape], ExecutionConfig::default())
        .unwrap()
}

#[test]
fn the_part_of_an_image_is_an_input() {
    let mut plan = plan();
    let image = noise(30, 20, 3, 7);
    let part = ImageView::from(&image).region(5, 6, 12, 9).unwrap();
    let cut = part.to_image();
    let mut run = |input: Input<'_>| {
        let mut edges = Vec::new();
        let outputs = &mut [Output::Discard, Output::Images(&mut edges), Output::Discard];
        plan.execute(&[input], outputs)
            .unwrap()
            .into_result()
            .unwrap();
        edges
    };
    assert_eq!(run(Input::Views(&[part])), run(Input::Images(&[&cut])));
}

#[test]
fn images_that_do_not_fit_the_plan_are_refused_before_anything_runs() {
    let mut plan = plan();
    let image = noise(12, 9, 3, 0);
    let discard = || [Output::Discard, Output::Discard, Output::Discard];
    let mut refused = |inputs: &[Input<'_>], outputs: &mut [Output<'_>]| {
        plan.execute(inputs, outputs)
            .map(drop)
            .unwrap_err()
            .to_string()
    };
    let other = noise(12, 8, 3, 0);
    assert_eq!(
        refused(&[Input::Images(&[&other])], &mut discard()),
        "input \"input\" is 12x8x3 u8, the plan was compiled for 12x9x3 u8; compile one for it"
    );
    assert_eq!(
        refused(&[Input::Images(&[&image])], &mut [Output::Discard]),
        "pipeline \"fork_join\" has 3 output(s) (blurred, edges, fine_edges), places for 1 were given"
    );
    let layout = BatchLayout::tight(ImageShape::u8(12, 9, 1), 2);
    let mut room = vec![0; 216];
    let mut outputs = discard();
    outputs[1] = Output::Batch(BatchViewMut::new(layout, &mut room).unwrap());
    assert_eq!(
        refused(&[Input::Images(&[&image])], &mut outputs),
        "output \"edges\" gives 1 image(s) of 12x9x1 u8, the room is for 2 of 12x9x1 u8"
    );
    assert_eq!(plan.statistics().batches, 0);
}

#[test]
fn device_memory_that_cannot_be_used_is_refused() {
    let mut plan = plan();
    let image = noise(12, 9, 3, 0);
    let shape = ImageShape::u8(12, 9, 1);
    let mut refused = |inputs: &[Input<'_>], outputs: &mut [Output<'_>]| {
        plan.execute(inputs, outputs).map(drop).unwrap_err()
    };
    let layout = BatchLayout::tight(shape, 1);
    let elsewhere = Device::host();
    let mut foreign = MemoryManager::new(&elsewhere, MemoryConfig::default())
        .allocate(layout.end().unwrap(), &elsewhere.stream().unwrap())
        .unwrap();
    let place = Output::Device(DeviceImagesMut::new(layout, &mut foreign).unwrap());
    let error = refused(
        &[Input::Images(&[&image])],
        &mut [place, Output::Discard, Output::Discard],
    );
    assert!(
        matches!(&error, PipelineError::ForeignMemory { owner, .. } if owner == "output \"blurred\""),
        "{error}"
    );

    // An input and two outputs side by side in one buffer.
    let stream = plan.device().stream().unwrap();
    let mut buffer = plan.memory().allocate(1000, &stream).unwrap();
    let (input, rest) = buffer.slice_mut(0..1000).unwrap().split_at(324).unwrap();
    let (first, third) = rest.split_at(108).unwrap();
    let input = DeviceImages::new(BatchLayout::tight(image.shape(), 1), input).unwrap();
    let at = |part| Output::Device(DeviceImagesMut::new(layout, part).unwrap());
    let outputs = &mut [at(first), Output::Discard, at(third)];
    assert!(
        plan.execute(&[Input::Device(input)], outputs)
            .unwrap()
            .is_success()
    );
}
