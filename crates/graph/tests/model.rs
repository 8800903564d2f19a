//! Random graphs against a naive model: a matrix of edges and its closure by Floyd and Warshall.

use std::collections::BTreeSet;

use pixelflume_graph::{GraphError, NodeId, TaskGraph};
use proptest::prelude::*;

type Matrix = Vec<Vec<bool>>;

/// `[a][b]`: a path of at least one edge leads from a to b.
fn closure(len: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> Matrix {
    let mut reach = vec![vec![false; len]; len];
    for (from, to) in edges {
        reach[from][to] = true;
    }
    for via in 0..len {
        let through = reach[via].clone();
        for row in &mut reach {
            if row[via] {
                for (cell, &further) in row.iter_mut().zip(&through) {
                    *cell |= further;
                }
            }
        }
    }
    reach
}

fn id(index: usize) -> NodeId {
    NodeId::from_index(index)
}

fn indices(edges: impl IntoIterator<Item = (NodeId, NodeId)>) -> Vec<(usize, usize)> {
    edges
        .into_iter()
        .map(|(from, to)| (from.index(), to.index()))
        .collect()
}

fn nodes_named(names: impl IntoIterator<Item = String>) -> TaskGraph {
    let mut graph = TaskGraph::new();
    for name in names {
        graph.add_node(name).unwrap();
    }
    graph
}

/// Inserts what is acyclic and skips the rest.
fn grown(len: usize, edges: &[(usize, usize)]) -> TaskGraph {
    let mut graph = nodes_named((0..len).map(|i| format!("t{i}")));
    for &(from, to) in edges {
        let _ = graph.add_edge(id(from), id(to));
    }
    graph
}

/// Few nodes and many edges, so that about half of the insertions would close a cycle.
fn small() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1usize..10).prop_flat_map(|len| (Just(len), prop::collection::vec((0..len, 0..len), 0..40)))
}

/// Up to three words per row of bits.
fn large() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1usize..150).prop_flat_map(|len| (Just(len), prop::collection::vec((0..len, 0..len), 0..400)))
}

/// Names of the characters that drawing languages give a meaning, and some that they do not.
fn odd_names() -> impl Strategy<Value = Vec<String>> {
    let odd = "[a-c0-9 \"'`\\\\\\[\\](){}<>|&#;:%$@*_~^!?/,.=+\\-\n\r\té→]{0,12}";
    prop::collection::btree_set(odd, 0..8).prop_map(|names: BTreeSet<String>| {
        // The number makes a blank name legal.
        names
            .into_iter()
            .enumerate()
            .map(|(i, name)| format!("{name}{i}"))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    })
}

/// What a reader of the drawing sees: line ends are all alike, a tab is its picture.
fn visible(name: &str) -> String {
    name.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\t', "\u{2409}")
}

fn unescape_dot(label: &str) -> String {
    let mut out = String::new();
    let mut chars = label.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => panic!("bare quote in {label}"),
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(c @ ('"' | '\\')) => out.push(c),
                other => panic!("escape {other:?} in {label}"),
            },
            c => out.push(c),
        }
    }
    // Every ampersand must have been escaped, so removing the entities leaves none.
    assert!(
        !out.replace("&amp;", "").contains('&'),
        "bare ampersand in {label}"
    );
    out.replace("&amp;", "&")
}

fn unescape_mermaid(label: &str) -> String {
    let mut out = String::new();
    let mut rest = label.to_owned().replace("<br/>", "\n");
    while let Some(at) = rest.find('#') {
        let (plain, entity) = rest.split_at(at);
        let (code, after) = entity[1..].split_once(';').unwrap();
        out.push_str(plain);
        out.push(char::from_u32(code.parse().unwrap()).unwrap());
        assert!(
            !plain.contains(|c| "\"[](){}<>`&;%$".contains(c)),
            "bare sign in {label}"
        );
        rest = after.to_owned();
    }
    assert!(
        !rest.contains(|c| "\"[](){}<>`&;%$".contains(c)),
        "bare sign in {label}"
    );
    out + &rest
}

