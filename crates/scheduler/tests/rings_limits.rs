//! Full rings: what is reported, what waits, and what ends the wait.

#[path = "support/small_rings.rs"]
mod small_rings;

use pixelflume_scheduler::rings::{
    self, Batch, DrainError, Issue, OUTPUT_ALIGN, Progress, Request, RetainError, Ring,
    SubmitError, Submitted, TaskId, TaskOutcome,
};
use small_rings::{PLAIN, config, issue_all, open, run_all, submit};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

fn submit_in(batch: &mut Batch<()>, request: Request<'_>) -> Result<Submitted, SubmitError> {
    batch.submit(&request, |_| ())
}

#[test]
fn a_full_main_ring_names_its_head() {
    let (submitter, mut completer) = open(config());
    let tasks: Vec<TaskId> = (0..4)
        .map(|_| submit(&submitter, PLAIN).unwrap().task)
        .collect();
    issue_all(&mut completer);
    // The second ends before the first: the prefix does not move.
    completer
        .complete(tasks[1], TaskOutcome::Succeeded)
        .unwrap();
    let Err(SubmitError::Full(full)) = submitter.try_submit(&PLAIN, |_| ()) else {
        panic!("there is no room");
    };
    assert_eq!(
        (full.ring, full.needed, full.used, full.capacity),
        (Ring::Task, 1, 4, 4)
    );
    assert_eq!(full.head, Some(tasks[0]));
    assert_eq!(full.head_status.unwrap().state, Progress::Issued);
    assert_eq!(
        full.to_string(),
        "the main ring is full: 1 tasks needed, 4 of 4 in use; the oldest there is task #0, issued and not complete, held by 0 references"
    );
    let stalled = submit(&submitter, PLAIN).unwrap_err();
    assert!(matches!(stalled, SubmitError::Stalled { full, .. } if full.head == Some(tasks[0])));
    completer
        .complete(tasks[0], TaskOutcome::Succeeded)
        .unwrap();
    submit(&submitter, PLAIN).unwrap();
    submit(&submitter, PLAIN).unwrap();
    let use_ = *submitter.statistics().ring(Ring::Task);
    assert_eq!((use_.high_water, use_.used), (4, 4));
    assert!(use_.refusals >= 2);
}

