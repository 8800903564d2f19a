//! The engine on its task rings: each one can be what is full, and what comes back is there again.

use crate::support::{Gate, plain};
use pixelflume_pipeline::Engine;
use pixelflume_pipeline::engine::{
    BatchState, EngineConfig, Full, OutputLease, Resource, Ring, SubmitError,
};
use std::thread;
use std::time::Duration;

/// More of everything than is needed.
fn large() -> EngineConfig {
    EngineConfig::new()
        .in_flight(4)
        .max_batch(2)
        .output_buffers(32)
        .stall_timeout(Duration::from_millis(20))
}

fn full(engine: &Engine) -> Full {
    match engine.try_begin_batch() {
        Err(SubmitError::Full(full)) => full,
        other => panic!("{other:?}"),
    }
}

/// Submits and takes so many batches, and holds all of them.
fn hold(engine: &Engine, batches: u8) -> Vec<OutputLease> {
    let one = |value| {
        engine.submit(&[&plain(value)]).unwrap();
        engine.next().unwrap().unwrap()
    };
    (20..20 + batches).map(one).collect()
}

fn assert_values(leases: &[OutputLease]) {
    for (value, lease) in (20..).zip(leases) {
        assert_eq!(lease.output(0).unwrap().bytes(), [value; 8]);
    }
}

/// A lane bounds what is begun and not done, a result what is not taken: neither window is ever what is full.
#[test]
fn windows_follow_from_lanes_and_results() {
    for lanes in [1, 3, 4] {
        let engine = Gate::default().engine(large().in_flight(lanes).output_buffers(5));
        let rings = engine.ring_statistics();
        assert!(rings.ring(Ring::Task).capacity > lanes as u64);
        assert!(rings.ring(Ring::Consumed).capacity >= 5);
        for round in 0..3 {
            let held = hold(&engine, 5);
            let is = full(&engine).resource;
            assert_eq!(is, Resource::Ring(Ring::Exported), "round {round}");
            assert_values(&held);
        }
    }
}

/// A batch that has failed keeps the place of its result until it is taken, as any other does.
#[test]
fn failures_that_are_not_taken_are_bounded_like_results() {
    let engine = Gate::default().engine(large().in_flight(1).output_buffers(3));
    // Without a time-out: on a busy machine the engine may be slower than that.
    let fail = || {
        let batch = engine.begin_batch_untimed().unwrap();
        batch.fail("not decoded").unwrap();
    };
    (0..3).for_each(|_| fail());
    match engine.begin_batch() {
        Err(SubmitError::Stalled { full, .. }) => {
            assert_eq!(full.resource, Resource::Ring(Ring::Exported));
            assert_eq!(full.head.map(|head| head.number()), Some(0));
            assert_eq!(full.head_state, BatchState::Ready);
        }
        other => panic!("{other:?}"),
    }
    for _ in 0..20 {
        assert!(engine.next().unwrap().is_err());
        fail();
    }
}

#[test]
fn the_arena_bounds_what_is_held() {
    // Room for five results, of which each is two frames of eight bytes in 256.
    let engine = Gate::default().engine(large().arena(5 * 256));
    let mut held = hold(&engine, 5);
    let is = full(&engine);
    assert_eq!(
        (is.resource, is.needed, is.used, is.capacity),
        (Resource::Ring(Ring::Exported), 256, 1280, 1280)
    );
    assert_eq!(
        (is.head, is.head_state),
        (Some(held[0].batch()), BatchState::Held)
    );
    let dead = engine.begin_batch().unwrap_err();
    assert!(
        matches!(
            dead,
            SubmitError::Deadlock {
                held_by_leases: 5,
                ..
            }
        ),
        "{dead}"
    );
    assert!(
        dead.to_string().contains("raise PIXELFLUME_ARENA_EXPORTED"),
        "{dead}"
    );
    // Any of them makes room, wherever it lies, and the others keep their bytes.
    for at in [3, 0, 2, 1, 4] {
        drop(held.remove(at));
        engine.submit(&[&plain(99)]).unwrap();
        let lease = engine.next().unwrap().unwrap();
        assert_eq!(lease.output(0).unwrap().bytes(), [99; 8]);
        held.insert(at, lease);
    }
    assert_eq!(
        engine.ring_statistics().ring(Ring::Exported).high_water,
        1280
    );
}

#[test]
fn results_are_bounded_by_number_too() {
    let engine = Gate::default().engine(large().arena(8 * 256).output_buffers(3));
    let held = hold(&engine, 3);
    let is = full(&engine);
    assert_eq!(
        (is.resource, is.used, is.capacity),
        (Resource::Ring(Ring::ExportSlot), 3, 3)
    );
    assert_eq!(is.resource.variable(), "PIXELFLUME_EXPORT_SLOTS");
    assert_values(&held);
}

#[test]
fn a_lease_is_read_by_many_threads_at_once() {
    let engine = Gate::default().engine(large());
    let held = hold(&engine, 3);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| assert_values(&held)));
        }
    });
}

/// Far more batches than any ring has places, through the smallest ones.
#[test]
fn small_rings_give_what_large_ones_give() {
    let small = large().output_buffers(2).in_flight(2);
    for config in [small, large()] {
        let engine = Gate::default().engine(config.stall_timeout(Duration::from_secs(30)));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for round in 0..200_u8 {
                        let mut writer = engine.begin_batch().unwrap();
                        // 13 fails.
                        let value = round % 40;
                        writer.push(&plain(value)).unwrap();
                        writer.push(&plain(value + 100)).unwrap();
                        writer.submit().unwrap();
                    }
                });
            }
            let mut failed = 0;
            for number in 0..600 {
                match engine.next().unwrap() {
                    Ok(lease) => {
                        assert_eq!(lease.batch().number(), number);
                        let output = lease.output(0).unwrap();
                        let first = output.frame(0).unwrap()[0];
                        assert_eq!(output.frame(0), Some(&[first; 8][..]));
                        assert_eq!(output.frame(1), Some(&[first + 100; 8][..]));
                    }
                    Err(failure) => {
                        assert_eq!(failure.batch.number(), number);
                        failed += 1;
                    }
                }
            }
            assert_eq!(failed, 3 * 5);
        });
        let rings = engine.ring_statistics();
        assert_eq!((rings.submitted, rings.released), (600, 600));
        assert_eq!(rings.ring(Ring::ExportSlot).used, 0);
        assert_eq!(rings.ring(Ring::Exported).used, 0);
    }
}
