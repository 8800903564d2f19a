//! Host kernels that check the order they run in, compute something that depends on it, and fail when told to.

#[path = "search.rs"]
mod search;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use pixelflume_device::{
    Access, Address, Args, HostKernel, Launch, MAX_ACCESSES, TaskFailure, Workers,
};
use pixelflume_graph::{NodeId, TaskGraph};
use search::ancestors;

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Runs,
    Fails,
    Panics,
}

/// What the kernels of one graph share.
pub(crate) struct World {
    /// By node: the ancestors that have launches, so that all of them must have finished.
    before: Vec<Vec<usize>>,
    /// By node: how many launches it has.
    parts: Vec<usize>,
    /// By node: how many of its launches ran, and what the last one computed.
    ran: Vec<AtomicU32>,
    values: Vec<AtomicU64>,
    /// By node: what becomes of it in the next runs.
    pub(crate) fates: Mutex<Vec<Fate>>,
    /// By node: its first direct predecessors, as many as a launch can declare.
    declared: Vec<Vec<usize>>,
    out_of_order: AtomicBool,
}

struct Part {
    world: Arc<World>,
    node: usize,
    part: usize,
}

impl World {
    /// `parts` are the numbers of launches by node.
    pub(crate) fn new(graph: &TaskGraph, parts: &[usize], fates: &[Fate]) -> Arc<World> {
        let before = graph.nodes().map(|node| {
            let is_before = ancestors(graph, node);
            (0..parts.len())
                .filter(|&a| is_before[a] && parts[a] > 0)
                .collect()
        });
        Arc::new(World {
            before: before.collect(),
            parts: parts.to_vec(),
            ran: parts.iter().map(|_| AtomicU32::new(0)).collect(),
            values: parts.iter().map(|_| AtomicU64::new(0)).collect(),
            fates: Mutex::new(fates.to_vec()),
            declared: graph
                .nodes()
                .map(|node| {
                    let first = graph.predecessors(node).iter().take(MAX_ACCESSES - 1);
                    first.map(|p| p.index()).collect()
                })
                .collect(),
            out_of_order: AtomicBool::new(false),
        })
    }

    /// Launches that declare what they read and write, for checked devices.
    pub(crate) fn launches(self: &Arc<Self>) -> Vec<Vec<Launch>> {
        let value = |node: usize| Address::new(&raw const self.values[node] as u64);
        let launch = |node, part| {
            let part = Part {
                world: self.clone(),
                node,
                part,
            };
            let reads = self.declared[node]
                .iter()
                .map(|&p| Access::read(value(p), 8));
            let accesses: Vec<_> = reads.chain([Access::write(value(node), 8)]).collect();
            let mut launch = Launch::host(Arc::new(part), Args::EMPTY);
            launch.set_accesses(&accesses);
            launch
        };
        let of_node =
            |(node, &parts): (usize, &usize)| (0..parts).map(|p| launch(node, p)).collect();
        self.parts.iter().enumerate().map(of_node).collect()
    }

    /// Checks what ran, against the nodes that should have done all their work; then forgets it.
    pub(crate) fn check(&self, graph: &TaskGraph, is_done: impl Fn(usize) -> bool) {
        assert!(
            !self.out_of_order.swap(false, SeqCst),
            "a task ran before one that it waits for"
        );
        let mut oracle = vec![0; self.parts.len()];
        for node in graph.topological_order().into_iter().map(|n| n.index()) {
            let ran = self.ran[node].swap(0, SeqCst) as usize;
            let value = self.values[node].swap(0, SeqCst);
            if is_done(node) {
                assert_eq!(ran, self.parts[node], "launches of node {node}");
                oracle[node] = self.compute(node, |before| oracle[before]);
                assert_eq!(value, oracle[node], "value of node {node}");
            } else {
                assert_eq!(value, 0, "node {node} has a result");
            }
        }
    }

    /// Whether no launch of the node ran since the last check.
    pub(crate) fn is_untouched(&self, node: usize) -> bool {
        self.ran[node].load(SeqCst) == 0
    }

    fn compute(&self, node: usize, value: impl Fn(usize) -> u64) -> u64 {
        if self.parts[node] == 0 {
            return 0;
        }
        self.before[node]
            .iter()
            .fold(node as u64 + 1, |sum, &before| {
                (sum ^ value(before))
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .rotate_left(17)
            })
    }
}

/// By node: the task that is the reason why it has no result, computed in sequence.
pub(crate) fn reasons(graph: &TaskGraph, parts: &[usize], fates: &[Fate]) -> Vec<Option<NodeId>> {
    let order = graph.topological_order();
    let rank = |id: NodeId| order.iter().position(|&other| other == id).unwrap();
    let mut failed: Vec<NodeId> = Vec::new();
    let mut reasons = vec![None; graph.len()];
    for &id in &order {
        let is_before = ancestors(graph, id);
        let above = failed.iter().copied().filter(|f| is_before[f.index()]);
        reasons[id.index()] = above.min_by_key(|&f| rank(f));
        if reasons[id.index()].is_none() && parts[id.index()] > 0 && fates[id.index()] != Fate::Runs
        {
            failed.push(id);
            reasons[id.index()] = Some(id);
        }
    }
    reasons
}

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Part {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let (world, node) = (&*self.world, self.node);
        // Some tasks take their time, so that others could overtake them.
        for _ in 0..node % 7 {
            std::thread::yield_now();
        }
        let is_done =
            |&before: &usize| world.ran[before].load(SeqCst) as usize == world.parts[before];
        let follows = world.ran[node].fetch_add(1, SeqCst) as usize == self.part;
        if !follows || !world.before[node].iter().all(is_done) {
            world.out_of_order.store(true, SeqCst);
        }
        if self.part + 1 < world.parts[node] {
            return Ok(());
        }
        let fate = world.fates.lock().unwrap()[node];
        match fate {
            Fate::Runs => {
                let value = world.compute(node, |before| world.values[before].load(SeqCst));
                world.values[node].store(value, SeqCst);
                Ok(())
            }
            Fate::Fails => Err(TaskFailure::new(format_args!(
                "node {node} was told to fail"
            ))),
            // A panic without the message on the terminal, which is for those that are not meant.
            Fate::Panics => resume_unwind(Box::new(format!("node {node} was told to panic"))),
        }
    }
}
