//! Graphs and executable graphs of the fake driver.

use std::mem::discriminant;
use std::sync::Arc;

use super::module::Launch;
use super::state::{Belongs, CallResult, FakeState, Handle, HandleKind};
use super::work::Work;
use crate::ffi::update_result;
use crate::result::CuResult;

pub(super) struct Graph {
    pub(super) context: Handle,
    /// The nodes in the order of their capture, in which every edge points forward.
    pub(super) nodes: Vec<Node>,
}

#[derive(Clone)]
pub(super) struct Node {
    pub(super) handle: Handle,
    pub(super) behind: Vec<Handle>,
    pub(super) work: Work,
}

/// An executable graph, whose nodes are named by those of the graph that it was made from.
pub(super) struct Exec {
    context: Handle,
    nodes: Vec<Node>,
}

impl HandleKind for Graph {
    const NAME: &'static str = "graph";
}

impl Belongs for Graph {
    fn context(&self) -> Handle {
        self.context
    }
}

impl HandleKind for Exec {
    const NAME: &'static str = "executable graph";
}

impl Belongs for Exec {
    fn context(&self) -> Handle {
        self.context
    }
}

/// The edges between nodes, as pairs of indices.
fn edges(nodes: &[Node]) -> Vec<Vec<Option<usize>>> {
    let place = |handle: &Handle| nodes.iter().position(|node| node.handle == *handle);
    let behind = |node: &Node| node.behind.iter().map(place).collect();
    nodes.iter().map(behind).collect()
}

impl FakeState {
    pub(super) fn destroy_graph(&mut self, graph: Handle) -> CallResult<()> {
        self.in_context(|state| &mut state.graphs, graph)?;
        self.graphs.remove(graph);
        Ok(())
    }

    pub(super) fn instantiate(&mut self, graph: Handle) -> CallResult<Handle> {
        let graph = self.in_context(|state| &mut state.graphs, graph)?;
        let (context, nodes) = (graph.context, graph.nodes.clone());
        let handle = self.handle();
        Ok(self.execs.add(handle, Exec { context, nodes }))
    }

    pub(super) fn exec(&mut self, exec: Handle) -> CallResult<&mut Exec> {
        self.in_context(|state| &mut state.execs, exec)
    }

    pub(super) fn destroy_exec(&mut self, exec: Handle) -> CallResult<()> {
        self.exec(exec)?;
        self.execs.remove(exec);
        Ok(())
    }

    pub(super) fn launch_exec(&mut self, exec: Handle, stream: Handle) -> CallResult<()> {
        let all = self.exec(exec)?.nodes.iter().map(|node| node.work.clone());
        let all = Arc::new(all.collect());
        self.not_captured(stream)?;
        self.enqueue(stream, Work::Run(all))
    }

    /// Updates an executable graph, and returns a value of `update_result`.
    pub(super) fn update_exec(&mut self, exec: Handle, graph: Handle) -> CallResult<i32> {
        let nodes = self
            .in_context(|state| &mut state.graphs, graph)?
            .nodes
            .clone();
        let exec = self.exec(exec)?;
        let kind = |node: &Node| discriminant(&node.work);
        if edges(&exec.nodes) != edges(&nodes) {
            return Ok(update_result::TOPOLOGY_CHANGED);
        }
        if !exec.nodes.iter().map(kind).eq(nodes.iter().map(kind)) {
            return Ok(update_result::NODE_TYPE_CHANGED);
        }
        for (own, new) in exec.nodes.iter_mut().zip(nodes) {
            own.work = new.work;
        }
        Ok(update_result::SUCCESS)
    }

    pub(super) fn set_kernel(
        &mut self,
        exec: Handle,
        node: Handle,
        launch: Launch,
    ) -> CallResult<()> {
        let mut nodes = self.exec(exec)?.nodes.iter_mut();
        match nodes
            .find(|known| known.handle == node)
            .map(|node| &mut node.work)
        {
            Some(Work::Launch(own)) => {
                *own = launch;
                Ok(())
            }
            Some(_) => Err(CuResult::INVALID_VALUE),
            None => Err(self.violation(format_args!(
                "{node:#x} is no node of the graph that {exec:#x} was made from"
            ))),
        }
    }
}