/// Checks a drawing line by line: first every node with its label, then every edge, each once, and nothing else.
fn check_drawing(
    graph: &TaskGraph,
    body: &str,
    node_marks: (&str, &str),
    edge_marks: (&str, &str),
    unescape: fn(&str) -> String,
) {
    let mut lines = body.lines();
    for node in graph.nodes() {
        let line = lines.next().unwrap();
        let label = line
            .strip_prefix(&format!("  n{}{}", node.index(), node_marks.0))
            .and_then(|rest| rest.strip_suffix(node_marks.1))
            .unwrap_or_else(|| panic!("not the line of node {}: {line}", node.index()));
        assert_eq!(unescape(label), visible(graph.name(node)));
    }
    let drawn: Vec<(usize, usize)> = lines
        .map(|line| {
            let ends = line
                .strip_prefix("  n")
                .and_then(|l| l.strip_suffix(edge_marks.1))
                .unwrap();
            let (from, to) = ends.split_once(edge_marks.0).unwrap();
            (from.parse().unwrap(), to.parse().unwrap())
        })
        .collect();
    assert_eq!(drawn, indices(graph.edges()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn insertions_follow_the_model((len, insertions) in small()) {
        let mut graph = nodes_named((0..len).map(|i| format!("t{i}")));
        let mut accepted: Vec<(usize, usize)> = Vec::new();
        for (from, to) in insertions {
            let before = graph.clone();
            let reach = closure(len, accepted.iter().copied());
            match graph.add_edge(id(from), id(to)) {
                Ok(()) => {
                    prop_assert!(from != to && !reach[to][from], "{from} -> {to} closes a cycle");
                    if !accepted.contains(&(from, to)) {
                        accepted.push((from, to));
                    }
                }
                Err(GraphError::SelfLoop { node }) => {
                    prop_assert_eq!(from, to);
                    prop_assert_eq!(node, format!("t{from}"));
                    prop_assert_eq!(&graph, &before);
                }
                Err(GraphError::Cycle { path }) => {
                    prop_assert!(from != to && reach[to][from], "{from} -> {to} closes no cycle");
                    let path: Vec<_> = path.iter().map(|name| graph.find(name).unwrap().index()).collect();
                    prop_assert_eq!((path[0], path[path.len() - 2], path[path.len() - 1]), (to, from, to));
                    for step in path[..path.len() - 1].windows(2) {
                        prop_assert!(accepted.contains(&(step[0], step[1])), "{step:?} is no edge");
                    }
                    let distance = distance(len, &accepted, to, from);
                    prop_assert_eq!(path.len(), distance + 2, "not the shortest");
                    prop_assert_eq!(&graph, &before);
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
            prop_assert_eq!(graph.edge_count(), accepted.len());
        }
        for node in 0..len {
            let into: Vec<_> = accepted.iter().filter(|e| e.1 == node).map(|e| id(e.0)).collect();
            let out: Vec<_> = accepted.iter().filter(|e| e.0 == node).map(|e| id(e.1)).collect();
            prop_assert_eq!(graph.predecessors(id(node)), into);
            prop_assert_eq!(graph.successors(id(node)), out);
        }
        accepted.sort_by_key(|&(from, _)| from);
        prop_assert_eq!(indices(graph.edges()), accepted);
    }

    #[test]
    fn drawings_hold_every_node_and_edge_once(
        names in odd_names(),
        insertions in prop::collection::vec((0usize..8, 0usize..8), 0..20),
    ) {
        let mut graph = nodes_named(names);
        for (from, to) in insertions {
            let _ = graph.add_edge(id(from), id(to));
        }
        let dot = graph.to_dot();
        let body = dot
            .strip_prefix("digraph tasks {\n  rankdir=TB;\n  node [shape=box];\n")
            .and_then(|rest| rest.strip_suffix("}\n"))
            .unwrap();
        check_drawing(&graph, body, (" [label=\"", "\"];"), (" -> n", ";"), unescape_dot);
        let mermaid = graph.to_mermaid();
        let body = mermaid.strip_prefix("flowchart TD\n").unwrap();
        check_drawing(&graph, body, ("[\"", "\"]"), (" --> n", ""), unescape_mermaid);
        prop_assert_eq!((dot, mermaid), (graph.clone().to_dot(), graph.clone().to_mermaid()));
    }
}

/// The number of edges on a shortest path, by relaxing all edges as often as there are nodes.
fn distance(len: usize, edges: &[(usize, usize)], start: usize, goal: usize) -> usize {
    let mut distances = vec![usize::MAX; len];
    distances[start] = 0;
    for _ in 0..len {
        for &(from, to) in edges {
            distances[to] = distances[to].min(distances[from].saturating_add(1));
        }
    }
    distances[goal]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_is_valid_smallest_first_and_deterministic((len, edges) in large()) {
        let graph = grown(len, &edges);
        let order = graph.topological_order();
        prop_assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), len);
        // The definition, word by word: at each step the smallest node whose predecessors are all placed.
        let mut placed = vec![false; len];
        for &next in &order {
            let is_ready = |n: &usize| !placed[*n] && graph.predecessors(id(*n)).iter().all(|p| placed[p.index()]);
            prop_assert_eq!((0..len).find(is_ready), Some(next.index()));
            placed[next.index()] = true;
        }
        // The same accepted edges, added backwards.
        let mut accepted = indices(graph.edges());
        accepted.reverse();
        let again = grown(len, &accepted);
        prop_assert_eq!(again.topological_order(), order);
    }

    #[test]
    fn depth_is_one_more_than_the_deepest_predecessor((len, edges) in large()) {
        let graph = grown(len, &edges);
        let depths = graph.longest_path_lengths();
        prop_assert_eq!(depths.len(), len);
        for node in graph.nodes() {
            let deepest = graph.predecessors(node).iter().map(|p| depths[p.index()]).max();
            prop_assert_eq!(depths[node.index()], deepest.unwrap_or(0) + 1);
        }
    }
}
