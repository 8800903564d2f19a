//! Images per second of a job.

use super::inputs::{COMPARED, Inputs};
use super::{Effort, busy::Busy, heading, optional_percent, rows};
use crate::error::Measured;
use crate::jpeg;
use pixelflume::device::Device;
use pixelflume::pipeline::EngineConfig;
use pixelflume::runtime::{Batch, Batching, Job, JobBuilder, Order};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Images of a batch; of frames in ordinary memory as many as [`BATCH_BYTES`] hold.
pub(super) const BATCH: u32 = 64;
/// Bytes of the frames of a batch.
const BATCH_BYTES: usize = 128 << 20;
/// Bytes of ordinary memory of a job, so many that several devices are not short of it.
const HOST_MEMORY: u64 = 4 << 30;

/// Where the results are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// In page-locked memory.
    Host,
    /// In memory of the device.
    Device,
}

/// One job.
#[derive(Debug, Serialize)]
pub(super) struct Rate {
    input: String,
    /// `host` or `device`.
    to: &'static str,
    /// `kept` or `unordered`.
    order: &'static str,
    devices: usize,
    images: u64,
    pub(super) images_per_s: f64,
    /// The rate as a multiple of that of one device; null for one.
    pub(super) scaling: Option<f64>,
    /// How long the threads were on a processor; null where the system does not tell.
    busy: Option<Busy>,
}

/// The settings of a job over images of any kind.
pub(super) fn builder(devices: &[Device], end: End, order: Order) -> Measured<JobBuilder> {
    let engine = EngineConfig::new()
        .device_outputs(end == End::Device)
        .mixed_bytes(BATCH_BYTES);
    Ok(Job::builder(&jpeg::pipeline()?, &devices[0])
        .devices(devices.iter().cloned())
        .batching(Batching::count(BATCH).memory(BATCH_BYTES))
        .order(order)
        .epochs(u64::MAX)
        .host_memory(HOST_MEMORY)
        .engine(engine))
}

/// Measures a job on all of these devices; returns the number of results that were compared as well.
pub(super) fn measure(
    inputs: &Inputs,
    end: End,
    order: Order,
    devices: &[Device],
    effort: &Effort,
) -> Measured<(Rate, usize)> {
    let job = inputs.start(builder(devices, end, order)?)?;
    let mut equal = BTreeSet::new();
    let (mut warm, mut begun) = (None, None);
    let mut images = 0;
    let mut batches = 0;
    let (seconds, busy) = loop {
        let batch = job.next_batch().ok_or("the job ended")??;
        if let Some(failure) = batch.failures().first() {
            return Err(failure.to_string().into());
        }
        if batch.epoch() == 0 {
            compare(inputs, &batch, &mut equal)?;
        }
        let since = warm.get_or_insert_with(Instant::now);
        batches += 1;
        match &begun {
            None => {
                // Every device has made its engine by then.
                if since.elapsed() >= effort.warm_up && batches >= 4 * devices.len() {
                    begun = Some((Instant::now(), Busy::start()));
                }
            }
            Some((start, busy)) => {
                images += batch.len() as u64;
                let elapsed: Duration = start.elapsed();
                if elapsed >= effort.time {
                    break (elapsed.as_secs_f64(), busy.end(elapsed));
                }
            }
        }
    };
    let expected = COMPARED.min(inputs.expected.len());
    if equal.len() < expected {
        return Err(format!(
            "{} of {expected} results never came",
            expected - equal.len()
        )
        .into());
    }
    let rate = Rate {
        input: inputs.name.clone(),
        to: match end {
            End::Host => "host",
            End::Device => "device",
        },
        order: match order {
            Order::Kept => "kept",
            Order::Unordered => "unordered",
        },
        devices: devices.len(),
        images,
        images_per_s: images as f64 / seconds,
        scaling: None,
        busy,
    };
    Ok((rate, equal.len()))
}

/// Compares the results of the first images.
fn compare(inputs: &Inputs, batch: &Batch, equal: &mut BTreeSet<u64>) -> Measured<()> {
    let mut from_device = None;
    for (number, item) in batch.items().enumerate() {
        let Some(expected) = inputs.expected.get(item.index as usize) else {
            continue;
        };
        let is_equal = match batch.tensors().first() {
            Some(tensor) => {
                let images = match &mut from_device {
                    Some(images) => images,
                    none => none.insert(tensor.to_images()?),
                };
                images.get(number) == Some(expected)
            }
            None => {
                let output = batch.get("tensor").ok_or("a batch has no results")?;
                output.image(number) == Some(expected.data())
            }
        };
        if !is_equal {
            let (index, name) = (item.index, &inputs.name);
            return Err(format!("{name}: image {index} differs from that of a runner").into());
        }
        equal.insert(item.index);
    }
    Ok(())
}

/// The table.
pub(super) fn table(rates: &[Rate]) -> String {
    let mut table = heading([
        "input",
        "to",
        "order",
        "devices",
        "images/s",
        "scaling",
        "source %",
        "batches %",
        "device %",
        "results %",
        "workers %",
        "engines %",
        "caller %",
    ]);
    table.extend(rates.iter().map(|rate| {
        let share = |of: fn(&Busy) -> f64| optional_percent(rate.busy.as_ref().map(of));
        [
            rate.input.clone(),
            rate.to.to_owned(),
            rate.order.to_owned(),
            rate.devices.to_string(),
            format!("{:.0}", rate.images_per_s),
            rate.scaling
                .map_or_else(|| "-".to_owned(), |scaling| format!("{scaling:.2}")),
            share(|busy| busy.source),
            share(|busy| busy.batches),
            share(|busy| busy.device),
            share(|busy| busy.results),
            share(|busy| busy.workers),
            share(|busy| busy.engines),
            share(|busy| busy.caller),
        ]
    }));
    rows(&table)
}
