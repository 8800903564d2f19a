//! Streams: queues of device work that is executed in order.

use crate::address::Address;
use crate::device::{Device, DeviceInner};
use crate::error::DeviceError;
use crate::event::{Event, EventInner};
use crate::host::HostStream;
use crate::launch::{Launch, Work};
use crate::refusals::Call;
use crate::stream_id::StreamId;
use crate::task::Ticket;
use std::fmt;
use std::sync::Arc;

/// A queue of device work: its work runs in order, and is ordered with other streams by events alone. Calls return
/// before the work is done. Cloning gives another handle on the same stream; work that is queued when the last handle
/// is dropped still runs.
#[derive(Clone)]
pub struct Stream(Arc<StreamState>);

struct StreamState {
    inner: StreamInner,
    device: Device,
    id: StreamId,
}

pub(crate) enum StreamInner {
    Host(HostStream),
    #[cfg(feature = "cuda")]
    Cuda(crate::cuda::CudaStream),
}

impl Device {
    /// A new stream, independent of all others.
    pub fn stream(&self) -> Result<Stream, DeviceError> {
        self.gate.check(Call::CreateStream)?;
        Stream::new(self)
    }
}

impl Stream {
    fn new(device: &Device) -> Result<Self, DeviceError> {
        let inner = match &device.inner {
            DeviceInner::Host(host) => StreamInner::Host(host.stream()),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => StreamInner::Cuda(cuda.stream()?),
        };
        Ok(Stream::of(inner, device, StreamId::fresh()))
    }

    pub(crate) fn of(inner: StreamInner, device: &Device, id: StreamId) -> Self {
        Stream(Arc::new(StreamState {
            inner,
            device: device.clone(),
            id,
        }))
    }

    pub(crate) fn inner(&self) -> &StreamInner {
        &self.0.inner
    }

    /// The identity of the stream in the process.
    pub fn id(&self) -> StreamId {
        self.0.id
    }

    /// Whether the stream is the default stream of one thread (`CU_STREAM_PER_THREAD` of CUDA), which other threads cannot use:
    /// their calls fail with [`DeviceError::WrongThread`].
    pub fn is_of_one_thread(&self) -> bool {
        match &self.0.inner {
            StreamInner::Host(_) => false,
            #[cfg(feature = "cuda")]
            StreamInner::Cuda(stream) => stream.is_of_one_thread(),
        }
    }

    /// The device that the stream belongs to.
    pub fn device(&self) -> &Device {
        &self.0.device
    }

    /// Puts a launch into the stream.
    ///
    /// On CUDA the error of a launch comes from this call and `ticket` is not used. On the host the launch runs later: its
    /// result goes to the ticket's observer, and without a ticket to the next [`Stream::synchronize`].
    ///
    /// # Safety
    /// The kernel accepts the arguments and the geometry of the launch. Until the launch is complete, the memory that
    /// the kernel accesses for them stays allocated; nothing else writes memory that the kernel reads, or accesses
    /// memory that it writes, unless streams and events order the two.
    ///
    /// Inside a capture nothing runs, and these conditions apply to the runs of the graph; see [`GraphExec::launch`].
    ///
    /// [`GraphExec::launch`]: crate::GraphExec::launch
    #[expect(unsafe_code, reason = "launches hold addresses")]
    pub unsafe fn enqueue(
        &self,
        launch: &Launch,
        ticket: Option<&Ticket>,
    ) -> Result<(), DeviceError> {
        self.0.device.gate.check(Call::Enqueue)?;
        match (&self.0.inner, &launch.work) {
            (StreamInner::Host(stream), Work::Host(kernel)) => {
                // SAFETY: the caller's promise is the one that the host stream asks for.
                unsafe { stream.enqueue(kernel, &launch.args, &launch.accesses, ticket) }
            }
            #[cfg(feature = "cuda")]
            (StreamInner::Cuda(stream), Work::Kernel { function, grid }) => {
                // SAFETY: the caller's promise is the one that the CUDA stream asks for.
                unsafe { stream.launch(&function.inner, grid, &launch.args) }
            }
            _ => Err(launch.wrong_device(&self.device().to_string())),
        }
    }

    /// Sets `event` to this point of the stream.
    pub fn record(&self, event: &Event) -> Result<(), DeviceError> {
        self.0.device.gate.check(Call::Record)?;
        match (&self.0.inner, &event.inner) {
            (StreamInner::Host(stream), EventInner::Host(host)) if self.owns(event) => {
                stream.record(host);
                Ok(())
            }
            #[cfg(feature = "cuda")]
            (StreamInner::Cuda(stream), EventInner::Cuda(event)) => stream.record(event),
            _ => Err(self.foreign_event()),
        }
    }

