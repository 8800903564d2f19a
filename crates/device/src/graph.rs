//! Captured work, and executable graphs that run it again at the price of one launch.

use crate::device::DeviceInner;
use crate::error::DeviceError;
use crate::host::{Action, HostExec, HostGraph};
use crate::launch::{Launch, Work};
use crate::refusals::Call;
use crate::stream::{Stream, StreamInner};
use crate::task::{TaskObserver, Ticket};
use std::fmt;
use std::sync::Arc;

/// A captured graph: launches, copies and fills with the order between them. See
/// [`Stream::begin_capture`].
pub struct Graph {
    inner: GraphInner,
    device: crate::device::Device,
}

enum GraphInner {
    Host(HostGraph),
    #[cfg(feature = "cuda")]
    Cuda(crate::cuda::CudaGraph),
}

/// An executable graph. Its launches never overlap each other, even on different streams; work in flight on several
/// executables of one graph may.
///
/// It holds addresses, not memory, as a [`Launch`] does.
pub struct GraphExec {
    inner: ExecInner,
    device: crate::device::Device,
}

enum ExecInner {
    Host(HostExec),
    #[cfg(feature = "cuda")]
    Cuda(crate::cuda::CudaExec),
}

impl Stream {
    /// Begins a capture: work that is put into this stream is recorded and not run, until [`Stream::end_capture`] on the
    /// same thread. Another stream joins by waiting for an event that was recorded inside the capture, and must be joined
    /// back the same way before the end. Allocating, freeing and synchronizing are not allowed inside.
    ///
    /// # Safety
    /// Until the capture has ended, only work for the capture is put into the stream or ordered by it: records and
    /// waits on the stream become part of the capture, and order no work that runs. Buffers that belong to the stream,
    /// copies on it and executors that use it rely on that order.
    #[expect(
        unsafe_code,
        reason = "records and waits of others would order nothing"
    )]
    pub unsafe fn begin_capture(&self) -> Result<(), DeviceError> {
        self.device().gate.check_process()?;
        match self.inner() {
            StreamInner::Host(stream) => stream.begin_capture(),
            #[cfg(feature = "cuda")]
            StreamInner::Cuda(stream) => stream.begin_capture(),
        }
    }

    /// Ends the capture that began on this stream. After an error too, all its streams are usable again.
    pub fn end_capture(&self) -> Result<Graph, DeviceError> {
        self.device().gate.check_process()?;
        let inner = match self.inner() {
            StreamInner::Host(stream) => GraphInner::Host(stream.end_capture()?),
            #[cfg(feature = "cuda")]
            StreamInner::Cuda(stream) => GraphInner::Cuda(stream.end_capture()?),
        };
        Ok(Graph {
            inner,
            device: self.device().clone(),
        })
    }

    /// Whether the stream takes part in a capture, including one that has failed and is not ended.
    pub fn is_capturing(&self) -> Result<bool, DeviceError> {
        self.device().gate.check_process()?;
        match self.inner() {
            StreamInner::Host(stream) => Ok(stream.is_capturing()),
            #[cfg(feature = "cuda")]
            StreamInner::Cuda(stream) => stream.is_capturing(),
        }
    }
}

impl Graph {
    /// Number of captured kernel launches.
    pub fn launch_count(&self) -> usize {
        match &self.inner {
            GraphInner::Host(graph) => graph.launch_count(),
            #[cfg(feature = "cuda")]
            GraphInner::Cuda(graph) => graph.launch_count(),
        }
    }

    /// Makes an executable graph.
    pub fn instantiate(self) -> Result<GraphExec, DeviceError> {
        self.device.gate.check_process()?;
        let inner = match (self.inner, &self.device.inner) {
            (GraphInner::Host(graph), DeviceInner::Host(host)) => {
                ExecInner::Host(host.instantiate(graph))
            }
            #[cfg(feature = "cuda")]
            (GraphInner::Cuda(graph), DeviceInner::Cuda(_)) => {
                ExecInner::Cuda(graph.instantiate()?)
            }
            #[cfg(feature = "cuda")]
            _ => unreachable!("a graph keeps the device that it was captured on"),
        };
        Ok(GraphExec {
            inner,
            device: self.device,
        })
    }
}

