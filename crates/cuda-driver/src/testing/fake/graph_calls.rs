//! The functions of the fake driver for captures and graphs.

#![expect(unsafe_code, reason = "writes results where the caller wants them")]
#![expect(non_snake_case, reason = "functions have their ABI names")]

use super::Fake;
use super::calls::{code, give, number, raw};
use super::work::Work;
use crate::ffi::{
    CuGraph, CuGraphExec, CuGraphNode, CuKernelNodeParams, CuStream, capture_mode, update_result,
};
use crate::result::CuResult;

impl Fake {
    pub(crate) unsafe fn cuStreamBeginCapture_v2(&self, stream: CuStream, mode: i32) -> CuResult {
        code(
            self.call_on("cuStreamBeginCapture", stream, |state, stream| match mode {
                capture_mode::THREAD_LOCAL => state.begin_capture(stream),
                _ => Err(CuResult::NOT_SUPPORTED),
            }),
        )
    }

    pub(crate) unsafe fn cuStreamEndCapture(
        &self,
        stream: CuStream,
        graph: *mut CuGraph,
    ) -> CuResult {
        let outcome = self.call_on("cuStreamEndCapture", stream, |state, stream| {
            state.end_capture(stream)
        });
        // SAFETY: promised by the caller.
        unsafe { give(graph, outcome.map(|g| CuGraph::from_raw(raw(g)))) }
    }

    pub(crate) unsafe fn cuStreamGetCaptureInfo_v2(
        &self,
        stream: CuStream,
        status: *mut i32,
        id: *mut u64,
        graph: *mut CuGraph,
        dependencies: *mut *const CuGraphNode,
        dependency_count: *mut usize,
    ) -> CuResult {
        let outcome = self.call_on("cuStreamGetCaptureInfo", stream, |state, stream| {
            let (status, id, nodes) = state.capture_info(stream)?;
            // A handle is a number as wide as a pointer, so that an array of the one is an array of the other.
            Ok((status, id, nodes.as_ptr().cast(), nodes.len()))
        });
        let (is, number, nodes, count) = match outcome {
            Err(code) => return code,
            Ok(all) => all,
        };
        // SAFETY: the caller promises that all places but the status are null or valid. The nodes lie in the stream until the
        // next question, as the driver has it.
        unsafe {
            if !graph.is_null() {
                graph.write(CuGraph::NULL);
            }
            if !id.is_null() {
                id.write(number);
            }
            if !dependencies.is_null() {
                dependencies.write(nodes);
            }
            if !dependency_count.is_null() {
                dependency_count.write(count);
            }
            give(status, Ok(is))
        }
    }

    pub(crate) unsafe fn cuGraphDestroy(&self, graph: CuGraph) -> CuResult {
        let graph = number(graph.as_raw());
        code(self.call("cuGraphDestroy", |state| state.destroy_graph(graph)))
    }

    pub(crate) unsafe fn cuGraphInstantiateWithFlags(
        &self,
        exec: *mut CuGraphExec,
        graph: CuGraph,
        _flags: u64,
    ) -> CuResult {
        let graph = number(graph.as_raw());
        let outcome = self.call("cuGraphInstantiateWithFlags", |state| {
            state.instantiate(graph)
        });
        // SAFETY: promised by the caller.
        unsafe { give(exec, outcome.map(|e| CuGraphExec::from_raw(raw(e)))) }
    }

    pub(crate) unsafe fn cuGraphLaunch(&self, exec: CuGraphExec, stream: CuStream) -> CuResult {
        let exec = number(exec.as_raw());
        code(self.call_on("cuGraphLaunch", stream, |state, stream| {
            state.launch_exec(exec, stream)
        }))
    }

    pub(crate) unsafe fn cuGraphExecDestroy(&self, exec: CuGraphExec) -> CuResult {
        let exec = number(exec.as_raw());
        code(self.call("cuGraphExecDestroy", |state| state.destroy_exec(exec)))
    }

    pub(crate) unsafe fn cuGraphExecUpdate(
        &self,
        exec: CuGraphExec,
        graph: CuGraph,
        error_node: *mut CuGraphNode,
        result: *mut i32,
    ) -> CuResult {
        let (exec, graph) = (number(exec.as_raw()), number(graph.as_raw()));
        let outcome = self.call("cuGraphExecUpdate", |state| state.update_exec(exec, graph));
        // SAFETY: promised by the caller.
        let written = unsafe {
            match give(error_node, Ok(CuGraphNode::NULL)).ok() {
                Err(code) => code,
                Ok(()) => give(result, outcome),
            }
        };
        match outcome {
            Ok(is) if is != update_result::SUCCESS => CuResult::GRAPH_EXEC_UPDATE_FAILURE,
            _ => written,
        }
    }

    pub(crate) unsafe fn cuGraphExecKernelNodeSetParams(
        &self,
        exec: CuGraphExec,
        node: CuGraphNode,
        parameters: *const CuKernelNodeParams,
    ) -> CuResult {
        let (exec, node) = (number(exec.as_raw()), number(node.as_raw()));
        // SAFETY: the caller promises complete parameters.
        let of = unsafe { &*parameters };
        let grid = [
            of.grid_dim_x,
            of.grid_dim_y,
            of.grid_dim_z,
            of.block_dim_x,
            of.block_dim_y,
            of.block_dim_z,
            of.shared_mem_bytes,
        ];
        code(self.call("cuGraphExecKernelNodeSetParams", |state| {
            // SAFETY: promised by the caller.
            let work = unsafe { state.launch(of.func, grid, of.kernel_params) }?;
            match work {
                Work::Launch(launch) => state.set_kernel(exec, node, launch),
                _ => Err(CuResult::INVALID_VALUE),
            }
        }))
    }
}
