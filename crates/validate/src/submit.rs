//! The check `submit`: batches that nobody waits for. Several in flight in streams of every kind that are kept busy, borrowed
//! memory, results that are given away and dropped on other threads, and failures that arrive at the `Pending`.
#![expect(
    unsafe_code,
    reason = "borrows memory and streams, and fills memory to keep a stream busy"
)]

use crate::check::Context;
use crate::mismatch::equal;
use crate::user_code::Fails;
use anyhow::{Context as _, anyhow, bail, ensure};
use pixelflume::device::{DeviceKind, Stream};
use pixelflume::memory::{BorrowedMemory, DeviceBuffer, MemoryAccess, MemoryConfig, MemoryManager};
use pixelflume::ops::Custom;
use pixelflume::ops::testing::Random;
use pixelflume::pipeline::{DeviceTensor, Pending};
use pixelflume::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

const SHAPE: ImageShape = ImageShape::u8(96, 64, 3);
/// Inputs that are used in turn.
const INPUTS: usize = 4;
/// Batches in flight.
const BATCHES: usize = 12;

const MODES: [ExecutionMode; 2] = [ExecutionMode::Direct, ExecutionMode::Replay];

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let work = Work::new(context)?;
    let mut kinds = Vec::new();
    for Kind { name, on, home } in streams(&context.cuda)? {
        for mode in MODES {
            work.in_flight(&on, &home, mode)
                .with_context(|| format!("{name} stream, {mode}"))?;
        }
        kinds.push(name);
    }
    for mode in MODES {
        work.borrowed(mode)
            .with_context(|| format!("borrowed memory, {mode}"))?;
    }
    let count = if context.quick { 2000 } else { 100_000 };
    let given = work.given_away(count).context("tensors given away")?;
    failure(context).context("a failure")?;
    Ok(format!(
        "{BATCHES} batches in flight in busy streams ({}), direct and replayed, and of borrowed memory, all equal; {given}; a failure arrived at its Pending",
        kinds.join(", ")
    ))
}

/// A stream that a batch can be submitted on, and the stream of its memory.
struct Kind {
    name: &'static str,
    on: Stream,
    home: Stream,
}

impl Kind {
    fn new(name: &'static str, on: Stream) -> Self {
        let home = on.clone();
        Kind { name, on, home }
    }
}

fn streams(device: &Device) -> anyhow::Result<Vec<Kind>> {
    let own = Kind::new("own", device.stream()?);
    #[cfg(feature = "cuda")]
    if device.kind() == DeviceKind::Cuda {
        let others = streams_of_cuda(device)?;
        return Ok(std::iter::once(own).chain(others).collect());
    }
    Ok(vec![own])
}

/// Streams that only a GPU has, and one that is borrowed.
#[cfg(feature = "cuda")]
fn streams_of_cuda(device: &Device) -> anyhow::Result<[Kind; 3]> {
    let own = device.stream()?;
    let handle = own.raw().context("a stream of CUDA has a handle")?;
    // SAFETY: the owner keeps the stream.
    let borrowed = unsafe { device.borrow_stream(handle, Arc::new(own)) }?;
    // SAFETY: 2 is `CU_STREAM_PER_THREAD`, which is there at any time.
    let on = unsafe { device.borrow_stream(2 as *mut _, Arc::new(())) }?;
    Ok([
        Kind::new("legacy default", device.default_stream()?),
        Kind::new("borrowed", borrowed),
        Kind {
            name: "per-thread default",
            on,
            // Pools have no memory for the stream of a thread.
            home: device.stream()?,
        },
    ])
}

/// A pipeline, its inputs, and the results of the host.
struct Work {
    pipeline: Pipeline,
    memory: MemoryManager,
    images: Vec<Image>,
    expected: Vec<Vec<u8>>,
}