impl GraphExec {
    /// Enqueues a run of the graph into `stream`. On the host device `observer`, where there is one, follows the tasks of this
    /// run in place of the observers of the tickets that were captured or set; a GPU reports nothing to either.
    ///
    /// # Safety
    /// What [`Stream::enqueue`], [`Stream::copy`] and [`Stream::fill`] ask for holds until the run is done, for all launches,
    /// copies and fills in the graph; the graph itself orders them among each other.
    #[expect(unsafe_code, reason = "graphs hold addresses")]
    pub unsafe fn launch(
        &self,
        stream: &Stream,
        observer: Option<&Arc<dyn TaskObserver>>,
    ) -> Result<(), DeviceError> {
        self.device.gate.check(Call::LaunchGraph)?;
        let is_own = stream.device().id() == self.device.id();
        match (&self.inner, stream.inner()) {
            (ExecInner::Host(exec), StreamInner::Host(stream)) if is_own => {
                // SAFETY: the caller's promise is the one that the host stream asks for.
                unsafe { stream.launch(exec, observer) }
            }
            #[cfg(feature = "cuda")]
            // SAFETY: the caller's promise is the one that the executable graph asks for.
            (ExecInner::Cuda(exec), StreamInner::Cuda(stream)) => unsafe { exec.launch(stream) },
            _ => Err(self.wrong_device(&stream.device().to_string())),
        }
    }

    /// Replaces launch number `index`, in the order in which launches were enqueued during the capture, for later runs.
    /// Runs that are in a stream already keep the old one.
    pub fn set_launch(
        &mut self,
        index: usize,
        launch: &Launch,
        ticket: Option<&Ticket>,
    ) -> Result<(), DeviceError> {
        self.device.gate.check_process()?;
        match (&mut self.inner, &launch.work) {
            (ExecInner::Host(exec), Work::Host(kernel)) => {
                let (kernel, ticket) = (kernel.clone(), ticket.cloned());
                let action = Action::Kernel {
                    kernel,
                    args: launch.args,
                    accesses: launch.accesses,
                    ticket,
                };
                let set = exec.set_launch(index, action);
                set.then_some(())
                    .ok_or_else(|| DeviceError::no_such_launch(index))
            }
            #[cfg(feature = "cuda")]
            (ExecInner::Cuda(exec), Work::Kernel { function, grid }) => {
                exec.set_launch(index, &function.inner, grid, &launch.args)
            }
            _ => Err(launch.wrong_device(&self.device.to_string())),
        }
    }

    /// Takes over the work of a graph of the same shape, for later runs. `false` where the shapes, or kinds of work,
    /// differ too much: instantiate the graph then.
    pub fn update(&mut self, graph: &Graph) -> Result<bool, DeviceError> {
        self.device.gate.check_process()?;
        let is_own = graph.device.id() == self.device.id();
        match (&mut self.inner, &graph.inner) {
            (ExecInner::Host(exec), GraphInner::Host(graph)) if is_own => Ok(exec.update(graph)),
            #[cfg(feature = "cuda")]
            (ExecInner::Cuda(exec), GraphInner::Cuda(graph)) => exec.update(graph),
            _ => Err(self.wrong_device(&graph.device.to_string())),
        }
    }

    fn wrong_device(&self, got: &str) -> DeviceError {
        DeviceError::WrongDevice {
            expected: self.device.to_string(),
            got: got.to_owned(),
        }
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Graph({} launches on {})",
            self.launch_count(),
            self.device
        )
    }
}

impl fmt::Debug for GraphExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GraphExec({})", self.device)
    }
}
