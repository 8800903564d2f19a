//! The waits that the streams of a schedule need, and no more.

use pixelflume_graph::{NodeId, TaskGraph};

use super::{Step, StreamOrder};

/// The waits of a schedule.
pub(super) struct Waits {
    pub(super) steps: Vec<Step>,
    pub(super) events: usize,
    pub(super) forks: Vec<usize>,
    pub(super) joins: Vec<usize>,
}

/// Finds the waits for streams that are assigned already.
///
/// The clocks say what happens before what once every edge holds. A node must wait for those predecessors that the task
/// before it in its stream has not seen yet, less those that another of them has seen. Each wait that is left is
/// needed by its own edge, since nothing before it on the stream and no other wait of the node implies that edge.
pub(super) fn waits(
    graph: &TaskGraph,
    order: &[NodeId],
    stream_order: &StreamOrder,
    streams: usize,
) -> Waits {
    let mut tails: Vec<Option<NodeId>> = vec![None; streams];
    let mut forks = Vec::new();
    // The nodes that each step, and at last the main stream, waits for.
    let mut awaited: Vec<Vec<NodeId>> = Vec::with_capacity(order.len());
    for &node in order {
        let stream = stream_order.place(node).stream;
        let needed = unseen(stream_order, tails[stream], graph.predecessors(node));
        if stream != 0 && tails[stream].is_none() && needed.is_empty() {
            forks.push(stream);
        }
        tails[stream] = Some(node);
        awaited.push(needed);
    }
    let ends: Vec<NodeId> = tails.iter().skip(1).copied().flatten().collect();
    let joined = unseen(stream_order, tails.first().copied().flatten(), &ends);

    let mut is_awaited = vec![false; graph.len()];
    for node in awaited.iter().flatten().chain(&joined) {
        is_awaited[node.index()] = true;
    }
    let mut event_of = vec![0; graph.len()];
    let mut events = 0;
    for node in order.iter().filter(|node| is_awaited[node.index()]) {
        event_of[node.index()] = events;
        events += 1;
    }
    let events_of = |nodes: &[NodeId]| {
        let mut sorted: Vec<usize> = nodes.iter().map(|node| event_of[node.index()]).collect();
        sorted.sort_unstable();
        sorted
    };
    let steps = order
        .iter()
        .zip(&awaited)
        .map(|(&node, needed)| Step {
            node,
            stream: stream_order.place(node).stream,
            waits: events_of(needed),
            record: is_awaited[node.index()].then(|| event_of[node.index()]),
        })
        .collect();
    forks.sort_unstable();
    Waits {
        steps,
        events,
        forks,
        joins: events_of(&joined),
    }
}

/// The nodes of `nodes` that a stream must wait for after `tail`, so that all of them happen before
/// its next task.
fn unseen(order: &StreamOrder, tail: Option<NodeId>, nodes: &[NodeId]) -> Vec<NodeId> {
    let seen = |node| tail.is_some_and(|tail| order.covers(order.clock(tail), node));
    // Of each stream the last node, which stands for those before it.
    let mut last: Vec<NodeId> = Vec::new();
    for &node in nodes.iter().filter(|&&node| !seen(node)) {
        let place = order.place(node);
        match last
            .iter_mut()
            .find(|other| order.place(**other).stream == place.stream)
        {
            Some(other) if order.place(*other).position < place.position => *other = node,
            Some(_) => {}
            None => last.push(node),
        }
    }
    let implied = |node| {
        last.iter()
            .any(|&other| other != node && order.covers(order.clock(other), node))
    };
    last.iter()
        .copied()
        .filter(|&node| !implied(node))
        .collect()
}
