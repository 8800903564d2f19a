//! Replay on the host device: when graphs are captured, patched and replayed, and that results are those of direct runs.

#[path = "support/diamond.rs"]
mod diamond;

#[path = "support/unsafely.rs"]
mod unsafely;

use std::sync::atomic::Ordering::SeqCst;

use diamond::{Diamond, EDGES, replaying, schedule};
use pixelflume_graph::NodeId;
use pixelflume_scheduler::{
    DirectReason, ExecutionMode, Executor, InstantiateReason, ReplayConfig, RunKey, RunPath,
    SchedulerError, TaskState,
};

use DirectReason::{
    AfterFailure, DimensionsChanged, KeysTaken, Mode, RecaptureAsked, TopologyChanged, WarmUp,
    WorkChanged,
};
use InstantiateReason::{FirstCapture, RingGrown};
use RunPath::{Direct, Instantiated, Patched, Replayed};
use unsafely::run;

/// Runs with the same arguments, up to the capture and one more.
fn warm(diamond: &Diamond, executor: &mut Executor, args: [u64; 4], key: RunKey) {
    for _ in 0..10 {
        if diamond.run(executor, args, key) == Replayed {
            return;
        }
    }
    panic!("never replayed: {}", executor.replay_statistics());
}

fn config() -> ReplayConfig {
    ReplayConfig::default()
}

#[test]
fn a_hundred_equal_runs_are_captured_once() {
    let diamond = Diamond::new();
    let mut executor = replaying(config());
    for _ in 0..100 {
        diamond.run(&mut executor, [1, 2, 3, 4], RunKey::new(7));
    }
    let statistics = executor.replay_statistics();
    assert_eq!((statistics.captured, statistics.instantiated), (1, 1));
    assert_eq!((statistics.replayed, statistics.direct.warm_up), (97, 2));
    assert_eq!(statistics.runs(), 100);
}

#[test]
fn only_changed_launches_are_patched() {
    let diamond = Diamond::new();
    let mut executor = replaying(config());
    let mut args = [1, 2, 3, 4];
    warm(&diamond, &mut executor, args, RunKey::default());
    args[2] = 30;
    assert_eq!(
        diamond.run(&mut executor, args, RunKey::default()),
        Patched { nodes: 1 }
    );
    assert_eq!(
        diamond.run(&mut executor, args, RunKey::default()),
        Replayed
    );
    args = [5, 6, 7, 4];
    assert_eq!(
        diamond.run(&mut executor, args, RunKey::default()),
        Patched { nodes: 3 }
    );
    let statistics = executor.replay_statistics();
    assert_eq!((statistics.patched, statistics.patched_nodes), (2, 4));
    assert_eq!(
        statistics.captured, 1,
        "addresses and scalars cost no capture"
    );
}

/// As with two sets of buffers in turns: the ring grows to two executables, and nothing is patched any more.
#[test]
fn arguments_that_take_turns_get_an_executable_each() {
    let diamond = Diamond::new();
    let sets = [[1, 2, 3, 4], [10, 20, 30, 40], [5, 5, 5, 5]];
    let mut executor = replaying(config());
    let paths: Vec<_> = (0..10)
        .map(|i| diamond.run(&mut executor, sets[i % 2], RunKey::default()))
        .collect();
    let patched = Patched { nodes: 4 };
    let expected = [
        Direct(WarmUp),
        Direct(WarmUp),
        Instantiated(FirstCapture),
        patched,
        patched,
        Instantiated(RingGrown),
    ];
    assert_eq!(paths[..6], expected);
    assert_eq!(paths[6..], [Replayed; 4]);
    // Three sets are too many for two executables: patches, and never a capture in every run.
    for i in 0..30 {
        assert_eq!(
            diamond.run(&mut executor, sets[(i + 2) % 3], RunKey::default()),
            patched
        );
    }
    assert_eq!(executor.replay_statistics().captured, 2);

    let mut executor = replaying(config().with_ring(1));
    for i in 0..20 {
        diamond.run(&mut executor, sets[i % 2], RunKey::default());
    }
    assert_eq!(executor.replay_statistics().captured, 1);
    assert_eq!(executor.replay_statistics().patched, 17);
}

