//! Which nodes are fused, what is told of those that are not, and what follows from it for parameters and memory.

use crate::fusion::{DEVICES, assert_equal, describe, frames, run};
use crate::support::{Scratch, noise};
use pixelflume_ops::{AbsDiff, Color, ColorConversion, GaussianBlur, ImageShape, Sobel, Threshold};
use pixelflume_pipeline::{
    ApartDescription, ArenaPlan, BatchOutputs, ExecutionConfig, FusionDescription, Pipeline,
    PipelineBuilder, Port, Runner, Source,
};
use pixelflume_scheduler::{ExecutionMode, Schedule};

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
    assert_eq!(fusion.chains.len(), 1);
    assert_eq!(
        (fusion.chains[0].rule, &fusion.chains[0].nodes[..]),
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
    let runs: Vec<_> = fusion
        .chains
        .iter()
        .map(|run| run.nodes.join("+"))
        .collect();
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
    assert!(off.chains.is_empty() && off.apart.len() == 8);
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
        let got: Vec<_> = fusion
            .chains
            .iter()
            .map(|run| run.nodes.join("+"))
            .collect();
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
        let config = ExecutionConfig::default().with_execution(execution);
        let mut runner = Runner::new(blurs([3, 3, 3]), &DEVICES[0], config).unwrap();
        let (mut expected, mut got) = (BatchOutputs::default(), BatchOutputs::default());
        let mut check = |runner: &mut Runner, sizes: [u32; 3]| {
            let pipeline = blurs(sizes).with_fusion(false);
            let mut single =
                Runner::new(pipeline, &DEVICES[0], ExecutionConfig::default()).unwrap();
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
            runner.set_parameter(node, "size", size).unwrap();
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
    let config = ExecutionConfig::default().with_max_batch(1);
    let mut plan = blurs([3, 3, 3])
        .compile(&DEVICES[0], &[WIDE], config)
        .unwrap();
    let image = noise(WIDE.width, WIDE.height, 1, 1);
    for (sizes, launches) in [([3, 3, 3], 1), ([3, 3, 31], 2), ([3, 3, 5], 1)] {
        plan.set_parameter("c", "size", sizes[2]).unwrap();
        let got = plan.run(&[&image]).unwrap();
        let mut single = Runner::new(
            blurs(sizes).with_fusion(false),
            &DEVICES[0],
            ExecutionConfig::default(),
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
        .compile(&DEVICES[0], &[shape], ExecutionConfig::default())
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
