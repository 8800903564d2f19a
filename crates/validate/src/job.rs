//! The check `job`: jobs over files of many kinds, some damaged, on CUDA, on CUDA and the host together, and on all GPUs, against a job on the
//! host: result or error of each item are equal.

use crate::check::{Context, Skipped};
use crate::encoded_engine::files;
use anyhow::{Context as _, bail, ensure};
use pixelflume::device::{Device, DeviceKind};
use pixelflume::pipeline::Pipeline;
use pixelflume::runtime::{Batching, Bytes, Encoded, Job, JobBuilder, Order, Shuffle};
use std::collections::BTreeMap;

/// A chain for images of any sizes that draws by the number of an image and the epoch, and a node for which images of one shape share a batch.
const PIPELINES: [&str; 2] = [
    "[[node]]\nname = \"flip\"\nfrom = \"input\"\nop = \"random_flip\"\nseed = 7\nvertical = 0.5\n\
     [[node]]\nname = \"node\"\nfrom = \"flip\"\nop = \"resize\"\nwidth = 60\nheight = 40\n",
    "[[node]]\nname = \"node\"\nfrom = \"input\"\nop = \"gaussian_blur\"\nsize = 5\n",
];

/// Images of a batch.
const BATCHES: [u32; 3] = [1, 12, 64];

/// What became of the item of an epoch and a number.
type Outcomes = BTreeMap<(u64, u64), Result<Vec<Vec<u8>>, String>>;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    if context.cuda.kind() != DeviceKind::Cuda {
        bail!(Skipped("files are decoded by CUDA".to_owned()));
    }
    let (cuda, host, all) = (context.cuda.clone(), Device::host(), Device::all());
    let kinds: Vec<Bytes> = files()?.into_iter().map(Bytes::new).collect();
    let repeats = if context.quick { 1 } else { 6 };
    let files: Vec<(String, Bytes)> = (0..repeats * kinds.len())
        .map(|number| {
            (
                format!("file {number}"),
                kinds[number % kinds.len()].clone(),
            )
        })
        .collect();
    let mut compared = 0;
    for text in PIPELINES {
        let pipeline = Pipeline::from_toml(text, "job.toml")?;
        for batch in BATCHES {
            for order in [Order::Kept, Order::Unordered] {
                let what = format!("{text}, batches of {batch}, {order:?}");
                let job = |devices: &[&Device]| {
                    let job = Job::builder(&pipeline, devices[0])
                        .devices(devices.iter().map(|&device| device.clone()))
                        .batching(Batching::count(batch))
                        .order(order)
                        .shuffle(Shuffle::all(3))
                        .epochs(2);
                    outcomes(job, &files).with_context(|| what.clone())
                };
                let expected = job(&[&host])?;
                ensure!(
                    expected.len() == 2 * files.len(),
                    "{what}: {} of {} items came",
                    expected.len(),
                    2 * files.len()
                );
                let sets = [vec![&cuda], vec![&cuda, &host], all.iter().collect()];
                for devices in &sets {
                    let got = job(devices)?;
                    for (item, outcome) in &expected {
                        let got = got.get(item);
                        ensure!(
                            got == Some(outcome),
                            "{what}, {} devices: item {item:?} is {}, on the host {}",
                            devices.len(),
                            told(got),
                            told(Some(outcome))
                        );
                    }
                    ensure!(
                        got.len() == expected.len(),
                        "{what}: items that were not given"
                    );
                    compared += got.len();
                }
            }
        }
        breaks_off(&pipeline, &cuda, &files)?;
    }
    Ok(format!(
        "{compared} items of jobs equal; on all {} GPUs among them",
        all.len()
    ))
}

/// Runs a job to its end.
fn outcomes(job: JobBuilder, files: &[(String, Bytes)]) -> anyhow::Result<Outcomes> {
    let job = job.start(Encoded::new(files.iter().cloned()))?;
    let mut outcomes = Outcomes::new();
    for batch in &job {
        let batch = batch?;
        for (number, item) in batch.items().enumerate() {
            let images = batch.outputs();
            let images = images.iter().map(|output| output.image(number));
            let images: Option<Vec<_>> = images.map(|image| Some(image?.to_vec())).collect();
            let images = images.context("an item without its image")?;
            let before = outcomes.insert((item.epoch, item.index), Ok(images));
            ensure!(before.is_none(), "item {item:?} came twice");
        }
        for failure in batch.failures() {
            let item = (failure.item.epoch, failure.item.index);
            let before = outcomes.insert(item, Err(failure.to_string()));
            ensure!(before.is_none(), "item {item:?} came twice");
        }
    }
    Ok(outcomes)
}

/// Drops a job, and cancels another, with work in flight.
fn breaks_off(
    pipeline: &Pipeline,
    device: &Device,
    files: &[(String, Bytes)],
) -> anyhow::Result<()> {
    for taken in [0, 1, 3] {
        let job = Job::builder(pipeline, device)
            .batching(Batching::count(5))
            .start(Encoded::new(files.iter().cloned()))?;
        for _ in 0..taken {
            drop(job.next_batch().context("the job ended too soon")??);
        }
        if taken == 1 {
            job.cancel();
        }
    }
    Ok(())
}

/// The outcome in a few words.
fn told(outcome: Option<&Result<Vec<Vec<u8>>, String>>) -> String {
    match outcome {
        None => "missing".to_owned(),
        Some(Ok(images)) => {
            let sizes = images.iter().map(Vec::len);
            format!("images of {:?} bytes", sizes.collect::<Vec<_>>())
        }
        Some(Err(error)) => format!("the error {error}"),
    }
}
