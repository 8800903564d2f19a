//! The check `processors`: image processors on CUDA, against what the libraries made of the same images, and, where there is no
//! such data (`torch_cuda`), against the host.

use crate::check::Context;
use crate::pipelines::compare;
use anyhow::{Context as _, anyhow, ensure};
use pixelflume::pipeline::processor::Backend;
use pixelflume::pipeline::testing::{GoldenCase, GoldenProcessors, GoldenSet};
use pixelflume::prelude::*;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Processors whose outputs have millions of samples.
const LARGE: [&str; 5] = ["detr", "idefics3", "mask2former", "sam", "smolvlm"];
/// The most threads; each has a runner of its own with the memory of its plans.
const MOST_THREADS: usize = 8;
/// The most differences that an error shows.
const SHOWN: usize = 5;

/// What was compared.
#[derive(Debug, Default)]
struct Tally {
    sets: usize,
    cases: usize,
    /// Bytes that were compared with the host.
    bytes: usize,
    wrong: Vec<String>,
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let golden = GoldenProcessors::open(&context.processors)?;
    let names = golden.names()?;
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    // Most of the time goes to the images and the hashes, which are made on the CPU.
    let work = || -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            tally
                .add_file(context, &golden, name)
                .with_context(|| name.clone())?;
        }
        Ok(tally)
    };
    let mut all = Tally::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(MOST_THREADS))
            .map(|_| scope.spawn(work))
            .collect();
        for worker in workers {
            let joined = worker.join().map_err(|_| anyhow!("a thread panicked"))?;
            all.add(joined?);
        }
        anyhow::Ok(())
    })?;
    ensure!(
        all.sets > 0,
        "{} has no golden data",
        context.processors.display()
    );
    let shown = all.wrong.iter().take(SHOWN).map(String::as_str);
    ensure!(
        all.wrong.is_empty(),
        "{} of {} results differ from the libraries': {}",
        all.wrong.len(),
        all.cases,
        shown.collect::<Vec<_>>().join("; ")
    );
    let Tally {
        sets, cases, bytes, ..
    } = all;
    Ok(format!(
        "{sets} processors and backends equal to the libraries over {cases} images; torch_cuda equal to the host, {bytes} bytes \
         compared"
    ))
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.sets += other.sets;
        self.cases += other.cases;
        self.bytes += other.bytes;
        self.wrong.extend(other.wrong);
    }

    /// Compares the sets of a file.
    fn add_file(
        &mut self,
        context: &Context,
        golden: &GoldenProcessors,
        name: &str,
    ) -> anyhow::Result<()> {
        // Odd, so that images of all four kinds are among them; one of a set in the short form.
        let step = match (context.quick, context.full, LARGE.contains(&name)) {
            (true, ..) => 151,
            (_, true, _) => 1,
            (_, _, true) => 19,
            _ => 7,
        };
        let sets = golden.sets(name)?;
        for (number, set) in sets.iter().enumerate() {
            let mode = [ExecutionMode::Direct, ExecutionMode::Replay][number % 2];
            let config = ExecutionConfig::default().with_execution(mode);
            let pipeline = set.processor().pipeline().clone();
            let mut runner = Runner::new(pipeline, &context.cuda, config)?;
            self.sets += 1;
            for case in some(set, step) {
                self.cases += 1;
                let compared = set.compare(case, &mut runner);
                self.wrong
                    .extend(compared.err().map(|error| format!("{name}, {error}")));
            }
        }
        if let Some(set) = sets.first() {
            self.bytes += on_both(context, set, step)?;
        }
        Ok(())
    }
}

/// One of `step` cases each.
fn some(set: &GoldenSet, step: usize) -> impl Iterator<Item = &GoldenCase> {
    set.cases().iter().skip(step / 2).step_by(step)
}

/// Compares a processor with the backend `torch_cuda` on both devices, over each image of this step; returns the number of bytes,
/// 0 where its library does not have the backend.
fn on_both(context: &Context, set: &GoldenSet, step: usize) -> anyhow::Result<usize> {
    let Ok(processor) = set.processor().clone().backend(Backend::TorchCuda) else {
        return Ok(0);
    };
    let runner = |device| {
        let pipeline = processor.pipeline().clone();
        Runner::new(pipeline, device, ExecutionConfig::default())
    };
    let (mut host, mut cuda) = (runner(&context.host)?, runner(&context.cuda)?);
    let mut bytes = 0;
    for case in some(set, step) {
        if case.is_refused() {
            continue;
        }
        let image = case.image();
        let failed = || format!("torch_cuda, {}", case.shape());
        let expected = host.run(&[&image]).with_context(failed)?;
        let got = cuda.run(&[&image]).with_context(failed)?;
        bytes += compare(&expected, &got).with_context(failed)?;
    }
    Ok(bytes)
}
