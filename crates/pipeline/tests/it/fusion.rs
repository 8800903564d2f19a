//! Fused plans against plans of single nodes: no output shows which it was, nor does anything that is counted by nodes.

use crate::random::{self, Random};
use crate::support::noise;
use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::AllocatorMode;
use pixelflume_ops::{
    CenterCrop, Color, ColorConversion, Flip, FlipAxis, GaussianBlur, ImageShape, Layout,
    Letterbox, MedianBlur, Normalize, Nv12ToRgb, Operator, Resize, Sobel, Threshold,
};
use pixelflume_pipeline::{
    BatchOutputs, ExecutionConfig, FusionDescription, Image, Input, Pipeline, PipelineBuilder,
    Runner, Source,
};
use pixelflume_scheduler::ExecutionMode;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

/// Devices that find missing orders, with one worker and with three.
pub(crate) static DEVICES: LazyLock<[Device; 2]> = LazyLock::new(|| {
    [1, 3].map(|threads| {
        Device::host_with(
            HostConfig::default()
                .with_threads(threads)
                .with_checked(true),
        )
    })
});

pub(crate) fn frames(shapes: &[ImageShape], count: usize, seed: u64) -> Vec<Vec<Image>> {
    let images = |input: usize, shape: &ImageShape| {
        let seed = |frame: usize| seed ^ (input * 1000 + frame) as u64;
        (0..count)
            .map(|frame| noise(shape.width, shape.height, shape.channels, seed(frame)))
            .collect()
    };
    shapes
        .iter()
        .enumerate()
        .map(|(input, shape)| images(input, shape))
        .collect()
}

pub(crate) fn run(runner: &mut Runner, frames: &[Vec<Image>], outputs: &mut BatchOutputs) {
    let frames: Vec<Vec<&Image>> = frames
        .iter()
        .map(|frames| frames.iter().collect())
        .collect();
    let inputs: Vec<Input<'_>> = frames.iter().map(|frames| Input::Images(frames)).collect();
    runner.run_into(&inputs, outputs).unwrap();
    assert!(outputs.is_success(), "{:?}", outputs.failure());
}

pub(crate) fn assert_equal(left: &BatchOutputs, right: &BatchOutputs, what: &dyn Fn() -> String) {
    for ((name, left), (_, right)) in left.outputs().zip(right.outputs()) {
        assert!(left.unwrap() == right.unwrap(), "output {name}: {}", what());
    }
}

pub(crate) fn describe(
    pipeline: &Pipeline,
    shapes: &[ImageShape],
    streams: usize,
) -> FusionDescription {
    let description = pipeline
        .describe(Some(shapes), 2, streams, &DEVICES[0])
        .unwrap();
    description.fusion.unwrap()
}

/// Runs the pipeline fused and not, several times with changing frames, and compares everything that may not differ.
fn compare(
    pipeline: &Pipeline,
    shapes: &[ImageShape],
    config: &ExecutionConfig,
    random: &mut Random,
) {
    let device = &DEVICES[random.below(2)];
    let mut single = Runner::new(
        pipeline.with_fusion(false),
        device,
        ExecutionConfig::default(),
    )
    .unwrap();
    let mut fused = Runner::new(pipeline.clone(), device, config.clone()).unwrap();
    let (mut expected, mut got) = (BatchOutputs::default(), BatchOutputs::default());
    let what = || format!("{config:?} {:?}", pipeline.nodes());
    let counts = [1 + random.below(5), 1 + random.below(5)];
    for turn in 0..6 {
        let frames = frames(shapes, counts[turn / 4], turn as u64);
        run(&mut single, &frames, &mut expected);
        run(&mut fused, &frames, &mut got);
        assert_equal(&expected, &got, &what);
    }
    let statistics = fused.statistics();
    let nodes = pipeline.nodes().len() as u64;
    assert_eq!(
        statistics.node_launches,
        statistics.batches * nodes,
        "each once per batch"
    );
    assert_eq!(statistics.frames, single.statistics().frames);
    let launched = |fusion: &FusionDescription| {
        fusion
            .chains
            .iter()
            .map(|run| run.nodes.len() as u64 - 1)
            .sum::<u64>()
    };
    let fusion = describe(pipeline, shapes, config.streams);
    let memory = |pipeline: &Pipeline| {
        let description = pipeline.describe(Some(shapes), 2, config.streams, device);
        description.unwrap().memory.unwrap()
    };
    let (with, without) = (memory(pipeline), memory(&pipeline.with_fusion(false)));
    // Each node but the last of a run had a launch at least, and a write and a read of its image.
    assert!(with.launches as u64 + launched(&fusion) <= without.launches as u64);
    assert!(with.moved <= without.moved);
    assert!(with.arena_bytes_unshared <= without.arena_bytes_unshared);
    assert!(with.arena_bytes <= without.arena_bytes_unshared);
    check_description(pipeline, &fusion);
}

