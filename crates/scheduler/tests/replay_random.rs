//! Replay of random graphs and of random changes between runs, against a sequential oracle, and from several threads.

#[path = "support/dags.rs"]
mod dags;
#[path = "support/diamond.rs"]
mod diamond;
#[path = "support/world.rs"]
mod world;

#[path = "support/unsafely.rs"]
mod unsafely;

use dags::dags;
use diamond::{Diamond, replaying};
use pixelflume_device::{Device, HostConfig};
use pixelflume_scheduler::{
    DirectReason, ExecutionMode, Executor, InstantiateReason, ReplayConfig, RunKey, RunPath,
    Schedule, TaskState,
};
use proptest::prelude::*;
use world::{Fate, World, reasons};

use DirectReason::{AfterFailure, WarmUp};
use InstantiateReason::FirstCapture;
use RunPath::{Direct, Instantiated, Replayed};
use unsafely::run;

fn fates(len: usize) -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![20 => Just(Fate::Runs), 1 => Just(Fate::Fails), 1 => Just(Fate::Panics)];
    prop::collection::vec(fate, len)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    /// Replayed runs are direct runs: same order, same results, and any subset of failing nodes fails exactly its
    /// descendants, against the sequential oracle.
    #[test]
    fn random_graphs_replay_as_they_run(
        ((dag, parts), failing) in dags(200).prop_flat_map(|dag| {
            let len = dag.len;
            let parts = prop::collection::vec((0usize..4).prop_map(|n| n.min(2)), len);
            ((Just(dag), parts), prop::collection::vec(fates(len), 2))
        }),
        streams in 1usize..=8, threads in 1usize..=4, checked in any::<bool>()
    ) {
        let graph = dag.graph();
        let config = HostConfig::default().with_threads(threads).with_checked(checked);
        let mut executor = Executor::new(&Device::host_with(config), streams).unwrap();
        executor.set_mode(ExecutionMode::Replay);
        let schedule = Schedule::new(&graph, streams).unwrap();
        let well = vec![Fate::Runs; graph.len()];
        let world = World::new(&graph, &parts, &well);
        let launches = world.launches();
        let rounds = [&well, &well, &well, &well, &failing[0], &well, &failing[1], &failing[0], &well, &well];
        let mut failed_before = false;
        for (round, fates) in rounds.into_iter().enumerate() {
            world.fates.lock().unwrap().copy_from_slice(fates);
            run(&mut executor, &schedule, &launches).unwrap();
            let expected = match round {
                0 | 1 => Direct(WarmUp),
                2 => Instantiated(FirstCapture),
                _ if failed_before => Direct(AfterFailure),
                _ => Replayed,
            };
            prop_assert_eq!(executor.last_path(), Some(expected));
            let outcome = executor.finish().unwrap();
            let reasons = reasons(&graph, &parts, fates);
            for id in graph.nodes() {
                prop_assert_eq!(outcome.failure_behind(id).map(|f| f.node), reasons[id.index()]);
                let skipped = matches!(outcome.state(id), TaskState::Skipped { .. });
                prop_assert_eq!(skipped, reasons[id.index()].is_some_and(|because| because != id));
                prop_assert!(!skipped || world.is_untouched(id.index()));
            }
            failed_before = !outcome.is_success();
            world.check(&graph, |node| reasons[node].is_none());
        }
    }

    /// Arguments, dimensions and wishes in any order: the results are always those of the launches that were given.
    #[test]
    fn whatever_changes_between_runs_the_results_are_right(
        runs in prop::collection::vec((0u64..3, 0u64..3, prop::bool::weighted(0.05), prop::bool::weighted(0.1)), 1..60),
        ring in 1usize..4, keys in 1usize..4, warm_up in 1u32..4
    ) {
        let diamonds = [Diamond::new(), Diamond::new()];
        let mut executor = replaying(ReplayConfig::default().with_ring(ring).with_keys(keys).with_warm_up(warm_up));
        for (count, (dimensions, value, recapture, other)) in (1..).zip(runs) {
            let key = RunKey { dimensions, recapture, ..RunKey::default() };
            let args = [dimensions, value, 1, value / 2];
            let path = diamonds[usize::from(other)].run(&mut executor, args, key);
            prop_assert!(!recapture || matches!(path, Direct(_)));
            prop_assert_eq!(executor.replay_statistics().runs(), count);
        }
    }
}

/// Eight threads with an executor each, on one device.
#[test]
fn executors_share_a_device() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let run = |seed: u64| {
        let diamond = Diamond::new();
        let mut executor = Executor::new(&device, 2).unwrap();
        executor.set_mode(ExecutionMode::Replay);
        for i in 0..400 {
            let args = [seed, i / 50, 3, i % 2];
            let key = RunKey {
                dimensions: i / 100,
                recapture: i % 90 == 89,
                ..RunKey::default()
            };
            diamond.run(&mut executor, args, key);
        }
        let statistics = executor.replay_statistics();
        assert!(statistics.replayed > 200, "{statistics}");
    };
    std::thread::scope(|scope| {
        for seed in 0..8 {
            scope.spawn(move || run(seed));
        }
    });
}
