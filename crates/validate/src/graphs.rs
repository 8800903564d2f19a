//! The check `graphs`: capture, replay, patch and update of graphs, against the same launches enqueued directly.
#![expect(unsafe_code, reason = "runs launches")]

use crate::check::Context;
use crate::mismatch::{Case, equal};
use anyhow::{Context as _, ensure};
use pixelflume::device::{Event, Graph, GraphExec, Launch, Stream};
use pixelflume::memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume::ops::testing::Random;
use pixelflume::ops::{Binding, ImageBatch};
use pixelflume::prelude::*;
use std::sync::Arc;

/// A fork: one blur, then two Sobels of its result, on two streams.
struct Fork {
    memory: MemoryManager,
    streams: [Stream; 2],
    events: [Event; 2],
    blurred: DeviceBuffer,
    outputs: [DeviceBuffer; 2],
    launches: [Launch; 3],
}

/// The launch of an operator that needs neither tables nor workspace.
pub(crate) fn launch_of(
    operator: &dyn Operator,
    device: &Device,
    input: ImageBatch,
    output: &DeviceBuffer,
) -> anyhow::Result<Launch> {
    let plan: Arc<_> = operator.plan(&[input.shape])?;
    let code = plan.clone().code(device)?;
    let mut launches = Vec::new();
    let output = ImageBatch::tight(plan.output(), input.batch, output.address());
    let [tables, workspace] = [Default::default(); 2];
    plan.bind(
        &code,
        &Binding {
            inputs: &[input],
            output,
            tables,
            workspace,
        },
        &mut launches,
    );
    ensure!(
        launches.len() == 1,
        "{} launches, expected one",
        launches.len()
    );
    launches.pop().context("counted above")
}