#[test]
fn other_dimensions_are_run_directly_before_they_are_captured() {
    let diamond = Diamond::new();
    let mut executor = replaying(config());
    let (small, large) = (RunKey::new(1), RunKey::new(2));
    warm(&diamond, &mut executor, [1; 4], small);
    assert_eq!(
        diamond.run(&mut executor, [9; 4], large),
        Direct(DimensionsChanged)
    );
    assert_eq!(diamond.run(&mut executor, [9; 4], large), Direct(WarmUp));
    assert_eq!(
        diamond.run(&mut executor, [9; 4], large),
        Instantiated(FirstCapture)
    );
    // Back again, with what the plan of that size has now: the old graph is patched to it, and not replayed as it was.
    assert_eq!(diamond.run(&mut executor, [1; 4], small), Replayed);
    assert_eq!(diamond.run(&mut executor, [9; 4], large), Replayed);
    assert_eq!(
        diamond.run(&mut executor, [3; 4], small),
        Patched { nodes: 4 }
    );
    // Other kernels under an old key are no replay either.
    let other = Diamond {
        schedule: diamond.schedule.clone(),
        ..Diamond::new()
    };
    assert_eq!(other.run(&mut executor, [1; 4], small), Direct(WorkChanged));
    assert_eq!(other.run(&mut executor, [1; 4], small), Direct(WarmUp));
    assert_eq!(
        other.run(&mut executor, [1; 4], small),
        Instantiated(FirstCapture)
    );
}

/// Runs once for each of these dimensions.
fn in_turn(diamond: &Diamond, executor: &mut Executor, dimensions: &[u64]) -> Vec<RunPath> {
    let mut run = |&dimensions| diamond.run(executor, [1; 4], RunKey::new(dimensions));
    dimensions.iter().map(&mut run).collect()
}

#[test]
fn keys_are_kept_in_bounds() {
    let diamond = Diamond::new();
    let mut executor = replaying(config().with_warm_up(1).with_keys(2));
    let mut run = |dimensions: &[u64]| in_turn(&diamond, &mut executor, dimensions);
    run(&[1, 2, 1, 2]);
    // Dimensions that come once take nobody's place.
    assert_eq!(run(&[3, 4, 5]), [Direct(KeysTaken); 3]);
    assert_eq!(run(&[1, 2]), [Replayed; 2]);
    // Those that come again do, when that is sooner than others come back: 1 was used longest ago.
    assert_eq!(
        run(&[6, 6, 6, 6]),
        [
            Direct(KeysTaken),
            Direct(DimensionsChanged),
            Instantiated(FirstCapture),
            Replayed
        ]
    );
    assert_eq!(run(&[2, 1]), [Replayed, Direct(KeysTaken)]);
    executor.forget_dimensions(&diamond.schedule, 2).unwrap();
    assert_eq!(
        in_turn(&diamond, &mut executor, &[2]),
        [Direct(DimensionsChanged)]
    );
}

/// More dimensions in turn than are kept: as many as are kept are replayed.
#[test]
fn more_dimensions_in_turn_than_are_kept_leave_those_that_are_there() {
    for (keys, count) in [(1, 2), (4, 5), (4, 9), (16, 17)] {
        let diamond = Diamond::new();
        let mut executor = replaying(config().with_keys(keys));
        let turn: Vec<u64> = (0..count).collect();
        for _ in 0..20 {
            in_turn(&diamond, &mut executor, &turn);
        }
        let statistics = executor.replay_statistics();
        let (kept, others) = (keys as u64, count - keys as u64);
        assert_eq!(statistics.replayed, 17 * kept, "{statistics}");
        assert_eq!(statistics.direct.keys_taken, 20 * others, "{statistics}");
    }
}