impl Work {
    fn new(context: &Context) -> anyhow::Result<Self> {
        let pipeline = Pipeline::from_file(context.pipelines.join("edges.toml"))?;
        let mut random = Random::new(context.seed);
        let mut images = Vec::new();
        let mut expected = Vec::new();
        let host = &context.host;
        let mut runner = Runner::new(pipeline.clone(), host, ExecutionConfig::default())?;
        for _ in 0..INPUTS {
            let image = Image::new(SHAPE, random.bytes(SHAPE.bytes()))?;
            let outputs = runner.run(&[&image])?;
            let (_, result) = outputs.outputs().next().context("there is an output")?;
            let result = result.map_err(|failure| anyhow!("{failure}"))?;
            expected.push(result[0].data().to_vec());
            images.push(image);
        }
        let memory = MemoryManager::new(&context.cuda, MemoryConfig::default());
        Ok(Work {
            pipeline,
            memory,
            images,
            expected,
        })
    }

    fn runner(&self, mode: ExecutionMode, in_flight: usize) -> anyhow::Result<Runner> {
        let config = ExecutionConfig::default()
            .with_execution(mode)
            .with_in_flight(in_flight);
        let pipeline = self.pipeline.clone();
        Ok(Runner::with_memory(pipeline, &self.memory, config)?)
    }

    /// The inputs in device memory, in the order of a stream.
    fn inputs(&self, on: &Stream) -> anyhow::Result<Vec<DeviceBuffer>> {
        let mut buffers = Vec::new();
        for image in &self.images {
            let mut staging = self.memory.pinned(SHAPE.bytes())?;
            staging.as_mut_slice()?[..SHAPE.bytes()].copy_from_slice(image.data());
            let mut buffer = self.memory.allocate(SHAPE.bytes(), on)?;
            buffer.upload(0, &mut staging, 0..SHAPE.bytes(), on)?;
            buffers.push(buffer);
        }
        Ok(buffers)
    }

    /// Submits a batch into a tensor that is given away, or, where the memory has another stream, into one of that stream.
    fn submit_at(
        &self,
        runner: &mut Runner,
        input: DeviceImages<'_>,
        (on, home): (&Stream, &Stream),
    ) -> anyhow::Result<(Pending, DeviceTensor)> {
        if on.id() == home.id() {
            return self.submit(runner, input, on);
        }
        let shapes = self.pipeline.infer(&[SHAPE])?;
        let layout = BatchLayout::tight(shapes.nodes[self.pipeline.output_nodes()[0]], 1);
        let buffer = self.memory.allocate(layout.end()?, home)?;
        let mut tensor = DeviceTensor::new(buffer, layout, &self.memory)?;
        let outputs = &mut [Output::Device(tensor.images_mut())];
        let pending = runner.submit(&[Input::Device(input)], outputs, on)?;
        Ok((pending, tensor))
    }

    fn submit(
        &self,
        runner: &mut Runner,
        input: DeviceImages<'_>,
        on: &Stream,
    ) -> anyhow::Result<(Pending, DeviceTensor)> {
        let mut tensor = None;
        let inputs = [Input::Device(input)];
        let pending = runner.submit(&inputs, &mut [Output::Tensor(&mut tensor)], on)?;
        Ok((pending, tensor.context("a tensor was asked for")?))
    }

    fn check(&self, round: usize, tensor: &DeviceTensor) -> anyhow::Result<()> {
        let images = tensor.to_images()?;
        let expected = &self.expected[round % INPUTS];
        equal(&format!("batch {round}"), expected, images[0].data())
    }

