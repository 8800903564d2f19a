//! How long devices are busy with the batches of a job, by the traces of its engines.

use super::inputs::Inputs;
use super::rate::{End, builder};
use super::{Effort, heading, percent, rows};
use crate::error::Measured;
use pixelflume::device::Device;
use pixelflume::device::sync::Mutex;
use pixelflume::pipeline::Engine;
use pixelflume::runtime::{EngineObserver, Order};
use pixelflume::scheduler::Trace;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;

/// The most events of an engine.
const EVENTS: usize = 1 << 17;

/// What a device did while results went to the host.
#[derive(Debug, Serialize)]
pub(super) struct DeviceUse {
    input: String,
    /// The place of the device in the list of devices.
    device: usize,
    batches: usize,
    /// Shares of the time in which an upload, a run, or a download of a batch was in flight.
    upload: f64,
    compute: f64,
    download: f64,
    /// The share of the time in which one of them was.
    any: f64,
}

/// Attaches a trace to each engine.
struct Observer(Mutex<Vec<(usize, Trace)>>, Vec<Device>);

impl EngineObserver for Observer {
    fn made(&self, engine: &Engine) {
        let Observer(traces, devices) = self;
        let id = engine.device().id();
        if let Some(device) = devices.iter().position(|device| device.id() == id) {
            let trace = Trace::with_capacity(EVENTS);
            engine.set_trace(Some(trace.clone()));
            traces.lock().push((device, trace));
        }
    }
}

/// Runs a job on all devices and says what they did.
pub(super) fn measure(
    inputs: &Inputs,
    devices: &[Device],
    effort: &Effort,
) -> Measured<Vec<DeviceUse>> {
    let observer = Arc::new(Observer(Mutex::default(), devices.to_vec()));
    let job = builder(devices, End::Host, Order::Kept)?.observe_engines(Arc::clone(&observer));
    let job = inputs.start(job)?;
    let mut start = None;
    while start.get_or_insert_with(Instant::now).elapsed() < effort.warm_up + effort.time {
        drop(job.next_batch().ok_or("the job ended")??);
    }
    // All batches are complete then, and recorded.
    drop(job);
    let mut uses = Vec::new();
    for (device, trace) in observer.0.lock().iter() {
        let mut json = Vec::new();
        trace.write_chrome(&mut json)?;
        let boxes = Boxes::read(&json)?;
        if let Some(of_device) = boxes.shares() {
            uses.push(DeviceUse {
                input: inputs.name.clone(),
                device: *device,
                ..of_device
            });
        }
    }
    uses.sort_by_key(|of| of.device);
    Ok(uses)
}

/// The file of a trace, as far as it is read.
#[derive(Deserialize)]
struct File {
    #[serde(rename = "traceEvents")]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    ph: String,
    name: String,
    pid: usize,
    tid: usize,
    #[serde(default)]
    ts: f64,
    #[serde(default)]
    dur: f64,
    #[serde(default)]
    args: Arguments,
}

#[derive(Default, Deserialize)]
struct Arguments {
    name: Option<String>,
}

/// Begin and end of uploads, runs and downloads, in microseconds.
#[derive(Debug, Default)]
struct Boxes([Vec<(f64, f64)>; 3]);

impl Boxes {
    /// The rows of the engine in a trace.
    fn read(json: &[u8]) -> Measured<Self> {
        let File { events } = serde_json::from_slice(json)?;
        let named = |event: &&Event, what: &str| event.ph == "M" && event.name == what;
        let title = |event: &Event| event.args.name.clone().unwrap_or_default();
        let engine = events
            .iter()
            .filter(|event| named(event, "process_name"))
            .find(|event| title(event).starts_with("engine on "));
        let mut boxes = Boxes::default();
        let Some(engine) = engine.map(|event| event.pid) else {
            return Ok(boxes);
        };
        for (name, boxes) in ["upload", "compute", "download"]
            .into_iter()
            .zip(&mut boxes.0)
        {
            let row = events
                .iter()
                .filter(|event| named(event, "thread_name") && event.pid == engine)
                .find(|event| title(event) == name)
                .map(|event| event.tid);
            let of_row = events
                .iter()
                .filter(|event| event.ph == "X" && event.pid == engine && Some(event.tid) == row);
            boxes.extend(of_row.map(|event| (event.ts, event.ts + event.dur)));
        }
        Ok(boxes)
    }

