//! Executable graphs of the host device: a recorded list of work with its dependencies.
#![expect(unsafe_code, reason = "runs captured copies and fills by address")]

use super::action::Action;
use super::checker::{Checker, Touch, conflict};
use super::event::HostEvent;
use crate::access::Access;
use crate::error::DeviceError;
use crate::sync::Mutex;
use crate::task::{TaskFailure, TaskObserver};
use crate::workers::Workers;
use std::sync::Arc;

/// A piece of captured work.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) action: Action,
    /// Nodes that run before this one; all have smaller numbers.
    pub(super) dependencies: Arc<[usize]>,
}

/// A captured graph of the host device.
pub(crate) struct HostGraph {
    nodes: Vec<Node>,
    /// The nodes that are kernel launches, in the order in which they were enqueued.
    launches: Vec<usize>,
}

/// A graph that can be launched: an executable graph.
pub(crate) struct HostExec {
    nodes: Arc<ExecNodes>,
    /// Nodes that runs in flight kept when a launch was replaced, for the next replacement, so that it allocates nothing.
    kept: Vec<Arc<ExecNodes>>,
    launches: Vec<usize>,
    /// The event recorded behind each launch, so that runs of one executable graph do not overlap.
    pub(super) done: HostEvent,
    /// Locked while a launch waits for the record of the previous launch and makes its own.
    pub(super) launching: Mutex<()>,
}

/// The nodes of an executable graph by level: the nodes of a level depend on earlier levels only, and run at the
/// same time.
pub(super) struct ExecNodes {
    nodes: Vec<Node>,
    levels: Arc<[Vec<usize>]>,
    /// The nodes that record times.
    records: Arc<[usize]>,
}

impl Clone for ExecNodes {
    fn clone(&self) -> Self {
        ExecNodes {
            nodes: self.nodes.clone(),
            levels: Arc::clone(&self.levels),
            records: Arc::clone(&self.records),
        }
    }

    fn clone_from(&mut self, source: &Self) {
        self.nodes.clone_from(&source.nodes);
        self.levels.clone_from(&source.levels);
        self.records.clone_from(&source.records);
    }
}

/// The most nodes that an executable graph keeps for replacements.
const KEPT: usize = 8;

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

    pub(super) fn instantiate(self, checker: Option<Arc<Checker>>) -> HostExec {
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
        let records = nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| matches!(node.action, Action::RecordTime(_)))
            .map(|(index, _)| index)
            .collect();
        let nodes = ExecNodes {
            nodes,
            levels: levels.into(),
            records,
        };
        HostExec {
            nodes: Arc::new(nodes),
            kept: Vec::new(),
            launches,
            done: HostEvent::new(checker),
            launching: Mutex::new(()),
        }
    }
}

impl HostExec {
    pub(super) fn nodes(&self) -> &Arc<ExecNodes> {
        &self.nodes
    }

    /// Replaces a launch for later runs; a run in flight keeps its launches.
    pub(crate) fn set_launch(&mut self, index: usize, action: Action) -> bool {
        let Some(&node) = self.launches.get(index) else {
            return false;
        };
        self.nodes_mut().nodes[node].action = action;
        true
    }

    /// The nodes, to be changed for later runs.
    fn nodes_mut(&mut self) -> &mut ExecNodes {
        if Arc::get_mut(&mut self.nodes).is_none() {
            let mut kept = self.kept.iter_mut();
            let unused = kept.position(|nodes| Arc::get_mut(nodes).is_some());
            let mut nodes = match unused {
                Some(at) => self.kept.swap_remove(at),
                None => Arc::clone(&self.nodes),
            };
            Arc::make_mut(&mut nodes).clone_from(&self.nodes);
            let in_flight = std::mem::replace(&mut self.nodes, nodes);
            if self.kept.len() < KEPT {
                self.kept.push(in_flight);
            }
        }
        Arc::make_mut(&mut self.nodes)
    }

    /// Takes over the work of a graph of the same shape. `false` where the shapes differ.
    pub(crate) fn update(&mut self, graph: &HostGraph) -> bool {
        let same = self.nodes.nodes.len() == graph.nodes.len()
            && self.nodes.nodes.iter().zip(&graph.nodes).all(|(old, new)| {
                old.dependencies == new.dependencies
                    && std::mem::discriminant(&old.action) == std::mem::discriminant(&new.action)
            });
        if same {
            self.nodes_mut().nodes.clone_from_slice(&graph.nodes);
        }
        same
    }
}

impl ExecNodes {
    /// Counts the records of the nodes that are about to be launched, so that others can wait for
    /// them.
    pub(super) fn announce_records(&self) {
        for &index in &*self.records {
            if let Action::RecordTime(event) = &self.nodes[index].action {
                event.graph_launched();
            }
        }
    }

    /// Checks that conflicting accesses are ordered: between the nodes by their dependencies, and between the graph as a
    /// whole and other work by the stream that it is launched on.
    pub(super) fn check(&self, checker: &Checker, stream: u64) -> Result<(), DeviceError> {
        let touches: Vec<(Vec<Access>, Arc<str>)> = self
            .nodes
            .iter()
            .map(|node| {
                node.action
                    .with_touch(|touch| (touch.accesses.to_vec(), touch.label))
            })
            .collect();
        let mut before: Vec<Vec<bool>> = Vec::with_capacity(self.nodes.len());
        for (index, node) in self.nodes.iter().enumerate() {
            let mut mine = vec![false; index];
            for &dependency in &*node.dependencies {
                mine[dependency] = true;
                before[dependency]
                    .iter()
                    .zip(&mut mine)
                    .for_each(|(&b, m)| *m |= b);
            }
            for (earlier, ordered) in mine.iter().enumerate() {
                if *ordered {
                    continue;
                }
                let (old, new) = (&touches[earlier], &touches[index]);
                let pairs = old.0.iter().flat_map(|a| new.0.iter().map(move |b| (a, b)));
                if let Some((a, b)) = pairs.into_iter().find(|(a, b)| a.conflicts_with(b)) {
                    return Err(conflict(&old.1, a, &new.1, b));
                }
            }
            before.push(mine);
        }
        let touches: Vec<Touch<'_>> = touches
            .iter()
            .map(|(accesses, label)| Touch {
                accesses,
                label: label.clone(),
            })
            .collect();
        checker.submit(stream, &touches)
    }

    /// Runs all nodes in their order. The first failure that no ticket takes comes back. An `observer` of the run follows the
    /// tasks in place of those in the tickets.
    ///
    /// # Safety
    /// What [`crate::GraphExec::launch`] asks for holds until the call returns.
    pub(super) unsafe fn run(
        &self,
        workers: &Workers<'_>,
        observer: Option<&dyn TaskObserver>,
    ) -> Result<(), TaskFailure> {
        let failure = Mutex::new(None);
        for level in &*self.levels {
            workers.for_each(level.len(), &|index| {
                let node = &self.nodes[level[index]];
                // SAFETY: promised by the caller; nodes of one level are unordered by the capture, so the caller that captured
                // them promised that they do not touch each other's memory.
                if let Err(error) = unsafe { node.action.run(workers, observer) } {
                    failure.lock().get_or_insert(error);
                }
            });
        }
        failure.into_inner().map_or(Ok(()), Err)
    }
}
