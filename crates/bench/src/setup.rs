//! A compiled workload, executed over inputs and outputs that are used in turn.

use crate::cpu;
use crate::error::Measured;
use crate::report::{Allocations, CpuTime, ExecutionReport};
use crate::spread::Spread;
use crate::workload::Workload;
use pixelflume::device::{Device, DeviceKind, Launch, Stream};
use pixelflume::memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{
    BatchLayout, CompiledPipeline, DeviceImages, DeviceImagesMut, ExecutionConfig, Image, Input,
    Output, Pipeline,
};
use pixelflume::scheduler::ExecutionMode;
use pixelflume_heap_counter::counted;
use std::time::{Duration, Instant};

/// The amount of measurements of each workload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Whether plans fuse nodes into chains.
    pub(crate) fusion: bool,
    /// Samples of the time on the device; each is the time of several batches between two events.
    pub(crate) runs: usize,
    /// Time spent on executions that are waited for one by one.
    pub(crate) wall: Duration,
    /// The largest number of those executions.
    pub(crate) most: usize,
}

/// Batches between two events, at least, so that the gap between two graph launches does not count.
const BATCHES_OF_A_RUN: usize = 20;
/// Bytes of all inputs on a GPU: many times its cache. [`MOST_INPUTS`] may make it less.
const ROTATED_ON_GPU: usize = 1 << 30;
/// Bytes of all inputs on the host; at least four times the largest cache.
const ROTATED_ON_HOST: usize = 256 << 20;
/// The largest number of inputs that are used in turn.
const MOST_INPUTS: usize = 64;
/// Executions before the timed ones: graphs are captured, and buffers and clocks reach their steady state.
const WARM_UP: usize = 8;

/// Parses the pipeline file of a workload.
pub(crate) fn pipeline(workload: &Workload) -> Measured<Pipeline> {
    Ok(Pipeline::from_toml(workload.pipeline, workload.name)?)
}

/// A compiled workload with inputs and outputs in device memory, which are used in turn.
pub(crate) struct Setup {
    pub(crate) inputs: Vec<DeviceBuffer>,
    outputs: Vec<DeviceBuffer>,
    /// The number of outputs that hold results: the first ones.
    written: usize,
    plan: CompiledPipeline,
    batch: usize,
    /// Shapes of the input and of the output.
    pub(crate) shapes: [ImageShape; 2],
    stream: Stream,
    /// The memory manager, dropped last, after all buffers that it handed out.
    memory: MemoryManager,
}

impl Setup {
    pub(crate) fn new(
        workload: &Workload,
        batch: u32,
        device: &Device,
        (mode, fusion): (ExecutionMode, bool),
        images: &[Image],
    ) -> Measured<Self> {
        let memory = MemoryManager::new(device, MemoryConfig::default());
        let stream = device.stream()?;
        let config = ExecutionConfig::default()
            .with_max_batch(batch)
            .with_execution(mode);
        let pipeline = pipeline(workload)?.with_fusion(fusion);
        let plan = pipeline.compile_with(&memory, &[workload.input], config)?;
        let shape = plan.shapes().nodes[plan.pipeline().output_nodes()[0]];
        let shapes = [workload.input, shape];
        let batch = batch as usize;

        let rotated = match device.kind() {
            DeviceKind::Cuda => ROTATED_ON_GPU,
            DeviceKind::Host => {
                ROTATED_ON_HOST.max(cpu::last_level_cache().map_or(0, |bytes| 4 * bytes))
            }
        };
        let frame = workload.input.bytes();
        let count = rotated.div_ceil(frame * batch).clamp(2, MOST_INPUTS);
        let allocate = |shape: ImageShape| {
            (0..count)
                .map(|_| memory.allocate(shape.bytes() * batch, &stream))
                .collect::<Result<Vec<_>, _>>()
        };
        let (mut inputs, outputs) = (allocate(shapes[0])?, allocate(shapes[1])?);
        let mut pinned = memory.pinned(frame * images.len())?;
        for (image, bytes) in images
            .iter()
            .zip(pinned.as_mut_slice()?.chunks_exact_mut(frame))
        {
            bytes.copy_from_slice(image.data());
        }
        for input in &mut inputs {
            for index in 0..batch {
                let from = index % images.len() * frame;
                input.upload(index * frame, &mut pinned, from..from + frame, &stream)?;
            }
        }
        let mut setup = Setup {
            inputs,
            outputs,
            written: 0,
            plan,
            batch,
            shapes,
            stream,
            memory,
        };
        setup.forget()?;
        Ok(setup)
    }

    /// Executes the plan with input and output number `index` and waits for the result.
    fn execute(&mut self, index: usize) -> Measured<()> {
        let index = index % self.inputs.len();
        self.written = self.written.max(index + 1);
        let (input, output) = images(
            self.shapes,
            self.batch,
            &self.inputs[index],
            &mut self.outputs[index],
        )?;
        self.plan
            .execute(&[Input::Device(input)], &mut [Output::Device(output)])?
            .into_result()?;
        Ok(())
    }

