//! The check `parameters`: parameters that change between captured runs. Each is patched into the graph where its kernel stays,
//! and the next run has the results of the new value in any case.

use crate::check::Context;
use crate::mismatch::{Case, equal};
use anyhow::{Context as _, ensure};
use pixelflume::ops::Threshold;
use pixelflume::ops::registry::{self, OPERATORS};
use pixelflume::ops::spec::{OperatorSpec, Value};
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;

/// A change of a parameter that keeps all shapes.
struct Change {
    pipeline: Pipeline,
    shape: ImageShape,
    name: &'static str,
    value: Value,
    /// Whether every device uses one kernel for both values, so that the captured run must be patched. Otherwise some devices
    /// have kernels for single values, and capture again.
    same_kernel: bool,
}

/// Parameters whose values all have the same kernel.
const ONE_KERNEL: [(&str, &str); 4] = [
    ("blend", "alpha"),
    ("gaussian_blur", "sigma"),
    ("threshold", "maximum"),
    ("threshold", "threshold"),
];

/// The most runs until one is replayed: two that warm up, and the capture.
const RUNS: usize = 5;

/// The most draws for a change that keeps the shapes.
const DRAWS: usize = 500;

/// A random change of a parameter, of an operator alone or of one with a threshold after it; `None` where every change of the
/// parameter changes the shape, or no operator can follow.
fn change(
    spec: &'static OperatorSpec,
    name: &'static str,
    fused: bool,
) -> anyhow::Result<Option<Change>> {
    let mut random = Random::new(1);
    for _ in 0..DRAWS {
        let mut shape = ImageShape::u8(40, 30, 3);
        let [before, other] = [0; 2].map(|_| (spec.testing.sample)(&mut random, &mut shape));
        let (before, other) = (before?, other?);
        let other = registry::values_of(&*other).context("a built-in operator")?;
        let value = other.iter().find(|(parameter, _)| parameter.name == name);
        let value = value.context("a parameter of the operator")?.1.clone();
        let mut values = registry::values_of(&*before).context("a built-in operator")?;
        let is_same = values
            .iter()
            .any(|(parameter, old)| parameter.name == name && *old == value);
        values.set(name, value.clone())?;
        let Ok(after) = values.build() else { continue };
        // What is drawn differs from run to run, whatever the parameters.
        if before.is_per_image() || after.is_per_image() {
            continue;
        }
        let shapes = vec![shape; spec.inputs];
        let (Ok(from), Ok(to)) = (before.plan(&shapes), after.plan(&shapes)) else {
            continue;
        };
        let can_go_on = from.output().sample == SampleType::U8;
        if is_same || from.output() != to.output() || (fused && !can_go_on) {
            continue;
        }
        let mut builder = PipelineBuilder::new("parameters");
        let node = builder.add_boxed("node", before)?;
        for index in 0..spec.inputs {
            let input = builder.input(&format!("input{index}"))?;
            builder.connect(input, node)?;
        }
        if fused {
            builder.then(node, "last", Threshold::new(90))?;
        }
        return Ok(Some(Change {
            pipeline: builder.build()?,
            shape,
            name,
            value,
            same_kernel: !fused && ONE_KERNEL.contains(&(spec.kind, name)),
        }));
    }
    Ok(None)
}

/// A change of every parameter of every operator that can change without another shape.
fn changes() -> anyhow::Result<Vec<Change>> {
    let mut changes = Vec::new();
    for fused in [false, true] {
        for spec in OPERATORS {
            for parameter in spec.parameters {
                changes.extend(change(spec, parameter.name, fused)?);
            }
        }
    }
    Ok(changes)
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let changes = changes()?;
    let all = changes.len() as u64;
    let (mut patched, mut same, mut captured, mut planned) = (0, 0, 0, 0);
    for number in context.cases(all, all) {
        let Some(change) = changes.get(number as usize) else {
            continue;
        };
        let taken = one(context, change, number).with_context(|| Case {
            number,
            what: format!(
                "{} = {} of {:?}, {} nodes, seed {}",
                change.name,
                change.value,
                change.pipeline.nodes()[0].operator(),
                change.pipeline.nodes().len(),
                context.seed
            ),
        })?;
        *match taken {
            Adoption::Patched => &mut patched,
            Adoption::Same => &mut same,
            Adoption::Captured => &mut captured,
            Adoption::Planned => &mut planned,
        } += 1;
    }
    Ok(format!(
        "{patched} changed parameters patched into captured runs, {same} without another launch, {captured} captured anew for another kernel, {planned} planned \
         anew because other nodes are fused, all equal"
    ))
}

/// The way in which a captured run took over a changed parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Adoption {
    Patched,
    /// Both values have the same launches for this shape, and the captured run was replayed as it was.
    Same,
    /// The run was captured again, with another kernel.
    Captured,
    /// The plan was compiled again, since other nodes are fused with the new value.
    Planned,
}

fn one(context: &Context, change: &Change, number: u64) -> anyhow::Result<Adoption> {
    let mut random = Random::new(context.seed.wrapping_mul(32_452_843).wrapping_add(number));
    let shape = change.shape;
    let inputs = change.pipeline.inputs().len();
    let images: Vec<Image> = (0..inputs)
        .map(|_| Image::new(shape, random.bytes(shape.bytes())))
        .collect::<Result<_, _>>()?;
    let frames: Vec<[&Image; 1]> = images.iter().map(|image| [image]).collect();
    let frames: Vec<&[&Image]> = frames.iter().map(|frames| &frames[..]).collect();
    let config = ExecutionConfig::default().with_execution(ExecutionMode::Replay);
    let mut runner = Runner::new(change.pipeline.clone(), &context.cuda, config)?;
    let oracle = |pipeline: &Pipeline| -> anyhow::Result<Vec<u8>> {
        let pipeline = pipeline.with_fusion(false);
        let mut runner = Runner::new(pipeline, &context.host, ExecutionConfig::default())?;
        results(&mut runner, &frames)
    };
    run_until_replayed(&mut runner, &frames, &oracle(&change.pipeline)?)?;
    let before = runner.replay_statistics();
    runner.set_parameter("node", change.name, change.value.clone())?;
    let expected = oracle(runner.pipeline())?;
    equal(
        "the first run with the new value",
        &expected,
        &results(&mut runner, &frames)?,
    )?;
    let after = runner.replay_statistics();
    let taken = if runner.statistics().plans_compiled > 1 {
        Adoption::Planned
    } else if after.patched > before.patched {
        Adoption::Patched
    } else if after.replayed > before.replayed {
        Adoption::Same
    } else {
        Adoption::Captured
    };
    let is_allowed = match taken {
        Adoption::Patched => true,
        Adoption::Same => !change.same_kernel,
        Adoption::Captured => {
            !change.same_kernel && after.direct.work_changed > before.direct.work_changed
        }
        // Shapes do not change, so only a fused plan can become another one.
        Adoption::Planned => change.pipeline.nodes().len() > 1,
    };
    ensure!(is_allowed, "{taken:?}: {after}, before {before}");
    run_until_replayed(&mut runner, &frames, &expected)?;
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

/// Runs until a run is replayed unchanged, and returns how the change was adopted.
fn run_until_replayed(
    runner: &mut Runner,
    frames: &[&[&Image]],
    expected: &[u8],
) -> anyhow::Result<()> {
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
