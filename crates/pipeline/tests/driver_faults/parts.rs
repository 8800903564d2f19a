//! Memory, streams, events, launches and graphs, by themselves: also what runners do not use, or rarely.
#![expect(unsafe_code, reason = "puts kernels into streams")]

use crate::kernels::{GRID, MODULE};
use crate::runner::of_device;
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::ffi::{CuContext, CuStream};
use pixelflume_cuda_driver::testing::{Failure, Scenario};
use pixelflume_device::{Args, Device, DeviceError, Event, GraphExec, Launch, Severity, Stream};
use pixelflume_memory::{
    AllocatorMode, BorrowedMemory, DeviceBuffer, DeviceSlice, MemoryAccess, MemoryConfig,
    MemoryError, MemoryManager,
};
use std::sync::Arc;

const BYTES: usize = 100;

#[expect(unsafe_code, reason = "launches act on addresses")]
fn put(stream: &Stream, launch: &Launch) -> Result<(), DeviceError> {
    // SAFETY: the launch touches a buffer of `Open::graphs`, which does not go before the launch is over or it was said that
    // nobody knows.
    unsafe { stream.enqueue(launch, None) }
}

#[expect(unsafe_code, reason = "graphs act on addresses")]
fn run(exec: &GraphExec, stream: &Stream) -> Result<(), DeviceError> {
    // SAFETY: as in `put`.
    unsafe { exec.launch(stream, None) }
}

struct Parts {
    driver: &'static Driver,
    mode: AllocatorMode,
    open: Option<Open>,
}

struct Open {
    driver: &'static Driver,
    device: Device,
    memory: MemoryManager,
    streams: [Stream; 2],
}

pub(crate) fn parts(
    mode: AllocatorMode,
) -> impl Fn(&'static Driver) -> Box<dyn Scenario> + Send + Sync {
    move |driver| {
        Box::new(Parts {
            driver,
            mode,
            open: None,
        })
    }
}

pub(crate) fn of_memory(error: &MemoryError) -> Failure {
    let lost = |error: &DeviceError| error.severity() == Severity::DeviceLost;
    let fatal = matches!(error, MemoryError::Device(error) if lost(error));
    Failure::new(error, fatal)
}

impl Scenario for Parts {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let open = match &mut self.open {
            Some(open) => open,
            None => self
                .open
                .insert(Open::new(self.driver, self.mode).map_err(of_device)?),
        };
        let copied = open.copies()?;
        let launched = open.graphs()?;
        open.as_a_guest()?;
        Ok(vec![copied, launched])
    }
}

impl Open {
    fn new(driver: &'static Driver, mode: AllocatorMode) -> Result<Self, DeviceError> {
        let device = Device::cuda_on(driver, 0)?;
        let config = MemoryConfig::default().with_mode(mode).with_poison(true);
        let memory = MemoryManager::new(&device, config);
        let streams = [device.stream()?, device.stream()?];
        Ok(Open {
            driver,
            device,
            memory,
            streams,
        })
    }

    /// Up on one stream and down on the other, asked about and waited for in every way.
    fn copies(&mut self) -> Result<Vec<u8>, Failure> {
        let [first, second] = &self.streams;
        let memory = &self.memory;
        let mut up = memory.pinned(BYTES).map_err(|error| of_memory(&error))?;
        let mut down = memory.pinned(BYTES).map_err(|error| of_memory(&error))?;
        up.as_mut_slice()
            .map_err(|error| of_memory(&error))?
            .fill(5);
        let mut buffer = memory
            .allocate(BYTES, first)
            .map_err(|error| of_memory(&error))?;
        buffer
            .upload(0, &mut up, 0..BYTES, second)
            .map_err(|error| of_memory(&error))?;
        let mut other = memory
            .allocate(BYTES, second)
            .map_err(|error| of_memory(&error))?;
        other
            .copy_from(0, &buffer, 0..BYTES, first)
            .map_err(|error| of_memory(&error))?;
        other
            .download(0, &mut down, 0..BYTES, first)
            .map_err(|error| of_memory(&error))?;
        let event = self.device.event().map_err(of_device)?;
        first.record(&event).map_err(of_device)?;
        while !event.is_complete().map_err(of_device)? {}
        while !second.is_idle().map_err(of_device)? {}
        drop((buffer, other));
        let bytes = down.as_slice().map_err(|error| of_memory(&error))?.to_vec();
        self.device.synchronize().map_err(of_device)?;
        // Tells nothing where it fails.
        self.device.free_memory();
        memory.statistics();
        memory.trim().map_err(of_device)?;
        Ok(bytes)
    }

