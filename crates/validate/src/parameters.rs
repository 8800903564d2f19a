//! Parameters that change under captured runs: each is patched into the graph where its kernel stays, and the next run has
//! the results of the new value in any case.

use crate::check::Context;
use crate::mismatch::{Case, equal};
use crate::random::Random;
use anyhow::{Context as _, ensure};
use pixelflume::ops::*;
use pixelflume::pipeline::Parameter;
use pixelflume::prelude::*;

/// A change of a parameter that leaves all shapes as they are.
struct Change {
    pipeline: Pipeline,
    parameter: Parameter,
    /// Whether every device has one kernel for both values, so that the captured run must be patched. Elsewhere some device
    /// has kernels for single values, and captures anew.
    same_kernel: bool,
}

/// How many runs of one kind it takes at most until they are replayed: two that warm up, and the capture.
const RUNS: usize = 5;

fn change<T: Operator + Clone + 'static>(
    operator: &T,
    parameter: Parameter,
    same_kernel: bool,
    fused: bool,
) -> anyhow::Result<Change> {
    let mut builder = PipelineBuilder::new("parameters");
    let inputs = operator.input_count();
    let node = builder.add("node", operator.clone())?;
    for index in 0..inputs {
        let input = builder.input(&format!("input{index}"))?;
        builder.connect(input, node)?;
    }
    if fused {
        builder.then(node, "last", Threshold::new(90))?;
    }
    Ok(Change {
        pipeline: builder.build()?,
        parameter,
        same_kernel,
    })
}

fn changes() -> anyhow::Result<Vec<Change>> {
    use Parameter as P;
    let mut changes = Vec::new();
    for fused in [false, true] {
        let same = !fused;
        let blur = GaussianBlur::new(7)?;
        changes.extend([
            change(&Threshold::new(100), P::Threshold(50), same, fused)?,
            change(&Threshold::new(100), P::ThresholdMaximum(7), same, fused)?,
            change(&blur.sigma(0.9)?, P::BlurSigma(Some(1.7)), same, fused)?,
            change(&blur, P::BlurSize(11), false, fused)?,
            change(&BoxBlur::new(3)?, P::BoxBlurSize(7), false, fused)?,
            change(&Erode::new(3)?, P::ErodeSize(5), false, fused)?,
            change(&Dilate::new(3)?, P::DilateSize(5), false, fused)?,
            change(&MedianBlur::new(3)?, P::MedianBlurSize(5), false, fused)?,
            change(
                &Color::new(ColorConversion::RgbToGray),
                P::ColorConversion(ColorConversion::BgrToGray),
                false,
                fused,
            )?,
            change(
                &Crop::new(1, 2, 8, 9)?,
                P::CropOrigin { x: 7, y: 5 },
                false,
                fused,
            )?,
            change(
                &Flip::new(FlipAxis::Vertical),
                P::FlipAxis(FlipAxis::Both),
                false,
                fused,
            )?,
            change(
                &Letterbox::new(30, 30)?,
                P::LetterboxValue([1, 2, 3, 4]),
                false,
                fused,
            )?,
            change(
                &Pad::new(1, 2, 3, 4),
                P::PadValue([9, 8, 7, 6]),
                false,
                fused,
            )?,
            change(
                &Pad::new(1, 2, 3, 4),
                P::PadMode(PadMode::Reflect101),
                false,
                fused,
            )?,
            change(
                &Resize::new(20, 15)?,
                P::ResizeInterpolation(Interpolation::Nearest),
                false,
                fused,
            )?,
        ]);
    }
    let normalize = Normalize::new(&[0.1, 0.2, 0.3], &[0.5, 0.6, 0.7])?;
    let warp = WarpAffine::new([1.0, 0.0, 2.0, 0.0, 1.0, 3.0], 40, 30)?;
    let turned = [0.8, -0.6, 10.0, 0.6, 0.8, -5.0];
    changes.extend([
        change(&Blend::new(0.25)?, P::BlendAlpha(0.75), true, false)?,
        change(&normalize, P::NormalizeMean([0.4; 4]), false, false)?,
        change(&normalize, P::NormalizeStd([0.4; 4]), false, false)?,
        change(&normalize, P::NormalizeScale(0.5), false, false)?,
        change(&Sobel::dx(), P::SobelOutput(SobelOutput::Dy), false, false)?,
        change(&warp, P::WarpMatrix(turned), false, false)?,
        change(&warp, P::WarpValue([9, 8, 7, 6]), false, false)?,
    ]);
    Ok(changes)
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let changes = changes()?;
    let all = changes.len() as u64;
    let (mut patched, mut captured, mut planned) = (0, 0, 0);
    for number in context.cases(all, all) {
        let Some(change) = changes.get(number as usize) else {
            continue;
        };
        let taken = one(context, change, number).with_context(|| Case {
            number,
            what: format!(
                "{:?} of {} nodes, seed {}",
                change.parameter,
                change.pipeline.nodes().len(),
                context.seed
            ),
        })?;
        *match taken {
            Taken::Patched => &mut patched,
            Taken::Captured => &mut captured,
            Taken::Planned => &mut planned,
        } += 1;
    }
    Ok(format!(
        "{patched} changed parameters patched into captured runs, {captured} captured anew for another kernel, {planned} planned \
         anew because other nodes are fused, all equal"
    ))
}

