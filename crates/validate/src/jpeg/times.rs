//! How long the stages of a batch take on the device.

use anyhow::Context as _;
use pixelflume::codec::cuda::{BatchConfig, BatchDecoder, BatchOptions, Milestone};
use pixelflume::memory::MemoryManager;
use pixelflume_jpeg::testing::photograph::photograph;
use pixelflume_jpeg::{EncodeOptions, Subsampling};
use std::time::Instant;

/// Sizes of the batches.
const BATCHES: [usize; 3] = [1, 8, 64];

/// Batches of each size that are measured; the first ones are not counted.
const ROUNDS: usize = 20;

/// Batches that follow one another without a pause, with two in flight.
const IN_A_ROW: usize = 60;

/// The environment variable with the bits of windows to measure one after the other, such as `512,1024,2048`, in place of those that the
/// decoder chooses.
const WINDOWS: &str = "PIXELFLUME_JPEG_WINDOWS";

/// The bits of windows to measure.
fn windows() -> anyhow::Result<Vec<Option<u32>>> {
    let Ok(list) = std::env::var(WINDOWS) else {
        return Ok(vec![None]);
    };
    let one = |bits: &str| Ok(Some(bits.trim().parse()?));
    let all: anyhow::Result<Vec<_>> = list.split(',').map(one).collect();
    all.with_context(|| format!("{WINDOWS} is {list:?}, and no list of numbers"))
}

/// Prints a line for each size of a batch of 1920x1080 files of quality 90, 4:2:0: medians of the stages by the clock of the device and
/// of whole batches by that of the host, one batch at a time; and images per second where batches follow one another.
pub(super) fn print(memory: &MemoryManager) -> anyhow::Result<()> {
    let options = EncodeOptions {
        quality: 90,
        subsampling: Subsampling::S420,
        ..EncodeOptions::default()
    };
    let files = (0..8).map(|seed| photograph(1920, 1080, 3, seed, &options));
    let files: Vec<_> = files.collect();
    let bytes = files.iter().map(Vec::len).sum::<usize>() / files.len();
    println!("  1920x1080 4:2:0 q90, {bytes} bytes a file; medians in us for an image:");
    for count in BATCHES {
        let batches: Vec<Vec<&[u8]>> = (0..files.len())
            .map(|first| {
                let files = files.iter().cycle().skip(first).take(count);
                files.map(Vec::as_slice).collect()
            })
            .collect();
        for window_bits in windows()? {
            let config = BatchConfig {
                window_bits,
                ..BatchConfig::default()
            };
            let (stages, wall) = alone(memory, config, &batches)?;
            let rate = in_a_row(memory, config, &batches)?;
            let stages: Vec<String> = STAGES
                .iter()
                .zip(stages)
                .map(|((name, _), time)| format!("{name} {time:.2}"))
                .collect();
            let windows = window_bits.map_or(String::new(), |bits| format!(", windows of {bits}"));
            println!(
                "  batch of {count:2}{windows}: {}; wall {wall:.1}; {rate:.0} images/s in a row",
                stages.join(", ")
            );
        }
    }
    Ok(())
}

/// The stages with their names, each from the end of the one before.
const STAGES: [(&str, Milestone); 10] = [
    ("count", Milestone::Counted),
    ("unstuff", Milestone::Unstuffed),
    ("guess", Milestone::Guessed),
    ("meet", Milestone::Met),
    ("choose", Milestone::Synchronized),
    ("total", Milestone::Totaled),
    ("sum", Milestone::Summed),
    ("write", Milestone::Coefficients),
    ("samples", Milestone::Samples),
    ("pixels", Milestone::Pixels),
];

/// Medians of one batch at a time, in microseconds for an image: the stages, and the whole from files to pixels.
fn alone(
    memory: &MemoryManager,
    config: BatchConfig,
    batches: &[Vec<&[u8]>],
) -> anyhow::Result<([f64; 10], f64)> {
    let config = BatchConfig {
        timed: true,
        ..config
    };
    let decoder = BatchDecoder::new(memory, config)?;
    let mut all: [Vec<f64>; 11] = Default::default();
    for round in 0..ROUNDS {
        let batch = &batches[round % batches.len()];
        let start = Instant::now();
        let images = decoder.submit(batch, &BatchOptions::default())?.wait()?;
        decoder.stream().synchronize()?;
        let wall = start.elapsed().as_secs_f64();
        drop(images);
        let mut times = vec![wall];
        let mut before = Milestone::Begin;
        for (name, stage) in STAGES {
            let seconds = decoder.seconds(before, stage)?;
            times.push(seconds.with_context(|| format!("the stage {name} has no time"))?);
            before = stage;
        }
        if round >= ROUNDS / 4 {
            for (all, seconds) in all.iter_mut().zip(times) {
                all.push(seconds * 1e6 / batch.len() as f64);
            }
        }
    }
    let [wall, stages @ ..] = all.map(|mut values| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    });
    Ok((stages, wall))
}

/// Images per second of batches that follow one another.
fn in_a_row(
    memory: &MemoryManager,
    config: BatchConfig,
    batches: &[Vec<&[u8]>],
) -> anyhow::Result<f64> {
    let decoder = BatchDecoder::new(memory, config)?;
    let mut before = None;
    let (mut begin, mut count) = (Instant::now(), 0);
    for round in 0..IN_A_ROW {
        let batch = &batches[round % batches.len()];
        let next = decoder.submit(batch, &BatchOptions::default())?;
        if let Some(before) = before.replace(next) {
            drop(before.wait()?);
        }
        count += batch.len();
        if round == IN_A_ROW / 6 {
            (begin, count) = (Instant::now(), 0);
        }
    }
    if let Some(before) = before {
        drop(before.wait()?);
    }
    decoder.stream().synchronize()?;
    Ok(count as f64 / begin.elapsed().as_secs_f64())
}
