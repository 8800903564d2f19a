//! What a custom operator does not write is zero: nobody's pixels, and nothing of the heap.

use crate::support::noise;
use pixelflume_device::{Device, HostConfig, TaskFailure};
use pixelflume_memory::{AllocatorMode, MemoryConfig, MemoryManager};
use pixelflume_ops::{BoxBlur, Custom, Flip, FlipAxis, ImageShape};
use pixelflume_pipeline::{
    BatchLayout, BatchViewMut, Engine, EngineConfig, ExecutionConfig, Image, Input, Output,
    Pipeline, PipelineBuilder, Runner,
};
use pixelflume_scheduler::FailureCause;

/// Mirrors, and then writes the first byte of each row alone, if anything.
fn lazy(writes: bool) -> Pipeline {
    let lazy = Custom::new("lazy", 1).unwrap().host(4, move |strip| {
        for y in strip.rows().filter(|_| writes) {
            strip.output_row(y)[0] = 7;
        }
    });
    let mut builder = PipelineBuilder::new("lazy");
    let input = builder.input("input").unwrap();
    let flip = builder
        .then(input, "flip", Flip::new(FlipAxis::Horizontal))
        .unwrap();
    let node = builder.then(flip, "lazy", lazy).unwrap();
    let end = Flip::new(FlipAxis::Horizontal);
    builder.then(node, "end", end).unwrap();
    builder.output(node).unwrap();
    builder.build().unwrap()
}

/// Other images in the memory that the pipeline is about to get.
fn others(memory: &MemoryManager, shape: ImageShape) {
    let mut builder = PipelineBuilder::new("others");
    let mut from = builder.input("input").unwrap();
    for number in 0..3 {
        let blur = BoxBlur::new(3).unwrap();
        from = builder.then(from, &format!("blur{number}"), blur).unwrap();
    }
    let config = ExecutionConfig::default();
    let mut runner = Runner::with_memory(builder.build().unwrap(), memory, config).unwrap();
    let secret = Image::from_fn(shape.width, shape.height, 3, |_, _, _| 0xab).unwrap();
    drop(runner.run(&[&secret]).unwrap());
}

fn expected(writes: bool, bytes: usize, row: usize) -> Vec<u8> {
    let first = |at: usize| {
        if writes && at.is_multiple_of(row) {
            7
        } else {
            0
        }
    };
    (0..bytes).map(first).collect()
}

#[test]
fn an_operator_that_writes_little_gives_zeros_and_no_other_images() {
    let shape = ImageShape::u8(200, 120, 3);
    for mode in AllocatorMode::ALL {
        for writes in [false, true] {
            let config = HostConfig::default().with_threads(2);
            let device = Device::host_with(config);
            let memory = MemoryManager::new(&device, MemoryConfig::default().with_mode(mode));
            others(&memory, shape);
            let config = ExecutionConfig::default();
            let mut runner = Runner::with_memory(lazy(writes), &memory, config).unwrap();
            for seed in 0..3 {
                let image = noise(200, 120, 3, seed);
                let outputs = runner.run(&[&image]).unwrap();
                let got = outputs.images("lazy").unwrap()[0].data();
                assert_eq!(got, expected(writes, shape.bytes(), 600));
            }
        }
    }
}

#[test]
fn an_engine_gives_zeros_batch_after_batch() {
    let shape = ImageShape::u8(64, 40, 3);
    let config = EngineConfig::new().max_batch(2).in_flight(2);
    let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
    others(&memory, shape);
    let engine = Engine::with_memory(lazy(false), &memory, &[shape], config).unwrap();
    for seed in 0..6 {
        let image = noise(64, 40, 3, seed);
        engine.submit(&[&image, &image]).unwrap();
        let lease = engine.next().unwrap().unwrap();
        let bytes = lease.get("lazy").unwrap().bytes();
        assert!(bytes.iter().all(|&byte| byte == 0));
    }
}

#[test]
fn the_callers_padding_stays_as_it_was() {
    let shape = ImageShape::u8(10, 6, 3);
    let config = ExecutionConfig::default();
    let mut runner = Runner::new(lazy(true), &Device::host(), config).unwrap();
    let image = noise(10, 6, 3, 1);
    let layout = BatchLayout::tight(shape, 1).with_row_pitch(40);
    let mut target = vec![0xcd; 40 * 6];
    let view = BatchViewMut::new(layout, &mut target).unwrap();
    let frames = [&image];
    runner
        .execute(&[Input::Images(&frames)], &mut [Output::Batch(view)])
        .unwrap()
        .into_result()
        .unwrap();
    for row in target.chunks(40) {
        assert_eq!(row[..30], expected(true, 30, 30));
        assert!(row[30..].iter().all(|&byte| byte == 0xcd));
    }
}

/// Its own error, by which the caller of a pipeline knows what happened in a closure.
#[derive(Debug, thiserror::Error)]
#[error("image {0} is not for me")]
struct Refused(usize);

#[test]
fn an_error_of_a_closure_reaches_the_caller() {
    let picky = Custom::new("picky", 1)
        .unwrap()
        .try_host(usize::MAX, |strip| match strip.frame() {
            2 => Err(TaskFailure::of(Refused(strip.frame()))),
            _ => Ok(()),
        });
    let mut builder = PipelineBuilder::new("picky");
    let input = builder.input("input").unwrap();
    builder.then(input, "picky", picky).unwrap();
    let flip = Flip::new(FlipAxis::Horizontal);
    builder.then(input, "flip", flip).unwrap();
    let config = ExecutionConfig::default();
    let mut runner = Runner::new(builder.build().unwrap(), &Device::host(), config).unwrap();
    let images: Vec<Image> = (0..4).map(|seed| noise(9, 5, 3, seed)).collect();

    let outputs = runner.run(&images[..2].iter().collect::<Vec<_>>()).unwrap();
    assert!(outputs.is_success());
    let outputs = runner.run(&images.iter().collect::<Vec<_>>()).unwrap();
    assert!(outputs.images("flip").is_ok());
    let failure = outputs.get("picky").unwrap().unwrap_err();
    let FailureCause::Execution(cause) = &*failure.cause else {
        panic!("{failure}");
    };
    assert_eq!(cause.to_string(), "image 2 is not for me");
    let error = cause.error().and_then(|error| error.downcast_ref());
    assert!(matches!(error, Some(Refused(2))), "{error:?}");
    assert!(TaskFailure::new("text alone").error().is_none());
}
