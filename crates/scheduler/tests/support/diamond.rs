//! Four tasks that compute, in kernels whose arguments can change from run to run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use pixelflume_device::{Args, Device, HostConfig, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_graph::{NodeId, TaskGraph};
use pixelflume_scheduler::{ExecutionMode, Executor, ReplayConfig, RunKey, RunPath, Schedule};

pub(crate) const EDGES: [(usize, usize); 4] = [(0, 1), (0, 2), (1, 3), (2, 3)];

/// An executor with two streams on a device with two threads.
pub(crate) fn replaying(config: ReplayConfig) -> Executor {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let mut executor = Executor::new(&device, 2).unwrap();
    executor.set_replay_config(config).unwrap();
    executor.set_mode(ExecutionMode::Replay);
    executor
}

/// A schedule of four tasks.
pub(crate) fn schedule(edges: &[(usize, usize)], streams: usize) -> Schedule {
    let mut graph = TaskGraph::new();
    for i in 0..4 {
        graph.add_node(format!("n{i}")).unwrap();
    }
    for &(from, to) in edges {
        let (from, to) = (NodeId::from_index(from), NodeId::from_index(to));
        graph.add_edge(from, to).unwrap();
    }
    Schedule::new(&graph, streams).unwrap()
}

/// A diamond whose tasks compute numbers from what their arguments name and from what comes before.
pub(crate) struct Diamond {
    pub(crate) schedule: Schedule,
    pub(crate) kernels: [Arc<Sum>; 4],
    pub(crate) values: Arc<[AtomicU64; 4]>,
}

pub(crate) struct Sum {
    values: Arc<[AtomicU64; 4]>,
    node: usize,
    before: &'static [usize],
}

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Sum {
    unsafe fn run(&self, args: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let before = self.before.iter().map(|&b| self.values[b].load(SeqCst));
        let sum = before.fold(args.get::<u64>(), |sum, v| {
            sum.wrapping_mul(31).wrapping_add(v)
        });
        self.values[self.node].store(sum, SeqCst);
        match sum {
            u64::MAX => Err(TaskFailure::new("told to fail")),
            _ => Ok(()),
        }
    }
}

impl Diamond {
    pub(crate) fn new() -> Self {
        let values: Arc<[AtomicU64; 4]> = Arc::default();
        let before: [&[usize]; 4] = [&[], &[0], &[0], &[1, 2]];
        Diamond {
            schedule: schedule(&EDGES, 2),
            kernels: std::array::from_fn(|node| {
                Arc::new(Sum {
                    values: values.clone(),
                    node,
                    before: before[node],
                })
            }),
            values,
        }
    }

    pub(crate) fn launches(&self, args: [u64; 4]) -> [Vec<Launch>; 4] {
        std::array::from_fn(|i| vec![Launch::host(self.kernels[i].clone(), Args::of(&args[i]))])
    }

    /// One run, whose result is compared with arithmetic; returns how it went.
    pub(crate) fn run(&self, executor: &mut Executor, args: [u64; 4], key: RunKey) -> RunPath {
        super::unsafely::run_keyed(executor, &self.schedule, &self.launches(args), key).unwrap();
        assert!(executor.finish().unwrap().is_success());
        self.check(args);
        executor.last_path().unwrap()
    }

    pub(crate) fn check(&self, args: [u64; 4]) {
        let mix = |sum: u64, v: u64| sum.wrapping_mul(31).wrapping_add(v);
        let first = args[0];
        let (left, right) = (mix(args[1], first), mix(args[2], first));
        let expected = [first, left, right, mix(mix(args[3], left), right)];
        let got = [0, 1, 2, 3].map(|i: usize| self.values[i].swap(0, SeqCst));
        assert_eq!(got, expected);
    }
}
