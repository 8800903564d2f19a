//! The scenario of single parts: memory, streams, events, launches and graphs, including functions that runners rarely use.
#![expect(unsafe_code, reason = "runs launches")]

use super::{Make, Place, failure};
use crate::graphs::launch_of;
use pixelflume::device::{Event, Graph, GraphExec, Launch, Severity, Stream};
use pixelflume::memory::{
    BorrowedMemory, DeviceBuffer, DeviceSlice, MemoryAccess, MemoryConfig, MemoryManager,
};
use pixelflume::ops::ImageBatch;
use pixelflume::prelude::*;
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::ffi::{CuContext, CuStream};
use pixelflume_cuda_driver::testing::{Failure, Scenario};
use std::path::PathBuf;
use std::sync::Arc;

const SHAPE: ImageShape = ImageShape::u8(32, 20, 1);
const BYTES: usize = SHAPE.bytes();

/// The result of a part, with an error of the libraries or of this suite.
type Fails<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

struct Parts {
    place: Place,
    mode: AllocatorMode,
    open: Option<Open>,
}

struct Open {
    driver: &'static Driver,
    device: Device,
    memory: MemoryManager,
    streams: [Stream; 2],
}

pub(super) fn make(number: usize, mode: AllocatorMode) -> Make {
    Box::new(move |driver| {
        let place = Place {
            driver,
            number,
            pipelines: PathBuf::new(),
            device: None,
        };
        Box::new(Parts {
            place,
            mode,
            open: None,
        })
    })
}

impl Scenario for Parts {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let device = self.place.device()?;
        let open = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(
                Open::new(self.place.driver, &device, self.mode)
                    .map_err(|error| failure(&error))?,
            ),
        };
        let results = open.copies().and_then(|copied| {
            let launched = open.graphs()?;
            open.as_a_guest()?;
            Ok(vec![copied, launched])
        });
        results.map_err(|error| failure(&*error))
    }
}

impl Open {
    fn new(
        driver: &'static Driver,
        device: &Device,
        mode: AllocatorMode,
    ) -> Result<Self, DeviceError> {
        let config = MemoryConfig::default().with_mode(mode).with_poison(true);
        Ok(Open {
            driver,
            device: device.clone(),
            memory: MemoryManager::new(device, config),
            streams: [device.stream()?, device.stream()?],
        })
    }

    /// Uploads on one stream and downloads on another, with every way to query and to wait.
    fn copies(&self) -> Fails<Vec<u8>> {
        let ([first, second], memory) = (&self.streams, &self.memory);
        let [mut up, mut down] = [memory.pinned(BYTES)?, memory.pinned(BYTES)?];
        up.as_mut_slice()?.fill(5);
        let mut buffer = memory.allocate(BYTES, first)?;
        buffer.upload(0, &mut up, 0..BYTES, second)?;
        let mut other = memory.allocate(BYTES, second)?;
        other.copy_from(0, &buffer, 0..BYTES, first)?;
        other.download(0, &mut down, 0..BYTES, first)?;
        let event = self.device.event()?;
        first.record(&event)?;
        while !event.is_complete()? {}
        while !second.is_idle()? {}
        drop((buffer, other));
        let bytes = down.as_slice()?.to_vec();
        self.device.synchronize()?;
        // It reports no error.
        self.device.free_memory();
        memory.statistics();
        memory.trim()?;
        Ok(bytes)
    }

