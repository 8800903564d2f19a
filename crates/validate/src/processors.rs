//! The check `processors`: image processors on CUDA, against what the libraries made of the same images, and, where there is no
//! such data (`torch_cuda`), against the host.

use crate::check::Context;
use crate::pipelines::compare;
use anyhow::{Context as _, ensure};
use pixelflume::pipeline::processor::Backend;
use pixelflume::pipeline::testing::{GoldenProcessors, GoldenSet};
use pixelflume::prelude::*;

/// Processors whose outputs have millions of samples.
const LARGE: [&str; 5] = ["detr", "idefics3", "mask2former", "sam", "smolvlm"];
/// The most differences that an error shows.
const SHOWN: usize = 5;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let golden = GoldenProcessors::open(&context.processors)?;
    let (mut sets, mut cases, mut bytes) = (0, 0, 0);
    let mut wrong = Vec::new();
    for name in golden.names()? {
        // Odd, so that images of all four kinds are among them.
        let step = match (context.quick, context.full, LARGE.contains(&&*name)) {
            (true, ..) => 67,
            (_, true, _) => 1,
            (_, _, true) => 19,
            _ => 7,
        };
        let of_file = golden.sets(&name)?;
        for (number, set) in of_file.iter().enumerate() {
            let mode = [ExecutionMode::Direct, ExecutionMode::Replay][number % 2];
            let config = ExecutionConfig::default().with_execution(mode);
            let pipeline = set.processor().pipeline().clone();
            let mut runner = Runner::new(pipeline, &context.cuda, config)?;
            sets += 1;
            for case in set.cases().iter().step_by(step) {
                cases += 1;
                let compared = set.compare(case, &mut runner);
                wrong.extend(compared.err().map(|error| format!("{name}, {error}")));
            }
        }
        if let Some(set) = of_file.first() {
            bytes += on_both(context, set, step).with_context(|| name.clone())?;
        }
    }
    ensure!(
        sets > 0,
        "{} has no golden data",
        context.processors.display()
    );
    let shown = wrong.iter().take(SHOWN).map(String::as_str);
    ensure!(
        wrong.is_empty(),
        "{} of {cases} results differ from the libraries': {}",
        wrong.len(),
        shown.collect::<Vec<_>>().join("; ")
    );
    Ok(format!(
        "{sets} processors and backends equal to the libraries over {cases} images; torch_cuda equal to the host, {bytes} bytes \
         compared"
    ))
}

/// Compares a processor with the backend `torch_cuda` on both devices; returns the number of bytes, 0 where its library does not
/// have the backend.
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
    for case in set.cases().iter().step_by(3 * step) {
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
