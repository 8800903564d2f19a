//! Costs of a 1000-node random graph: building and ordering.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use pixelflume_graph::{NodeId, TaskGraph};

const NODES: usize = 1000;
const EDGES: usize = 4000;

/// SplitMix64 (Steele, Lea, Flood 2014): the same graphs in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// Edges of a random acyclic graph in random order; `rank[i]` is the place of node `i` in the hidden order.
fn random_edges(rank: &[usize]) -> Vec<(NodeId, NodeId)> {
    let mut random = Random(7);
    let mut edges = Vec::with_capacity(EDGES);
    while edges.len() < EDGES {
        let (a, b) = (random.below(NODES), random.below(NODES));
        if a != b {
            let (from, to) = if rank[a] < rank[b] { (a, b) } else { (b, a) };
            edges.push((NodeId::from_index(from), NodeId::from_index(to)));
        }
    }
    edges
}

fn build(names: &[String], edges: &[(NodeId, NodeId)]) -> TaskGraph {
    let mut graph = TaskGraph::new();
    for name in names {
        graph.add_node(name).expect("the names differ");
    }
    for &(from, to) in edges {
        graph
            .add_edge(from, to)
            .expect("every edge follows the hidden order");
    }
    graph
}

fn graph(c: &mut Criterion) {
    let names: Vec<_> = (0..NODES).map(|i| format!("task{i}")).collect();
    let sorted: Vec<_> = (0..NODES).collect();
    let mut shuffled = sorted.clone();
    let mut random = Random(1);
    for i in (1..NODES).rev() {
        shuffled.swap(i, random.below(i + 1));
    }

    let mut group = c.benchmark_group("graph/1000 nodes 4000 edges");
    let edges = random_edges(&sorted);
    group.bench_function("build, ids in order", |b| {
        b.iter(|| build(black_box(&names), &edges))
    });
    let edges = random_edges(&shuffled);
    group.bench_function("build, ids shuffled", |b| {
        b.iter(|| build(black_box(&names), &edges))
    });

    // In the sparse random graph few edges need a search for cycles, and the searches are short. Here nearly all need
    // one, and it walks a third of the graph on average: a chain against the order of the ids, then short cuts.
    let reversed: Vec<_> = (0..NODES).rev().collect();
    let chain = (1..NODES)
        .rev()
        .map(|i| (NodeId::from_index(i), NodeId::from_index(i - 1)));
    let long: Vec<_> = chain.chain(random_edges(&reversed)).take(EDGES).collect();
    group.bench_function("build, chain and short cuts against the ids", |b| {
        b.iter(|| build(black_box(&names), &long))
    });

    let graph = build(&names, &edges);
    group.bench_function("topological order", |b| {
        b.iter(|| black_box(&graph).topological_order())
    });
    group.finish();
}

criterion_group!(benches, graph);
criterion_main!(benches);
