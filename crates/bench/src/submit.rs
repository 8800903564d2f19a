//! The cost of a submission that nobody waits for, beside the driver's own calls; a part of the section `submission`.
#![expect(unsafe_code, reason = "runs launches")]

use crate::error::Measured;
use crate::spread::Spread;
use crate::table;
use pixelflume::device::{Device, Launch};
use pixelflume::memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{
    BatchLayout, CompiledPipeline, DeviceImages, DeviceImagesMut, ExecutionConfig, Input, Output,
    Pipeline,
};
use pixelflume::scheduler::ExecutionMode;
use serde::Serialize;
use std::time::Instant;

/// A resize and a normalization, one launch after fusion.
const PIPELINE: &str = r#"
[[node]]
name = "small"
op = "resize"
from = "input"
width = 32
height = 32
[[node]]
name = "tensor"
op = "normalize"
from = "small"
mean = 0.5
std = 0.25
sample = "f32"
layout = "planar"
"#;
const SHAPE: ImageShape = ImageShape::u8(64, 64, 3);
/// Inputs and outputs that are used in turn, so that every batch has other addresses than the one before.
const BUFFERS: usize = 8;
/// Submissions between two waits, fewer than may be in flight, so that none waits.
const IN_A_ROW: usize = 16;
/// Rows of submissions that count, and those with `--quick`.
const ROWS: [usize; 2] = [400, 20];
/// Rows before the timed ones.
const WARM_UP: usize = 10;

/// The times of one way to submit, in microseconds of the calling thread.
#[derive(Debug, Serialize)]
pub(crate) struct Submit {
    mode: &'static str,
    /// The outputs: `buffers` in turn, or a `tensor` that is allocated, given away and dropped.
    output: &'static str,
    /// The whole call of `submit`, and the drop of a tensor.
    call_us: Spread,
    /// The driver's calls that it makes, made alone in the same run.
    driver_us: Spread,
    /// The difference of the medians.
    own_us: f64,
    /// The paths that the replayed runs took.
    paths: String,
}

pub(crate) fn measure(device: &Device, quick: bool) -> Measured<Vec<Submit>> {
    let rows = ROWS[usize::from(quick)];
    let mut submits = Vec::new();
    for (name, mode) in [
        ("direct", ExecutionMode::Direct),
        ("replay", ExecutionMode::Replay),
    ] {
        for output in ["buffers", "tensor"] {
            let mut bench = Bench::new(device, mode)?;
            let [call, driver] = bench.rows(mode, output == "tensor", rows)?;
            submits.push(Submit {
                mode: name,
                output,
                own_us: call.median - driver.median,
                call_us: call,
                driver_us: driver,
                paths: bench.plan.replay_statistics().to_string(),
            });
        }
    }
    Ok(submits)
}

struct Bench {
    plan: CompiledPipeline,
    inputs: Vec<DeviceBuffer>,
    outputs: Vec<DeviceBuffer>,
    layouts: [BatchLayout; 2],
    /// The launch of each pair of buffers.
    launches: Vec<Launch>,
    stream: pixelflume::device::Stream,
    /// Dropped behind the buffers, which go back to it.
    _memory: MemoryManager,
}

impl Bench {
    fn new(device: &Device, mode: ExecutionMode) -> Measured<Self> {
        let memory = MemoryManager::new(device, MemoryConfig::default());
        let stream = device.stream()?;
        let config = ExecutionConfig::default()
            .with_execution(mode)
            .with_in_flight(2 * IN_A_ROW);
        let pipeline = Pipeline::from_toml(PIPELINE, "submit")?;
        let mut plan = pipeline.compile_with(&memory, &[SHAPE], config)?;
        let result = plan.shapes().nodes[plan.pipeline().output_nodes()[0]];
        let layouts = [SHAPE, result].map(|shape| BatchLayout::tight(shape, 1));
        let allocate = |layout: BatchLayout| -> Measured<Vec<DeviceBuffer>> {
            let bytes = layout.end()?;
            (0..BUFFERS)
                .map(|_| Ok(memory.allocate(bytes, &stream)?))
                .collect()
        };
        let (inputs, mut outputs) = (allocate(layouts[0])?, allocate(layouts[1])?);
        let mut launches = Vec::new();
        for (input, output) in inputs.iter().zip(&mut outputs) {
            let input = DeviceImages::new(layouts[0], input)?;
            let mut of_batch =
                plan.launches(&[input], &mut [DeviceImagesMut::new(layouts[1], output)?])?;
            launches.extend(of_batch.pop());
            if !of_batch.is_empty() {
                return Err("the pipeline is more than one launch".into());
            }
        }
        Ok(Bench {
            plan,
            inputs,
            outputs,
            layouts,
            launches,
            stream,
            _memory: memory,
        })
    }