    /// Batches behind work that keeps the stream busy until all of them are submitted; the results are looked at only then.
    fn in_flight(&self, on: &Stream, home: &Stream, mode: ExecutionMode) -> anyhow::Result<()> {
        let mut runner = self.runner(mode, 2 * BATCHES)?;
        let inputs = self.inputs(home)?;
        let layout = BatchLayout::tight(SHAPE, 1);
        // Plans are compiled and graphs captured by the first batches.
        for round in 0..BATCHES {
            let input = DeviceImages::new(layout, &inputs[round % INPUTS])?;
            let (pending, tensor) = self.submit_at(&mut runner, input, (on, home))?;
            pending.wait()?.into_result()?;
            self.check(round, &tensor)?;
        }
        let busy = Busy::new(&self.memory, home)?;
        let mut submitted = Vec::new();
        for round in 0..BATCHES {
            let input = DeviceImages::new(layout, &inputs[round % INPUTS])?;
            submitted.push(self.submit_at(&mut runner, input, (on, home))?);
        }
        if self.memory.device().kind() == DeviceKind::Cuda {
            ensure!(!home.is_idle()?, "a submission has waited for the device");
        }
        drop(busy);
        // Half of them are dropped: their tensors are complete all the same.
        for (round, (pending, tensor)) in submitted.into_iter().enumerate() {
            match round % 2 {
                0 => pending.wait()?.into_result()?,
                _ => drop(pending),
            }
            self.check(round, &tensor)?;
        }
        Ok(())
    }

    /// Memory of another owner, which is kept until the batch is complete and not longer.
    fn borrowed(&self, mode: ExecutionMode) -> anyhow::Result<()> {
        let on = self.memory.device().stream()?;
        let mut runner = self.runner(mode, 2 * BATCHES)?;
        let layout = BatchLayout::tight(SHAPE, 1);
        let inputs = self.inputs(&on)?;
        let busy = Busy::new(&self.memory, &on)?;
        let mut submitted = Vec::new();
        let mut dropped = Vec::new();
        for buffer in inputs {
            let is_dropped = Arc::new(AtomicBool::new(false));
            let (address, owner) = (buffer.address(), Owner(buffer, Arc::clone(&is_dropped)));
            // SAFETY: the owner has the buffer, on the same stream, and nobody else uses it.
            let memory = unsafe {
                BorrowedMemory::new(address, SHAPE.bytes(), MemoryAccess::Read, &on, owner)
            }?;
            let input = DeviceImages::new(layout, &memory)?;
            submitted.push(self.submit(&mut runner, input, &on)?);
            drop(memory);
            dropped.push(is_dropped);
        }
        if self.memory.device().kind() == DeviceKind::Cuda {
            ensure!(!on.is_idle()?, "a submission has waited for the stream");
            let early = dropped.iter().any(|flag| flag.load(Ordering::SeqCst));
            ensure!(!early, "an owner was dropped before its batch was complete");
        }
        drop(busy);
        for (round, (pending, tensor)) in submitted.into_iter().enumerate() {
            pending.wait()?.into_result()?;
            self.check(round, &tensor)?;
        }
        drop(runner);
        let kept = dropped.iter().any(|flag| !flag.load(Ordering::SeqCst));
        ensure!(!kept, "an owner was kept after its batch was complete");
        Ok(())
    }

