//! The check `fused`: chains that the fusion rules take, fused and node by node, on CUDA and on the host.

use crate::chains::Chain;
use crate::check::Context;
use crate::mismatch::{Case, equal_image};
use anyhow::{Context as _, anyhow, ensure};
use pixelflume::memory::AllocatorMode;
use pixelflume::ops::fusion::RULES;
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;
use std::collections::BTreeMap;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let rounds = context.cases(32, 480);
    let (mut images, mut bytes, mut replayed) = (0, 0, 0);
    let mut hits: BTreeMap<&'static str, usize> = BTreeMap::new();
    let kind = context.cuda.kind();
    for rule in RULES.iter().filter(|rule| rule.device == kind) {
        hits.insert(rule.name, 0);
    }
    for round in rounds.clone() {
        let mut random = Random::new(context.seed.wrapping_mul(15_485_863).wrapping_add(round));
        // All combinations of parts in turn, for both patterns.
        let shape = ImageShape::u8(random.side(), random.side(), random.pick(&[1, 3, 4]));
        let chain = match round % 2 {
            0 => Chain::stencil(&mut random, shape, round / 2)?,
            _ => Chain::sample(&mut random, shape, round / 2)?,
        };
        if chain.operators.is_empty() {
            continue;
        }
        let (input, count) = (chain.input, random.within(1, 5));
        let pipeline = chain.pipeline()?;
        let config = ExecutionConfig::default()
            .with_max_batch(random.within(1, 5))
            .with_allocator(random.pick(&AllocatorMode::ALL));
        let failed = || Case {
            number: round,
            what: format!(
                "round {round} (seed {}), {count} x {input}, {config:?}, {:?}",
                context.seed, chain.operators
            ),
        };
        let plan = pipeline
            .describe(Some(&[input]), count, 1, &context.cuda)
            .with_context(failed)?;
        for run in plan.fusion.iter().flat_map(|fusion| &fusion.chains) {
            *hits.entry(run.rule).or_default() += 1;
        }
        let single = pipeline.with_fusion(false);
        let mut host = Runner::new(single.clone(), &context.host, ExecutionConfig::default())?;
        let runner = |pipeline: &Pipeline, mode| {
            Runner::new(
                pipeline.clone(),
                &context.cuda,
                config.clone().with_execution(mode),
            )
        };
        let mut runners = [
            ("node by node", runner(&single, ExecutionMode::Direct)?),
            ("fused, direct", runner(&pipeline, ExecutionMode::Direct)?),
            ("fused, replay", runner(&pipeline, ExecutionMode::Replay)?),
        ];
        for turn in 0..5 {
            let frames: Vec<Image> = (0..count)
                .map(|_| Image::new(input, random.bytes(input.bytes())))
                .collect::<Result<_, _>>()?;
            let frames: Vec<&Image> = frames.iter().collect();
            let expected = host.run(&frames).with_context(failed)?;
            for (name, runner) in &mut runners {
                let got = runner.run(&frames).with_context(failed)?;
                bytes += compare(&format!("{name}, turn {turn}"), &expected, &got)
                    .with_context(failed)?;
                images += frames.len();
            }
        }
        let statistics = runners[1].1.statistics();
        let nodes = pipeline.nodes().len() as u64;
        ensure!(
            statistics.node_launches == statistics.batches * nodes,
            "round {round}: {nodes} nodes were counted {} times in {} batches",
            statistics.node_launches,
            statistics.batches
        );
        replayed += runners[2].1.replay_statistics().replayed;
    }
    if context.case.is_none() {
        ensure!(replayed > 0, "nothing was replayed");
        for (rule, count) in &hits {
            ensure!(*count > 0, "the rule {rule} was never used");
        }
    }
    let hits: Vec<_> = hits
        .iter()
        .map(|(rule, count)| format!("{rule} {count}"))
        .collect();
    Ok(format!(
        "{} chains equal fused and not, over {images} images, direct and replayed ({replayed} replays), {bytes} bytes; runs by \
         rule: {}",
        rounds.count(),
        hits.join(", ")
    ))
}

fn compare(what: &str, expected: &BatchOutputs, got: &BatchOutputs) -> anyhow::Result<usize> {
    let mut bytes = 0;
    for ((name, expected), (_, got)) in expected.outputs().zip(got.outputs()) {
        let expected = expected.map_err(|failure| anyhow!("{what}: {failure}"))?;
        let got = got.map_err(|failure| anyhow!("{what}: {failure}"))?;
        ensure!(expected.len() == got.len(), "{what}: not as many images");
        for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
            let what = format!("{what}, output {name}, image {index}");
            ensure!(expected.shape() == got.shape(), "{what}: another shape");
            equal_image(&what, expected.shape(), expected.data(), got.data())?;
            bytes += got.data().len();
        }
    }
    Ok(bytes)
}
