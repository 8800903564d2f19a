//! Fused plans against plans of single nodes: no output shows which it was, nor does anything that is counted by nodes.

use crate::random::{self, Random};
use crate::support::{Scratch, noise};
use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::AllocatorMode;
use pixelflume_ops::{
    AbsDiff, CenterCrop, Color, ColorConversion, Flip, FlipAxis, GaussianBlur, ImageShape, Layout,
    Letterbox, MedianBlur, Normalize, Nv12ToRgb, Operator, Resize, Sobel, Threshold,
};
use pixelflume_pipeline::{
    ApartDescription, ArenaPlan, BatchOutputs, FusionDescription, Image, Input, Parameter,
    Pipeline, PipelineBuilder, Port, Runner, RunnerConfig, Source,
};
use pixelflume_scheduler::{ExecutionMode, Schedule};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

/// Devices that find missing orders, with one worker and with three.
static DEVICES: LazyLock<[Device; 2]> = LazyLock::new(|| {
    [1, 3].map(|threads| {
        Device::host_with(
            HostConfig::default()
                .with_threads(threads)
                .with_checked(true),
        )
    })
});

fn frames(shapes: &[ImageShape], count: usize, seed: u64) -> Vec<Vec<Image>> {
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

fn run(runner: &mut Runner, frames: &[Vec<Image>], outputs: &mut BatchOutputs) {
    let frames: Vec<Vec<&Image>> = frames
        .iter()
        .map(|frames| frames.iter().collect())
        .collect();
    let inputs: Vec<Input<'_>> = frames.iter().map(|frames| Input::Images(frames)).collect();
    runner.run_into(&inputs, outputs).unwrap();
    assert!(outputs.is_success(), "{:?}", outputs.failure());
}

fn assert_equal(left: &BatchOutputs, right: &BatchOutputs, what: &dyn Fn() -> String) {
    for ((name, left), (_, right)) in left.outputs().zip(right.outputs()) {
        assert!(left.unwrap() == right.unwrap(), "output {name}: {}", what());
    }
}

fn describe(pipeline: &Pipeline, shapes: &[ImageShape], streams: usize) -> FusionDescription {
    let description = pipeline
        .describe(Some(shapes), 2, streams, &DEVICES[0])
        .unwrap();
    description.fusion.unwrap()
}

/// Runs the pipeline fused and not, several times with changing frames, and compares everything that may not differ.
fn compare(pipeline: &Pipeline, shapes: &[ImageShape], config: &RunnerConfig, random: &mut Random) {
    let device = &DEVICES[random.below(2)];
    let mut single =
        Runner::new(pipeline.with_fusion(false), device, RunnerConfig::default()).unwrap();
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
            .runs
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
    for run in &fusion.runs {
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

fn config(random: &mut Random) -> RunnerConfig {
    let modes = [ExecutionMode::Direct, ExecutionMode::Replay];
    RunnerConfig::default()
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

fn describe_chain(
    input: ImageShape,
    build: impl FnOnce(&mut PipelineBuilder, Port),
) -> FusionDescription {
    let mut builder = PipelineBuilder::new("chain");
    let port = builder.input("input").unwrap();
    build(&mut builder, port);
    describe(&builder.build().unwrap(), &[input], 4)
}

fn reasons(fusion: &FusionDescription) -> Vec<String> {
    let text =
        |apart: &ApartDescription| format!("{} -> {}: {}", apart.from, apart.to, apart.reason);
    fusion.apart.iter().map(text).collect()
}

fn blur(size: u32) -> GaussianBlur {
    GaussianBlur::new(size).unwrap()
}

fn gray() -> Color {
    Color::new(ColorConversion::RgbToGray)
}

#[test]
fn a_chain_is_one_launch_in_the_place_of_its_last_node() {
    let color = ImageShape::u8(60, 50, 3);
    let fusion = describe_chain(color, |builder, input| {
        let gray = builder.then(input, "gray", gray()).unwrap();
        let smooth = builder.then(gray, "smooth", blur(5)).unwrap();
        builder.then(smooth, "edges", Sobel::magnitude()).unwrap();
    });
    assert_eq!(fusion.runs.len(), 1);
    assert_eq!(
        (fusion.runs[0].rule, &fusion.runs[0].nodes[..]),
        (
            "strips",
            &["gray", "smooth", "edges"].map(str::to_owned)[..]
        )
    );
    assert_eq!(fusion.apart, []);
}

#[test]
fn what_is_not_fused_says_why() {
    let color = ImageShape::u8(60, 50, 3);
    let all = |builder: &mut PipelineBuilder, input| {
        let gray = builder.then(input, "gray", gray()).unwrap();
        let smooth = builder.then(gray, "smooth", blur(5)).unwrap();
        let edges = builder.then(smooth, "edges", Sobel::magnitude()).unwrap();
        let below = builder.then(smooth, "below", Threshold::new(9)).unwrap();
        let copy = builder.then(edges, "copy", Scratch).unwrap();
        let more = builder.then(copy, "more", blur(3)).unwrap();
        let last = builder.then(more, "last", blur(3)).unwrap();
        let difference = builder.add("difference", AbsDiff::new()).unwrap();
        builder.connect(last, difference).unwrap();
        builder.connect(below, difference).unwrap();
        builder.output(more).unwrap();
        builder.output(difference).unwrap();
    };
    let fusion = describe_chain(color, all);
    let runs: Vec<_> = fusion.runs.iter().map(|run| run.nodes.join("+")).collect();
    assert_eq!(runs, ["gray+smooth"]);
    assert_eq!(
        reasons(&fusion),
        [
            "smooth -> edges: \"smooth\" has 2 consumers",
            "smooth -> below: \"smooth\" has 2 consumers",
            "edges -> copy: no rule knows the operator of \"copy\" (scratch)",
            "below -> difference: \"difference\" reads 2 images",
            "copy -> more: no rule knows the operator of \"copy\" (scratch)",
            "more -> last: \"more\" is an output",
            "last -> difference: \"difference\" reads 2 images",
        ]
    );
    let off = describe_chain(color, |builder, input| {
        all(builder, input);
        builder.fusion(false);
    });
    assert!(off.runs.is_empty() && off.apart.len() == 8);
    assert!(
        off.apart
            .iter()
            .all(|apart| apart.reason == "fusion is off")
    );
}

#[test]
fn a_node_that_reads_another_twice_is_two_consumers_of_it() {
    let fusion = describe_chain(ImageShape::u8(9, 9, 1), |builder, input| {
        let smooth = builder.then(input, "smooth", blur(3)).unwrap();
        let nothing = builder.add("nothing", AbsDiff::new()).unwrap();
        builder.connect(smooth, nothing).unwrap();
        builder.connect(smooth, nothing).unwrap();
    });
    assert_eq!(
        reasons(&fusion),
        ["smooth -> nothing: \"nothing\" reads 2 images"]
    );
}

/// Images so wide that blurs of 31 taps are refused one after the other, and blurs of 3 are not.
const WIDE: ImageShape = ImageShape::u8(46_000, 40, 1);

fn blurs(sizes: [u32; 3]) -> Pipeline {
    let mut builder = PipelineBuilder::new("blurs");
    let mut port = builder.input("input").unwrap();
    for (name, size) in ["a", "b", "c"].into_iter().zip(sizes) {
        port = builder.then(port, name, blur(size)).unwrap();
    }
    builder.build().unwrap()
}

#[test]
fn the_longest_run_from_the_left_is_taken() {
    for (sizes, runs, refused) in [
        ([3, 3, 3], vec!["a+b+c"], vec![]),
        (
            [3, 3, 31],
            vec!["a+b"],
            vec!["b -> c: a + b + c: rule strips: "],
        ),
        (
            [31, 3, 3],
            vec!["b+c"],
            vec!["a -> b: a + b: rule strips: "],
        ),
        (
            [3, 31, 31],
            vec![],
            vec!["a -> b: a + b: rule", "b -> c: b + c: rule"],
        ),
    ] {
        let fusion = describe(&blurs(sizes), &[WIDE], 1);
        let got: Vec<_> = fusion.runs.iter().map(|run| run.nodes.join("+")).collect();
        assert_eq!(got, runs, "{sizes:?}");
        let reasons = reasons(&fusion);
        assert_eq!(reasons.len(), refused.len());
        for (reason, beginning) in reasons.iter().zip(refused) {
            assert!(reason.starts_with(beginning), "{reason}");
        }
    }
}

#[test]
fn parameters_of_fused_nodes_take_effect_and_may_change_what_is_fused() {
    for execution in [ExecutionMode::Direct, ExecutionMode::Replay] {
        let config = RunnerConfig::default().with_execution(execution);
        let mut runner = Runner::new(blurs([3, 3, 3]), &DEVICES[0], config).unwrap();
        let (mut expected, mut got) = (BatchOutputs::default(), BatchOutputs::default());
        let mut check = |runner: &mut Runner, sizes: [u32; 3]| {
            let pipeline = blurs(sizes).with_fusion(false);
            let mut single = Runner::new(pipeline, &DEVICES[0], RunnerConfig::default()).unwrap();
            for seed in 0..3 {
                let frames = frames(&[WIDE], 1, seed);
                run(&mut single, &frames, &mut expected);
                run(runner, &frames, &mut got);
                assert_equal(&expected, &got, &|| format!("{execution} {sizes:?}"));
            }
            let statistics = runner.statistics();
            (statistics.plans_compiled, statistics.plans_updated)
        };
        let set = |runner: &mut Runner, node: &str, size| {
            runner
                .set_parameter(node, Parameter::BlurSize(size))
                .unwrap();
        };
        assert_eq!(check(&mut runner, [3, 3, 3]), (1, 0));
        // The same run with other taps: the plan stays.
        set(&mut runner, "b", 5);
        assert_eq!(check(&mut runner, [3, 5, 3]), (1, 1));
        // The rule refuses that: other memory, another plan; and back.
        set(&mut runner, "c", 31);
        assert_eq!(check(&mut runner, [3, 5, 31]), (2, 1));
        runner.set_operator("c", blur(3)).unwrap();
        assert_eq!(check(&mut runner, [3, 5, 3]), (3, 1));
    }
}

#[test]
fn a_plan_on_its_own_changes_what_is_fused_as_well() {
    let config = RunnerConfig::default().with_max_batch(1);
    let mut plan = blurs([3, 3, 3])
        .compile(&DEVICES[0], &[WIDE], config)
        .unwrap();
    let image = noise(WIDE.width, WIDE.height, 1, 1);
    for (sizes, launches) in [([3, 3, 3], 1), ([3, 3, 31], 2), ([3, 3, 5], 1)] {
        plan.set_parameter("c", Parameter::BlurSize(sizes[2]))
            .unwrap();
        let got = plan.execute_batch(&[&image]).unwrap();
        let mut single = Runner::new(
            blurs(sizes).with_fusion(false),
            &DEVICES[0],
            RunnerConfig::default(),
        )
        .unwrap();
        assert_equal(&single.run(&[&image]).unwrap(), &got, &|| {
            format!("{sizes:?}")
        });
        assert_eq!(plan.launches_per_batch(), launches);
        let inside = plan.arena().of(Source::Node(0));
        assert_eq!(inside.bytes, 0, "an image inside of a run has no memory");
    }
    assert_eq!(
        (
            plan.statistics().plans_updated,
            plan.statistics().plans_compiled
        ),
        (1, 3)
    );
}

#[test]
fn what_a_run_reads_lives_until_it_is_launched() {
    // first -> a -> b -> c, where a and b are bigger than anything else: unfused, c takes the place of first.
    let mut builder = PipelineBuilder::new("lifetimes");
    let input = builder.input("input").unwrap();
    let first = builder.then(input, "first", Scratch).unwrap();
    let a = builder.then(first, "a", blur(3)).unwrap();
    let b = builder.then(a, "b", blur(3)).unwrap();
    let c = builder.then(b, "c", Scratch).unwrap();
    builder.then(c, "d", Scratch).unwrap();
    let pipeline = builder.build().unwrap();
    let shape = ImageShape::u8(64, 64, 1);
    let plan = pipeline
        .compile(&DEVICES[0], &[shape], RunnerConfig::default())
        .unwrap();
    let arena = plan.arena();
    let sharing = |node| arena.sharing(Source::Node(node)).collect::<Vec<_>>();
    assert!(
        !sharing(0).contains(&Source::Node(2)),
        "the run reads first and writes b"
    );
    assert!(sharing(1).is_empty());
    assert!(sharing(0).contains(&Source::Node(3)) || arena.bytes() < arena.bytes_unshared());
    let schedule = Schedule::new(pipeline.tasks(), 1).unwrap();
    let shapes = pipeline.infer(&[shape]).unwrap();
    let single = ArenaPlan::new(&pipeline, &shapes, &schedule, plan.capacity()).unwrap();
    assert!(arena.bytes_unshared() < single.bytes_unshared());
}
