//! The section `engine`: frames per second of a streaming engine, from page-locked memory to page-locked memory.
//!
//! The first table has 1 to 6 batches in flight, beside the bandwidth of bare uploads before and after. The second one has
//! results that the consumer keeps.

mod stream;

use self::stream::{BATCH, StreamSizes, WORKLOAD, stream};
use crate::error::Measured;
use crate::workload::WORKLOADS;
use crate::{copy, table};
use pixelflume::device::Device;
use pixelflume::pipeline::engine::EngineConfig;
use pixelflume::scheduler::Trace;
use serde::Serialize;
use std::time::Duration;

/// The most results that are held.
const MOST_HELD: usize = 64;
/// Results for which there is memory in the runs that hold some.
const MEMORY: usize = MOST_HELD + 8;
/// Batches of a trace.
const TRACED: u64 = 40;

#[derive(Debug, Serialize)]
pub(crate) struct EngineResults {
    /// Shape of the frames.
    input: String,
    batch: u32,
    batches: u64,
    held_batches: u64,
    in_flight: Vec<InFlight>,
    held: Vec<HeldResults>,
}

/// The throughput with some batches in flight.
#[derive(Debug, Serialize)]
struct InFlight {
    batches: usize,
    frames_per_s: f64,
    /// GB/s of the uploads that this takes.
    upload_gb_per_s: f64,
    /// The rate of uploads as a share of the faster bare uploads.
    share_of_copy: f64,
    copy_before_gb_per_s: f64,
    copy_after_gb_per_s: f64,
}

/// The throughput while the consumer holds the newest results.
#[derive(Debug, Serialize)]
struct HeldResults {
    results: usize,
    frames_per_s: f64,
}

/// Measures, and records some batches where a trace is given.
pub(crate) fn measure(
    device: &Device,
    quick: bool,
    trace: Option<&Trace>,
) -> Measured<EngineResults> {
    let workload = WORKLOADS.iter().find(|of| of.name == WORKLOAD);
    let workload = workload.ok_or_else(|| format!("no workload {WORKLOAD}"))?;
    let sizes = StreamSizes::new(workload, device, quick);
    let results = figures(device, &sizes)?;
    if let Some(trace) = trace {
        traced(device, &sizes, trace)?;
    }
    Ok(results)
}

fn config(in_flight: usize) -> EngineConfig {
    EngineConfig::new().in_flight(in_flight).max_batch(BATCH)
}

fn figures(device: &Device, sizes: &StreamSizes) -> Measured<EngineResults> {
    let in_flight = [1, 2, 3, 4, 6].map(|batches| throughput(device, sizes, batches));
    let held = [0, 4, 8, 16, 32, MOST_HELD].map(|results| held(device, sizes, results));
    Ok(EngineResults {
        input: sizes.shape.to_string(),
        batch: BATCH,
        batches: sizes.batches,
        held_batches: sizes.held_batches,
        in_flight: in_flight.into_iter().collect::<Measured<_>>()?,
        held: held.into_iter().collect::<Measured<_>>()?,
    })
}

fn throughput(device: &Device, sizes: &StreamSizes, batches: usize) -> Measured<InFlight> {
    let uploads = || copy::uploads(device, sizes.batch_bytes(), sizes.copies);
    let before = uploads()?;
    let engine = sizes.engine(device, config(batches))?;
    let frames = stream(&engine, sizes, sizes.batches, 0)?;
    let after = uploads()?;
    let rate = frames * sizes.shape.bytes() as f64 / 1e9;
    Ok(InFlight {
        batches,
        frames_per_s: frames,
        upload_gb_per_s: rate,
        share_of_copy: rate / before.max(after),
        copy_before_gb_per_s: before,
        copy_after_gb_per_s: after,
    })
}

fn held(device: &Device, sizes: &StreamSizes, results: usize) -> Measured<HeldResults> {
    let config = config(3)
        .output_buffers(MEMORY)
        .stall_timeout(Duration::from_millis(500));
    let engine = sizes.engine(device, config)?;
    Ok(HeldResults {
        results,
        frames_per_s: stream(&engine, sizes, sizes.held_batches, results)?,
    })
}

/// Streams some batches through an engine that records into `trace`.
fn traced(device: &Device, sizes: &StreamSizes, trace: &Trace) -> Measured<()> {
    let engine = sizes.engine(device, config(3))?;
    engine.set_trace(Some(trace.clone()));
    stream(&engine, sizes, TRACED, 0)?;
    Ok(())
}

impl EngineResults {
    pub(crate) fn text(&self, device: &Device) -> String {
        let header = [
            "in flight",
            "frames/s",
            "GB/s up",
            "% of copy",
            "copy before",
            "after",
        ];
        let mut rows = vec![header.map(str::to_owned)];
        rows.extend(self.in_flight.iter().map(|of| {
            [
                of.batches.to_string(),
                format!("{:.0}", of.frames_per_s),
                format!("{:.2}", of.upload_gb_per_s),
                format!("{:.1}", of.share_of_copy * 100.0),
                format!("{:.2}", of.copy_before_gb_per_s),
                format!("{:.2}", of.copy_after_gb_per_s),
            ]
        }));
        let mut held = vec![["held", "frames/s"].map(str::to_owned)];
        let row = |of: &HeldResults| [of.results.to_string(), format!("{:.0}", of.frames_per_s)];
        held.extend(self.held.iter().map(row));
        format!(
            "resize {} to 320x240, gray, blur 5, sobel on {device}: {} batches of {}, one producer whose frames are in place \
             already, one consumer\n{}\n\
             results held by the consumer: 3 in flight, memory for {MEMORY} results, {} batches\n{}",
            self.input,
            self.batches,
            self.batch,
            table::rows(&rows),
            self.held_batches,
            table::rows(&held),
        )
    }
}
