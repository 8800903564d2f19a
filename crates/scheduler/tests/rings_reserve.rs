//! What is set aside for a batch is there when it submits, whatever others took meanwhile, and comes back when it does not.

#[path = "support/small_rings.rs"]
mod small_rings;

use pixelflume_scheduler::rings::{
    Batch, BatchBudget, ExportLease, OUTPUT_ALIGN, Request, Ring, SubmitError, TaskLease,
};
use proptest::prelude::*;
use small_rings::{PLAIN, config, open, run_all, submit};

/// One task with a result of one piece: what a streaming engine sets aside for a batch.
const ONE: BatchBudget = BatchBudget {
    tasks: 1,
    main_slots: 1,
    transient_bytes: 0,
    largest_transient: 0,
    exported_bytes: OUTPUT_ALIGN,
};

const RESULT: Request<'static> = Request {
    exported_bytes: OUTPUT_ALIGN,
    lease: true,
    ..PLAIN
};

#[derive(Clone, Debug)]
enum Step {
    Begin,
    /// Submits in an open batch.
    Submit(prop::sample::Index),
    /// Drops an open batch.
    Abandon(prop::sample::Index),
    /// Submits without a batch.
    Single,
    Run,
    /// Lets go of the record of a task.
    Take(prop::sample::Index),
    /// Lets go of a result.
    Drop(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Begin),
        4 => any::<prop::sample::Index>().prop_map(Step::Submit),
        1 => any::<prop::sample::Index>().prop_map(Step::Abandon),
        2 => Just(Step::Single),
        3 => Just(Step::Run),
        3 => any::<prop::sample::Index>().prop_map(Step::Take),
        3 => any::<prop::sample::Index>().prop_map(Step::Drop),
    ]
}

proptest! {
    #[test]
    fn what_is_set_aside_is_there(
        steps in prop::collection::vec(step(), 1..300),
        results in 1u64..7,
    ) {
        let sizes = config()
            .task_window(4)
            .consumed_window(8)
            .arena(results * OUTPUT_ALIGN)
            .arena_exported(results * OUTPUT_ALIGN)
            .export_slots(5);
        let (submitter, mut completer) = open(sizes);
        let mut batches: Vec<(Batch<()>, u64)> = Vec::new();
        let mut held: Vec<ExportLease> = Vec::new();
        // Records in the order of submission; those that are let go stay in the ring behind one that is not.
        let mut records: Vec<Option<TaskLease>> = Vec::new();
        let mut unreleased = 0;
        for step in steps {
            let first = records.iter().position(Option::is_some).unwrap_or(records.len());
            let first = first.min(records.len() - unreleased);
            let in_ring = records.len() - first;
            let open_batches = batches.len();
            let no_room = if unreleased + open_batches >= 4 {
                Some(Ring::Task)
            } else if in_ring + open_batches >= 8 {
                Some(Ring::Consumed)
            } else if (held.len() + open_batches) as u64 >= results {
                Some(Ring::Exported)
            } else if held.len() + open_batches >= 5 {
                Some(Ring::ExportSlot)
            } else {
                None
            };
            let refused = |error: SubmitError| match error {
                SubmitError::Full(full) | SubmitError::Stalled { full, .. } => Some(full.ring),
                _ => None,
            };
            match step {
                Step::Begin => match submitter.try_begin_batch_with(&ONE) {
                    Ok(batch) => {
                        prop_assert_eq!(no_room, None);
                        let place = batch.export().expect("the budget has a result");
                        let taken = batches.iter().map(|(_, offset)| *offset);
                        let mut taken = taken.chain(held.iter().map(|lease| lease.output().offset));
                        prop_assert!(taken.all(|offset| offset != place.offset));
                        batches.push((batch, place.offset));
                    }
                    Err(error) => prop_assert_eq!(no_room, refused(error)),
                },
                Step::Submit(which) if open_batches > 0 => {
                    let (mut batch, offset) = batches.swap_remove(which.index(open_batches));
                    let submitted = batch.try_submit(&RESULT, |place| {
                        assert_eq!(place.exported.map(|output| output.offset), Some(offset));
                    });
                    let submitted = submitted.expect("it was set aside");
                    prop_assert_eq!(batch.export(), None);
                    held.push(submitted.export.expect("it was asked for"));
                    records.push(submitted.lease);
                    unreleased += 1;
                }
                Step::Abandon(which) if open_batches > 0 => {
                    drop(batches.swap_remove(which.index(open_batches)));
                }
                Step::Single => match submit(&submitter, RESULT) {
                    Ok(submitted) => {
                        prop_assert_eq!(no_room, None);
                        held.extend(submitted.export);
                        records.push(submitted.lease);
                        unreleased += 1;
                    }
                    Err(error) => prop_assert_eq!(no_room, refused(error)),
                },
                Step::Run => {
                    run_all(&mut completer);
                    unreleased = 0;
                }
                Step::Take(which) if !records.is_empty() => {
                    let at = which.index(records.len());
                    // A result is in use as long as its task has a record.
                    if records.len() - at > unreleased {
                        records[at] = None;
                    }
                }
                Step::Drop(which) if !held.is_empty() => {
                    let at = which.index(held.len());
                    let task = held[at].task().number() as usize;
                    if records[task].is_none() {
                        drop(held.swap_remove(at));
                    }
                }
                _ => {}
            }
        }
        drop((batches, records, held));
        run_all(&mut completer);
        submitter.drain().expect("nothing is held");
        for ring in submitter.statistics().rings {
            prop_assert_eq!(ring.used, 0, "{}", ring.ring);
        }
    }
}

#[test]
fn a_result_beyond_the_budget_comes_from_what_is_free() {
    let sizes = config()
        .arena(4 * OUTPUT_ALIGN)
        .arena_exported(4 * OUTPUT_ALIGN);
    let (submitter, mut completer) = open(sizes);
    let mut batch = submitter.try_begin_batch_with(&ONE).unwrap();
    let place = batch.export().unwrap().offset;
    let large = Request {
        exported_bytes: 2 * OUTPUT_ALIGN,
        ..PLAIN
    };
    let large = batch.try_submit(&large, |_| ()).unwrap().export.unwrap();
    assert_eq!(batch.export().map(|output| output.offset), Some(place));
    let small = batch.try_submit(&RESULT, |_| ()).unwrap().export.unwrap();
    assert_eq!(small.output().offset, place);
    assert!(large.output().offset >= place + OUTPUT_ALIGN);
    let too_many = BatchBudget {
        main_slots: 5,
        ..ONE
    };
    let error = submitter.try_begin_batch_with(&too_many).unwrap_err();
    let text = "the main ring holds 4 tasks and the task needs 5: raise PIXELFLUME_TASK_WINDOW or make the task smaller";
    assert_eq!(error.to_string(), text);
    drop((batch, large, small));
    run_all(&mut completer);
    submitter.drain().unwrap();
}

mod api {
    pub(super) use pixelflume_scheduler::rings::*;
}
#[path = "support/reserve_model.rs"]
mod reserve_model;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Budgets of any kind, also such that no rings of these sizes hold.
    #[test]
    fn budgets_are_granted_as_the_model_says(
        sizes in reserve_model::sizes(),
        steps in reserve_model::steps(120),
    ) {
        let rings = api::open(&sizes.config()).expect("the sizes are in range");
        if let Err(difference) = reserve_model::run(sizes, &steps, rings) {
            prop_assert!(false, "{}", difference);
        }
    }
}
