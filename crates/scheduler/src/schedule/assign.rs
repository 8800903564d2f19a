//! The assignment of tasks to streams.

use std::cmp::Reverse;

use pixelflume_graph::{NodeId, TaskGraph};

use super::{Place, StreamOrder};

/// Gives every node a stream and its clock. Returns them with the number of streams in use.
pub(super) fn assign(
    graph: &TaskGraph,
    order: &[NodeId],
    ranks: &[u32],
    limit: usize,
) -> (StreamOrder, usize) {
    let chains = Chains::new(graph, order, ranks);
    let width = limit.min(graph.len());
    let mut streams: Vec<Stream> = Vec::with_capacity(width);
    let mut places = vec![Place::default(); graph.len()];
    let mut clocks = vec![0u32; graph.len() * width];
    // By node: the step at which it ends, were every task one step long and streams the only limit.
    let mut ends = vec![0usize; graph.len()];
    let mut clock = vec![0u32; width];

    for &node in order {
        clock.fill(0);
        let mut ready = 0;
        for before in graph.predecessors(node) {
            join(&mut clock, &clocks[before.index() * width..][..width]);
            ready = ready.max(ends[before.index()]);
        }
        let stream = match chains.previous(node) {
            Some(before) => places[before.index()].stream,
            None => choose(&streams, &chains, &clock, ready, width),
        };
        if stream == streams.len() {
            streams.push(Stream {
                tail: node,
                len: 0,
                end: 0,
            });
        } else {
            let tail = streams[stream].tail;
            join(&mut clock, &clocks[tail.index() * width..][..width]);
        }
        let at = &mut streams[stream];
        places[node.index()] = Place {
            stream,
            position: at.len,
        };
        ends[node.index()] = at.end.max(ready) + 1;
        *at = Stream {
            tail: node,
            len: at.len + 1,
            end: ends[node.index()],
        };
        clock[stream] = at.len;
        clocks[node.index() * width..][..width].copy_from_slice(&clock);
    }
    (
        StreamOrder {
            streams: width,
            places,
            clocks,
        },
        streams.len(),
    )
}

/// A stream while tasks are assigned to it.
struct Stream {
    /// The last task of the stream so far.
    tail: NodeId,
    /// The number of tasks of the stream so far.
    len: u32,
    /// The step at which the last task ends.
    end: usize,
}

/// The stream of the first task of a chain: one of `streams`, or the number after them for a new one.
fn choose(streams: &[Stream], chains: &Chains, clock: &[u32], ready: usize, limit: usize) -> usize {
    // A stream whose chain has ended, and which holds nothing that the task would not wait for anyway, costs no
    // concurrency. Of those the one that was busy last: its tail is most likely a predecessor, which saves an event.
    let idle = streams
        .iter()
        .enumerate()
        .filter(|(i, s)| clock[*i] == s.len && chains.heir(s.tail).is_none())
        .max_by_key(|(i, s)| (chains.depth(s.tail), Reverse(*i)));
    if let Some((i, _)) = idle {
        return i;
    }
    if streams.len() < limit {
        return streams.len();
    }
    streams
        .iter()
        .enumerate()
        .min_by_key(|(i, s)| (s.end.max(ready), chains.heir(s.tail).is_some(), *i))
        .map_or(0, |(i, _)| i)
}

fn join(clock: &mut [u32], other: &[u32]) {
    for (mine, &theirs) in clock.iter_mut().zip(other) {
        *mine = theirs.max(*mine);
    }
}

/// The graph cut into chains: each node has at most one node before it and one after it on its chain.
struct Chains {
    previous: Vec<Option<NodeId>>,
    heirs: Vec<Option<NodeId>>,
    depths: Vec<usize>,
}

impl Chains {
    fn new(graph: &TaskGraph, order: &[NodeId], ranks: &[u32]) -> Self {
        let depths = graph.longest_path_lengths();
        // The number of nodes on the longest path that starts in each node.
        let mut heights = vec![1; graph.len()];
        for &node in order.iter().rev() {
            let below = graph
                .successors(node)
                .iter()
                .map(|s| heights[s.index()])
                .max();
            heights[node.index()] = 1 + below.unwrap_or(0);
        }
        // A node would go on with its longest branch; of those who ask for the same one, the longest continuation does.
        let earliest = |node: &NodeId| Reverse(ranks[node.index()]);
        let mut previous = vec![None; graph.len()];
        let mut heirs: Vec<Option<NodeId>> = vec![None; graph.len()];
        for &node in order {
            let longest = graph
                .predecessors(node)
                .iter()
                .max_by_key(|p| (depths[p.index()], earliest(p)));
            let Some(&longest) = longest else { continue };
            let heir = &mut heirs[longest.index()];
            if heir.is_none_or(|other| heights[other.index()] < heights[node.index()]) {
                *heir = Some(node);
            }
        }
        for (before, heir) in graph.nodes().zip(&heirs) {
            if let Some(heir) = heir {
                previous[heir.index()] = Some(before);
            }
        }
        Chains {
            previous,
            heirs,
            depths,
        }
    }

    fn previous(&self, node: NodeId) -> Option<NodeId> {
        self.previous[node.index()]
    }

    fn heir(&self, node: NodeId) -> Option<NodeId> {
        self.heirs[node.index()]
    }

    fn depth(&self, node: NodeId) -> usize {
        self.depths[node.index()]
    }
}
