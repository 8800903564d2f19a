//! Batches in full rings: dead ends that are told at once, and budgets that avoid them.

#[path = "support/small_rings.rs"]
mod small_rings;

use pixelflume_scheduler::rings::{
    Batch, BatchBudget, OUTPUT_ALIGN, Request, Ring, SubmitError, Submitted,
};
use small_rings::{PLAIN, config, open, run_all, submit};
use std::time::Duration;

fn submit_in(batch: &mut Batch<()>, request: Request<'_>) -> Result<Submitted, SubmitError> {
    batch.submit(&request, |_| ())
}

#[test]
fn an_open_batch_that_fills_the_rings_is_told_at_once() {
    // With a time-out that no test would survive.
    let (submitter, mut completer) = open(config().stall_timeout(Duration::from_secs(3600)));
    let mut batch = submitter.begin_batch();
    for _ in 0..2 {
        for _ in 0..4 {
            submit_in(&mut batch, PLAIN).unwrap();
        }
        run_all(&mut completer);
    }
    let error = submit_in(&mut batch, PLAIN).unwrap_err();
    assert!(
        matches!(&error, SubmitError::Deadlock { batch: 1, full } if full.ring == Ring::Consumed),
        "{error}"
    );
    // The same for both parts.
    batch.close();
    let mut batch = submitter.begin_batch();
    let half = Request {
        transient_bytes: 2 * OUTPUT_ALIGN,
        ..PLAIN
    };
    submit_in(&mut batch, half).unwrap();
    submit_in(&mut batch, half).unwrap();
    let error = submit_in(&mut batch, half).unwrap_err();
    assert!(
        matches!(&error, SubmitError::Deadlock { full, .. } if full.ring == Ring::Transient),
        "{error}"
    );
    run_all(&mut completer);
    let export = Request {
        exported_bytes: 1,
        ..PLAIN
    };
    for _ in 0..2 {
        drop(submit_in(&mut batch, export).unwrap());
    }
    let error = submit_in(&mut batch, export).unwrap_err();
    assert!(
        matches!(&error, SubmitError::Deadlock { full, .. } if full.ring == Ring::ExportSlot),
        "{error}"
    );
    // Another batch's tasks at the head are no dead end.
    let mut other = submitter.begin_batch();
    let error = other.try_submit(&half, |_| ()).unwrap_err();
    assert!(matches!(error, SubmitError::Full(_)), "{error}");
}

#[test]
fn a_budget_is_set_aside_and_given_back() {
    let (submitter, mut completer) = open(config().arena(16 * OUTPUT_ALIGN));
    let budget = |pieces: u64| BatchBudget {
        tasks: 6,
        transient_bytes: pieces * OUTPUT_ALIGN,
        largest_transient: pieces * OUTPUT_ALIGN,
        ..BatchBudget::default()
    };
    // Of eight pieces four are reserved, and four more may be skipped at the end of the part.
    let error = submitter.begin_batch_with(&budget(5)).unwrap_err();
    assert!(
        matches!(
            error,
            SubmitError::TooLarge {
                ring: Ring::Transient,
                ..
            }
        ),
        "{error}"
    );
    let mut batch = submitter.begin_batch_with(&budget(4)).unwrap();
    let error = submitter.begin_batch_with(&budget(1)).unwrap_err();
    assert!(
        matches!(&error, SubmitError::Stalled { full, .. } if full.ring == Ring::Consumed),
        "{error}"
    );
    let piece = Request {
        transient_bytes: 1,
        ..PLAIN
    };
    let error = submitter.try_submit(&piece, |_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the transient part of the arena is full: 256 bytes needed, 1024 of 2048 in use; it is set aside for open batches"
    );
    let mut held = Vec::new();
    // Two records are free for others, and six are the batch's, however full the rings are.
    for _ in 0..2 {
        let request = Request {
            lease: true,
            ..PLAIN
        };
        held.push(submit(&submitter, request).unwrap());
        run_all(&mut completer);
    }
    let error = submitter.try_submit(&PLAIN, |_| ()).unwrap_err();
    assert!(
        matches!(&error, SubmitError::Full(full) if full.ring == Ring::Consumed && full.used == 8)
    );
    for _ in 0..4 {
        submit_in(&mut batch, piece).unwrap();
        run_all(&mut completer);
    }
    drop(batch);
    drop(held);
    for _ in 0..2 {
        submit(&submitter, piece).unwrap();
        run_all(&mut completer);
    }
}