/// Other work takes the place of what is not run any more, whether its dimensions are few or many.
#[test]
fn what_is_not_used_any_more_makes_room() {
    for count in [1, 2, 3, 40] {
        let diamond = Diamond::new();
        let mut executor = replaying(config().with_keys(3));
        for _ in 0..5 {
            in_turn(&diamond, &mut executor, &[100, 101, 102]);
        }
        let turn: Vec<u64> = (0..count).collect();
        for _ in 0..10 {
            in_turn(&diamond, &mut executor, &turn);
        }
        let before = executor.replay_statistics().replayed;
        for dimensions in [0; 4] {
            in_turn(&diamond, &mut executor, &[dimensions]);
        }
        assert!(executor.replay_statistics().replayed > before, "{count}");
    }
}

#[test]
fn another_edge_is_another_graph() {
    let diamond = Diamond::new();
    let mut executor = replaying(config());
    warm(&diamond, &mut executor, [1; 4], RunKey::default());
    let edged = Diamond {
        schedule: schedule(&[&EDGES[..], &[(1, 2)]].concat(), 2),
        kernels: diamond.kernels.clone(),
        values: diamond.values.clone(),
    };
    assert_eq!(
        edged.run(&mut executor, [1; 4], RunKey::default()),
        Direct(TopologyChanged)
    );
    assert_eq!(
        edged.run(&mut executor, [1; 4], RunKey::default()),
        Direct(WarmUp)
    );
    assert_eq!(
        edged.run(&mut executor, [1; 4], RunKey::default()),
        Instantiated(FirstCapture)
    );
    assert_eq!(
        diamond.run(&mut executor, [2; 4], RunKey::default()),
        Patched { nodes: 4 }
    );
}

#[test]
fn another_number_of_launches_is_another_graph() {
    let diamond = Diamond::new();
    let mut executor = replaying(config());
    warm(&diamond, &mut executor, [1; 4], RunKey::default());
    let mut launches = diamond.launches([1; 4]);
    launches[1].insert(0, launches[1][0].clone());
    for expected in [
        Direct(WorkChanged),
        Direct(WarmUp),
        Instantiated(FirstCapture),
        Replayed,
    ] {
        run(&mut executor, &diamond.schedule, &launches).unwrap();
        assert!(executor.finish().unwrap().is_success());
        diamond.check([1; 4]);
        assert_eq!(executor.last_path(), Some(expected));
    }
}

#[test]
fn an_operator_is_given_its_new_capture() {
    let diamond = Diamond::new();
    let mut executor = replaying(config());
    let key = RunKey::new(5);
    warm(&diamond, &mut executor, [1; 4], RunKey::new(4));
    warm(&diamond, &mut executor, [1; 4], key);
    let asks = RunKey {
        recapture: true,
        ..key
    };
    for _ in 0..5 {
        assert_eq!(
            diamond.run(&mut executor, [1; 4], asks),
            Direct(RecaptureAsked)
        );
    }
    assert_eq!(
        diamond.run(&mut executor, [1; 4], key),
        Instantiated(FirstCapture)
    );
    assert_eq!(diamond.run(&mut executor, [1; 4], key), Replayed);
    let other = diamond.run(&mut executor, [1; 4], RunKey::new(4));
    assert_eq!(
        other,
        Instantiated(FirstCapture),
        "graphs for other dimensions go too"
    );
}

