//! The ladder when the device refuses: each rung falls to the next one, and the run is right every time.
#![expect(unsafe_code, reason = "runs kernels")]

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use pixelflume_device::{Args, HostConfig, HostKernel, TaskFailure, Workers};
use pixelflume_graph::{NodeId, TaskGraph};

use super::*;
use crate::InstantiateReason::{FirstCapture, RingGrown, UpdateRefused};
use crate::path::DirectReason;
use RunPath::{Direct, Instantiated, Patched, Replayed, Updated};
use pixelflume_device::Launch;

/// A kernel that adds its argument to the number that the task before it wrote.
struct Add {
    cells: Arc<[AtomicU64; 6]>,
    node: usize,
}

impl HostKernel for Add {
    unsafe fn run(&self, args: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let before = match self.node {
            0 => 0,
            // Two chains beside each other after the first task.
            1 => self.cells[0].load(SeqCst),
            node => self.cells[node - 2].load(SeqCst),
        };
        self.cells[self.node].store(before + args.get::<u64>(), SeqCst);
        Ok(())
    }
}

pub(super) struct Forked {
    pub(super) executor: Executor,
    schedule: Schedule,
    kernels: Vec<Arc<Add>>,
    cells: Arc<[AtomicU64; 6]>,
}

impl Forked {
    pub(super) fn new(replay: ReplayConfig) -> Self {
        let mut graph = TaskGraph::new();
        for i in 0..6 {
            graph.add_node(format!("n{i}")).unwrap();
        }
        for to in 1..6usize {
            let from = to.saturating_sub(2);
            graph
                .add_edge(NodeId::from_index(from), NodeId::from_index(to))
                .unwrap();
        }
        let device = Device::host_with(HostConfig::default().with_threads(2));
        let mut executor = Executor::new(&device, 2).unwrap();
        executor.set_mode(ExecutionMode::Replay);
        executor.set_replay_config(replay).unwrap();
        let cells: Arc<[AtomicU64; 6]> = Arc::default();
        Forked {
            executor,
            schedule: Schedule::new(&graph, 2).unwrap(),
            kernels: (0..6)
                .map(|node| {
                    Arc::new(Add {
                        cells: cells.clone(),
                        node,
                    })
                })
                .collect(),
            cells,
        }
    }

    /// A run whose result is checked.
    pub(super) fn run(&mut self, value: u64) -> RunPath {
        let launches: Vec<_> = self
            .kernels
            .iter()
            .map(|kernel| [Launch::host(kernel.clone(), Args::of(&value))])
            .collect();
        // SAFETY: the kernels touch no memory by address.
        unsafe { self.executor.run(&self.schedule, &launches) }.unwrap();
        assert!(self.executor.finish().unwrap().is_success());
        for stream in self.executor.streams() {
            assert!(!stream.is_capturing().unwrap());
        }
        let got = [0, 1, 2, 3, 4, 5].map(|i: usize| self.cells[i].swap(0, SeqCst) / value);
        assert_eq!(got, [1, 2, 2, 3, 3, 4]);
        self.executor.last_path().unwrap()
    }

    pub(super) fn runs(&mut self, count: usize, value: u64) -> Vec<RunPath> {
        (0..count).map(|_| self.run(value)).collect()
    }
}

const WARM_UP: RunPath = Direct(DirectReason::WarmUp);
const BACKING_OFF: RunPath = Direct(DirectReason::BackingOff);
const CAPTURE_FAILED: RunPath = Direct(DirectReason::CaptureFailed);

#[test]
fn a_failed_capture_runs_directly_and_tries_again_later_each_time() {
    let mut forked = Forked::new(ReplayConfig::default().with_back_off_limit(6));
    forked.executor.refusals.captures = 3;
    assert_eq!(forked.runs(3, 1), [WARM_UP, WARM_UP, CAPTURE_FAILED]);
    // Four runs to the next try, the failed one among them; then six, which is the limit, as often as it takes.
    for between in [3, 5] {
        assert_eq!(forked.runs(between, 1), vec![BACKING_OFF; between]);
        assert_eq!(forked.run(1), CAPTURE_FAILED);
    }
    assert_eq!(forked.runs(5, 1), [BACKING_OFF; 5]);
    assert_eq!(forked.run(1), Instantiated(FirstCapture));
    assert_eq!(forked.runs(3, 1), [Replayed; 3]);
    let statistics = forked.executor.replay_statistics();
    assert_eq!((statistics.captures_failed, statistics.captured), (3, 1));
    assert_eq!(statistics.direct.capture_failed, 3);
    assert_eq!(statistics.direct.backing_off, 13);
}

#[test]
fn a_refused_patch_is_a_new_capture_and_a_refused_update_a_new_executable() {
    let mut forked = Forked::new(ReplayConfig::default());
    forked.runs(6, 1);
    forked.executor.refusals.patches = 1;
    assert_eq!(forked.run(2), Updated);
    assert_eq!(forked.runs(3, 2), [Replayed; 3]);
    (
        forked.executor.refusals.patches,
        forked.executor.refusals.updates,
    ) = (1, 1);
    assert_eq!(forked.run(3), Instantiated(UpdateRefused));
    assert_eq!(forked.runs(2, 3), [Replayed; 2]);
    assert_eq!(forked.run(4), Patched { nodes: 6 });
    let statistics = forked.executor.replay_statistics();
    assert_eq!((statistics.updated, statistics.instantiated), (1, 2));
    assert_eq!(
        (statistics.patches_refused, statistics.updates_refused),
        (2, 1)
    );
    assert_eq!(statistics.captured, 3);
}

/// A device that never patches: captures do not come in every run.
#[test]
fn captures_are_never_made_in_every_run() {
    let mut forked = Forked::new(ReplayConfig::default());
    forked.executor.refusals.patches = u32::MAX;
    forked.runs(3, 1);
    let paths: Vec<_> = (2..8).map(|value| forked.run(value)).collect();
    let expected = [BACKING_OFF, Updated, BACKING_OFF];
    assert_eq!(paths, [expected, [Updated, BACKING_OFF, Updated]].concat());
}

#[test]
fn a_ring_that_cannot_grow_keeps_what_it_has() {
    let mut forked = Forked::new(ReplayConfig::default());
    forked.runs(3, 1);
    assert_eq!([forked.run(2), forked.run(1)], [Patched { nodes: 6 }; 2]);
    forked.executor.refusals.captures = 1;
    assert_eq!(forked.run(2), CAPTURE_FAILED);
    assert_eq!(forked.run(1), Replayed, "the executable was not touched");
    let paths: Vec<_> = [2, 1, 2, 1].map(|value| forked.run(value)).into();
    assert_eq!(
        paths,
        [
            Patched { nodes: 6 },
            Patched { nodes: 6 },
            Instantiated(RingGrown),
            Replayed
        ]
    );
}

#[test]
fn a_graph_that_is_refused_is_made_anew() {
    let mut forked = Forked::new(ReplayConfig::default());
    forked.executor.refusals.launches = 1;
    let refused = Direct(DirectReason::LaunchRefused);
    assert_eq!(forked.runs(3, 1), [WARM_UP, WARM_UP, refused]);
    forked.run(1);
    assert_eq!(forked.run(1), Instantiated(FirstCapture));
    assert_eq!(forked.run(1), Replayed);
}
