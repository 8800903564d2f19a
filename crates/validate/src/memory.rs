//! The check `memory`: random sequences in both allocator modes, reuse in steady state, out of memory at every allocation of a
//! pipeline, and no leaks.

#[cfg(feature = "cuda")]
mod faults;

use crate::check::Context;
use crate::mismatch::Case;
use anyhow::{Context as _, anyhow, ensure};
use pixelflume::memory::{AllocatorMode, MemoryManager};
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;
use pixelflume_memory::testing::{random_sequence, random_threads};

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for mode in AllocatorMode::ALL {
        lines.push(sequences(context, mode)?);
        lines.push(steady_state(context, mode)?);
    }
    #[cfg(feature = "cuda")]
    lines.push(faults::run(context)?);
    Ok(lines.join("; "))
}

/// The random suite of the memory crate.
fn sequences(context: &Context, mode: AllocatorMode) -> anyhow::Result<String> {
    let (steps, threads) = if context.quick { (100, 2) } else { (400, 8) };
    let seeds = context.cases(3, 60);
    let (mut allocations, mut bytes, mut hits) = (0, 0, 0);
    for case in seeds.clone() {
        let seed = context.seed.wrapping_mul(1_000_003).wrapping_add(case);
        let alone = random_sequence(&context.cuda, mode, seed, steps);
        let together = || random_threads(&context.cuda, mode, seed, steps / 2, threads);
        for done in [alone, together()] {
            let done = done.map_err(|error| anyhow!(error)).with_context(|| Case {
                number: case,
                what: format!("sequence {case} (seed {}), {mode}", context.seed),
            })?;
            allocations += done.allocations;
            bytes += done.bytes;
            hits += done.reuse_hits;
        }
    }
    Ok(format!(
        "{mode}: {} random sequences of 1 and of {threads} threads, {allocations} allocations ({hits} reused), \
         {bytes} bytes compared",
        seeds.count()
    ))
}

fn steady_state(context: &Context, mode: AllocatorMode) -> anyhow::Result<String> {
    let pipeline = Pipeline::from_file(context.pipelines.join("edges.toml"))?;
    let config = ExecutionConfig::default().with_allocator(mode);
    let mut runner = Runner::new(pipeline, &context.cuda, config)?;
    let frame = frame(context)?;
    for _ in 0..2 {
        runner.run(&[&frame])?;
    }
    let before = runner.memory().statistics();
    ensure!(before.mode.mode == mode, "the mode is {}", before.mode);
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
        "{mode}: {calls} driver allocations in {executions} executions after warm-up"
    );
    let memory = runner.memory().clone();
    drop(runner);
    all_given_back(&memory)?;
    Ok(format!(
        "{executions} executions after warm-up without a driver allocation, nothing left at the end"
    ))
}

fn frame(context: &Context) -> anyhow::Result<Image> {
    let shape = ImageShape::u8(640, 480, 3);
    Ok(Image::new(
        shape,
        Random::new(context.seed).bytes(shape.bytes()),
    )?)
}

/// Checks that no buffer of `memory` is in use, and that its pools keep nothing after a trim.
fn all_given_back(memory: &MemoryManager) -> anyhow::Result<()> {
    memory.trim()?;
    let left = memory.statistics();
    for (pool, what) in [(left.device, "device"), (left.pinned, "page-locked")] {
        ensure!(
            (pool.in_use, pool.reserved, pool.pageable) == (0, 0, 0),
            "{what} memory is left: {pool:?}"
        );
    }
    let leaks = memory.shutdown()?;
    ensure!(leaks.is_empty(), "leaks: {leaks:?}");
    Ok(())
}
