//! What a changed parameter costs a captured run: which step of the ladder the next run takes, for every operator that has
//! parameters, and that its results are those of the new value.

use crate::runner::HOST;
use crate::support::{noise, noise_of};
use pixelflume_ops::registry::{self, OPERATORS};
use pixelflume_ops::spec::{OperatorSpec, Value};
use pixelflume_ops::testing::Random;
use pixelflume_ops::*;
use pixelflume_pipeline::{
    BatchOutputs, CompiledPipeline, ExecutionConfig, ExecutionStatistics, Image, Input, Pipeline,
    PipelineBuilder, Runner,
};
use pixelflume_scheduler::{ExecutionMode, ReplayStatistics};

/// What the first run after a change does.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Step {
    /// The captured graph gets new launches and is replayed.
    Patched,
    /// The operator has another kernel now: the run is direct, and captured anew once it is stable.
    OtherKernel,
    /// The shapes are others: so is the plan, which is captured like any other.
    OtherPlan,
}

/// Parameters of the node with their new values.
type Change = Vec<(&'static str, Value)>;

fn set(name: &'static str, value: impl Into<Value>) -> Change {
    vec![(name, value.into())]
}

fn size(width: u32, height: u32) -> Change {
    [set("width", width), set("height", height)].concat()
}

const RGB: ImageShape = ImageShape::u8(40, 30, 3);

/// An operator, the shape it takes, a parameter of it, and what a change of it costs: where the operator is a launch by
/// itself, and where it is one with a flip behind it.
fn cases() -> Vec<(Pipeline, Change, Step)> {
    use Step::{OtherKernel, OtherPlan, Patched};
    let (width, height) = (20, 10);
    let mut cases = Vec::new();
    let mut case = |operator: &dyn Fn(&mut PipelineBuilder) -> pixelflume_pipeline::Port,
                    parameter,
                    single,
                    fused| {
        let mut builder = PipelineBuilder::new("one");
        operator(&mut builder);
        cases.push((builder.build().unwrap(), Change::clone(&parameter), single));
        let mut builder = PipelineBuilder::new("two");
        let node = operator(&mut builder);
        if let Some(step) = fused {
            let flip = Flip::new(FlipAxis::Horizontal);
            builder.then(node, "flip", flip).unwrap();
            cases.push((builder.build().unwrap(), parameter, step));
        }
    };
    macro_rules! cases {
        ($($operator:expr, $parameter:expr, $single:expr, $fused:expr;)*) => {$(
            let operator = $operator;
            let node = |builder: &mut PipelineBuilder| {
                let node = builder.add("node", operator.clone()).unwrap();
                for index in 0..operator.input_count() {
                    let input = builder.input(&format!("input{index}")).unwrap();
                    builder.connect(input, node).unwrap();
                }
                node
            };
            case(&node, $parameter, $single, $fused);
        )*};
    }
    let normalize = || Normalize::new(&[0.1, 0.2, 0.3], &[0.5, 0.6, 0.7]).unwrap();
    let floats = |value: f64| [value; 3];
    let turned = [0.8, -0.6, 10.0, 0.6, 0.8, -5.0];
    let warp = || WarpAffine::new([1.0, 0.0, 2.0, 0.0, 1.0, 3.0], 40, 30).unwrap();
    let sides = |sides: [u32; 4]| {
        let names = ["left", "top", "right", "bottom"];
        let sides = names.into_iter().zip(sides);
        sides
            .map(|(name, side)| (name, side.into()))
            .collect::<Change>()
    };
    let resize = || Resize::new(20, 15).unwrap();
    cases! {
        Blend::new(0.25).unwrap(), set("alpha", 0.75), Patched, None;
        BoxBlur::new(3).unwrap(), set("size", 7), Patched, Some(Patched);
        CenterCrop::new(8, 8).unwrap(), size(width, height), OtherPlan, Some(OtherPlan);
        CenterCrop::new(7, 7).unwrap(), set("like", CenterCropLike::Torchvision), Patched, Some(Patched);
        Color::new(ColorConversion::RgbToGray), set("conversion", ColorConversion::BgrToGray), Patched, Some(Patched);
        Color::new(ColorConversion::RgbToGray), set("conversion", ColorConversion::RgbToBgr), OtherPlan, Some(OtherPlan);
        Crop::new(1, 2, 8, 9).unwrap(), [set("x", 7), set("y", 5)].concat(), Patched, Some(Patched);
        Crop::new(1, 2, 8, 9).unwrap(), size(width, height), OtherPlan, Some(OtherPlan);
        Dilate::new(3).unwrap(), set("size", 5), Patched, Some(Patched);
        Erode::new(3).unwrap(), set("size", 5), Patched, Some(Patched);
        Flip::new(FlipAxis::Vertical), set("axis", FlipAxis::Both), Patched, Some(Patched);
        GaussianBlur::new(3).unwrap(), set("size", 9), Patched, Some(Patched);
        GaussianBlur::new(7).unwrap(), set("sigma", Some(0.9)), Patched, Some(Patched);
        Laplacian::new(LaplacianOutput::Signed), set("output", LaplacianOutput::Clamped), OtherPlan, None;
        Letterbox::new(30, 30).unwrap(), size(width, height), OtherPlan, Some(OtherPlan);
        Letterbox::new(30, 30).unwrap(), set("value", [1, 2, 3, 4]), Patched, Some(Patched);
        MedianBlur::new(3).unwrap(), set("size", 5), Patched, Some(Patched);
        Morphology::new(MorphologyOperation::Open, 3).unwrap(), set("size", 5), Patched, None;
        Morphology::new(MorphologyOperation::Open, 3).unwrap(), set("operation", MorphologyOperation::Close), Patched, None;
        normalize(), set("mean", floats(0.4)), Patched, None;
        normalize(), set("std", floats(0.4)), Patched, None;
        normalize(), set("like", NormalizeLike::TorchvisionV2), Patched, None;
        normalize().like(NormalizeLike::Transformers).unwrap(), set("scale", 0.5), Patched, None;
        Pad::new(1, 2, 3, 4), sides([4, 4, 4, 4]), OtherPlan, Some(OtherPlan);
        // Of the same sums: the place in the output changes, not its size.
        Pad::new(1, 2, 3, 4), sides([3, 4, 1, 2]), Patched, Some(Patched);
        Pad::new(1, 2, 3, 4), set("mode", PadMode::Reflect101), Patched, Some(Patched);
        Pad::new(1, 2, 3, 4), set("value", [9, 8, 7, 6]), Patched, Some(Patched);
        PadMask::new().size(50, 50).unwrap(), set("position", PadPosition::Center), Patched, Some(Patched);
        PadTo::new().size(50, 50).unwrap(), set("position", PadPosition::Center), Patched, Some(Patched);
        PadTo::new().size(50, 50).unwrap(), set("multiple", 16), OtherPlan, Some(OtherPlan);
        Patchify::new(5, 5).unwrap(), set("order", PatchOrder::Thwc), Patched, Some(Patched);
        Patchify::new(5, 5).unwrap(), set("temporal", 2), OtherPlan, Some(OtherPlan);
        Rescale::new(0.5).unwrap(), set("scale", 0.25), Patched, None;
        Rescale::new(0.5).unwrap(), set("offset", true), Patched, None;
        resize(), size(width, height), OtherPlan, Some(OtherPlan);
        // The exact half, which is the mean of four pixels, has code of its own, and so have neighbors. In a fused run
        // operators are data.
        resize(), set("interpolation", Interpolation::Nearest), OtherKernel, Some(Patched);
        Sobel::magnitude(), set("output", SobelOutput::Dx), OtherPlan, None;
        Sobel::dx(), set("output", SobelOutput::Dy), Patched, None;
        Threshold::new(100), set("threshold", 50), Patched, Some(Patched);
        Threshold::new(100), set("maximum", 7), Patched, Some(Patched);
        ToFloat::new(), set("like", ToFloatLike::TorchvisionV2), Patched, None;
        ToFloat::new(), set("scaled", false), Patched, None;
        warp(), set("matrix", turned), Patched, None;
        warp(), size(width, height), OtherPlan, None;
        warp(), set("value", [9, 8, 7, 6]), Patched, None;
    }
    cases
}

/// The two that take parameters.
trait Target {
    fn run(&mut self, inputs: &[Input<'_>], outputs: &mut BatchOutputs);
    fn set(&mut self, change: &Change);
    fn counts(&self) -> (ReplayStatistics, ExecutionStatistics);
}

macro_rules! target {
    ($type:ty) => {
        impl Target for $type {
            fn run(&mut self, inputs: &[Input<'_>], outputs: &mut BatchOutputs) {
                self.run_into(inputs, outputs).unwrap();
            }
            fn set(&mut self, change: &Change) {
                self.set_parameters("node", change.clone()).unwrap();
            }
            fn counts(&self) -> (ReplayStatistics, ExecutionStatistics) {
                (self.replay_statistics(), self.statistics())
            }
        }
    };
}

target!(Runner);
target!(CompiledPipeline);

fn replaying() -> ExecutionConfig {
    ExecutionConfig::default().with_execution(ExecutionMode::Replay)
}

/// Runs until the run is replayed.
fn settle(target: &mut dyn Target, inputs: &[Input<'_>], outputs: &mut BatchOutputs) {
    for _ in 0..5 {
        let before = target.counts().0.replayed;
        target.run(inputs, outputs);
        if target.counts().0.replayed > before {
            return;
        }
    }
    panic!("never replayed: {}", target.counts().0);
}

#[test]
fn a_changed_parameter_is_patched_into_the_captured_run_where_the_kernel_stays() {
    for (pipeline, change, expected) in cases() {
        let steps = [0, 1].map(|target| step(&pipeline, RGB, &change, target));
        assert_eq!(steps, [expected; 2], "{change:?} of {}", pipeline.name());
    }
}

/// Whether some samples of an operator have an effect that differs from image to image. What these do is another operator in every
/// batch, so that there is no run to replay.
fn may_differ(spec: &OperatorSpec) -> bool {
    let mut random = Random::new(1);
    (0..200).any(|_| {
        let mut shape = RGB;
        let sample = (spec.testing.sample)(&mut random, &mut shape);
        sample.unwrap().is_per_image()
    })
}

/// Every parameter of every operator that does the same to all images, with random values.
#[test]
fn every_parameter_of_every_operator_takes_effect() {
    for spec in OPERATORS {
        let mut random = Random::new(7);
        for parameter in spec.parameters {
            let found = (0..5_000).find_map(|_| random_change(spec, parameter.name, &mut random));
            let Some((pipeline, shape, change, is_other)) = found else {
                let (kind, name) = (spec.kind, parameter.name);
                assert!(may_differ(spec), "{kind} never changes {name}");
                continue;
            };
            let step = step(&pipeline, shape, &change, 0);
            assert_eq!(step == Step::OtherPlan, is_other, "{spec:?}: {change:?}");
        }
    }
}

/// A pipeline of one random operator, another possible value of this parameter, and whether the shape of the output changes;
/// `None` where the values that were drawn do not fit.
fn random_change(
    spec: &'static OperatorSpec,
    name: &'static str,
    random: &mut Random,
) -> Option<(Pipeline, ImageShape, Change, bool)> {
    let mut shape = RGB;
    let [before, other] = [0; 2].map(|_| (spec.testing.sample)(random, &mut shape).unwrap());
    if before.is_per_image() || other.is_per_image() {
        return None;
    }
    let values = registry::values_of(&*other).unwrap();
    let (_, value) = values.iter().find(|(of, _)| of.name == name).unwrap();
    let mut builder = PipelineBuilder::new(spec.kind);
    let node = builder.add_boxed("node", before.clone()).unwrap();
    for index in 0..spec.inputs {
        let input = builder.input(&format!("input{index}")).unwrap();
        builder.connect(input, node).unwrap();
    }
    let pipeline = builder.build().unwrap();
    let changed = pipeline.with_parameter("node", name, value.clone()).ok()?;
    let after = changed.nodes()[0].operator();
    let shapes = vec![shape; spec.inputs];
    let output = |operator: &dyn Operator| Some(operator.plan(&shapes).ok()?.output());
    let (from, to) = (output(&*before)?, output(&**after)?);
    let is_same = format!("{before:?}") == format!("{after:?}");
    let is_small = from.bytes() + to.bytes() < 200_000;
    (is_small && !is_same).then(|| (pipeline, shape, set(name, value.clone()), from != to))
}

/// What the first run after the change does on a runner (0) or on a plan (1), of which the results are checked.
fn step(pipeline: &Pipeline, shape: ImageShape, change: &Change, target: usize) -> Step {
    let images: [Image; 2] = [1, 2].map(|seed| noise_of(shape, seed));
    let frames = images.each_ref().map(|image| [image]);
    let inputs: Vec<Input<'_>> = frames[..pipeline.inputs().len()]
        .iter()
        .map(|frames| Input::Images(frames))
        .collect();
    let shapes = vec![shape; inputs.len()];
    let (mut runner, mut plan);
    let target: &mut dyn Target = if target == 0 {
        runner = Runner::new(pipeline.clone(), &HOST, replaying()).unwrap();
        &mut runner
    } else {
        plan = pipeline.compile(&HOST, &shapes, replaying()).unwrap();
        &mut plan
    };
    let mut outputs = BatchOutputs::default();
    settle(target, &inputs, &mut outputs);
    let (before, plans) = target.counts();
    target.set(change);
    target.run(&inputs, &mut outputs);
    let (after, plans_after) = target.counts();

    let step = if after.patched > before.patched {
        Step::Patched
    } else if after.direct.work_changed > before.direct.work_changed {
        Step::OtherKernel
    } else {
        assert!(after.direct.total() > before.direct.total(), "{after}");
        Step::OtherPlan
    };
    let is_other = plans_after.plans_compiled > plans.plans_compiled;
    assert_eq!(is_other, step == Step::OtherPlan, "{change:?}: {after}");

    let changed = pipeline.with_parameters("node", change.clone()).unwrap();
    let mut oracle = Runner::new(changed, &HOST, ExecutionConfig::default()).unwrap();
    let mut right = BatchOutputs::default();
    oracle.run_into(&inputs, &mut right).unwrap();
    let images = |outputs: &BatchOutputs| -> Vec<Vec<u8>> {
        let all = outputs.outputs();
        all.map(|(_, images)| images.unwrap()[0].data().to_vec())
            .collect()
    };
    assert_eq!(images(&outputs), images(&right), "{change:?}");
    // In any step, the new value is replayed soon, and its results stay the same then.
    settle(target, &inputs, &mut outputs);
    assert_eq!(images(&outputs), images(&right), "{change:?}");
    step
}

/// A slider that is moved before each run.
#[test]
fn a_parameter_that_changes_before_every_run_never_runs_directly() {
    for pipeline in [true, false].map(slider) {
        let mut runner = Runner::new(pipeline, &HOST, replaying()).unwrap();
        let image = noise(20, 15, 1, 3);
        let inputs = [Input::Images(&[&image])];
        let mut outputs = BatchOutputs::default();
        settle(&mut runner, &inputs, &mut outputs);
        let before = runner.replay_statistics();
        for threshold in 1..=20 {
            runner.set(&set("threshold", 10 * threshold));
            runner.run_into(&inputs, &mut outputs).unwrap();
        }
        let after = runner.replay_statistics();
        assert_eq!(after.direct, before.direct, "{after}");
        assert!(after.patched - before.patched >= 19, "{after}");
        assert!(after.captured - before.captured <= 1, "{after}");
        assert_eq!(runner.statistics().plans_compiled, 1);
    }
}

fn slider(fused: bool) -> Pipeline {
    let mut builder = PipelineBuilder::new("slider");
    let input = builder.input("input").unwrap();
    let node = builder.then(input, "node", Threshold::new(0)).unwrap();
    builder.then(node, "edges", Sobel::magnitude()).unwrap();
    builder.fusion(fused);
    builder.build().unwrap()
}
