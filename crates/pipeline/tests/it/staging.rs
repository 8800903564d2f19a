//! Large batches in ordinary memory, which are copied in pieces by several threads.

use pixelflume_device::testing::Call;
use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{Flip, FlipAxis, ImageShape};
use pixelflume_pipeline::{
    BatchLayout, BatchView, BatchViewMut, ExecutionConfig, Image, ImageView, Input, Output,
    Pipeline, PipelineBuilder, PipelineError, Runner,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows that are no power of two, in images of 1.2 MB: pieces end within images, and images within pieces.
const SHAPE: ImageShape = ImageShape::u8(701, 570, 3);
const FRAMES: usize = 5;

fn flip() -> Pipeline {
    let mut builder = PipelineBuilder::new("mirror");
    let input = builder.input("input").unwrap();
    let flip = Flip::new(FlipAxis::Horizontal);
    builder.then(input, "flip", flip).unwrap();
    builder.build().unwrap()
}

fn sample(frame: usize, x: u32, y: u32, channel: u32) -> u8 {
    let hash = (x * 3 + channel) * 31 + y.wrapping_mul(2_654_435_761) % 65_521 + frame as u32 * 77;
    (hash ^ (hash >> 8)) as u8
}

fn images(frames: std::ops::Range<usize>) -> Vec<Image> {
    let image = |frame| {
        Image::from_fn(SHAPE.width, SHAPE.height, 3, |x, y, c| {
            sample(frame, x, y, c)
        })
    };
    frames.map(|frame| image(frame).unwrap()).collect()
}

/// The result for frame `frame`.
fn mirrored(frame: usize) -> Image {
    let (width, height) = (SHAPE.width, SHAPE.height);
    Image::from_fn(width, height, 3, |x, y, c| {
        sample(frame, width - 1 - x, y, c)
    })
    .unwrap()
}

fn device() -> Device {
    Device::host_with(HostConfig::default().with_threads(2).with_checked(true))
}

#[test]
fn every_place_gets_the_same_result_from_any_number_of_threads() {
    let expected: Vec<Image> = (0..FRAMES).map(mirrored).collect();
    let images = images(0..FRAMES);
    let frames: Vec<&Image> = images.iter().collect();
    let views: Vec<ImageView<'_>> = images.iter().map(ImageView::from).collect();
    let padded = BatchLayout::tight(SHAPE, FRAMES)
        .with_row_pitch(SHAPE.row_bytes() + 5)
        .at(3);
    let tight = BatchLayout::tight(SHAPE, FRAMES);
    let mut bytes = vec![0; padded.end().unwrap()];
    let pitch = padded.row_pitch();
    for (frame, image) in images.iter().enumerate() {
        for (y, row) in image.data().chunks(SHAPE.row_bytes()).enumerate() {
            let at = 3 + frame * padded.batch_stride() + y * pitch;
            bytes[at..at + row.len()].copy_from_slice(row);
        }
    }
    let batch = BatchView::new(padded, &bytes).unwrap();
    let inputs = [
        Input::Images(&frames),
        Input::Views(&views),
        Input::Batch(batch),
    ];
    for threads in [0, 1, 3] {
        // In one batch, and in batches of which the last one is smaller.
        for most in [FRAMES as u32, 2] {
            let config = ExecutionConfig::default()
                .with_copy_threads(threads)
                .with_max_batch(most);
            let mut runner = Runner::new(flip(), &device(), config).unwrap();
            for input in inputs {
                let mut results = Vec::new();
                let mut run = |output: Output<'_>| {
                    let execution = runner.execute(&[input], &mut [output]).unwrap();
                    assert!(execution.is_success());
                };
                run(Output::Images(&mut results));
                assert!(results == expected, "{threads} threads, {input:?}");
                for layout in [padded, tight] {
                    let mut room = vec![0; layout.end().unwrap()];
                    run(Output::Batch(BatchViewMut::new(layout, &mut room).unwrap()));
                    let got = BatchView::new(layout, &room).unwrap();
                    for (frame, expected) in expected.iter().enumerate() {
                        let got = got.frame(frame).unwrap().to_image();
                        assert!(got == *expected, "{threads} threads, {input:?}, {frame}");
                    }
                }
            }
            assert_eq!(runner.memory().copy_threads().count(), threads);
        }
    }
}

/// Each copy of a run fails in turn. The run says which, and the next one has the right results.
#[test]
fn a_copy_that_fails_ends_the_run_and_leaves_the_rest_as_it_was() {
    let device = device();
    let config = ExecutionConfig::default().with_copy_threads(3);
    let mut runner = Runner::new(flip(), &device, config).unwrap();
    let first = images(0..2);
    let second = images(7..9);
    let [first, second] = [&first, &second].map(|images| images.iter().collect::<Vec<_>>());
    let mut outputs = Vec::new();
    let mut run = |frames: &[&Image]| {
        let outputs = &mut [Output::Images(&mut outputs)];
        let execution = runner.execute(&[Input::Images(frames)], outputs)?;
        execution.into_result().map_err(|error| panic!("{error}"))
    };
    run(&first).unwrap();
    let copies = Arc::new(AtomicU64::new(0));
    let counted = copies.clone();
    device.refusals().inject(move |call| {
        counted.fetch_add(u64::from(call == Call::Copy), Ordering::Relaxed);
        None
    });
    run(&first).unwrap();
    let copies = copies.load(Ordering::Relaxed);
    assert!(copies > 8, "{copies}");
    for nth in 1..=copies {
        device.refusals().refuse_nth(Call::Copy, nth);
        let error = run(&second).unwrap_err();
        assert!(
            matches!(error, PipelineError::Copy { .. }),
            "{nth}: {error}"
        );
        device.refusals().clear();
        run(&first).unwrap();
    }
    assert!(outputs == [mirrored(0), mirrored(1)]);
}

#[test]
fn a_run_uses_the_memory_of_dropped_results() {
    let device = Device::host();
    let mut runner = Runner::new(flip(), &device, ExecutionConfig::default()).unwrap();
    let images = images(0..2);
    let frames: Vec<&Image> = images.iter().collect();
    let place = |images: &[Image]| images[1].data().as_ptr();
    let first = runner.run(&frames).unwrap();
    let at = place(first.images("flip").unwrap());
    let second = runner.run(&frames).unwrap();
    assert_ne!(place(second.images("flip").unwrap()), at);
    std::thread::spawn(move || drop(first)).join().unwrap();
    let mut third = runner.run(&frames[..1]).unwrap();
    assert_eq!(third.images("flip").unwrap(), [mirrored(0)]);
    // The images that were taken belong to the caller.
    let taken = third.take("flip").unwrap().unwrap();
    drop(third);
    drop(second);
    assert_eq!(
        runner.run(&frames).unwrap().images("flip").unwrap().len(),
        2
    );
    assert_eq!(taken, [mirrored(0)]);
    // Results outlive their runner.
    let last = runner.run(&frames).unwrap();
    drop(runner);
    assert_eq!(last.images("flip").unwrap()[1], mirrored(1));
}

#[test]
fn too_many_copy_threads_are_refused() {
    let config = ExecutionConfig::default().with_copy_threads(65);
    let error = Runner::new(flip(), &Device::host(), config).map(|_| ());
    assert_eq!(
        error.unwrap_err().to_string(),
        "copy_threads = 65 is not possible; 0 to 64 threads help with copies"
    );
    // A memory manager takes the most that it may.
    let config = MemoryConfig::default().with_copy_threads(65);
    let memory = MemoryManager::new(&Device::host(), config);
    assert_eq!(memory.copy_threads().count(), 64);
}