impl Fork {
    fn new(
        device: &Device,
        shape: ImageShape,
        input: &DeviceBuffer,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> anyhow::Result<Self> {
        let allocate = |bytes| memory.allocate(bytes, stream);
        let blurred = allocate(shape.bytes())?;
        let outputs = [allocate(shape.bytes())?, allocate(shape.bytes() * 2)?];
        let batch = |buffer: &DeviceBuffer| ImageBatch::tight(shape, 1, buffer.address());
        let launches = [
            launch_of(&GaussianBlur::new(7)?, device, batch(input), &blurred)?,
            launch_of(&Sobel::magnitude(), device, batch(&blurred), &outputs[0])?,
            launch_of(&Sobel::dx(), device, batch(&blurred), &outputs[1])?,
        ];
        Ok(Fork {
            memory: memory.clone(),
            streams: [stream.clone(), device.stream()?],
            events: [device.event()?, device.event()?],
            blurred,
            outputs,
            launches,
        })
    }

    fn submit(&self) -> Result<(), pixelflume::device::DeviceError> {
        let [main, side] = &self.streams;
        // SAFETY: the fork owns the memory but for the input, which its creator keeps; the first stream is waited for after
        // each run, and the events order the second stream behind and before it.
        let put = |stream: &Stream, launch| unsafe { stream.enqueue(launch, None) };
        put(main, &self.launches[0])?;
        main.record(&self.events[0])?;
        side.wait(&self.events[0])?;
        put(side, &self.launches[1])?;
        side.record(&self.events[1])?;
        put(main, &self.launches[2])?;
        main.wait(&self.events[1])
    }

    fn capture(&self) -> anyhow::Result<Graph> {
        // SAFETY: nothing but the launches below uses the stream until the capture ends.
        unsafe { self.streams[0].begin_capture() }?;
        let submitted = self.submit();
        let graph = self.streams[0].end_capture();
        submitted?;
        let graph = graph?;
        ensure!(
            graph.launch_count() == 3,
            "{} launches captured, expected 3",
            graph.launch_count()
        );
        Ok(graph)
    }

    fn results(&self) -> anyhow::Result<Vec<u8>> {
        let mut all = Vec::new();
        for output in &self.outputs {
            let mut pinned = self.memory.pinned(output.len())?;
            output.download(0, &mut pinned, 0..output.len(), &self.streams[0])?;
            all.extend_from_slice(pinned.as_slice()?);
        }
        Ok(all)
    }

    /// The outputs after `work`; outputs and intermediate are overwritten before.
    fn after(
        &mut self,
        input: &DeviceBuffer,
        work: impl FnOnce(&Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<u8>> {
        let mut noise = self.memory.pinned(input.len() * 2)?;
        noise.as_mut_slice()?.fill(0x5a);
        for buffer in self.outputs.iter_mut().chain([&mut self.blurred]) {
            let bytes = buffer.len();
            buffer.upload(0, &mut noise, 0..bytes, &self.streams[0])?;
        }
        work(self)?;
        self.results()
    }
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let device = &context.cuda;
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let stream = device.stream()?;
    let rounds = context.cases(5, 60);
    for round in rounds.clone() {
        let mut random = Random::new(context.seed.wrapping_mul(15_485_863).wrapping_add(round));
        let shape = ImageShape::u8(random.side(), random.side(), 1);
        fork(device, &memory, &stream, &mut random, shape).with_context(|| Case {
            number: round,
            what: format!("round {round} (seed {}), {shape}", context.seed),
        })?;
    }
    Ok(format!(
        "{} random forks captured, replayed, patched, updated and made to fail, all equal",
        rounds.count()
    ))
}

/// Launches a captured graph of a fork.
fn replay(exec: &GraphExec, stream: &Stream) -> anyhow::Result<()> {
    // SAFETY: the forks and inputs whose launches are in the graph are kept until the last launch has been waited for, on the
    // stream that the graph is launched on.
    Ok(unsafe { exec.launch(stream, None) }?)
}

/// Runs a fork directly, then captures, patches and updates it, and makes a capture fail.
fn fork(
    device: &Device,
    memory: &MemoryManager,
    stream: &Stream,
    random: &mut Random,
    shape: ImageShape,
) -> anyhow::Result<()> {
    let inputs = [0; 2].map(|_| random.bytes(shape.bytes()));
    let mut buffers = [
        memory.allocate(shape.bytes(), stream)?,
        memory.allocate(shape.bytes(), stream)?,
    ];
    for (bytes, buffer) in inputs.iter().zip(&mut buffers) {
        let mut pinned = memory.pinned(bytes.len())?;
        pinned.as_mut_slice()?.copy_from_slice(bytes);
        buffer.upload(0, &mut pinned, 0..bytes.len(), stream)?;
    }
    let mut fork = Fork::new(device, shape, &buffers[0], memory, stream)?;
    let direct = fork.after(&buffers[0], |fork| Ok(fork.submit()?))?;
    let mut exec = fork.capture()?.instantiate()?;
    let replayed = fork.after(&buffers[0], |_| replay(&exec, stream))?;
    equal("replay", &direct, &replayed)?;
    // Another input, by a patch of the first launch only.
    let mut other = Fork::new(device, shape, &buffers[1], memory, stream)?;
    let expected = other.after(&buffers[1], |other| Ok(other.submit()?))?;
    let blur = launch_of(
        &GaussianBlur::new(7)?,
        device,
        ImageBatch::tight(shape, 1, buffers[1].address()),
        &fork.blurred,
    )?;
    exec.set_launch(0, &blur, None)?;
    let patched = fork.after(&buffers[0], |_| replay(&exec, stream))?;
    equal("patch", &expected, &patched)?;
    // Back to the first input, by an update from a new capture.
    ensure!(exec.update(&fork.capture()?)?, "the update was refused");
    let updated = fork.after(&buffers[0], |_| replay(&exec, stream))?;
    equal("update", &direct, &updated)?;
    // A capture that fails leaves the streams usable.
    // SAFETY: nothing but the launches below uses the stream until the capture ends.
    unsafe { stream.begin_capture() }?;
    let refused = stream.synchronize().is_err();
    let ended = stream.end_capture().is_err();
    ensure!(refused && ended, "an invalidated capture succeeded");
    let again = fork.after(&buffers[0], |fork| Ok(fork.submit()?))?;
    equal("after a failed capture", &direct, &again)?;
    Ok(())
}
