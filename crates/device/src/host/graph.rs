//! Executable graphs of the host device: a recorded list of work with its dependencies.
#![expect(unsafe_code, reason = "runs captured copies and fills by address")]

use super::action::Action;
use super::event::HostEvent;
use super::pool::Workers;
use crate::TaskFailure;
use parking_lot::Mutex;
use std::sync::Arc;

/// A piece of captured work.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) action: Action,
    /// Nodes that come before it; all have smaller numbers.
    pub(super) dependencies: Vec<usize>,
}

/// What a capture noted.
pub(crate) struct HostGraph {
    nodes: Vec<Node>,
    /// The nodes that are kernel launches, in the order in which they were enqueued.
    launches: Vec<usize>,
}

/// A graph that can be launched.
pub(crate) struct HostExec {
    nodes: Arc<ExecNodes>,
    launches: Vec<usize>,
    /// Recorded behind each launch: an exec does not overlap itself.
    pub(super) done: HostEvent,
}

/// The nodes of an exec, level by level: those of a level depend on earlier levels only, and run at the same time.
#[derive(Clone)]
pub(super) struct ExecNodes {
    nodes: Vec<Node>,
    levels: Vec<Vec<usize>>,
}

impl HostGraph {
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        let is_launch = |(_, node): &(usize, &Node)| matches!(node.action, Action::Kernel { .. });
        let launches = nodes
            .iter()
            .enumerate()
            .filter(is_launch)
            .map(|(index, _)| index)
            .collect();
        HostGraph { nodes, launches }
    }

    pub(crate) fn launch_count(&self) -> usize {
        self.launches.len()
    }

    pub(crate) fn instantiate(self) -> HostExec {
        let HostGraph { nodes, launches } = self;
        let mut level_of = vec![0; nodes.len()];
        let mut levels: Vec<Vec<usize>> = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let level = node
                .dependencies
                .iter()
                .map(|&d| level_of[d] + 1)
                .max()
                .unwrap_or(0);
            level_of[index] = level;
            if levels.len() == level {
                levels.push(Vec::new());
            }
            levels[level].push(index);
        }
        HostExec {
            nodes: Arc::new(ExecNodes { nodes, levels }),
            launches,
            done: HostEvent::new(),
        }
    }
}

impl HostExec {
    pub(super) fn nodes(&self) -> &Arc<ExecNodes> {
        &self.nodes
    }

    /// Replaces a launch for the runs to come; a run that is under way keeps what it has.
    pub(crate) fn set_launch(&mut self, index: usize, action: Action) -> bool {
        let Some(&node) = self.launches.get(index) else {
            return false;
        };
        Arc::make_mut(&mut self.nodes).nodes[node].action = action;
        true
    }

    /// Takes the work of a graph of the same shape over. `false` where the shapes differ.
    pub(crate) fn update(&mut self, graph: &HostGraph) -> bool {
        let same = self.nodes.nodes.len() == graph.nodes.len()
            && self.nodes.nodes.iter().zip(&graph.nodes).all(|(old, new)| {
                old.dependencies == new.dependencies
                    && std::mem::discriminant(&old.action) == std::mem::discriminant(&new.action)
            });
        if same {
            Arc::make_mut(&mut self.nodes)
                .nodes
                .clone_from_slice(&graph.nodes);
        }
        same
    }
}

impl ExecNodes {
    /// Runs all nodes in their order. The first failure that no ticket takes comes back.
    ///
    /// # Safety
    /// The addresses of captured copies and fills are good for them now.
    pub(super) unsafe fn run(&self, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let failure = Mutex::new(None);
        for level in &self.levels {
            workers.for_each(level.len(), &|index| {
                let node = &self.nodes[level[index]];
                // SAFETY: promised by the caller; nodes of one level are unordered by the capture, so whoever captured
                // them promised that they do not touch each other's memory.
                if let Err(error) = unsafe { node.action.run(workers) } {
                    failure.lock().get_or_insert(error);
                }
            });
        }
        failure.into_inner().map_or(Ok(()), Err)
    }
}