#[test]
fn a_failure_in_a_replay_skips_descendants_and_sends_the_next_run_the_direct_way() {
    let diamond = Diamond::new();
    let mut executor = replaying(config());
    warm(&diamond, &mut executor, [1; 4], RunKey::default());
    // The left branch computes u64::MAX, and fails for it.
    let broken = [1, (u64::MAX - 1).wrapping_mul(inverse_of_31()), 1, 1];
    run(&mut executor, &diamond.schedule, &diamond.launches(broken)).unwrap();
    assert_eq!(executor.last_path(), Some(Patched { nodes: 1 }));
    let outcome = executor.finish().unwrap();
    let nodes = [0, 1, 2, 3].map(NodeId::from_index);
    assert!(matches!(outcome.state(nodes[0]), TaskState::Done));
    assert!(matches!(outcome.state(nodes[1]), TaskState::Failed { .. }));
    assert!(matches!(outcome.state(nodes[2]), TaskState::Done));
    assert!(
        matches!(outcome.state(nodes[3]), TaskState::Skipped { because } if because == nodes[1])
    );
    assert_eq!(diamond.values[3].load(SeqCst), 0);
    assert_eq!(
        diamond.run(&mut executor, [1; 4], RunKey::default()),
        Direct(AfterFailure)
    );
    assert_eq!(
        diamond.run(&mut executor, [1; 4], RunKey::default()),
        Patched { nodes: 1 }
    );
}

/// x with 31 x = 1 modulo 2^64, by Newton's iteration.
fn inverse_of_31() -> u64 {
    (0..6).fold(31u64, |x, _| {
        x.wrapping_mul(2u64.wrapping_sub(x.wrapping_mul(31)))
    })
}

#[test]
fn modes_may_change_between_runs_and_graphs_are_dropped_between_runs_only() {
    let diamond = Diamond::new();
    let mut executor = replaying(config());
    assert_eq!(executor.last_path(), None);
    warm(&diamond, &mut executor, [1; 4], RunKey::default());
    executor.set_mode(ExecutionMode::Direct);
    assert_eq!(
        diamond.run(&mut executor, [1; 4], RunKey::default()),
        Direct(Mode)
    );
    executor.set_mode(ExecutionMode::Replay);
    run(&mut executor, &diamond.schedule, &diamond.launches([1; 4])).unwrap();
    let in_flight = |result| matches!(result, Err(SchedulerError::RunInFlight { .. }));
    assert!(in_flight(executor.clear_graphs()));
    assert!(in_flight(executor.forget_dimensions(&diamond.schedule, 0)));
    assert!(in_flight(executor.set_replay_config(config())));
    assert!(executor.finish().unwrap().is_success());
    assert_eq!(executor.last_path(), Some(Replayed));
    diamond.check([1; 4]);
    executor.clear_graphs().unwrap();
    assert_eq!(
        diamond.run(&mut executor, [1; 4], RunKey::default()),
        Direct(WarmUp)
    );
}

/// Launches with the number of an earlier run are replayed unseen; with another number they are compared again.
#[test]
fn a_revision_stands_for_its_launches() {
    let diamond = Diamond::new();
    let mut executor = replaying(ReplayConfig::default().with_ring(1));
    let numbered = |revision| RunKey {
        revision,
        ..RunKey::new(1)
    };
    warm(&diamond, &mut executor, [1, 2, 3, 4], numbered(5));
    for _ in 0..3 {
        let path = diamond.run(&mut executor, [1, 2, 3, 4], numbered(5));
        assert_eq!(path, Replayed);
    }
    let patched = diamond.run(&mut executor, [1, 2, 3, 9], numbered(6));
    assert_eq!(patched, Patched { nodes: 1 });
    // The old number is known no more: its launches were replaced.
    let back = diamond.run(&mut executor, [1, 2, 3, 4], numbered(5));
    assert_eq!(back, Patched { nodes: 1 });
    // Without a promise everything is compared.
    let unpromised = diamond.run(&mut executor, [1, 2, 3, 7], numbered(0));
    assert_eq!(unpromised, Patched { nodes: 1 });
    let again = diamond.run(&mut executor, [1, 2, 3, 8], numbered(0));
    assert_eq!(again, Patched { nodes: 1 });
}