/// How a captured run took over a changed parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Taken {
    Patched,
    /// It was captured again, with another kernel.
    Captured,
    /// Other nodes are fused with the new value, so that another plan was compiled.
    Planned,
}

fn one(context: &Context, change: &Change, number: u64) -> anyhow::Result<Taken> {
    let mut random = Random::new(context.seed.wrapping_mul(32_452_843).wrapping_add(number));
    let shape = ImageShape::u8(40, 30, 3);
    let inputs = change.pipeline.inputs().len();
    let images: Vec<Image> = (0..inputs)
        .map(|_| Image::new(shape, random.bytes(shape.bytes())))
        .collect::<Result<_, _>>()?;
    let frames: Vec<[&Image; 1]> = images.iter().map(|image| [image]).collect();
    let frames: Vec<&[&Image]> = frames.iter().map(|frames| &frames[..]).collect();
    let config = RunnerConfig::default().with_execution(ExecutionMode::Replay);
    let mut runner = Runner::new(change.pipeline.clone(), &context.cuda, config)?;
    let oracle = |pipeline: &Pipeline| -> anyhow::Result<Vec<u8>> {
        let pipeline = pipeline.with_fusion(false);
        let mut runner = Runner::new(pipeline, &context.host, RunnerConfig::default())?;
        results(&mut runner, &frames)
    };
    settle(&mut runner, &frames, &oracle(&change.pipeline)?)?;
    let before = runner.replay_statistics();
    runner.set_parameter("node", change.parameter)?;
    let expected = oracle(runner.pipeline())?;
    equal(
        "the first run with the new value",
        &expected,
        &results(&mut runner, &frames)?,
    )?;
    let after = runner.replay_statistics();
    let taken = if runner.statistics().plans_compiled > 1 {
        Taken::Planned
    } else if after.patched > before.patched {
        Taken::Patched
    } else {
        Taken::Captured
    };
    let is_allowed = match taken {
        Taken::Patched => true,
        Taken::Captured => {
            !change.same_kernel && after.direct.work_changed > before.direct.work_changed
        }
        // No shape changes, so that only what is fused can be another plan.
        Taken::Planned => change.pipeline.nodes().len() > 1,
    };
    ensure!(is_allowed, "{taken:?}: {after}, before {before}");
    settle(&mut runner, &frames, &expected)?;
    Ok(taken)
}

fn results(runner: &mut Runner, frames: &[&[&Image]]) -> anyhow::Result<Vec<u8>> {
    let outputs = runner.run_inputs(frames)?;
    let mut all = Vec::new();
    for (_, images) in outputs.outputs() {
        for image in images.map_err(Clone::clone)? {
            all.extend_from_slice(image.data());
        }
    }
    Ok(all)
}

/// Runs until a run is replayed as it was captured.
fn settle(runner: &mut Runner, frames: &[&[&Image]], expected: &[u8]) -> anyhow::Result<()> {
    for _ in 0..RUNS {
        let before = runner.replay_statistics().replayed;
        equal(
            "a run of the same value",
            expected,
            &results(runner, frames)?,
        )?;
        if runner.replay_statistics().replayed > before {
            return Ok(());
        }
    }
    anyhow::bail!(
        "not replayed after {RUNS} runs: {}",
        runner.replay_statistics()
    )
}
