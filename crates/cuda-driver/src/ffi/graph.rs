//! Graphs and executable graphs.

use std::ffi::c_char;

use super::{
    CuContext, CuEvent, CuGraph, CuGraphExec, CuGraphNode, CuHostNodeParams, CuKernelNodeParams,
    CuMemcpy3D, CuMemsetNodeParams, CuStream,
};
use crate::CuResult;

// SAFETY: the names and signatures are those of CUDA 11.4, checked against cust_raw 0.11.3; handles are transparent pointers,
// enumerations are 32-bit integers in C, and CuResult is a transparent u32 of which every value is valid.
unsafe extern "C" {
    /// Creates an empty graph; `flags` must be 0.
    pub fn cuGraphCreate(graph: *mut CuGraph, flags: u32) -> CuResult;
    /// Destroys a graph; executable graphs made from it stay.
    pub fn cuGraphDestroy(graph: CuGraph) -> CuResult;
    /// Adds a kernel; the arguments are copied.
    pub fn cuGraphAddKernelNode(
        node: *mut CuGraphNode,
        graph: CuGraph,
        dependencies: *const CuGraphNode,
        num_dependencies: usize,
        node_params: *const CuKernelNodeParams,
    ) -> CuResult;
    /// Adds a copy.
    pub fn cuGraphAddMemcpyNode(
        node: *mut CuGraphNode,
        graph: CuGraph,
        dependencies: *const CuGraphNode,
        num_dependencies: usize,
        copy_params: *const CuMemcpy3D,
        context: CuContext,
    ) -> CuResult;
    /// Adds a fill.
    pub fn cuGraphAddMemsetNode(
        node: *mut CuGraphNode,
        graph: CuGraph,
        dependencies: *const CuGraphNode,
        num_dependencies: usize,
        memset_params: *const CuMemsetNodeParams,
        context: CuContext,
    ) -> CuResult;
    /// Adds a host function.
    pub fn cuGraphAddHostNode(
        node: *mut CuGraphNode,
        graph: CuGraph,
        dependencies: *const CuGraphNode,
        num_dependencies: usize,
        node_params: *const CuHostNodeParams,
    ) -> CuResult;
    /// Adds a node that does nothing.
    pub fn cuGraphAddEmptyNode(
        node: *mut CuGraphNode,
        graph: CuGraph,
        dependencies: *const CuGraphNode,
        num_dependencies: usize,
    ) -> CuResult;
    /// Adds the recording of an event.
    pub fn cuGraphAddEventRecordNode(
        node: *mut CuGraphNode,
        graph: CuGraph,
        dependencies: *const CuGraphNode,
        num_dependencies: usize,
        event: CuEvent,
    ) -> CuResult;
    /// Adds a wait for an event.
    pub fn cuGraphAddEventWaitNode(
        node: *mut CuGraphNode,
        graph: CuGraph,
        dependencies: *const CuGraphNode,
        num_dependencies: usize,
        event: CuEvent,
    ) -> CuResult;
    /// Adds edges, `from[i]` before `to[i]`.
    pub fn cuGraphAddDependencies(
        graph: CuGraph,
        from: *const CuGraphNode,
        to: *const CuGraphNode,
        num_dependencies: usize,
    ) -> CuResult;
    /// The nodes, at most `num_nodes`; their number where `nodes` is null.
    pub fn cuGraphGetNodes(
        graph: CuGraph,
        nodes: *mut CuGraphNode,
        num_nodes: *mut usize,
    ) -> CuResult;
    /// The edges, at most `num_edges`; their number where `from` and `to` are null.
    pub fn cuGraphGetEdges(
        graph: CuGraph,
        from: *mut CuGraphNode,
        to: *mut CuGraphNode,
        num_edges: *mut usize,
    ) -> CuResult;
    /// One of [`node_type`](super::node_type).
    pub fn cuGraphNodeGetType(node: CuGraphNode, node_type: *mut i32) -> CuResult;
    /// The parameters of a kernel node. The arguments stay the driver's.
    pub fn cuGraphKernelNodeGetParams(
        node: CuGraphNode,
        node_params: *mut CuKernelNodeParams,
    ) -> CuResult;
    /// Writes the graph as a DOT file; see [`debug_dot_flags`](super::debug_dot_flags).
    pub fn cuGraphDebugDotPrint(graph: CuGraph, path: *const c_char, flags: u32) -> CuResult;
    /// Makes an executable graph; on failure the node at fault and a text of at most `buffer_size` bytes.
    pub fn cuGraphInstantiate_v2(
        exec: *mut CuGraphExec,
        graph: CuGraph,
        error_node: *mut CuGraphNode,
        log_buffer: *mut c_char,
        buffer_size: usize,
    ) -> CuResult;
    /// Makes an executable graph with [`instantiate_flags`](super::instantiate_flags).
    pub fn cuGraphInstantiateWithFlags(
        exec: *mut CuGraphExec,
        graph: CuGraph,
        flags: u64,
    ) -> CuResult;
    /// Enqueues an executable graph. It does not run beside itself.
    pub fn cuGraphLaunch(exec: CuGraphExec, stream: CuStream) -> CuResult;
    /// Does what the first launch would have to, ahead of time.
    pub fn cuGraphUpload(exec: CuGraphExec, stream: CuStream) -> CuResult;
    /// Destroys an executable graph.
    pub fn cuGraphExecDestroy(exec: CuGraphExec) -> CuResult;
    /// Updates an executable graph to a graph of the same shape; one of [`update_result`](super::update_result). The ABI of CUDA 11.4.
    pub fn cuGraphExecUpdate(
        exec: CuGraphExec,
        graph: CuGraph,
        error_node: *mut CuGraphNode,
        result: *mut i32,
    ) -> CuResult;
    /// New parameters for a kernel node of the graph that `exec` was made from.
    pub fn cuGraphExecKernelNodeSetParams(
        exec: CuGraphExec,
        node: CuGraphNode,
        node_params: *const CuKernelNodeParams,
    ) -> CuResult;
    /// New parameters for a copy.
    pub fn cuGraphExecMemcpyNodeSetParams(
        exec: CuGraphExec,
        node: CuGraphNode,
        copy_params: *const CuMemcpy3D,
        context: CuContext,
    ) -> CuResult;
    /// New parameters for a fill.
    pub fn cuGraphExecMemsetNodeSetParams(
        exec: CuGraphExec,
        node: CuGraphNode,
        memset_params: *const CuMemsetNodeParams,
        context: CuContext,
    ) -> CuResult;
    /// Another event for a recording.
    pub fn cuGraphExecEventRecordNodeSetEvent(
        exec: CuGraphExec,
        node: CuGraphNode,
        event: CuEvent,
    ) -> CuResult;
    /// Another event for a wait.
    pub fn cuGraphExecEventWaitNodeSetEvent(
        exec: CuGraphExec,
        node: CuGraphNode,
        event: CuEvent,
    ) -> CuResult;
}