    /// Tensors that are dropped on several threads; the pool does not grow with their number.
    fn given_away(&self, count: usize) -> anyhow::Result<String> {
        const THREADS: usize = 4;
        const WAITING: usize = 8;
        let on = self.memory.device().stream()?;
        let mut runner = self.runner(ExecutionMode::Replay, 64)?;
        let inputs = self.inputs(&on)?;
        let layout = BatchLayout::tight(SHAPE, 1);
        let (pending, tensor) =
            self.submit(&mut runner, DeviceImages::new(layout, &inputs[0])?, &on)?;
        pending.wait()?.into_result()?;
        self.check(0, &tensor)?;
        let bytes = tensor.images().memory().len();
        drop(tensor);
        let before = self.memory.statistics().device;
        thread::scope(|scope| -> anyhow::Result<()> {
            let droppers: Vec<_> = (0..THREADS)
                .map(|_| {
                    let (sender, receiver) = sync_channel::<DeviceTensor>(WAITING);
                    scope.spawn(move || receiver.into_iter().for_each(drop));
                    sender
                })
                .collect();
            for round in 0..count {
                let input = DeviceImages::new(layout, &inputs[round % INPUTS])?;
                let (_, tensor) = self.submit(&mut runner, input, &on)?;
                if round % (count / 50).max(1) == 0 {
                    self.check(round, &tensor)?;
                }
                let thread = (round * 7 + round / 5) % THREADS;
                droppers[thread]
                    .send(tensor)
                    .map_err(|_| anyhow!("a thread that drops tensors has ended"))?;
            }
            Ok(())
        })?;
        runner.device().synchronize()?;
        let after = self.memory.statistics().device;
        ensure!(
            after.in_use == before.in_use,
            "{} bytes in use before, {} after all tensors were dropped",
            before.in_use,
            after.in_use
        );
        // All that can be alive at once, in blocks that are larger by a ninth at most.
        let most = (THREADS * (WAITING + 1) + 1) * (bytes + bytes / 8 + 512);
        let grown = after.reserved - before.reserved;
        ensure!(
            grown <= most,
            "the pool grew by {grown} bytes, {most} would be alive at once"
        );
        Ok(format!(
            "{count} tensors dropped on {THREADS} threads, the pool grew by {grown} bytes"
        ))
    }
}

struct Owner(
    #[expect(dead_code, reason = "kept")] DeviceBuffer,
    Arc<AtomicBool>,
);

impl Drop for Owner {
    fn drop(&mut self) {
        self.1.store(true, Ordering::SeqCst);
    }
}

/// Fills of a large buffer that keep a stream busy for some tenths of a second on a GPU.
struct Busy {
    _buffer: DeviceBuffer,
}

impl Busy {
    fn new(memory: &MemoryManager, stream: &Stream) -> anyhow::Result<Self> {
        let (bytes, fills) = match memory.device().kind() {
            DeviceKind::Cuda => (1 << 30, 500),
            DeviceKind::Host => (1 << 20, 50),
        };
        let buffer = memory.allocate(bytes, stream)?;
        for value in 0..fills {
            // SAFETY: the buffer is of this stream, and its memory is reused behind the fills.
            unsafe { stream.fill(buffer.address(), value as u8, bytes) }?;
        }
        Ok(Busy { _buffer: buffer })
    }
}

/// A node that fails fails its batch, whose `Pending` says so, and no other.
fn failure(context: &Context) -> anyhow::Result<()> {
    let fails = Fails::on(context)?;
    let device = fails.device();
    let on_host = device.kind() == DeviceKind::Host;
    let pipeline = match on_host {
        // Kernels on a GPU do not fail; a launch is refused instead.
        false => Pipeline::from_file(context.pipelines.join("edges.toml"))?,
        true => {
            let fails = Custom::new("fails", 1)?.host(usize::MAX, |strip| {
                assert_ne!(strip.input_row(0, 0)[0], 1, "told to fail");
            });
            let mut builder = PipelineBuilder::new("fails");
            let input = builder.input("input")?;
            builder.then(input, "fails", fails)?;
            builder.build()?
        }
    };
    let config = ExecutionConfig::default().with_execution(ExecutionMode::Direct);
    let mut runner = Runner::new(pipeline, device, config)?;
    let on = device.stream()?;
    for round in 0..6_u8 {
        let frame = Image::from_fn(SHAPE.width, SHAPE.height, 3, |_, _, _| round % 3)?;
        let fail = round % 3 == 1;
        let mut tensor = None;
        let frames = [&frame];
        let pending = {
            // Until the end of the block.
            let _refused = (fail && !on_host)
                .then(|| fails.next_launch())
                .transpose()?;
            runner.submit(
                &[Input::Images(&frames)],
                &mut [Output::Tensor(&mut tensor)],
                &on,
            )?
        };
        match (fail, pending.wait()?.into_result()) {
            (false, Ok(_)) | (true, Err(_)) => {}
            (_, result) => bail!("batch {round} gave {result:?}"),
        }
    }
    Ok(())
}