    /// Executes one batch after the other, waiting for each: wall time, processor time, and allocations per batch.
    pub(crate) fn executions(&mut self, effort: &Effort) -> Measured<ExecutionReport> {
        // The first use of a buffer on another stream creates the buffer's event.
        for index in 0..WARM_UP.max(self.inputs.len()) {
            self.execute(index)?;
        }
        let mut times = Vec::with_capacity(effort.most);
        let before = (self.plan.statistics(), self.memory.statistics());
        let clocks = [cpu::thread(), cpu::process()];
        let (heap, result) = counted(|| -> Measured<()> {
            let begin = Instant::now();
            while times.len() < effort.most && (begin.elapsed() < effort.wall || times.len() < 3) {
                let start = Instant::now();
                self.execute(times.len())?;
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
            Ok(())
        });
        let after = [cpu::thread(), cpu::process()];
        result?;
        let count = times.len() as f64;
        let per_batch = |time: Duration| time.as_secs_f64() * 1e6 / count;
        let used = |clock: usize| Some(per_batch(after[clock]?.saturating_sub(clocks[clock]?)));
        let memory = self.memory.statistics();
        let calls = memory.device.driver_calls + memory.pinned.driver_calls;
        let earlier = before.1.device.driver_calls + before.1.pinned.driver_calls;
        let statistics = self.plan.statistics();
        let nodes = (statistics.node_launches - before.0.node_launches) as f64;
        Ok(ExecutionReport {
            wall_us: Spread::new(times),
            cpu: CpuTime {
                submit_us: per_batch(statistics.submit_time - before.0.submit_time),
                thread_us: used(0),
                process_us: used(1),
            },
            allocations_per_batch: Allocations {
                driver: (calls - earlier) as f64 / count,
                heap: heap as f64 / count,
            },
            nodes_per_batch: nodes / count,
            launches_per_batch: self.plan.launches_per_batch(),
        })
    }

    /// Times one batch on the device. Many batches in a row are one captured graph, so that the host takes no part in what is
    /// timed.
    #[expect(unsafe_code, reason = "runs launches in a graph of its own")]
    pub(crate) fn device_times(&mut self, runs: usize) -> Measured<(Spread, usize)> {
        let mut launches: Vec<Vec<Launch>> = Vec::new();
        for (input, output) in self.inputs.iter().zip(&mut self.outputs) {
            let (input, output) = images(self.shapes, self.batch, input, output)?;
            launches.push(self.plan.launches(&[input], &mut [output])?);
        }
        let rounds = BATCHES_OF_A_RUN.div_ceil(launches.len());
        let batches = rounds * launches.len();
        let stream = &self.stream;
        // SAFETY: nothing else uses the stream: `self` is borrowed.
        unsafe { stream.begin_capture() }?;
        let captured = (0..rounds)
            .flat_map(|_| launches.iter().flatten())
            // SAFETY: the stream is capturing: the launches are recorded, not run.
            .try_for_each(|launch| unsafe { stream.enqueue(launch, None) });
        let graph = stream.end_capture();
        captured?;
        let graph = graph?.instantiate()?;
        // SAFETY: the plan, the inputs and the outputs are `self`'s, which is borrowed mutably until the stream was waited
        // for, also after an error; nothing else uses them meanwhile. The graph runs one launch after the other.
        let launch = || unsafe { graph.launch(stream, None) };

        let device = stream.device();
        let events = (0..=runs)
            .map(|_| device.timing_event())
            .collect::<Result<Vec<_>, _>>()?;
        // A GPU that was idle needs time to raise its clocks.
        let start = Instant::now();
        let run = || -> Measured<()> {
            while start.elapsed() < Duration::from_millis(150) {
                launch()?;
                launch()?;
                stream.synchronize()?;
            }
            launch()?;
            stream.record_time(&events[0])?;
            for event in &events[1..] {
                launch()?;
                stream.record_time(event)?;
            }
            Ok(())
        };
        let launched = run();
        stream.synchronize()?;
        launched?;
        self.written = self.outputs.len();
        let mut times = Vec::with_capacity(runs);
        for pair in events.windows(2) {
            let seconds = pair[1].seconds_since(&pair[0])?;
            times.extend(seconds.map(|seconds| seconds * 1e6 / batches as f64));
        }
        Ok((Spread::new(times), batches))
    }

    /// Counts the frames of the first and the last written output that differ from `expected`.
    pub(crate) fn differing(&self, expected: &[Image]) -> Measured<usize> {
        let bytes = self.shapes[1].bytes();
        let mut pinned = self.memory.pinned(bytes * self.batch)?;
        let mut differing = 0;
        let written = &self.outputs[..self.written];
        for output in written.first().into_iter().chain(written.last()) {
            output.download(0, &mut pinned, 0..bytes * self.batch, &self.stream)?;
            let frames = pinned.as_slice()?.chunks_exact(bytes);
            let expected = expected.iter().cycle();
            differing += frames
                .zip(expected)
                .filter(|(frame, expected)| *frame != expected.data())
                .count();
        }
        Ok(differing)
    }

    /// Overwrites all outputs, so that results of an earlier execution cannot pass for new ones.
    pub(crate) fn forget(&mut self) -> Measured<()> {
        let bytes = self.shapes[1].bytes() * self.batch;
        let mut pinned = self.memory.pinned(bytes)?;
        pinned.as_mut_slice()?.fill(0xa5);
        for output in &mut self.outputs {
            output.upload(0, &mut pinned, 0..bytes, &self.stream)?;
        }
        self.stream.synchronize()?;
        self.written = 0;
        Ok(())
    }
}

fn images<'a>(
    shapes: [ImageShape; 2],
    batch: usize,
    input: &'a DeviceBuffer,
    output: &'a mut DeviceBuffer,
) -> Measured<(DeviceImages<'a>, DeviceImagesMut<'a>)> {
    Ok((
        DeviceImages::new(BatchLayout::tight(shapes[0], batch), input)?,
        DeviceImagesMut::new(BatchLayout::tight(shapes[1], batch), output)?,
    ))
}
