//! The check `streams`: several threads with a pipeline each on one device, at the same time.

use crate::check::Context;
use crate::mismatch::equal;
use anyhow::{Context as _, anyhow};
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let (threads, rounds) = if context.quick { (3, 5) } else { (8, 60) };
    let until = move |round: u64| round < rounds;
    let done = stress(
        &context.cuda,
        &context.pipelines,
        context.seed,
        threads,
        &until,
    )?;
    Ok(format!("{threads} threads, {done} executions, all equal"))
}

/// Runs eight threads for `--stress`, on either kind of device.
pub(crate) fn run_for(
    device: &Device,
    pipelines: &Path,
    seed: u64,
    seconds: u64,
) -> anyhow::Result<()> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let done = stress(device, pipelines, seed, 8, &|_| Instant::now() < end)?;
    println!(
        "stress: 8 threads on {device} for {seconds} s, {done} executions, direct and replayed, all equal"
    );
    Ok(())
}

/// Runs a forking pipeline on each thread, half of them replaying, over one frame per thread, and compares every result with
/// that of a host device. Returns the number of executions.
fn stress(
    device: &Device,
    pipelines: &Path,
    seed: u64,
    threads: u64,
    go_on: &(dyn Fn(u64) -> bool + Sync),
) -> anyhow::Result<u64> {
    let pipeline = Pipeline::from_file(pipelines.join("fork_join.toml"))?;
    let work = |thread: u64| -> anyhow::Result<u64> {
        let mut random = Random::new(seed.wrapping_add(thread));
        let shape = ImageShape::u8(random.within(20, 300), random.within(20, 300), 3);
        let frame = Image::new(shape, random.bytes(shape.bytes()))?;
        let config = ExecutionConfig::default().with_streams(4);
        let expected =
            Runner::new(pipeline.clone(), &Device::host(), config.clone())?.run(&[&frame])?;
        let mode = if thread.is_multiple_of(2) {
            ExecutionMode::Direct
        } else {
            ExecutionMode::Replay
        };
        let mut runner = Runner::new(pipeline.clone(), device, config.with_execution(mode))?;
        let mut round = 0;
        while go_on(round) {
            let got = runner.run(&[&frame])?;
            for ((name, expected), (_, got)) in expected.outputs().zip(got.outputs()) {
                let what = format!("thread {thread} ({mode}), round {round}, output {name}");
                let expected = expected.map_err(|failure| anyhow!("{what}: {failure}"))?;
                let got = got.map_err(|failure| anyhow!("{what}: {failure}"))?;
                equal(&what, expected[0].data(), got[0].data())?;
            }
            round += 1;
        }
        Ok(round)
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn({
                    let work = &work;
                    move || work(thread)
                })
            })
            .collect();
        let mut done = 0;
        for handle in handles {
            let rounds = handle.join().map_err(|_| anyhow!("a thread panicked"))?;
            done += rounds.context("concurrent pipelines")?;
        }
        Ok(done)
    })
}
