//! Schedules as data: streams, waits, and what they guarantee.

#[path = "support/dags.rs"]
mod dags;
#[path = "support/search.rs"]
mod search;

use dags::{Dag, dags, node};
use pixelflume_graph::TaskGraph;
use pixelflume_scheduler::{MAX_STREAMS, Schedule, SchedulerError};
use proptest::prelude::*;
use search::ancestors;

fn dag(len: usize, edges: &[(usize, usize)]) -> TaskGraph {
    Dag {
        len,
        edges: edges.to_vec(),
    }
    .graph()
}

fn streams_of(schedule: &Schedule) -> Vec<usize> {
    (0..schedule.len())
        .map(|i| schedule.stream_of(node(i)))
        .collect()
}

#[test]
fn the_number_of_streams_is_checked() {
    for asked in [0, MAX_STREAMS + 1, usize::MAX] {
        let refused = Schedule::new(&dag(1, &[]), asked).unwrap_err();
        assert!(
            matches!(refused, SchedulerError::StreamCount { asked: a } if a == asked),
            "{refused}"
        );
    }
    assert_eq!(
        Schedule::new(&dag(40, &[]), MAX_STREAMS)
            .unwrap()
            .streams_used(),
        MAX_STREAMS
    );
}

#[test]
fn an_empty_graph_has_an_empty_schedule() {
    let schedule = Schedule::new(&TaskGraph::new(), 4).unwrap();
    assert!(schedule.is_empty() && schedule.steps().is_empty());
    assert_eq!((schedule.streams_used(), schedule.event_count()), (0, 0));
    assert_eq!(
        schedule.to_string(),
        "schedule of 0 nodes on 0 streams with 0 events\n"
    );
}

#[test]
fn a_chain_keeps_its_stream_without_events() {
    let schedule = Schedule::new(&dag(4, &[(2, 0), (0, 3), (3, 1)]), 4).unwrap();
    assert_eq!((schedule.streams_used(), schedule.event_count()), (1, 0));
    assert!(schedule.forks().is_empty() && schedule.joins().is_empty());
}

#[test]
fn independent_chains_run_side_by_side_up_to_the_limit() {
    let edges: Vec<_> = (0..5)
        .flat_map(|c| [(3 * c, 3 * c + 1), (3 * c + 1, 3 * c + 2)])
        .collect();
    let schedule = Schedule::new(&dag(15, &edges), 8).unwrap();
    assert_eq!(
        streams_of(&schedule),
        [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    );
    assert_eq!(schedule.forks(), [1, 2, 3, 4]);
    assert_eq!(schedule.joins().len(), 4);
    let schedule = Schedule::new(&dag(15, &edges), 2).unwrap();
    assert_eq!(
        streams_of(&schedule),
        [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0]
    );
}

#[test]
fn a_join_goes_on_with_its_longest_branch() {
    // 0 forks into 1 and into 2 -> 3 -> 4; 5 joins.
    let graph = dag(6, &[(0, 1), (0, 2), (2, 3), (3, 4), (1, 5), (4, 5)]);
    let schedule = Schedule::new(&graph, 4).unwrap();
    assert_eq!(streams_of(&schedule), [0, 1, 0, 0, 0, 0]);
    assert!(
        schedule.joins().is_empty(),
        "the join at 5 is the join of the run"
    );
}

#[test]
fn streams_are_taken_again_by_later_branches() {
    // Ten diamonds, one after another: two streams are enough, whatever the limit.
    let diamond = |d: usize| [(0, 1), (0, 2), (1, 3), (2, 3)].map(|(a, b)| (3 * d + a, 3 * d + b));
    let edges: Vec<_> = (0..10).flat_map(diamond).collect();
    let schedule = Schedule::new(&dag(31, &edges), 8).unwrap();
    assert_eq!(schedule.streams_used(), 2);
    assert_eq!(schedule.event_count(), 20);
}

#[test]
fn an_edge_that_others_imply_needs_no_wait() {
    // 3 reads 0, 1 and 2, on two other streams; 2 waits for 0 by itself.
    let graph = dag(5, &[(0, 2), (0, 4), (4, 3), (1, 3), (2, 3), (0, 3)]);
    let schedule = Schedule::new(&graph, 4).unwrap();
    let waits: usize = schedule.steps().iter().map(|step| step.waits.len()).sum();
    assert_eq!((waits, schedule.event_count()), (3, 3), "{schedule}");
}

#[test]
fn the_text_shows_streams_and_waits() {
    let mut graph = TaskGraph::new();
    let [input, gray, mask, difference, copy] =
        ["input", "gray", "line\nend", "difference", "copy"]
            .map(|name| graph.add_node(name).unwrap());
    for (from, to) in [
        (input, gray),
        (input, mask),
        (gray, difference),
        (mask, difference),
    ] {
        graph.add_edge(from, to).unwrap();
    }
    assert!(graph.predecessors(copy).is_empty());
    let text = "\
schedule of 5 nodes on 3 streams with 3 events
stream 2: waits for the start
stream 0: input, records event 0
stream 0: gray
stream 1: line\\nend, waits for event 0, records event 1
stream 0: difference, waits for event 1
stream 2: copy, records event 2
stream 0: the end, waits for event 2
";
    assert_eq!(Schedule::new(&graph, 4).unwrap().to_string(), text);
}

/// What a schedule promises, computed anew from its steps alone: rows of bits over its tasks, the start and the end.
struct Model<'a> {
    schedule: &'a Schedule,
    /// The waits: (event, step that waits or the number of steps for the end); and the forks.
    waits: Vec<(usize, usize)>,
    forks: Vec<usize>,
}