#[test]
fn what_can_never_fit_is_not_waited_for() {
    let (submitter, _completer) = open(config());
    let task = submit(&submitter, PLAIN).unwrap().task;
    for (request, ring, capacity) in [
        (
            Request {
                dependencies: &[rings::Dependency::completed(task); 9],
                ..PLAIN
            },
            Ring::Edge,
            8,
        ),
        (
            Request {
                transient_bytes: u64::MAX,
                ..PLAIN
            },
            Ring::Transient,
            4 * OUTPUT_ALIGN,
        ),
        (
            Request {
                exported_bytes: 5 * OUTPUT_ALIGN,
                ..PLAIN
            },
            Ring::Exported,
            4 * OUTPUT_ALIGN,
        ),
    ] {
        match submit(&submitter, request).unwrap_err() {
            SubmitError::TooLarge {
                ring: got,
                capacity: has,
                ..
            } => {
                assert_eq!((got, has), (ring, capacity));
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_handle_that_outlived_its_slot_is_refused() {
    let (submitter, mut completer) = open(config());
    let old = submit(&submitter, PLAIN).unwrap().task;
    run_all(&mut completer);
    for _ in 0..8 {
        submit(&submitter, PLAIN).unwrap();
        run_all(&mut completer);
    }
    // Its slot has task 8 now, which is held.
    let lease = submitter.begin_batch();
    assert_eq!(submitter.status(old), None);
    assert!(matches!(submitter.retain(old), Err(RetainError::Stale(_))));
    assert!(completer.complete(old, TaskOutcome::Succeeded).is_err());
    let after = [rings::Dependency::completed(old)];
    let request = Request {
        dependencies: &after,
        ..PLAIN
    };
    let error = submit(&submitter, request).unwrap_err();
    assert!(
        matches!(error, SubmitError::Dependency(RetainError::Stale(handle)) if handle.task == old)
    );
    drop(lease);
}

#[test]
fn a_failed_submit_lets_go_of_the_producers_that_it_held() {
    let (submitter, mut completer) = open(config());
    let gone = submit(&submitter, PLAIN).unwrap().task;
    let held = submit(
        &submitter,
        Request {
            lease: true,
            ..PLAIN
        },
    )
    .unwrap();
    run_all(&mut completer);
    let after = [held.task, gone].map(rings::Dependency::completed);
    let request = Request {
        dependencies: &after,
        ..PLAIN
    };
    assert!(submit(&submitter, request).is_err());
    assert_eq!(held.lease.as_ref().unwrap().status().references, 1);
    drop(held);
    submitter.drain().unwrap();
}

#[test]
fn building_may_panic_and_leaves_nothing() {
    let (submitter, mut completer) = open(config());
    let request = Request {
        transient_bytes: 1,
        exported_bytes: 1,
        ..PLAIN
    };
    for _ in 0..20 {
        let panics =
            || drop(submitter.try_submit(&request, |_| std::panic::resume_unwind(Box::new(()))));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    }
    let statistics = submitter.statistics();
    assert_eq!(statistics.submitted, 0);
    assert!(statistics.rings.iter().all(|ring| ring.used == 0));
    let result = submit(&submitter, request).unwrap();
    run_all(&mut completer);
    assert_eq!(
        result.export.unwrap().outcome(),
        Some(TaskOutcome::Succeeded)
    );
}

#[test]
fn a_held_result_pins_nothing_but_itself() {
    let (submitter, mut completer) = open(config());
    let export = Request {
        exported_bytes: 1,
        transient_bytes: 1,
        ..PLAIN
    };
    let result = submit(&submitter, export).unwrap().export.unwrap();
    run_all(&mut completer);
    for n in 0..1000 {
        let next = submit(&submitter, export).unwrap();
        assert_ne!(
            next.export.as_ref().unwrap().output(),
            result.output(),
            "task {n}"
        );
        run_all(&mut completer);
    }
    assert_eq!(result.outcome(), Some(TaskOutcome::Succeeded));
    assert_eq!(submitter.statistics().consumed, 1001);
    // Whereas a lease on a record pins the prefix, and a drain says who does.
    let held = submit(
        &submitter,
        Request {
            lease: true,
            ..PLAIN
        },
    )
    .unwrap();
    run_all(&mut completer);
    submit(&submitter, PLAIN).unwrap();
    run_all(&mut completer);
    let DrainError {
        tasks,
        head,
        status,
        ..
    } = submitter.drain().unwrap_err();
    assert_eq!((tasks, head, status.references), (2, held.task, 1));
}

#[test]
fn failures_reach_exactly_those_who_depend() {
    let (submitter, mut completer) = open(config());
    let mut batch = submitter.begin_batch();
    let first = submit_in(&mut batch, PLAIN).unwrap().task;
    let after = [rings::Dependency::completed(first)];
    let request = Request {
        dependencies: &after,
        exported_bytes: 1,
        ..PLAIN
    };
    let second = submit_in(&mut batch, request).unwrap();
    let after = [rings::Dependency::completed(second.task)];
    let request = Request {
        dependencies: &after,
        ..PLAIN
    };
    let last = submit_in(&mut batch, request).unwrap().task;
    let other = submit_in(&mut batch, PLAIN).unwrap().task;
    batch.close();
    assert_eq!(issue_all(&mut completer), [first, other]);
    completer.complete(first, TaskOutcome::Failed).unwrap();
    for task in [second.task, last] {
        assert_eq!(completer.issue_next(), Some(Issue::Skipped(task, ())));
    }
    assert_eq!(second.export.unwrap().outcome(), Some(TaskOutcome::Failed));
    let again = completer.complete(first, TaskOutcome::Succeeded);
    assert!(again.is_err(), "a task ends once");
    completer.complete(other, TaskOutcome::Succeeded).unwrap();
    submitter.drain().unwrap();
}

/// A batch runs with the images that could be decoded: it waits for all of them, and fails with none.
#[test]
fn a_settled_dependency_waits_for_the_end_and_takes_over_no_failure() {
    let (submitter, mut completer) = open(config());
    let mut batch = submitter.begin_batch();
    let images = [(); 2].map(|()| submit_in(&mut batch, PLAIN).unwrap().task);
    let after = images.map(rings::Dependency::settled);
    let request = Request {
        dependencies: &after,
        ..PLAIN
    };
    let run = submit_in(&mut batch, request).unwrap().task;
    assert_eq!(issue_all(&mut completer), images);
    for image in images {
        assert_eq!(issue_all(&mut completer), [], "an image is not decoded yet");
        completer.complete(image, TaskOutcome::Failed).unwrap();
    }
    assert_eq!(issue_all(&mut completer), [run]);
    // The references of the open batch and of the run.
    assert_eq!(submitter.status(images[0]).unwrap().references, 2);
    completer.complete(run, TaskOutcome::Succeeded).unwrap();
    assert_eq!(submitter.status(images[0]).unwrap().references, 1);

    // The same where the failure is older than the task, and where a producer was skipped.
    let late = submit_in(&mut batch, request).unwrap().task;
    assert_eq!(issue_all(&mut completer), [late]);
    completer.complete(late, TaskOutcome::Succeeded).unwrap();
    let after = [rings::Dependency::completed(images[0])];
    let request = Request {
        dependencies: &after,
        ..PLAIN
    };
    let skipped = submit_in(&mut batch, request).unwrap().task;
    let after = [rings::Dependency::settled(skipped)];
    let request = Request {
        dependencies: &after,
        ..PLAIN
    };
    let last = submit_in(&mut batch, request).unwrap().task;
    assert_eq!(completer.issue_next(), Some(Issue::Skipped(skipped, ())));
    assert_eq!(issue_all(&mut completer), [last]);
    completer.complete(last, TaskOutcome::Succeeded).unwrap();
    batch.close();
    submitter.drain().unwrap();
}

#[test]
fn waiting_submitters_get_their_turn_and_their_time_is_counted() {
    let (submitter, mut completer) = open(config().stall_timeout(Duration::from_secs(3600)));
    let producers: Vec<_> = (0..3)
        .map(|_| {
            let submitter = submitter.clone();
            thread::spawn(move || {
                for _ in 0..500 {
                    submit(
                        &submitter,
                        Request {
                            transient_bytes: 300,
                            ..PLAIN
                        },
                    )
                    .unwrap();
                }
            })
        })
        .collect();
    let work = completer.work_gate();
    let mut done = 0;
    while done < 1500 {
        let issued = work.wait_until(Duration::from_secs(3600), || {
            match issue_all(&mut completer) {
                issued if issued.is_empty() => ControlFlow::Continue(()),
                issued => ControlFlow::Break(issued),
            }
        });
        for task in issued.expect("the submitters go on") {
            completer.complete(task, TaskOutcome::Succeeded).unwrap();
            done += 1;
        }
    }
    producers.into_iter().for_each(|p| p.join().unwrap());
    submitter.drain().unwrap();
    assert_eq!(submitter.statistics().consumed, 1500);
}

#[test]
fn who_waits_is_let_go_when_the_completer_goes() {
    let (submitter, completer) = open(config().stall_timeout(Duration::from_secs(3600)));
    (0..4).for_each(|_| drop(submit(&submitter, PLAIN).unwrap()));
    let waiting = submitter.clone();
    let waiting = thread::spawn(move || submit(&waiting, PLAIN).map(|_| ()));
    drop(completer);
    assert!(matches!(waiting.join().unwrap(), Err(SubmitError::Closed)));
    assert!(matches!(
        submitter.try_submit(&PLAIN, |_| ()),
        Err(SubmitError::Closed)
    ));
}