    /// Rows of submissions, and of the driver's calls alone, in turn: the times of one call each.
    fn rows(&mut self, mode: ExecutionMode, tensor: bool, rows: usize) -> Measured<[Spread; 2]> {
        let stream = self.stream.clone();
        // SAFETY: the launch stays in the capture until the graph is launched below.
        let graph = unsafe {
            stream.begin_capture()?;
            let captured = stream.enqueue(&self.launches[0], None);
            let graph = stream.end_capture();
            captured?;
            graph?
        };
        let mut graph = graph.instantiate()?;
        let event = stream.device().event()?;
        let mut times: [Vec<f64>; 2] = Default::default();
        for row in 0..rows + WARM_UP {
            let is_timed = row >= WARM_UP;
            for number in 0..IN_A_ROW {
                let time = self.submit(row * IN_A_ROW + number, tensor)?;
                times[0].extend(is_timed.then_some(time));
            }
            stream.synchronize()?;
            for number in 0..IN_A_ROW {
                let launch = &self.launches[number % BUFFERS];
                let start = Instant::now();
                stream.is_capturing()?;
                // SAFETY: plan and buffers are kept, nothing else uses them, and the stream is waited for below.
                unsafe {
                    match mode {
                        ExecutionMode::Direct => stream.enqueue(launch, None)?,
                        ExecutionMode::Replay => {
                            graph.set_launch(0, launch, None)?;
                            graph.launch(&stream, None)?;
                        }
                    }
                }
                stream.record(&event)?;
                let time = start.elapsed().as_secs_f64() * 1e6;
                times[1].extend(is_timed.then_some(time));
            }
            stream.synchronize()?;
        }
        Ok(times.map(Spread::new))
    }

    /// Submits a batch, and gives the microseconds of the call.
    fn submit(&mut self, number: usize, tensor: bool) -> Measured<f64> {
        let at = number % BUFFERS;
        let input = DeviceImages::new(self.layouts[0], &self.inputs[at])?;
        let mut given = None;
        let output = match tensor {
            true => Output::Tensor(&mut given),
            false => {
                let output = DeviceImagesMut::new(self.layouts[1], &mut self.outputs[at])?;
                Output::Device(output)
            }
        };
        let (inputs, mut outputs) = ([Input::Device(input)], [output]);
        let start = Instant::now();
        let pending = self.plan.submit(&inputs, &mut outputs, &self.stream)?;
        drop((pending, outputs));
        drop(given);
        Ok(start.elapsed().as_secs_f64() * 1e6)
    }
}

/// The table.
pub(crate) fn text(device: &Device, submits: &[Submit]) -> String {
    let head = ["mode", "output", "submit us", "p90", "driver us", "ours us"];
    let mut rows = vec![head.map(str::to_owned)];
    for submit in submits {
        rows.push([
            submit.mode.to_owned(),
            submit.output.to_owned(),
            format!("{:.2}", submit.call_us.median),
            format!("{:.2}", submit.call_us.p90),
            format!("{:.2}", submit.driver_us.median),
            format!("{:.2}", submit.own_us),
        ]);
    }
    let mut text = format!(
        "submissions of one fused launch over a {SHAPE} image on {device}, {BUFFERS} addresses in turn; medians; driver: the \
         question whether the stream captures, launch (with its patch) and event, alone; ours: the difference\n{}",
        table::rows(&rows)
    );
    for submit in submits.iter().filter(|submit| submit.mode == "replay") {
        text.push_str(&format!("replay, {}: {}\n", submit.output, submit.paths));
    }
    text
}
