//! A full engine pushes back, says why, and does not let a thread wait for itself.

use crate::support::{Gate, plain};
use pixelflume_pipeline::engine::{BatchState, EngineConfig, Resource, Ring, SubmitError};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

fn small() -> EngineConfig {
    EngineConfig::new()
        .in_flight(2)
        .output_buffers(3)
        .max_batch(2)
}

#[test]
fn leases_up_to_the_bound_then_full_and_deadlock() {
    let engine = Gate::default().engine(small());
    let mut leases = Vec::new();
    for value in 20..23 {
        engine.submit(&[&plain(value)]).unwrap();
        leases.push(engine.next().unwrap().unwrap());
    }
    let Err(SubmitError::Full(full)) = engine.try_submit(&[&plain(0)]) else {
        panic!("it is full");
    };
    assert_eq!(
        (full.resource, full.needed, full.used, full.capacity),
        (Resource::Ring(Ring::Exported), 256, 768, 768)
    );
    assert_eq!(
        (full.head, full.head_state),
        (Some(leases[0].batch()), BatchState::Held)
    );
    let text = "the exported part of the arena is full: 256 bytes needed, 768 of 768 in use; the oldest there is batch #0, held by a lease";
    assert_eq!(full.to_string(), text);
    match engine.begin_batch() {
        Err(SubmitError::Deadlock {
            held_by_leases: 3,
            open_batches: 0,
            full: same,
        }) => assert_eq!(same, full),
        other => panic!("{other:?}"),
    }
    // A held result holds nothing but its buffer.
    drop(leases.remove(1));
    engine.submit(&[&plain(30)]).unwrap();
    assert_eq!(
        engine.next().unwrap().unwrap().output(0).unwrap().bytes(),
        [30; 8]
    );
    assert_eq!(leases[0].output(0).unwrap().bytes(), [20; 8]);
    assert_eq!(leases[1].output(0).unwrap().bytes(), [22; 8]);
    let statistics = engine.statistics();
    assert_eq!(
        (statistics.leases_high_water, statistics.outputs_high_water),
        (3, 3)
    );
    drop(engine);
    assert_eq!(
        leases[1].output(0).unwrap().bytes(),
        [22; 8],
        "a lease outlives its engine"
    );
}

#[test]
fn open_batches_fill_the_slots() {
    let engine = Gate::default().engine(small());
    let first = engine.begin_batch().unwrap();
    let second = engine.begin_batch().unwrap();
    let Err(SubmitError::Full(full)) = engine.try_begin_batch() else {
        panic!("it is full");
    };
    assert_eq!(
        (full.resource, full.head, full.head_state),
        (Resource::Lanes, None, BatchState::Open)
    );
    let text =
        "the set of lanes is full: 1 lanes needed, 2 of 2 in use; the oldest there is being filled";
    assert_eq!(full.to_string(), text);
    let deadlock = engine.begin_batch().unwrap_err();
    assert!(
        matches!(
            deadlock,
            SubmitError::Deadlock {
                held_by_leases: 0,
                open_batches: 2,
                ..
            }
        ),
        "{deadlock}"
    );
    drop(first);
    drop(engine.begin_batch().unwrap());
    assert_eq!(engine.statistics().abandoned, 2);
    drop(second);
}

#[test]
fn what_another_thread_gives_back_is_waited_for() {
    let engine = Gate::default().engine(small());
    let (send, receive) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || receive.into_iter().for_each(drop::<(_, _)>));
        for value in 20..120 {
            // Both go to the other thread, which drops them when it likes.
            let mut writer = engine.begin_batch().unwrap();
            writer.push(&plain(value)).unwrap();
            writer.submit().unwrap();
            let lease = engine.next().unwrap().unwrap().detach();
            send.send((Some(lease), engine.begin_batch().unwrap().detach()))
                .unwrap();
        }
        drop(send);
    });
    assert_eq!(engine.statistics().abandoned, 100);
    // Nothing is held for good.
    let all = [engine.try_begin_batch(), engine.try_begin_batch()];
    assert!(all.iter().all(Result::is_ok));
}

#[test]
fn a_stall_names_the_head() {
    let gate = Gate::shut();
    let engine = gate.engine(small().stall_timeout(Duration::from_millis(30)));
    let head = engine.submit(&[&plain(1)]).unwrap();
    engine.submit(&[&plain(2)]).unwrap();
    match engine.begin_batch() {
        Err(SubmitError::Stalled { full, waited }) => {
            assert_eq!(
                (full.resource, full.head, full.head_state),
                (Resource::Lanes, Some(head), BatchState::Running)
            );
            assert_eq!(waited, Duration::from_millis(30));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(engine.statistics().blocked_calls, 1);
    assert!(engine.statistics().blocked_time >= Duration::from_millis(30));
    gate.set(false);
    for value in [1, 2] {
        assert_eq!(
            engine.next().unwrap().unwrap().output(0).unwrap().bytes(),
            [value; 8]
        );
    }
    drop(engine.begin_batch().unwrap());
}

#[test]
fn results_that_nobody_takes_stall_producers() {
    let engine = Gate::default().engine(small().stall_timeout(Duration::from_millis(30)));
    for value in 20..23 {
        engine.submit(&[&plain(value)]).unwrap();
    }
    match engine.submit(&[&plain(0)]) {
        Err(SubmitError::Stalled { full, .. }) => {
            assert_eq!(
                (full.resource, full.head_state),
                (Resource::Ring(Ring::Exported), BatchState::Ready)
            );
        }
        other => panic!("{other:?}"),
    }
    drop(engine.next().unwrap().unwrap());
    engine.submit(&[&plain(0)]).unwrap();
}
