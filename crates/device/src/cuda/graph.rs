//! CUDA Graphs: capture of our streams, executable graphs, and the patching of their kernel nodes.
//!
//! Under capture the driver tells, after each launch, which node the stream's next work depends on: that is the node of the
//! launch. Open captures keep these handles, so that a launch can be patched by its number.
#![expect(unsafe_code, reason = "calls the driver")]

use super::{CudaDevice, CudaFunction, CudaStream};
use crate::args::Args;
use crate::error::DeviceError;
use crate::kernel::Grid;
use crate::sync::Mutex;
use pixelflume_cuda_driver::CuResult;
use pixelflume_cuda_driver::ffi::{
    CuGraph, CuGraphExec, CuGraphNode, CuKernelNodeParams, CuStream, capture_mode, capture_status,
    update_result,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The open captures of a device.
#[derive(Default)]
pub(super) struct Captures {
    /// The number of open captures: while it is 0, a launch does not ask whether its stream
    /// captures.
    count: AtomicUsize,
    open: Mutex<Vec<Capture>>,
}

/// An open capture.
struct Capture {
    /// The stream on which the capture began and must end. By this it is found at its end: of a capture that has failed
    /// the driver does not tell the number.
    origin: CuStream,
    /// The driver's number of the capture, by which launches in all of its streams are found.
    id: u64,
    /// The node of each launch so far.
    launches: Vec<CuGraphNode>,
}

/// A captured graph.
pub(crate) struct CudaGraph {
    raw: CuGraph,
    /// The node of each launch.
    launches: Vec<CuGraphNode>,
    device: Arc<CudaDevice>,
}

/// An executable graph. It keeps the graph that it was made from, whose nodes name its own.
pub(crate) struct CudaExec {
    raw: CuGraphExec,
    graph: CudaGraph,
}

/// The driver's answer about the capture of a stream.
struct CaptureInfo {
    status: i32,
    id: u64,
    newest: Option<CuGraphNode>,
}

impl CaptureInfo {
    fn is_open(&self) -> bool {
        self.status != capture_status::NONE
    }
}

fn capture_info(device: &CudaDevice, stream: CuStream) -> Result<CaptureInfo, DeviceError> {
    let (mut status, mut id) = (capture_status::NONE, 0);
    let (mut nodes, mut count) = (std::ptr::null(), 0);
    // SAFETY: all places are valid for the results, and the stream is alive.
    let result = unsafe {
        let graph = std::ptr::null_mut();
        device.driver().cuStreamGetCaptureInfo_v2(
            stream,
            &mut status,
            &mut id,
            graph,
            &mut nodes,
            &mut count,
        )
    };
    device.check("cuStreamGetCaptureInfo", result)?;
    let newest = if status == capture_status::ACTIVE && count == 1 && !nodes.is_null() {
        // SAFETY: the driver gave an array of one node, valid until the next call on the stream.
        Some(unsafe { *nodes })
    } else {
        None
    };
    Ok(CaptureInfo { status, id, newest })
}

impl Captures {
    fn begin(&self, origin: CuStream, id: u64, launches: Vec<CuGraphNode>) {
        self.open.lock().push(Capture {
            origin,
            id,
            launches,
        });
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Forgets the capture that began on `origin` and returns the nodes of its launches; `None` where there was no
    /// capture.
    fn end(&self, origin: CuStream) -> Option<Vec<CuGraphNode>> {
        let mut open = self.open.lock();
        let index = open.iter().position(|capture| capture.origin == origin)?;
        self.count.fetch_sub(1, Ordering::Relaxed);
        Some(open.swap_remove(index).launches)
    }

    fn are_none(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Notes a launch that was just put into `stream`, if the stream captures.
    pub(super) fn note_launch(
        &self,
        device: &CudaDevice,
        stream: CuStream,
    ) -> Result<(), DeviceError> {
        if self.are_none() {
            return Ok(());
        }
        let info = capture_info(device, stream)?;
        let Some(node) = info.newest else {
            return Ok(());
        };
        if let Some(capture) = self.open.lock().iter_mut().find(|open| open.id == info.id) {
            capture.launches.push(node);
        }
        Ok(())
    }
}

impl CudaStream {
    pub(crate) fn begin_capture(&self) -> Result<(), DeviceError> {
        let device = self.device();
        self.enter()?;
        if self.is_of_one_thread() {
            // Open captures are found by the handles of their streams, which is one for all threads.
            return Err(DeviceError::Capture {
                reason: "the default stream of a thread cannot capture here".to_owned(),
            });
        }
        // SAFETY: the stream is alive. Thread-local mode: other threads may allocate and synchronize meanwhile.
        let result = unsafe {
            device
                .driver()
                .cuStreamBeginCapture_v2(self.raw(), capture_mode::THREAD_LOCAL)
        };
        device.check("cuStreamBeginCapture", result)?;
        match capture_info(device, self.raw()) {
            Ok(info) => device.captures.begin(self.raw(), info.id, Vec::new()),
            Err(error) => {
                // Without its number the capture is of no use: end it, so that the stream works on.
                let _ = self.end_at_the_driver(Vec::new());
                return Err(error);
            }
        }
        Ok(())
    }

    pub(crate) fn end_capture(&self) -> Result<CudaGraph, DeviceError> {
        self.enter()?;
        let launches = self.device().captures.end(self.raw());
        self.end_at_the_driver(launches.unwrap_or_default())
    }

    /// Ends a capture whose origin stream is dropped. The context is current.
    pub(super) fn abandon_capture(&self) {
        if !self.device().captures.are_none()
            && let Some(launches) = self.device().captures.end(self.raw())
        {
            let _ = self.end_at_the_driver(launches);
        }
    }

    /// Ends the capture of this stream in the driver; the context must be current. Where it stays open because the call
    /// was not to be made here, it can still be ended. Where the driver does not end it, the stream cannot be used any
    /// more, since it would record what it is to run: the device counts as lost then.
    fn end_at_the_driver(&self, launches: Vec<CuGraphNode>) -> Result<CudaGraph, DeviceError> {
        let device = self.device();
        let mut graph = CudaGraph {
            raw: CuGraph::NULL,
            launches,
            device: device.clone(),
        };
        // SAFETY: the place is valid for the result, and the stream is alive. The graph is destroyed with `graph`, also where
        // it comes with an error.
        let mut end = || unsafe {
            device
                .driver()
                .cuStreamEndCapture(self.raw(), &mut graph.raw)
        };
        let open = || {
            capture_info(device, self.raw())
                .ok()
                .filter(CaptureInfo::is_open)
        };
        let result = end();
        if result == CuResult::STREAM_CAPTURE_WRONG_THREAD
            && let Some(info) = open()
        {
            let launches = std::mem::take(&mut graph.launches);
            device.captures.begin(self.raw(), info.id, launches);
        } else if !result.is_ok() && open().is_some() {
            let again = end();
            if !again.is_ok() && open().is_some() {
                return Err(device.lose("cuStreamEndCapture", again));
            }
        }
        device.check("cuStreamEndCapture", result)?;
        Ok(graph)
    }

    /// Whether the stream takes part in a capture of this device; asks the driver only where there are open
    /// captures.
    pub(super) fn is_in_capture(&self) -> Result<bool, DeviceError> {
        match self.device().captures.are_none() {
            true => Ok(false),
            false => self.is_capturing(),
        }
    }

    pub(crate) fn is_capturing(&self) -> Result<bool, DeviceError> {
        self.enter()?;
        Ok(capture_info(self.device(), self.raw())?.is_open())
    }
}

impl CudaGraph {
    pub(crate) fn launch_count(&self) -> usize {
        self.launches.len()
    }

    pub(crate) fn instantiate(self) -> Result<CudaExec, DeviceError> {
        self.device.enter()?;
        let mut raw = CuGraphExec::NULL;
        // SAFETY: `raw` is a valid place for the result, and the graph is alive.
        let result = unsafe {
            self.device
                .driver()
                .cuGraphInstantiateWithFlags(&mut raw, self.raw, 0)
        };
        self.device.check("cuGraphInstantiate", result)?;
        Ok(CudaExec { raw, graph: self })
    }
}

impl Drop for CudaGraph {
    fn drop(&mut self) {
        if !self.raw.is_null() && self.device.enter_to_destroy() {
            // SAFETY: the last owner goes.
            let _ = unsafe { self.device.driver().cuGraphDestroy(self.raw) };
        }
    }
}

impl CudaExec {
    /// Enqueues a run.
    ///
    /// # Safety
    /// As for [`crate::GraphExec::launch`].
    pub(crate) unsafe fn launch(&self, stream: &CudaStream) -> Result<(), DeviceError> {
        let device = &self.graph.device;
        stream
            .device()
            .expect_own(device, format_args!("executable graph"))?;
        stream.enter()?;
        // SAFETY: exec and stream are alive and of one device. The memory that the graph touches is the caller's promise.
        device.check("cuGraphLaunch", unsafe {
            device.driver().cuGraphLaunch(self.raw, stream.raw())
        })
    }

    pub(crate) fn set_launch(
        &mut self,
        index: usize,
        function: &CudaFunction,
        grid: &Grid,
        args: &Args,
    ) -> Result<(), DeviceError> {
        let device = &self.graph.device;
        device.expect_own(
            function.device(),
            format_args!("kernel {}", function.name()),
        )?;
        device.enter()?;
        let node = *self
            .graph
            .launches
            .get(index)
            .ok_or_else(|| DeviceError::no_such_launch(index))?;
        let mut parameters = [args.bytes().as_ptr().cast_mut().cast()];
        let params = CuKernelNodeParams {
            func: function.raw(),
            grid_dim_x: grid.blocks[0],
            grid_dim_y: grid.blocks[1],
            grid_dim_z: grid.blocks[2],
            block_dim_x: grid.threads[0],
            block_dim_y: grid.threads[1],
            block_dim_z: grid.threads[2],
            shared_mem_bytes: grid.shared_bytes,
            kernel_params: parameters.as_mut_ptr(),
            extra: std::ptr::null_mut(),
        };
        // SAFETY: the node is of the graph that the exec was made from; the parameters are complete and copied by the call.
        let result = unsafe {
            device
                .driver()
                .cuGraphExecKernelNodeSetParams(self.raw, node, &params)
        };
        device.check("cuGraphExecKernelNodeSetParams", result)
    }

    pub(crate) fn update(&mut self, graph: &CudaGraph) -> Result<bool, DeviceError> {
        let device = &self.graph.device;
        device.expect_own(&graph.device, format_args!("graph"))?;
        device.enter()?;
        let (mut error_node, mut outcome) = (CuGraphNode::NULL, update_result::SUCCESS);
        // SAFETY: exec and graph are alive, and the places are valid for the results. This is the call's first version,
        // which the library exports under the plain name.
        let result = unsafe {
            device
                .driver()
                .cuGraphExecUpdate(self.raw, graph.raw, &mut error_node, &mut outcome)
        };
        if outcome != update_result::SUCCESS && !result.is_sticky() {
            return Ok(false);
        }
        device.check("cuGraphExecUpdate", result).map(|()| true)
    }
}

impl Drop for CudaExec {
    fn drop(&mut self) {
        if self.graph.device.enter_to_destroy() {
            // SAFETY: the last owner goes; the driver finishes a run in flight first.
            let _ = unsafe { self.graph.device.driver().cuGraphExecDestroy(self.raw) };
        }
    }
}
