//! What a changed parameter costs a captured run: which step of the ladder the next run takes, for every operator that has
//! parameters, and that its results are those of the new value.

use crate::runner::HOST;
use crate::support::noise;
use pixelflume_ops::*;
use pixelflume_pipeline::{
    BatchOutputs, CompiledPipeline, ExecutionConfig, ExecutionStatistics, Image, Input, Parameter,
    Pipeline, PipelineBuilder, Runner,
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

const RGB: ImageShape = ImageShape::u8(40, 30, 3);

/// An operator, the shape it takes, a parameter of it, and what a change of it costs: where the operator is a launch by
/// itself, and where it is one with a flip behind it.
fn cases() -> Vec<(Pipeline, Parameter, Step)> {
    use Step::{OtherKernel, OtherPlan, Patched};
    let (width, height) = (20, 10);
    let mut cases = Vec::new();
    let mut case = |operator: &dyn Fn(&mut PipelineBuilder) -> pixelflume_pipeline::Port,
                    parameter,
                    single,
                    fused| {
        let mut builder = PipelineBuilder::new("one");
        operator(&mut builder);
        cases.push((builder.build().unwrap(), parameter, single));
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
    use Parameter as P;
    let normalize = || Normalize::new(&[0.1, 0.2, 0.3], &[0.5, 0.6, 0.7]).unwrap();
    let floats = |value: f64| [value; 4];
    let turned = [0.8, -0.6, 10.0, 0.6, 0.8, -5.0];
    let warp = || WarpAffine::new([1.0, 0.0, 2.0, 0.0, 1.0, 3.0], 40, 30).unwrap();
    let resize = || Resize::new(20, 15).unwrap();
    cases! {
        Blend::new(0.25).unwrap(), P::BlendAlpha(0.75), Patched, None;
        BoxBlur::new(3).unwrap(), P::BoxBlurSize(7), Patched, Some(Patched);
        CenterCrop::new(8, 8).unwrap(), P::CenterCropSize { width, height }, OtherPlan, Some(OtherPlan);
        Color::new(ColorConversion::RgbToGray), P::ColorConversion(ColorConversion::BgrToGray), Patched, Some(Patched);
        Color::new(ColorConversion::RgbToGray), P::ColorConversion(ColorConversion::RgbToBgr), OtherPlan, Some(OtherPlan);
        Crop::new(1, 2, 8, 9).unwrap(), P::CropOrigin { x: 7, y: 5 }, Patched, Some(Patched);
        Crop::new(1, 2, 8, 9).unwrap(), P::CropSize { width, height }, OtherPlan, Some(OtherPlan);
        Dilate::new(3).unwrap(), P::DilateSize(5), Patched, Some(Patched);
        Erode::new(3).unwrap(), P::ErodeSize(5), Patched, Some(Patched);
        Flip::new(FlipAxis::Vertical), P::FlipAxis(FlipAxis::Both), Patched, Some(Patched);
        GaussianBlur::new(3).unwrap(), P::BlurSize(9), Patched, Some(Patched);
        GaussianBlur::new(7).unwrap(), P::BlurSigma(Some(0.9)), Patched, Some(Patched);
        Laplacian::new(LaplacianOutput::Signed), P::LaplacianOutput(LaplacianOutput::Clamped), OtherPlan, None;
        Letterbox::new(30, 30).unwrap(), P::LetterboxSize { width, height }, OtherPlan, Some(OtherPlan);
        Letterbox::new(30, 30).unwrap(), P::LetterboxValue([1, 2, 3, 4]), Patched, Some(Patched);
        MedianBlur::new(3).unwrap(), P::MedianBlurSize(5), Patched, Some(Patched);
        normalize(), P::NormalizeMean(floats(0.4)), Patched, None;
        normalize(), P::NormalizeStd(floats(0.4)), Patched, None;
        normalize(), P::NormalizeScale(0.5), Patched, None;
        Pad::new(1, 2, 3, 4), P::PadSides([4, 4, 4, 4]), OtherPlan, Some(OtherPlan);
        // Of the same sums: the place in the output changes, not its size.
        Pad::new(1, 2, 3, 4), P::PadSides([3, 4, 1, 2]), Patched, Some(Patched);
        Pad::new(1, 2, 3, 4), P::PadMode(PadMode::Reflect101), Patched, Some(Patched);
        Pad::new(1, 2, 3, 4), P::PadValue([9, 8, 7, 6]), Patched, Some(Patched);
        resize(), P::ResizeSize { width, height }, OtherPlan, Some(OtherPlan);
        // The exact half, which is the mean of four pixels, has code of its own, and so have neighbours. In a fused run
        // operators are data.
        resize(), P::ResizeInterpolation(Interpolation::Nearest), OtherKernel, Some(Patched);
        Sobel::magnitude(), P::SobelOutput(SobelOutput::Dx), OtherPlan, None;
        Sobel::dx(), P::SobelOutput(SobelOutput::Dy), Patched, None;
        Threshold::new(100), P::Threshold(50), Patched, Some(Patched);
        Threshold::new(100), P::ThresholdMaximum(7), Patched, Some(Patched);
        warp(), P::WarpMatrix(turned), Patched, None;
        warp(), P::WarpSize { width, height }, OtherPlan, None;
        warp(), P::WarpValue([9, 8, 7, 6]), Patched, None;
    }
    cases
}

/// The two that take parameters.
trait Target {
    fn run(&mut self, inputs: &[Input<'_>], outputs: &mut BatchOutputs);
    fn set(&mut self, parameter: Parameter);
    fn counts(&self) -> (ReplayStatistics, ExecutionStatistics);
}

macro_rules! target {
    ($type:ty) => {
        impl Target for $type {
            fn run(&mut self, inputs: &[Input<'_>], outputs: &mut BatchOutputs) {
                self.run_into(inputs, outputs).unwrap();
            }
            fn set(&mut self, parameter: Parameter) {
                self.set_parameter("node", parameter).unwrap();
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
    for (pipeline, parameter, expected) in cases() {
        let images: [Image; 2] = [1, 2].map(|seed| noise(RGB.width, RGB.height, 3, seed));
        let frames = images.each_ref().map(|image| [image]);
        let inputs: Vec<Input<'_>> = frames[..pipeline.inputs().len()]
            .iter()
            .map(|frames| Input::Images(frames))
            .collect();
        let shapes = vec![RGB; inputs.len()];
        let mut runner = Runner::new(pipeline.clone(), &HOST, replaying()).unwrap();
        let mut plan = pipeline.compile(&HOST, &shapes, replaying()).unwrap();
        for target in [&mut runner as &mut dyn Target, &mut plan] {
            let mut outputs = BatchOutputs::default();
            settle(target, &inputs, &mut outputs);
            let (before, plans) = target.counts();
            target.set(parameter);
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
            assert_eq!(
                step,
                expected,
                "{parameter:?} of {}: {after}",
                pipeline.name()
            );
            let is_other = plans_after.plans_compiled > plans.plans_compiled;
            assert_eq!(is_other, expected == Step::OtherPlan, "{parameter:?}");

            let changed = pipeline.with_parameter("node", parameter).unwrap();
            let mut oracle = Runner::new(changed, &HOST, ExecutionConfig::default()).unwrap();
            let mut right = BatchOutputs::default();
            oracle.run_into(&inputs, &mut right).unwrap();
            let images = |outputs: &BatchOutputs| -> Vec<Vec<u8>> {
                let all = outputs.outputs();
                all.map(|(_, images)| images.unwrap()[0].data().to_vec())
                    .collect()
            };
            assert_eq!(images(&outputs), images(&right), "{parameter:?}");
            // Whatever it was, the new value is replayed soon, and is the same then.
            settle(target, &inputs, &mut outputs);
            assert_eq!(images(&outputs), images(&right), "{parameter:?}");
        }
    }
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
            runner.set(Parameter::Threshold(10 * threshold));
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