    /// The device, its streams and its memory as those of somebody else.
    #[expect(unsafe_code, reason = "takes handles of the driver")]
    fn as_a_guest(&self) -> Result<(), Failure> {
        let [stream, _] = &self.streams;
        let raw = stream.raw().unwrap_or_default();
        // SAFETY: the stream is live as long as its handle, which is given along.
        let borrowed = unsafe { self.device.borrow_stream(raw, Arc::new(stream.clone())) }
            .map_err(of_device)?;
        let buffer = self
            .memory
            .allocate(BYTES, stream)
            .map_err(|error| of_memory(&error))?;
        self.device
            .check_memory(buffer.address(), buffer.len())
            .map_err(of_device)?;
        // SAFETY: the default stream of this thread lives as long as the context.
        let home = unsafe {
            let handle = std::ptr::without_provenance_mut(2);
            self.device.borrow_stream(handle, Arc::new(()))
        };
        let home = home.map_err(of_device)?;
        // SAFETY: the owner holds the memory, which nothing else uses.
        let memory = unsafe {
            let (address, access) = (buffer.address(), MemoryAccess::ReadWrite);
            BorrowedMemory::new(address, BYTES, access, &home, buffer)
        };
        let memory = memory.map_err(|error| of_memory(&error))?;
        let slice = DeviceSlice::from(&memory);
        slice.order_before(&borrowed).map_err(of_device)?;
        slice.order_after(&borrowed).map_err(of_device)?;
        drop(memory);
        home.synchronize().map_err(of_device)?;
        borrowed.synchronize().map_err(of_device)?;
        self.device
            .default_stream()
            .map_err(of_device)?
            .synchronize()
            .map_err(of_device)?;
        let mut context = CuContext::NULL;
        // SAFETY: the place is valid for the result, and the stream is live.
        let result = unsafe {
            self.driver
                .cuStreamGetCtx(CuStream::from_raw(raw), &mut context)
        };
        if !result.is_ok() {
            return Err(Failure {
                text: format!("cuStreamGetCtx: {result}"),
                fatal: result.is_sticky(),
            });
        }
        // SAFETY: the context lives as long as the device.
        let again =
            unsafe { Device::of_context_on(self.driver, context.as_raw()) }.map_err(of_device)?;
        again.synchronize().map_err(of_device)
    }

    /// A captured launch with its times, run, patched, updated, and run again.
    fn graphs(&mut self) -> Result<Vec<u8>, Failure> {
        let [stream, other] = &self.streams;
        let mut target = self
            .memory
            .pinned(BYTES)
            .map_err(|error| of_memory(&error))?;
        target
            .as_mut_slice()
            .map_err(|error| of_memory(&error))?
            .fill(1);
        let mut buffer = self
            .memory
            .allocate(BYTES, stream)
            .map_err(|error| of_memory(&error))?;
        buffer
            .upload(0, &mut target, 0..BYTES, stream)
            .map_err(|error| of_memory(&error))?;
        let used = self.launches(&buffer, stream, other);
        // Whatever became of it: the launches are over before the memory goes.
        let over = stream.synchronize();
        if over.is_err() {
            buffer.mark_unordered();
        }
        used.map_err(of_device)?;
        over.map_err(of_device)?;
        buffer
            .download(0, &mut target, 0..BYTES, stream)
            .map_err(|error| of_memory(&error))?;
        let bytes = target
            .as_slice()
            .map_err(|error| of_memory(&error))?
            .to_vec();
        Ok(bytes)
    }

    fn launches(
        &self,
        buffer: &DeviceBuffer,
        stream: &Stream,
        other: &Stream,
    ) -> Result<(), DeviceError> {
        let device = &self.device;
        let launch = |number: u64| -> Result<Launch, DeviceError> {
            let args = Args::of(&[buffer.address().raw(), BYTES as u64, number]);
            let function = device.kernel(&MODULE, "add_bytes")?;
            Ok(Launch::kernel(function, GRID, args))
        };
        let [begin, end] = [device.timing_event()?, device.timing_event()?];
        stream.record_time(&begin)?;
        put(stream, &launch(1)?)?;
        stream.record_time(&end)?;
        stream.synchronize()?;
        let seconds = end.seconds_since(&begin)?;
        assert!(seconds.is_some_and(|seconds| seconds > 0.0));

        let fork = device.event()?;
        let capture = |number| self.capture(&launch(number)?, &fork, [stream, other], &begin);
        let mut exec: GraphExec = capture(10)?.instantiate()?;
        run(&exec, stream)?;
        exec.set_launch(0, &launch(20)?, None)?;
        run(&exec, stream)?;
        assert!(exec.update(&capture(30)?)?);
        run(&exec, stream)?;
        end.synchronize()
    }

    /// A graph of a launch on a stream that joins, and of the time after it.
    fn capture(
        &self,
        launch: &Launch,
        fork: &Event,
        [stream, other]: [&Stream; 2],
        time: &Event,
    ) -> Result<pixelflume_device::Graph, DeviceError> {
        // SAFETY: nothing that is to run relies on the order of the stream.
        unsafe { stream.begin_capture() }?;
        let put = || {
            stream.record(fork)?;
            other.wait(fork)?;
            put(other, launch)?;
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
}