    /// Sets `event`, which [`Device::timing_event`] made, to this point of the stream, as [`Stream::record`] does; but
    /// inside a capture the record becomes work of the graph, and the event gets the time of each of its runs. Such
    /// records order nothing: no stream can join a capture by them, and work that must come after a run has to wait
    /// for the run. They are not launches, and do not count as such.
    ///
    /// The caller that launches the graph keeps the event as long as it needs the times.
    ///
    /// # Errors
    /// [`DeviceError::EventWithoutTimes`] for an event of [`Device::event`], otherwise as for [`Stream::record`].
    pub fn record_time(&self, event: &Event) -> Result<(), DeviceError> {
        self.0.device.gate.check(Call::Record)?;
        match (&self.0.inner, &event.inner) {
            (StreamInner::Host(stream), EventInner::Host(host)) if self.owns(event) => {
                stream.record_time(host)
            }
            #[cfg(feature = "cuda")]
            (StreamInner::Cuda(stream), EventInner::Cuda(event)) => stream.record_time(event),
            _ => Err(self.foreign_event()),
        }
    }

    /// Orders all later work of the stream behind the newest record of `event`. An event that was never recorded
    /// counts as complete.
    pub fn wait(&self, event: &Event) -> Result<(), DeviceError> {
        self.0.device.gate.check(Call::Wait)?;
        match (&self.0.inner, &event.inner) {
            (StreamInner::Host(stream), EventInner::Host(host)) if self.owns(event) => {
                stream.wait(host)
            }
            #[cfg(feature = "cuda")]
            (StreamInner::Cuda(stream), EventInner::Cuda(event)) => stream.wait(event),
            _ => Err(self.foreign_event()),
        }
    }

    /// Waits until all work in the stream is complete. Must not be called from a host kernel.
    pub fn synchronize(&self) -> Result<(), DeviceError> {
        self.0.device.gate.check(Call::SynchronizeStream)?;
        match &self.0.inner {
            StreamInner::Host(stream) => stream.synchronize(),
            #[cfg(feature = "cuda")]
            StreamInner::Cuda(stream) => stream.synchronize(),
        }
    }

    /// Whether all work in the stream is complete.
    pub fn is_idle(&self) -> Result<bool, DeviceError> {
        self.0.device.gate.check(Call::IsIdle)?;
        match &self.0.inner {
            StreamInner::Host(stream) => Ok(stream.is_idle()),
            #[cfg(feature = "cuda")]
            StreamInner::Cuda(stream) => stream.is_idle(),
        }
    }

    /// Copies `bytes` bytes from `src` to `dst`, each in memory of this device or page-locked.
    ///
    /// # Safety
    /// Both sides are valid for the copy and do not overlap. Until it is done nothing frees them, nothing writes to the
    /// source, and nothing reads or writes the target, unless events order it.
    #[expect(unsafe_code, reason = "copies by address")]
    pub unsafe fn copy(&self, dst: Address, src: Address, bytes: usize) -> Result<(), DeviceError> {
        self.0.device.gate.check(Call::Copy)?;
        match &self.0.inner {
            StreamInner::Host(stream) => {
                // SAFETY: the caller's promise is the one that the host stream asks for.
                unsafe { stream.copy(dst, src, bytes) }
            }
            #[cfg(feature = "cuda")]
            // SAFETY: the caller's promise is the one that the CUDA stream asks for.
            StreamInner::Cuda(stream) => unsafe { stream.copy(dst, src, bytes) },
        }
    }

    /// Sets `bytes` bytes from `dst` on to `value`.
    ///
    /// # Safety
    /// As for the target of [`Stream::copy`].
    #[expect(unsafe_code, reason = "fills by address")]
    pub unsafe fn fill(&self, dst: Address, value: u8, bytes: usize) -> Result<(), DeviceError> {
        self.0.device.gate.check(Call::Fill)?;
        match &self.0.inner {
            StreamInner::Host(stream) => {
                // SAFETY: the caller's promise is the one that the host stream asks for.
                unsafe { stream.fill(dst, value, bytes) }
            }
            #[cfg(feature = "cuda")]
            // SAFETY: the caller's promise is the one that the CUDA stream asks for.
            StreamInner::Cuda(stream) => unsafe { stream.fill(dst, value, bytes) },
        }
    }

    fn owns(&self, event: &Event) -> bool {
        event.device == self.device().id()
    }

    fn foreign_event(&self) -> DeviceError {
        DeviceError::WrongDevice {
            expected: "the device of the event".to_owned(),
            got: self.device().to_string(),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({} of {})", self.0.id.number(), self.0.device)
    }
}