impl<'a> Model<'a> {
    fn new(schedule: &'a Schedule) -> Self {
        let steps = schedule.steps().iter().enumerate();
        let waits = steps.flat_map(|(i, step)| step.waits.iter().map(move |&event| (event, i)));
        let joins = schedule
            .joins()
            .iter()
            .map(|&event| (event, schedule.len()));
        Model {
            schedule,
            waits: waits.chain(joins).collect(),
            forks: schedule.forks().to_vec(),
        }
    }

    /// By step, with the end as the last: the steps that come before it, and the start as the last of these.
    fn befores(&self) -> Vec<Vec<u64>> {
        let steps = self.schedule.steps();
        let (start, words) = (steps.len(), steps.len() / 64 + 1);
        let mut rows: Vec<Vec<u64>> = vec![vec![0; words]; steps.len() + 1];
        let mut tails: Vec<Option<usize>> = vec![None; MAX_STREAMS];
        let mut recorded: Vec<Option<usize>> = vec![None; self.schedule.event_count()];
        let set = |row: &mut [u64], bit: usize| row[bit / 64] |= 1 << (bit % 64);
        for at in 0..=steps.len() {
            let mut row = vec![0; words];
            let stream = steps.get(at).map_or(0, |step| step.stream);
            if tails[stream].is_none() && (stream == 0 || self.forks.contains(&stream)) {
                set(&mut row, start);
            }
            let awaited = self.waits.iter().filter(|wait| wait.1 == at);
            let awaited = awaited.map(|wait| {
                recorded[wait.0].expect("an event is recorded before it is waited for")
            });
            for before in awaited.chain(tails[stream]) {
                set(&mut row, before);
                for (mine, theirs) in row.iter_mut().zip(&rows[before]) {
                    *mine |= theirs;
                }
            }
            rows[at] = row;
            tails[stream] = Some(at);
            if let Some(event) = steps.get(at).and_then(|step| step.record) {
                assert_eq!(
                    recorded[event].replace(at),
                    None,
                    "event {event} is recorded twice"
                );
            }
        }
        rows
    }

    /// Whether every edge is ordered, and every task between the start and the end.
    fn holds(&self, graph: &TaskGraph) -> bool {
        let (rows, len) = (self.befores(), self.schedule.len());
        let mut rank = vec![0; len];
        for (i, step) in self.schedule.steps().iter().enumerate() {
            rank[step.node.index()] = i;
        }
        let mut edges = graph
            .edges()
            .map(|(a, b)| (rank[a.index()], rank[b.index()]));
        edges.all(|(a, b)| has(&rows[b], a))
            && (0..len).all(|i| has(&rows[i], len) && has(&rows[len], i))
    }
}

fn has(row: &[u64], bit: usize) -> bool {
    row[bit / 64] >> (bit % 64) & 1 != 0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_edge_is_ordered_and_every_wait_is_needed(dag in dags(200), streams in 1usize..=8) {
        let graph = dag.graph();
        let schedule = Schedule::new(&graph, streams).unwrap();
        let order: Vec<_> = schedule.steps().iter().map(|step| step.node).collect();
        prop_assert_eq!(order, graph.topological_order());
        prop_assert!(schedule.streams_used() <= streams);
        prop_assert!(schedule.steps().iter().all(|step| step.stream < schedule.streams_used()));

        let mut model = Model::new(&schedule);
        prop_assert!(model.holds(&graph), "{}", schedule);
        let rows = model.befores();
        for (b, after) in schedule.steps().iter().enumerate() {
            for (a, before) in schedule.steps().iter().enumerate() {
                prop_assert_eq!(schedule.happens_before(before.node, after.node), has(&rows[b], a));
            }
        }
        for i in 0..model.waits.len() {
            let wait = model.waits.remove(i);
            prop_assert!(!model.holds(&graph), "wait {:?} is not needed\n{}", wait, schedule);
            model.waits.insert(i, wait);
        }
        for i in 0..model.forks.len() {
            let fork = model.forks.remove(i);
            prop_assert!(!model.holds(&graph), "fork {} is not needed\n{}", fork, schedule);
            model.forks.insert(i, fork);
        }
        let is_awaited = |event| model.waits.iter().any(|wait| wait.0 == event);
        prop_assert!((0..schedule.event_count()).all(is_awaited));
    }

    #[test]
    fn schedules_depend_on_the_set_of_edges_alone(dag in dags(200), streams in 1usize..=8) {
        let schedule = Schedule::new(&dag.graph(), streams).unwrap();
        let mut other = dag.clone();
        other.edges.reverse();
        let again = Schedule::new(&other.graph(), streams).unwrap();
        prop_assert_eq!(&schedule, &again);
        prop_assert_eq!(schedule.to_string(), again.to_string());
    }

    /// With streams enough, two tasks share one only where the graph orders them: no branch waits for an independent one.
    #[test]
    fn enough_streams_add_no_order(dag in dags(30)) {
        let graph = dag.graph();
        let schedule = Schedule::new(&graph, MAX_STREAMS).unwrap();
        for b in graph.nodes() {
            let is_before = ancestors(&graph, b);
            for a in graph.nodes() {
                prop_assert_eq!(schedule.happens_before(a, b), is_before[a.index()]);
            }
        }
    }
}
