//! Runs on the host device: order, results, failures, against a sequential oracle.
#![expect(unsafe_code, reason = "has kernels")]

#[path = "support/dags.rs"]
mod dags;
#[path = "support/world.rs"]
mod world;

#[path = "support/unsafely.rs"]
mod unsafely;

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use dags::{Dag, dags};
use pixelflume_device::{Args, Device, HostConfig, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_graph::{NodeId, TaskGraph};
use pixelflume_scheduler::{
    Executor, FailureCause, RunOutcome, Schedule, SchedulerError, TaskState,
};
use proptest::prelude::*;
use unsafely::{put, run};
use world::{Fate, World, reasons};

fn executor(threads: usize, streams: usize) -> Executor {
    executor_on(HostConfig::default().with_threads(threads), streams)
}

fn executor_on(config: HostConfig, streams: usize) -> Executor {
    Executor::new(&Device::host_with(config), streams).unwrap()
}

struct Kernel<F>(F);

impl<F: Fn() -> Result<(), TaskFailure> + Send + Sync> HostKernel for Kernel<F> {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        (self.0)()
    }
}

fn launch(f: impl Fn() -> Result<(), TaskFailure> + Send + Sync + 'static) -> Launch {
    Launch::host(Arc::new(Kernel(f)), Args::EMPTY)
}

/// A graph with the number of launches and the fate of each node.
fn worlds(
    limit: usize,
    share_of_failures: f64,
) -> impl Strategy<Value = (Dag, Vec<usize>, Vec<Fate>)> {
    dags(limit).prop_flat_map(move |dag| {
        let fate =
            (prop::bool::weighted(share_of_failures), any::<bool>()).prop_map(|(fails, panics)| {
                match fails {
                    true if panics => Fate::Panics,
                    true => Fate::Fails,
                    false => Fate::Runs,
                }
            });
        // About one node in four has no launch, as the inputs of a pipeline.
        let parts = prop::collection::vec((0usize..4).prop_map(|n| n.min(2)), dag.len);
        let fates = prop::collection::vec(fate, dag.len);
        (Just(dag), parts, fates)
    })
}

