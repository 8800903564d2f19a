//! CUDA Graphs: capture of our streams, executable graphs, and the patching of their kernel nodes.
//!
//! Under capture the driver tells, after each launch, which node the stream's next work depends on: that is the node of the
//! launch. The captures that are under way keep these handles, so that a launch can be patched by its number.
#![expect(unsafe_code, reason = "calls the driver")]

use super::{CudaDevice, CudaFunction, CudaStream};
use crate::graph::no_such_launch;
use crate::{Args, DeviceError, Grid};
use parking_lot::Mutex;
use pixelflume_cuda_driver::ffi::{
    self, CuGraph, CuGraphExec, CuGraphNode, CuKernelNodeParams, CuStream, capture_mode,
    capture_status, update_result,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The captures that are under way on a device, by the driver's number of the capture.
#[derive(Default)]
pub(super) struct Captures {
    /// How many there are: while there are none, a launch does not ask whether its stream captures.
    count: AtomicUsize,
    open: Mutex<Vec<(u64, Vec<CuGraphNode>)>>,
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

/// What the driver says of a stream's capture.
struct CaptureInfo {
    status: i32,
    id: u64,
    newest: Option<CuGraphNode>,
}

fn capture_info(device: &CudaDevice, stream: CuStream) -> Result<CaptureInfo, DeviceError> {
    let (mut status, mut id) = (capture_status::NONE, 0);
    let (mut nodes, mut count) = (std::ptr::null(), 0);
    // SAFETY: all places are valid for the results, and the stream is alive.
    let result = unsafe {
        let graph = std::ptr::null_mut();
        ffi::cuStreamGetCaptureInfo_v2(stream, &mut status, &mut id, graph, &mut nodes, &mut count)
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
    /// Notes a launch that was just put into `stream`, if the stream captures.
    pub(super) fn note_launch(
        &self,
        device: &CudaDevice,
        stream: CuStream,
    ) -> Result<(), DeviceError> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let info = capture_info(device, stream)?;
        let Some(node) = info.newest else {
            return Ok(());
        };
        if let Some((_, nodes)) = self.open.lock().iter_mut().find(|(id, _)| *id == info.id) {
            nodes.push(node);
        }
        Ok(())
    }
}

impl CudaStream {
    pub(crate) fn begin_capture(&self) -> Result<(), DeviceError> {
        let device = self.device();
        device.enter()?;
        // SAFETY: the stream is alive. Thread-local mode: other threads may allocate and synchronise meanwhile.
        let result =
            unsafe { ffi::cuStreamBeginCapture_v2(self.raw(), capture_mode::THREAD_LOCAL) };
        device.check("cuStreamBeginCapture", result)?;
        let info = match capture_info(device, self.raw()) {
            Ok(info) => info,
            Err(error) => {
                // Without its number the capture is of no use: end it, so that the stream works on.
                let mut raw = CuGraph::NULL;
                // SAFETY: `raw` is a valid place for the result, and the stream is alive.
                let _ = unsafe { ffi::cuStreamEndCapture(self.raw(), &mut raw) };
                drop(CudaGraph {
                    raw,
                    launches: Vec::new(),
                    device: device.clone(),
                });
                return Err(error);
            }
        };
        device.captures.open.lock().push((info.id, Vec::new()));
        device.captures.count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn end_capture(&self) -> Result<CudaGraph, DeviceError> {
        let device = self.device();
        device.enter()?;
        let info = capture_info(device, self.raw());
        let mut raw = CuGraph::NULL;
        // SAFETY: `raw` is a valid place for the result, and the stream is alive.
        let result = unsafe { ffi::cuStreamEndCapture(self.raw(), &mut raw) };
        let mut launches = Vec::new();
        if let Ok(info) = info {
            let mut open = device.captures.open.lock();
            if let Some(index) = open.iter().position(|(id, _)| *id == info.id) {
                launches = open.swap_remove(index).1;
                device.captures.count.fetch_sub(1, Ordering::Relaxed);
            }
        }
        // Made before the check, so that a graph that comes with an error is destroyed too.
        let graph = CudaGraph {
            raw,
            launches,
            device: device.clone(),
        };
        device.check("cuStreamEndCapture", result)?;
        Ok(graph)
    }

    /// Whether the stream takes part in a capture of ours; without a call of the driver where there is none.
    pub(super) fn is_in_capture(&self) -> Result<bool, DeviceError> {
        match self.device().captures.count.load(Ordering::Relaxed) {
            0 => Ok(false),
            _ => self.is_capturing(),
        }
    }

    pub(crate) fn is_capturing(&self) -> Result<bool, DeviceError> {
        self.device().enter()?;
        Ok(capture_info(self.device(), self.raw())?.status != capture_status::NONE)
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
        let result = unsafe { ffi::cuGraphInstantiateWithFlags(&mut raw, self.raw, 0) };
        self.device.check("cuGraphInstantiate", result)?;
        Ok(CudaExec { raw, graph: self })
    }
}

impl Drop for CudaGraph {
    fn drop(&mut self) {
        if !self.raw.is_null() && self.device.enter().is_ok() {
            // SAFETY: the last owner goes.
            let _ = unsafe { ffi::cuGraphDestroy(self.raw) };
        }
    }
}

impl CudaExec {
    /// Queues a run.
    ///
    /// # Safety
    /// As for [`crate::GraphExec::launch`].
    pub(crate) unsafe fn launch(&self, stream: &CudaStream) -> Result<(), DeviceError> {
        let device = &self.graph.device;
        device.enter()?;
        // SAFETY: exec and stream are alive. The memory that the graph touches is the caller's promise.
        device.check("cuGraphLaunch", unsafe {
            ffi::cuGraphLaunch(self.raw, stream.raw())
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
        device.enter()?;
        let node = *self
            .graph
            .launches
            .get(index)
            .ok_or_else(|| no_such_launch(index))?;
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
        let result = unsafe { ffi::cuGraphExecKernelNodeSetParams(self.raw, node, &params) };
        device.check("cuGraphExecKernelNodeSetParams", result)
    }

    pub(crate) fn update(&mut self, graph: &CudaGraph) -> Result<bool, DeviceError> {
        let device = &self.graph.device;
        device.enter()?;
        let (mut error_node, mut outcome) = (CuGraphNode::NULL, update_result::SUCCESS);
        // SAFETY: exec and graph are alive, and the places are valid for the results. This is the call's first version,
        // which the library exports under the plain name.
        let result =
            unsafe { ffi::cuGraphExecUpdate(self.raw, graph.raw, &mut error_node, &mut outcome) };
        if outcome != update_result::SUCCESS && !result.is_sticky() {
            return Ok(false);
        }
        device.check("cuGraphExecUpdate", result).map(|()| true)
    }
}

impl Drop for CudaExec {
    fn drop(&mut self) {
        if self.graph.device.enter().is_ok() {
            // SAFETY: the last owner goes; a run that is under way is finished first by the driver.
            let _ = unsafe { ffi::cuGraphExecDestroy(self.raw) };
        }
    }
}
