//! Schedules: the stream, order and waits of all tasks. Pure data.

mod assign;
mod text;
mod waits;

use std::sync::Arc;

use pixelflume_graph::{NodeId, TaskGraph};

use crate::error::SchedulerError;
use crate::limits::MAX_STREAMS;

/// A schedule: how one topology runs on a number of streams. Cheap to clone.
///
/// - **Streams.** A chain of tasks keeps its stream. A join goes on with the stream of its longest branch, and a fork
///   hands its stream to its longest branch. Another branch takes a stream whose work it waits for anyway, or else an
///   unused one up to the limit, or else the one that is free first, counting every task as one step.
/// - **Order.** [`Schedule::steps`] are in the topological order of the graph, the order of submission.
/// - **Waits.** Only edges between streams need an event, and of those only the ones that the order of the streams and
///   the other waits do not imply: leaving out any one wait would leave some edge unordered. A task whose event is
///   waited for, by however many, records it once.
/// - **Start and end.** Stream 0 is the main stream. A side stream whose first task waits for no other waits for the
///   start of the run ([`Schedule::forks`]); at the end the main stream waits for the side streams ([`Schedule::joins`]).
///
/// Graphs with the same names and edges give equal schedules, in whichever order the edges were added.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Schedule {
    plan: Arc<Plan>,
}

#[derive(Debug, Eq, PartialEq)]
struct Plan {
    /// Names by index of the node.
    names: Vec<Arc<str>>,
    /// The successors of each node, for the walk over the descendants of a failed task.
    successors: Vec<Box<[NodeId]>>,
    steps: Vec<Step>,
    /// The index of each node's step.
    ranks: Vec<u32>,
    streams_used: usize,
    events: usize,
    forks: Vec<usize>,
    joins: Vec<usize>,
    order: StreamOrder,
}

/// A task of a schedule with its stream, waits and record.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The node of the task.
    pub node: NodeId,
    /// The stream, from 0, below [`Schedule::streams_used`].
    pub stream: usize,
    /// The events that the stream waits for before the task.
    pub waits: Vec<usize>,
    /// The event that the stream records after the task. Each event is recorded by one step, before any wait for it.
    pub record: Option<usize>,
}

/// The place of each task in its stream, and the tasks that happen before it, as a vector clock per task.
///
/// Streams are FIFO, so "these tasks of stream s happen before v" is a prefix of s, one number. A clock per task is
/// therefore the whole relation, in nodes x streams numbers instead of nodes x nodes bits.
#[derive(Debug, Eq, PartialEq)]
struct StreamOrder {
    streams: usize,
    /// Places by index of the node.
    places: Vec<Place>,
    /// `streams` numbers per node: of each stream, how many tasks happen before it, itself included on its own.
    clocks: Vec<u32>,
}

#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
struct Place {
    stream: usize,
    /// Position in the stream, counted from 0.
    position: u32,
}

impl StreamOrder {
    fn place(&self, node: NodeId) -> Place {
        self.places[node.index()]
    }

    fn clock(&self, node: NodeId) -> &[u32] {
        &self.clocks[node.index() * self.streams..][..self.streams]
    }

    /// Whether everything ordered behind `clock` comes after `node`, or is `node`.
    fn covers(&self, clock: &[u32], node: NodeId) -> bool {
        let place = self.place(node);
        clock[place.stream] > place.position
    }
}

impl Schedule {
    /// The schedule of this graph on at most `streams` streams. O(E + V * streams) beyond the topological order.
    ///
    /// # Errors
    /// [`SchedulerError::StreamCount`] where `streams` is not from 1 to [`MAX_STREAMS`].
    pub fn new(graph: &TaskGraph, streams: usize) -> Result<Self, SchedulerError> {
        check_stream_count(streams)?;
        let order = graph.topological_order();
        let mut ranks = vec![0; graph.len()];
        for (rank, node) in (0u32..).zip(&order) {
            ranks[node.index()] = rank;
        }
        let (stream_order, streams_used) = assign::assign(graph, &order, &ranks, streams);
        let waits::Waits {
            steps,
            events,
            forks,
            joins,
        } = waits::waits(graph, &order, &stream_order, streams_used);
        let plan = Plan {
            names: graph.nodes().map(|node| graph.name(node).into()).collect(),
            successors: graph
                .nodes()
                .map(|node| sorted_successors(graph, node))
                .collect(),
            steps,
            ranks,
            streams_used,
            events,
            forks,
            joins,
            order: stream_order,
        };
        Ok(Schedule {
            plan: Arc::new(plan),
        })
    }

    /// The tasks in the order of submission, which is the topological order of the graph.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.plan.steps
    }

    /// The number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plan.steps.len()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plan.steps.is_empty()
    }

    /// The number of streams in use, numbered from 0: at most the limit, and 0 for an empty graph.
    #[must_use]
    pub fn streams_used(&self) -> usize {
        self.plan.streams_used
    }

    /// The number of events, numbered from 0 in the order of their records.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.plan.events
    }

    /// The stream of a node. Panics, like indexing a slice, where the node is not of this graph.
    #[must_use]
    pub fn stream_of(&self, node: NodeId) -> usize {
        self.plan.order.place(node).stream
    }

    /// The name of a node. Panics, like indexing a slice, where the node is not of this graph.
    #[must_use]
    pub fn name(&self, node: NodeId) -> &str {
        &self.plan.names[node.index()]
    }

    /// The side streams that wait for the start of the run on the main stream. The others start with a wait anyway.
    #[must_use]
    pub fn forks(&self) -> &[usize] {
        &self.plan.forks
    }

    /// The events that the main stream waits for at the end of the run, so that every task comes before later work.
    #[must_use]
    pub fn joins(&self) -> &[usize] {
        &self.plan.joins
    }

    /// Whether the schedule guarantees that `a` has finished when `b` starts; false for a task and itself. That is more
    /// than the graph asks for: tasks of one stream are ordered too. O(1).
    ///
    /// Panics, like indexing a slice, where a node is not of this graph.
    #[must_use]
    pub fn happens_before(&self, a: NodeId, b: NodeId) -> bool {
        let order = &self.plan.order;
        a != b && order.covers(order.clock(b), a)
    }

    pub(crate) fn shared_name(&self, node: NodeId) -> Arc<str> {
        Arc::clone(&self.plan.names[node.index()])
    }

    pub(crate) fn successors(&self, node: NodeId) -> &[NodeId] {
        &self.plan.successors[node.index()]
    }

    /// The index of the node's step.
    pub(crate) fn rank(&self, node: NodeId) -> u32 {
        self.plan.ranks[node.index()]
    }

    /// Whether both are clones of one schedule.
    pub(crate) fn is_same(&self, other: &Schedule) -> bool {
        Arc::ptr_eq(&self.plan, &other.plan)
    }
}

fn sorted_successors(graph: &TaskGraph, node: NodeId) -> Box<[NodeId]> {
    let mut successors: Box<[NodeId]> = graph.successors(node).into();
    successors.sort_unstable();
    successors
}

/// Refuses a number of streams that an executor or a schedule cannot have.
pub(crate) fn check_stream_count(asked: usize) -> Result<(), SchedulerError> {
    if (1..=MAX_STREAMS).contains(&asked) {
        Ok(())
    } else {
        Err(SchedulerError::StreamCount { asked })
    }
}