fn check_outcome(
    graph: &TaskGraph,
    outcome: &RunOutcome<'_>,
    reasons: &[Option<NodeId>],
    fates: &[Fate],
) {
    assert_eq!(outcome.is_success(), reasons.iter().all(Option::is_none));
    for id in graph.nodes() {
        let reason = reasons[id.index()];
        assert_eq!(
            outcome.failure_behind(id).map(|failure| failure.node),
            reason
        );
        match outcome.state(id) {
            TaskState::Done => assert_eq!(reason, None),
            TaskState::Skipped { because } => assert!(reason == Some(because) && because != id),
            TaskState::Failed { cause } => {
                assert_eq!(reason, Some(id));
                let text = match fates[id.index()] {
                    Fate::Panics => format!("panicked: node {} was told to panic", id.index()),
                    _ => format!("node {} was told to fail", id.index()),
                };
                assert!(matches!(cause, FailureCause::Execution(_)));
                assert_eq!(cause.to_string(), text);
            }
            TaskState::Pending => panic!("{} is pending", graph.name(id)),
        }
    }
    let order = graph.topological_order();
    let failed = order.iter().filter(|id| reasons[id.index()] == Some(**id));
    assert!(
        outcome
            .failures()
            .iter()
            .map(|failure| &failure.node)
            .eq(failed)
    );
    let skipped = order.iter().filter_map(|&id| {
        reasons[id.index()]
            .filter(|&because| because != id)
            .map(|b| (id, b))
    });
    assert!(outcome.skipped().eq(skipped));
    for failure in outcome.failures() {
        let text = failure.to_string();
        let start = format!(
            "node {} failed in batch {}: ",
            graph.name(failure.node),
            outcome.batch()
        );
        assert!(text.starts_with(&start), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_node_runs_once_in_order(
        (dag, parts, fates) in worlds(200, 0.0), streams in 1usize..=8, threads in 1usize..=4,
        checked in any::<bool>()
    ) {
        let graph = dag.graph();
        let config = HostConfig::default().with_threads(threads).with_checked(checked);
        let mut executor = executor_on(config, streams);
        let schedule = Schedule::new(&graph, streams).unwrap();
        let world = World::new(&graph, &parts, &fates);
        let launches = world.launches();
        for batch in 0..3 {
            prop_assert_eq!(run(&mut executor, &schedule, &launches).unwrap(), batch);
            let outcome = executor.finish().unwrap();
            prop_assert_eq!(outcome.batch(), batch);
            check_outcome(&graph, &outcome, &vec![None; graph.len()], &fates);
            world.check(&graph, |_| true);
        }
    }

    #[test]
    fn failures_take_their_descendants_and_nothing_else(
        (dag, parts, fates) in worlds(200, 0.06), streams in 1usize..=8, threads in 1usize..=4,
        checked in any::<bool>()
    ) {
        let graph = dag.graph();
        let config = HostConfig::default().with_threads(threads).with_checked(checked);
        let mut executor = executor_on(config, streams);
        let schedule = Schedule::new(&graph, streams).unwrap();
        let reasons = reasons(&graph, &parts, &fates);
        let world = World::new(&graph, &parts, &fates);
        let well = World::new(&graph, &parts, &vec![Fate::Runs; graph.len()]);
        let (launches, good_launches) = (world.launches(), well.launches());
        for _ in 0..2 {
            run(&mut executor, &schedule, &launches).unwrap();
            let outcome = executor.finish().unwrap();
            check_outcome(&graph, &outcome, &reasons, &fates);
            for (id, _) in outcome.skipped() {
                prop_assert!(world.is_untouched(id.index()));
            }
            world.check(&graph, |node| reasons[node].is_none());
            // Nothing of the failure is left for the next batch.
            run(&mut executor, &schedule, &good_launches).unwrap();
            prop_assert!(executor.finish().unwrap().is_success());
            well.check(&graph, |_| true);
        }
    }
}

#[test]
fn a_run_is_one_piece_of_work_on_the_main_stream() {
    let graph = Dag {
        len: 12,
        edges: vec![(0, 1), (3, 4), (4, 5), (8, 9), (1, 9)],
    }
    .graph();
    let mut executor = executor(4, 4);
    let schedule = Schedule::new(&graph, 4).unwrap();
    assert_eq!(schedule.streams_used(), 4);
    let (before, wrong) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let done: Arc<[AtomicBool]> = (0..12).map(|_| AtomicBool::new(false)).collect();
    let task = |i: usize| {
        let (before, wrong, done) = (before.clone(), wrong.clone(), done.clone());
        launch(move || {
            std::thread::sleep(Duration::from_micros(300));
            wrong.fetch_or(!before.load(SeqCst), SeqCst);
            done[i].store(true, SeqCst);
            Ok(())
        })
    };
    let launches: Vec<Vec<Launch>> = (0..12).map(|i| vec![task(i)]).collect();
    let upload = {
        let before = before.clone();
        launch(move || {
            std::thread::sleep(Duration::from_millis(5));
            before.store(true, SeqCst);
            Ok(())
        })
    };
    let download = {
        let (wrong, done) = (wrong.clone(), done.clone());
        launch(move || {
            wrong.fetch_or(!done.iter().all(|done| done.load(SeqCst)), SeqCst);
            Ok(())
        })
    };
    let main = executor.streams()[0].clone();
    put(&main, &upload, None).unwrap();
    run(&mut executor, &schedule, &launches).unwrap();
    put(&main, &download, None).unwrap();
    main.synchronize().unwrap();
    assert!(!wrong.load(SeqCst));
    assert!(executor.finish().unwrap().is_success());
}

#[test]
fn independent_branches_run_at_the_same_time() {
    let mut executor = executor(2, 2);
    let schedule = Schedule::new(
        &Dag {
            len: 2,
            edges: vec![],
        }
        .graph(),
        2,
    )
    .unwrap();
    let met = Arc::new((Mutex::new(0), Condvar::new()));
    let meet = || {
        let met = met.clone();
        launch(move || {
            let mut count = met.0.lock().unwrap();
            *count += 1;
            met.1.notify_all();
            // The limit only turns a hang into a failure.
            let (count, waited) = met
                .1
                .wait_timeout_while(count, Duration::from_secs(20), |count| *count < 2)
                .unwrap();
            drop(count);
            if waited.timed_out() {
                Err(TaskFailure::new("alone"))
            } else {
                Ok(())
            }
        })
    };
    run(&mut executor, &schedule, &[[meet()], [meet()]]).unwrap();
    assert!(executor.finish().unwrap().is_success());
}

#[test]
fn calls_out_of_turn_are_refused() {
    let chain = Schedule::new(
        &Dag {
            len: 2,
            edges: vec![(0, 1)],
        }
        .graph(),
        1,
    )
    .unwrap();
    let wide = Schedule::new(
        &Dag {
            len: 3,
            edges: vec![],
        }
        .graph(),
        3,
    )
    .unwrap();
    let nothing = |len| vec![Vec::<Launch>::new(); len];
    let mut executor = executor(1, 2);
    assert!(matches!(executor.finish(), Err(SchedulerError::NoRun)));
    assert!(matches!(
        run(&mut executor, &chain, &nothing(3)),
        Err(SchedulerError::LaunchCount {
            expected: 2,
            got: 3
        })
    ));
    assert!(matches!(
        run(&mut executor, &wide, &nothing(3)),
        Err(SchedulerError::TooFewStreams {
            needed: 3,
            available: 2
        })
    ));
    assert_eq!(run(&mut executor, &chain, &nothing(2)).unwrap(), 0);
    assert!(matches!(
        run(&mut executor, &chain, &nothing(2)),
        Err(SchedulerError::RunInFlight { batch: 0 })
    ));
    assert!(matches!(
        executor.prepare(&wide),
        Err(SchedulerError::RunInFlight { batch: 0 })
    ));
    assert!(executor.finish().unwrap().is_success());
    assert!(matches!(executor.finish(), Err(SchedulerError::NoRun)));
    assert_eq!(run(&mut executor, &chain, &nothing(2)).unwrap(), 1);
    assert!(executor.finish().unwrap().is_success());
    for asked in [0, 33] {
        let refused = Executor::new(&Device::host(), asked).unwrap_err();
        assert!(matches!(refused, SchedulerError::StreamCount { asked: a } if a == asked));
    }
}

#[test]
fn launches_may_come_and_go_between_runs() {
    let mut executor = executor(1, 1);
    let schedule = Schedule::new(
        &Dag {
            len: 2,
            edges: vec![(0, 1)],
        }
        .graph(),
        1,
    )
    .unwrap();
    let fails = || launch(|| Err(TaskFailure::new("broken")));
    run(
        &mut executor,
        &schedule,
        &[vec![fails(), fails()], vec![fails()]],
    )
    .unwrap();
    assert_eq!(executor.finish().unwrap().failures().len(), 1);
    run(&mut executor, &schedule, &[Vec::<Launch>::new(), vec![]]).unwrap();
    assert!(executor.finish().unwrap().is_success());
}

#[test]
fn an_empty_graph_runs() {
    let mut executor = executor(1, 1);
    let schedule = Schedule::new(&TaskGraph::new(), 1).unwrap();
    run::<Vec<Launch>>(&mut executor, &schedule, &[]).unwrap();
    assert!(executor.finish().unwrap().is_success());
}

/// More schedules than the executor keeps states for, in turns, one of them failing.
#[test]
fn schedules_take_turns() {
    let mut executor = executor(2, 3);
    let worlds: Vec<_> = (1..20usize)
        .map(|len| {
            let graph = Dag {
                len,
                edges: (1..len).map(|to| (to / 2, to)).collect(),
            }
            .graph();
            let schedule = Schedule::new(&graph, 3).unwrap();
            let mut fates = vec![Fate::Runs; len];
            if len == 7 {
                fates[1] = Fate::Fails;
            }
            let world = World::new(&graph, &vec![1; len], &fates);
            let launches = world.launches();
            (graph, schedule, world, launches, fates)
        })
        .collect();
    for round in 0..3 {
        for (i, (graph, schedule, world, launches, fates)) in worlds.iter().enumerate() {
            let batch = run(&mut executor, schedule, launches).unwrap();
            assert_eq!(batch, (round * worlds.len() + i) as u64);
            let reasons = reasons(graph, &vec![1; graph.len()], fates);
            check_outcome(graph, &executor.finish().unwrap(), &reasons, fates);
            world.check(graph, |node| reasons[node].is_none());
        }
    }
}
