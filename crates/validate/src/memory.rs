//! Memory on the GPU: reuse in steady state, and everything given back.

use crate::random::Random;
use crate::stage::Context;
use anyhow::ensure;
use pixelflume::prelude::*;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let pipeline = Pipeline::from_file(context.pipelines.join("edges.toml"))?;
    let mut runner = Runner::new(pipeline, &context.cuda, RunnerConfig::default())?;
    let shape = ImageShape::u8(640, 480, 3);
    let frame = Image::new(shape, Random::new(context.seed).bytes(shape.bytes()))?;
    for _ in 0..2 {
        runner.run(&[&frame])?;
    }
    let before = runner.memory().statistics();
    let executions = if context.quick { 20 } else { 1000 };
    for _ in 0..executions {
        runner.run(&[&frame])?;
    }
    let after = runner.memory().statistics();
    let calls = after.device.driver_calls + after.pinned.driver_calls
        - before.device.driver_calls
        - before.pinned.driver_calls;
    ensure!(
        calls == 0,
        "{calls} driver allocations in {executions} executions after warm-up"
    );
    let memory = runner.memory().clone();
    drop(runner);
    memory.trim()?;
    let left = memory.statistics();
    let (device, pinned) = (left.device.reserved, left.pinned.reserved);
    ensure!(
        device == 0 && pinned == 0,
        "{device} device bytes and {pinned} pinned bytes are left"
    );
    Ok(format!(
        "{executions} executions after warm-up without a driver allocation, nothing left at the end"
    ))
}
