//! The check `jpeg`: JPEG files of all kinds, decoded in batches on CUDA, against the decoder of the CPU, byte for byte; and how long
//! the stages of batches of photographs take on the device. With `--corrupted-files` it decodes that many damaged files instead.

mod corpus;
mod corrupted;
mod expected;
mod times;

use crate::check::{Context, Skipped};
use crate::mismatch::{Case, equal_image};
use anyhow::{Context as _, bail, ensure};
use corpus::Files;
use expected::{by_cpu, download};
use pixelflume::codec::cuda::{BatchConfig, BatchDecoder, BatchOptions, BatchStatistics};
use pixelflume::device::DeviceKind;
use pixelflume::memory::{MemoryConfig, MemoryManager};

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    if context.cuda.kind() != DeviceKind::Cuda {
        bail!(Skipped("the batch decoder is for CUDA".to_owned()));
    }
    let memory = MemoryManager::new(&context.cuda, MemoryConfig::default());
    // Small passes: a batch of large files has several.
    let config = BatchConfig {
        pass_bytes: 96 << 20,
        host_pass_bytes: 48 << 20,
        ..BatchConfig::default()
    };
    let decoder = BatchDecoder::new(&memory, config)?;
    let mut sums = Sums::default();
    if let Some(count) = context.corrupted_files {
        let cases = (context.seed, count, context.case);
        corrupted::compare(&decoder, &memory, cases, &mut sums)?;
        return told(&decoder, &sums);
    }
    for case in context.cases(40, 1200) {
        let batch = Files::random(context.seed, case);
        let failed = || Case {
            number: case,
            what: format!("case {case} (seed {}): {batch:?}", context.seed),
        };
        compare(&decoder, &memory, &batch, &mut sums).with_context(failed)?;
    }
    if context.case.is_none() {
        for batch in Files::large(context.quick) {
            let before = decoder.statistics();
            compare(&decoder, &memory, &batch, &mut sums).with_context(|| format!("{batch:?}"))?;
            let BatchStatistics {
                by_device, again, ..
            } = decoder.statistics();
            let [by_device, again] = [by_device - before.by_device, again - before.again];
            ensure!(
                by_device == batch.files.len() as u64 && again == 0,
                "{batch:?}: the GPU took {by_device} of {} files, and left {again} of them to the CPU",
                batch.files.len()
            );
        }
        if !context.quick {
            times::print(&memory)?;
        }
    }
    told(&decoder, &sums)
}

/// The line about what was compared.
fn told(decoder: &BatchDecoder, sums: &Sums) -> anyhow::Result<String> {
    ensure!(sums.images > 0, "no file was decoded");
    let BatchStatistics {
        by_device,
        again,
        by_host,
    } = decoder.statistics();
    Ok(format!(
        "{} files equal ({:.1} MB of samples), {} refused alike; {by_device} by the GPU ({again} of them again by the CPU), {by_host} by the CPU",
        sums.images,
        sums.bytes as f64 / 1e6,
        sums.refused
    ))
}

/// What was compared.
#[derive(Default)]
struct Sums {
    images: usize,
    bytes: usize,
    refused: usize,
}

/// Decodes a batch on both sides.
fn compare(
    decoder: &BatchDecoder,
    memory: &MemoryManager,
    batch: &Files,
    sums: &mut Sums,
) -> anyhow::Result<()> {
    let options: &BatchOptions = &batch.options;
    let files: Vec<&[u8]> = batch
        .files
        .iter()
        .map(|(_, file)| file.as_slice())
        .collect();
    let results = decoder.submit(&files, options)?.wait()?;
    ensure!(results.len() == files.len(), "{} results", results.len());
    for (index, (result, (name, file))) in results.into_iter().zip(&batch.files).enumerate() {
        let what = format!("file {index} ({name}, {} bytes)", file.len());
        match (result, by_cpu(file, options)) {
            (Ok(image), Ok((shape, expected))) => {
                ensure!(
                    image.shape() == shape,
                    "{what}: {} on CUDA, {shape} on the CPU",
                    image.shape()
                );
                let got = download(image, memory)?;
                equal_image(&what, shape, &expected, &got)?;
                sums.images += 1;
                sums.bytes += expected.len();
            }
            (Err(_), Err(_)) => sums.refused += 1,
            (Ok(_), Err(error)) => bail!("{what}: decoded on CUDA, and on the CPU: {error}"),
            (Err(error), Ok(_)) => bail!("{what}: decoded on the CPU, and on CUDA: {error}"),
        }
    }
    Ok(())
}
