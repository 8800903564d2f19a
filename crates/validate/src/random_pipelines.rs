//! The check `random`: random pipelines on CUDA against the host, frame by frame; a batch of N equals N single executions.

use crate::check::Context;
use crate::mismatch::{Case, equal_image};
use anyhow::{Context as _, anyhow, ensure};
use pixelflume::memory::AllocatorMode;
use pixelflume::ops::registry;
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;

/// A random pipeline with one input and up to ten nodes for images of `shape`, which it may change.
fn pipeline(random: &mut Random, shape: &mut ImageShape) -> anyhow::Result<Pipeline> {
    let mut builder = PipelineBuilder::new("random");
    let input = builder.input("input")?;
    let mut images = Vec::new();
    let nodes = random.within(1, 10);
    while images.len() < nodes as usize {
        let (from, mut of) = match images.is_empty() {
            true => (input, *shape),
            false => images[random.within(0, images.len() as u32 - 1) as usize],
        };
        let wanted = of;
        let operator = registry::sample(random, &mut of)?;
        if images.is_empty() {
            *shape = of;
        } else if of != wanted {
            // The operator does not accept the image.
            continue;
        }
        let output = operator.plan(&vec![of; operator.input_count()])?.output();
        let inputs = operator.input_count();
        let node = builder.add_boxed(&format!("node{}", images.len()), operator)?;
        for _ in 0..inputs {
            builder.connect(from, node)?;
        }
        // Only interleaved 8-bit images have further operators of all kinds, and matrices of patches may be too large for them.
        let is_small = output.width.max(output.height) <= 65_536;
        match output.sample {
            SampleType::U8 if output.layout == Layout::Interleaved && is_small => {
                images.push((node, output));
            }
            _ if images.is_empty() => return Ok(builder.build()?),
            _ => break,
        }
    }
    Ok(builder.build()?)
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let rounds = context.cases(8, 150);
    let (mut frames_run, mut bytes, mut replayed) = (0, 0, 0);
    for round in rounds.clone() {
        let mut random = Random::new(context.seed.wrapping_mul(104_729).wrapping_add(round));
        let mut shape = ImageShape::u8(
            random.within(1, 90),
            random.within(1, 90),
            random.pick(&[1, 3, 4]),
        );
        let pipeline = pipeline(&mut random, &mut shape)?;
        let count = random.within(1, 17);
        let config = ExecutionConfig::default()
            .with_streams(random.within(1, 4) as usize)
            .with_max_batch(random.within(1, 17))
            .with_allocator(random.pick(&AllocatorMode::ALL))
            .with_execution(random.pick(&[ExecutionMode::Direct, ExecutionMode::Replay]));
        let failed = || Case {
            number: round,
            what: format!(
                "round {round} (seed {}), {count} x {shape}, {config:?}, {}",
                context.seed,
                nodes(&pipeline)
            ),
        };
        let single = ExecutionConfig::default().with_streams(1).with_max_batch(1);
        let mut host = Runner::new(pipeline.with_fusion(false), &context.host, single)?;
        let mut cuda = Runner::new(pipeline.clone(), &context.cuda, config.clone())?;
        for turn in 0..4 {
            let frames: Vec<Image> = (0..count)
                .map(|_| Image::new(shape, random.bytes(shape.bytes())))
                .collect::<Result<_, _>>()?;
            let all: Vec<&Image> = frames.iter().collect();
            let got = cuda.run(&all).with_context(failed)?;
            for (index, frame) in frames.iter().enumerate() {
                let expected = host.run(&[frame]).with_context(failed)?;
                for ((name, expected), (_, got)) in expected.outputs().zip(got.outputs()) {
                    let compare = || -> anyhow::Result<usize> {
                        let what = format!("turn {turn}, frame {index}, output {name}");
                        let expected = expected.map_err(|failure| anyhow!("{what}: {failure}"))?;
                        let got = got.map_err(|failure| anyhow!("{what}: {failure}"))?;
                        let shape = expected[0].shape();
                        ensure!(shape == got[index].shape(), "{what}: another shape");
                        equal_image(&what, shape, expected[0].data(), got[index].data())?;
                        Ok(got[index].data().len())
                    };
                    bytes += compare().with_context(failed)?;
                }
                frames_run += 1;
            }
        }
        replayed += cuda.replay_statistics().replayed;
    }
    Ok(format!(
        "{} random pipelines equal over {frames_run} frames, batches against single frames, {replayed} replays, {bytes} bytes",
        rounds.count()
    ))
}

/// The nodes of a pipeline with their operators.
fn nodes(pipeline: &Pipeline) -> String {
    let nodes = pipeline.nodes().iter();
    let nodes: Vec<_> = nodes
        .map(|node| format!("{} {:?}", node.name(), node.operator()))
        .collect();
    nodes.join(" | ")
}