    /// The shares of the last two thirds of the time that the boxes span; `None` where there are none.
    fn shares(&self) -> Option<DeviceUse> {
        let all: Vec<(f64, f64)> = self.0.iter().flatten().copied().collect();
        let first = all.iter().map(|of| of.0).fold(f64::INFINITY, f64::min);
        let end = all.iter().map(|of| of.1).fold(f64::NEG_INFINITY, f64::max);
        let start = first + (end - first) / 3.0;
        if all.is_empty() || end <= start {
            return None;
        }
        let share = |boxes: &[(f64, f64)]| covered(boxes, start) / (end - start);
        let [upload, compute, download] = &self.0;
        Some(DeviceUse {
            input: String::new(),
            device: 0,
            batches: compute.len(),
            upload: share(upload),
            compute: share(compute),
            download: share(download),
            any: share(&all),
        })
    }
}

/// How much of the time from `start` on lies in some box.
fn covered(boxes: &[(f64, f64)], start: f64) -> f64 {
    let mut boxes = boxes.to_vec();
    boxes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut covered, mut until) = (0.0, start);
    for (begin, end) in boxes {
        covered += (end - begin.max(until)).max(0.0);
        until = until.max(end);
    }
    covered
}

/// The table.
pub(super) fn table(uses: &[DeviceUse]) -> String {
    let mut table = heading([
        "input, to host",
        "device",
        "batches",
        "upload busy %",
        "compute busy %",
        "download busy %",
        "any busy %",
    ]);
    table.extend(uses.iter().map(|of| {
        [
            of.input.clone(),
            of.device.to_string(),
            of.batches.to_string(),
            percent(of.upload),
            percent(of.compute),
            percent(of.download),
            percent(of.any),
        ]
    }));
    rows(&table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_overlap_count_once() {
        let boxes = [(0.0, 4.0), (6.0, 8.0), (7.0, 9.0), (1.0, 2.0)];
        assert_eq!(covered(&boxes, 0.0), 7.0);
        assert_eq!(covered(&boxes, 3.0), 4.0);
    }

    #[test]
    fn shares_are_of_the_rows_of_the_engine() {
        let json = r#"{"traceEvents":[
            {"ph":"M","name":"process_name","pid":1,"tid":0,"args":{"name":"streams of a device"}},
            {"ph":"M","name":"process_name","pid":2,"tid":0,"args":{"name":"engine on a device"}},
            {"ph":"M","name":"thread_name","pid":2,"tid":0,"args":{"name":"upload"}},
            {"ph":"M","name":"thread_name","pid":2,"tid":1,"args":{"name":"compute"}},
            {"ph":"M","name":"thread_name","pid":2,"tid":2,"args":{"name":"download"}},
            {"ph":"X","name":"a","pid":1,"tid":0,"ts":0.0,"dur":1000.0,"args":{"batch":0}},
            {"ph":"X","name":"a","pid":2,"tid":0,"ts":0.0,"dur":10.0,"args":{"batch":0}},
            {"ph":"X","name":"a","pid":2,"tid":1,"ts":10.0,"dur":10.0,"args":{"batch":0}},
            {"ph":"X","name":"a","pid":2,"tid":2,"ts":25.0,"dur":5.0,"args":{"batch":0}}]}"#;
        let shares = Boxes::read(json.as_bytes()).unwrap().shares().unwrap();
        assert_eq!((shares.upload, shares.compute), (0.0, 0.5));
        assert_eq!((shares.download, shares.any), (0.25, 0.75));
        assert_eq!(shares.batches, 1);
        assert!(Boxes::default().shares().is_none());
    }
}