    /// Borrows the device, its streams and its memory, as a program with a context of its own does.
    fn as_a_guest(&self) -> Fails<()> {
        let [stream, _] = &self.streams;
        let raw = stream.raw().unwrap_or_default();
        // SAFETY: the handle, which is passed along, keeps the stream alive.
        let borrowed = unsafe { self.device.borrow_stream(raw, Arc::new(stream.clone())) }?;
        let buffer = self.memory.allocate(BYTES, stream)?;
        self.device.check_memory(buffer.address(), buffer.len())?;
        // SAFETY: the default stream of this thread lives as long as the context.
        let home = unsafe {
            let handle = std::ptr::without_provenance_mut(2);
            self.device.borrow_stream(handle, Arc::new(()))
        }?;
        // SAFETY: the owner holds the memory, which nothing else uses.
        let memory = unsafe {
            let (address, access) = (buffer.address(), MemoryAccess::ReadWrite);
            BorrowedMemory::new(address, BYTES, access, &home, buffer)
        }?;
        let slice = DeviceSlice::from(&memory);
        slice.order_before(&borrowed)?;
        slice.order_after(&borrowed)?;
        drop(memory);
        home.synchronize()?;
        borrowed.synchronize()?;
        self.device.default_stream()?.synchronize()?;
        let mut context = CuContext::NULL;
        // SAFETY: the pointer is valid for the result, and the stream is alive.
        let result = unsafe {
            self.driver
                .cuStreamGetCtx(CuStream::from_raw(raw), &mut context)
        };
        if result.is_sticky() {
            return Err(format!("the device is lost: cuStreamGetCtx gave {result}").into());
        }
        if !result.is_ok() {
            return Err(format!("cuStreamGetCtx gave {result}").into());
        }
        // SAFETY: the context lives as long as the device.
        let again = unsafe { Device::of_context_on(self.driver, context.as_raw()) }?;
        again.synchronize().map_err(Into::into)
    }

    /// Runs a launch between timing events; then captures, runs, patches, updates and runs it again.
    fn graphs(&self) -> Fails<Vec<u8>> {
        let ([stream, _], memory) = (&self.streams, &self.memory);
        let mut staging = memory.pinned(BYTES)?;
        for (index, sample) in staging.as_mut_slice()?.iter_mut().enumerate() {
            *sample = (index * 31) as u8;
        }
        let [mut input, output] = [
            memory.allocate(BYTES, stream)?,
            memory.allocate(BYTES, stream)?,
        ];
        input.upload(0, &mut staging, 0..BYTES, stream)?;
        let used = self.launches(&input, &output);
        // The launches must be complete before the memory is freed, whatever the result is.
        let over = stream.synchronize();
        if over.is_err() {
            input.mark_unordered();
            output.mark_unordered();
        }
        used?;
        over?;
        output.download(0, &mut staging, 0..BYTES, stream)?;
        Ok(staging.as_slice()?.to_vec())
    }

    fn launches(&self, input: &DeviceBuffer, output: &DeviceBuffer) -> Fails<()> {
        let [stream, other] = &self.streams;
        let launch = |taps| {
            let input = ImageBatch::tight(SHAPE, 1, input.address());
            launch_of(&GaussianBlur::new(taps)?, &self.device, input, output)
        };
        let run = |launch: &Launch| {
            // SAFETY: input and output are alive until the launch is complete, see `graphs`.
            unsafe { stream.enqueue(launch, None) }
        };
        let replay = |exec: &GraphExec| {
            // SAFETY: as for `enqueue` above.
            unsafe { exec.launch(stream, None) }
        };
        let [begin, end] = [self.device.timing_event()?, self.device.timing_event()?];
        stream.record_time(&begin)?;
        run(&launch(3)?)?;
        stream.record_time(&end)?;
        stream.synchronize()?;
        if end.seconds_since(&begin)?.is_none() {
            return Err("events that came true have no time".into());
        }
        let fork = self.device.event()?;
        let capture =
            |taps| -> Fails<Graph> { Ok(capture(&launch(taps)?, &fork, [stream, other], &begin)?) };
        let mut exec = capture(3)?.instantiate()?;
        replay(&exec)?;
        exec.set_launch(0, &launch(5)?, None)?;
        replay(&exec)?;
        if !exec.update(&capture(7)?)? {
            return Err("a graph of the same shape was not taken over".into());
        }
        replay(&exec)?;
        Ok(end.synchronize()?)
    }
}

/// Captures a launch on a second stream, which joins, and the timing event after it.
fn capture(
    launch: &Launch,
    fork: &Event,
    [stream, other]: [&Stream; 2],
    time: &Event,
) -> Result<Graph, DeviceError> {
    // SAFETY: nothing but the launches below uses the stream until the capture ends.
    unsafe { stream.begin_capture() }?;
    let put = || {
        stream.record(fork)?;
        other.wait(fork)?;
        // SAFETY: the stream is capturing, so nothing runs here; launching the graph is unsafe and has its own proof.
        unsafe { other.enqueue(launch, None) }?;
        other.record_time(time)?;
        other.record(fork)?;
        stream.wait(fork)
    };
    let put = put();
    let graph = stream.end_capture();
    match put {
        Err(error) if error.severity() == Severity::Recoverable => Err(error),
        _ => graph,
    }
}