/// Every connection of two nodes is either inside of a run, or told apart with a reason.
fn check_description(pipeline: &Pipeline, fusion: &FusionDescription) {
    let mut told: Vec<(String, String)> = Vec::new();
    for run in &fusion.chains {
        assert!(run.nodes.len() >= 2);
        for pair in run.nodes.windows(2) {
            told.push((pair[0].clone(), pair[1].clone()));
        }
    }
    for apart in &fusion.apart {
        assert!(!apart.reason.is_empty());
        told.push((apart.from.clone(), apart.to.clone()));
    }
    let mut edges = Vec::new();
    for node in pipeline.nodes() {
        for &source in node.sources() {
            if matches!(source, Source::Node(_)) {
                let name = pipeline.source_name(source).to_owned();
                edges.push((name, node.name().to_owned()));
            }
        }
    }
    edges.sort();
    edges.dedup();
    told.sort();
    assert_eq!(told, edges);
}

fn config(random: &mut Random) -> ExecutionConfig {
    let modes = [ExecutionMode::Direct, ExecutionMode::Replay];
    ExecutionConfig::default()
        .with_streams(1 + random.below(4))
        .with_max_batch(1 + random.below(4) as u32)
        .with_execution(modes[random.below(2)])
        .with_allocator(AllocatorMode::ALL[random.below(AllocatorMode::ALL.len())])
}

/// An operator that takes images of this shape, with one input; floating point ends a chain.
fn operator(shape: ImageShape, random: &mut Random) -> Arc<dyn Operator> {
    let fits = ColorConversion::ALL.into_iter();
    let fits: Vec<_> = fits
        .filter(|c| c.source_channels() == shape.channels)
        .collect();
    match random.below(12) {
        0 | 1 => Arc::new(Color::new(fits[random.below(fits.len())])),
        2 => Arc::new(Resize::new(random.side(150), random.side(150)).unwrap()),
        3 => Arc::new(Letterbox::new(random.side(90), random.side(90)).unwrap()),
        4 => Arc::new(Sobel::magnitude()),
        5 => Arc::new(Threshold::new(random.below(256) as u8)),
        6 => Arc::new(Flip::new(
            [FlipAxis::Horizontal, FlipAxis::Vertical][random.below(2)],
        )),
        7 => {
            let side = |side: u32, random: &mut Random| 1 + random.below(side as usize) as u32;
            let width = side(shape.width, random);
            Arc::new(CenterCrop::new(width, side(shape.height, random)).unwrap())
        }
        8 => Arc::new(MedianBlur::new(3).unwrap()),
        9 if shape.channels == 1
            && shape.width.is_multiple_of(2)
            && shape.height.is_multiple_of(3) =>
        {
            Arc::new(Nv12ToRgb::new())
        }
        10 => {
            let layout = [Layout::Interleaved, Layout::Planar][random.below(2)];
            Arc::new(Normalize::new(&[0.5], &[0.3]).unwrap().layout(layout))
        }
        _ => Arc::new(GaussianBlur::new(3 + 2 * random.below(8) as u32).unwrap()),
    }
}

/// A chain, with an output or a branch here and there.
fn chain(random: &mut Random) -> (Pipeline, Vec<ImageShape>) {
    let mut builder = PipelineBuilder::new("chain");
    let input = ImageShape::u8(
        random.side(150),
        random.side(150),
        [1, 3, 4][random.below(3)],
    );
    let mut port = builder.input("input").unwrap();
    let mut shape = input;
    let nodes = 2 + random.below(6);
    for index in 0..nodes {
        let operator = operator(shape, random);
        shape = operator.plan(&[shape]).unwrap().output();
        let node = builder.add_boxed(&format!("n{index}"), operator).unwrap();
        builder.connect(port, node).unwrap();
        port = node;
        let ends = shape.sample != pixelflume_ops::SampleType::U8 || index + 1 == nodes;
        if ends || random.below(8) == 0 {
            builder.output(port).unwrap();
        }
        if ends {
            break;
        }
    }
    (builder.build().unwrap(), vec![input])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn chains_are_equal_bit_for_bit(seed in any::<u64>()) {
        let mut random = Random::new(seed);
        let (pipeline, shapes) = chain(&mut random);
        let config = config(&mut random);
        compare(&pipeline, &shapes, &config, &mut random);
    }

    #[test]
    fn graphs_are_equal_bit_for_bit(seed in any::<u64>(), nodes in 1usize..12) {
        let mut random = Random::new(seed);
        let (pipeline, shapes) = random::pipeline(nodes, &mut random);
        let config = config(&mut random);
        compare(&pipeline, &shapes, &config, &mut random);
    }
}
