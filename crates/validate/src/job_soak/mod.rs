//! The check `job-soak`: jobs with random settings over images of many sizes, some damaged, that are taken quickly or slowly, held, written by
//! sinks, canceled and dropped. Each result is compared with that of a runner on the host for the image alone; nothing is lost or comes twice,
//! order is kept where it was asked for, and memory does not grow.

mod jobs;
mod left;
mod taken;

use crate::check::Context;
use anyhow::{Context as _, anyhow, ensure};
use jobs::{Counts, Soak, WAYS};
use left::{Left, resident};
use pixelflume::prelude::*;
use pixelflume_heap_counter::peak;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Seconds after which a job counts as one that hangs.
const HANGS: u64 = 180;

/// Bytes by which what is left behind the jobs of the last third of a soak may be more than behind those of the second. A job has some megabytes at
/// a time, so that one in a hundred that leaves them shows.
const GROWTH: i64 = 1 << 20;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let seconds = if context.quick { 3 } else { 20 };
    soak(&context.cuda, context.seed, seconds)
}

/// Runs for `--soak-jobs`, on either kind of device.
pub(crate) fn run_for(device: &Device, seed: u64, seconds: u64) -> anyhow::Result<()> {
    println!("jobs on {device}: {}", soak(device, seed, seconds)?);
    Ok(())
}

fn soak(device: &Device, seed: u64, seconds: u64) -> anyhow::Result<String> {
    peak(|| soak_counted(device, seed, seconds)).1
}

/// Runs jobs while allocations are counted.
fn soak_counted(device: &Device, seed: u64, seconds: u64) -> anyhow::Result<String> {
    let soak = Arc::new(Soak::new(device)?);
    let (begin, time) = (Instant::now(), Duration::from_secs(seconds));
    let mut counts = Counts::default();
    let mut left = Vec::new();
    while counts.jobs < WAYS || begin.elapsed() < time {
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(counts.jobs);
        let (send, ended) = mpsc::channel();
        let way = counts.jobs % WAYS;
        let of_job = Arc::clone(&soak);
        let thread = thread::spawn(move || {
            let _ = send.send(of_job.one_job(seed, way));
        });
        let told = ended.recv_timeout(Duration::from_secs(HANGS));
        let one = match told {
            Ok(result) => result,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(anyhow!("it hangs")),
            Err(_) => Err(anyhow!("it panicked")),
        };
        let one = one.with_context(|| format!("job {}, seed {seed}", counts.jobs))?;
        let _ = thread.join();
        counts.jobs += 1;
        counts.results += one.results;
        counts.failures += one.failures;
        counts.broken_off += one.broken_off;
        left.push(soak.left());
    }
    // At first the caches of drivers and engines are not full.
    let warm = &left[left.len() / 3..];
    let [first, second] = [true, false].map(|is_first| {
        let (first, second) = warm.split_at(warm.len() / 2);
        Left::median(if is_first { first } else { second })
    });
    if seconds >= 60 && counts.jobs >= 4 * WAYS {
        ensure!(
            second.heap - first.heap <= GROWTH && second.pools - first.pools <= GROWTH,
            "jobs leave memory behind: {second} in the last third, {first} in the second"
        );
    }
    ensure!(
        counts.results > 0 && counts.failures > 0 && counts.broken_off > 0,
        "nothing was compared, failed, or was broken off"
    );
    let Counts {
        jobs,
        results,
        failures,
        broken_off,
    } = counts;
    Ok(format!(
        "{jobs} jobs, {results} results equal, {failures} items failed as expected, {broken_off} jobs broken off, none lost; behind the jobs of the \
         second third {first}, of the last {second}, {} MiB resident at the end",
        resident() >> 20
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two host devices. `PIXELFLUME_SOAK_SECONDS` makes it longer.
    #[test]
    fn jobs_on_the_host() {
        let seconds = std::env::var("PIXELFLUME_SOAK_SECONDS");
        let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
        let text = soak(&Device::host(), 1, seconds.unwrap_or(3));
        println!("{}", text.unwrap_or_else(|error| panic!("{error:#}")));
    }
}
