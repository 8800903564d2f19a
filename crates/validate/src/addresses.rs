//! The check `addresses`: replayed graphs over changing memory. Each batch reads and writes other buffers of the caller, so the
//! graph has to be patched; a graph that was not patched would compute the batch before.

use crate::check::Context;
use crate::mismatch::{Case, equal_image};
use anyhow::{Context as _, ensure};
use pixelflume::memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume::ops::testing::Random;
use pixelflume::pipeline::{BatchLayout, DeviceImages, DeviceImagesMut, Input, Output};
use pixelflume::prelude::*;

/// Input and output buffers, which are used in random order.
const BUFFERS: usize = 3;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let file = context.pipelines.join("edges.toml");
    let pipeline = Pipeline::from_file(&file)?;
    let cases = context.cases(4, 40);
    let (mut executions, mut patched) = (0, 0);
    for case in cases.clone() {
        let seed = context.seed.wrapping_mul(611_953).wrapping_add(case);
        let mut random = Random::new(seed);
        let shape = ImageShape::u8(random.within(1, 300), random.within(1, 300), 3);
        let done = one(context, &pipeline, &mut random, shape).with_context(|| Case {
            number: case,
            what: format!("case {case} (seed {}), {shape}", context.seed),
        })?;
        executions += done.executions;
        patched += done.patched;
    }
    ensure!(
        patched > 0 || context.case.is_some(),
        "no graph was patched"
    );
    Ok(format!(
        "{} pipelines over {BUFFERS} inputs and outputs of the caller in random order, {executions} executions equal, \
         {patched} graphs patched",
        cases.count()
    ))
}

struct Done {
    executions: u64,
    patched: u64,
}

fn one(
    context: &Context,
    pipeline: &Pipeline,
    random: &mut Random,
    shape: ImageShape,
) -> anyhow::Result<Done> {
    let batch = random.within(1, 4) as usize;
    let config = ExecutionConfig::default()
        .with_streams(random.within(1, 4) as usize)
        .with_max_batch(batch as u32)
        .with_execution(ExecutionMode::Replay);
    let memory = MemoryManager::new(&context.cuda, MemoryConfig::default());
    let stream = context.cuda.stream()?;
    let mut plan = pipeline.compile_with(&memory, &[shape], config)?;
    let result = plan.shapes().nodes[plan.pipeline().output_nodes()[0]];
    let mut host = Runner::new(pipeline.clone(), &context.host, ExecutionConfig::default())?;

    let mut inputs = Vec::new();
    let mut expected = Vec::new();
    for _ in 0..BUFFERS {
        let bytes = random.bytes(shape.bytes() * batch);
        let mut buffer = memory.allocate(bytes.len(), &stream)?;
        let mut pinned = memory.pinned(bytes.len())?;
        pinned.as_mut_slice()?.copy_from_slice(&bytes);
        buffer.upload(0, &mut pinned, 0..bytes.len(), &stream)?;
        inputs.push(buffer);
        let frames = bytes.chunks_exact(shape.bytes());
        let frames = frames.map(|frame| Image::new(shape, frame.to_vec()));
        let frames = frames.collect::<Result<Vec<_>, _>>()?;
        let outputs = host.run(&frames.iter().collect::<Vec<_>>())?;
        let (_, images) = outputs.outputs().next().context("no output")?;
        let images = images.map_err(|failure| anyhow::anyhow!("{failure}"))?;
        expected.push(images.to_vec());
    }
    let bytes = result.bytes() * batch;
    let mut outputs: Vec<DeviceBuffer> = (0..BUFFERS)
        .map(|_| memory.allocate(bytes, &stream))
        .collect::<Result<_, _>>()?;
    stream.synchronize()?;

    let executions = 24;
    let mut pinned = memory.pinned(bytes)?;
    for turn in 0..executions {
        let [from, to] = [0; 2].map(|_| random.within(0, BUFFERS as u32 - 1) as usize);
        // Overwrites the result of an earlier turn, which must not pass for this one's.
        pinned.as_mut_slice()?.fill(0x5a);
        outputs[to].upload(0, &mut pinned, 0..bytes, &stream)?;
        stream.synchronize()?;
        let [from_layout, to_layout] =
            [shape, result].map(|shape| BatchLayout::tight(shape, batch));
        let output = DeviceImagesMut::new(to_layout, &mut outputs[to])?;
        plan.execute(
            &[Input::Device(DeviceImages::new(
                from_layout,
                &inputs[from],
            )?)],
            &mut [Output::Device(output)],
        )?
        .into_result()?;
        outputs[to].download(0, &mut pinned, 0..bytes, &stream)?;
        stream.synchronize()?;
        let got = pinned.as_slice()?.chunks_exact(result.bytes());
        for (frame, (expected, got)) in expected[from].iter().zip(got).enumerate() {
            let what = format!("turn {turn}, input {from} to output {to}, frame {frame}");
            equal_image(&what, result, expected.data(), got)?;
        }
    }
    Ok(Done {
        executions,
        patched: plan.replay_statistics().patched,
    })
}
