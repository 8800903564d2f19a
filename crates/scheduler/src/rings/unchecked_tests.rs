//! Every admission check is needed: without any one of them the comparison with a model fails. What tasks ask for is compared
//! with one model, what batches set aside, as the engine does, with another.

mod api {
    pub(super) use crate::rings::*;
}
#[path = "../../tests/support/ring_model/mod.rs"]
mod model;
#[path = "../../tests/support/reserve_model.rs"]
mod reserve_model;

use super::admission::Check;
use super::{Completer, Ring, RingConfig, Submitter, open};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Random runs that a check may be missed in.
const RUNS: usize = 200;

/// The first of [`RUNS`] random runs in which rings without the check differ from the model.
fn noticed<I, D: Send>(
    unchecked: Option<Check>,
    inputs: impl Strategy<Value = I>,
    config: impl Fn(&I) -> RingConfig,
    run: impl Fn(I, (Submitter<D>, Completer<D>)) -> Result<(), String>,
) -> Option<usize> {
    let mut random = TestRunner::deterministic();
    (0..RUNS).position(|_| {
        let tree = inputs.new_tree(&mut random);
        let input = tree.expect("nothing is filtered").current();
        let (submitter, completer) = open(&config(&input)).expect("the sizes are in range");
        submitter.core().admission.lock().unchecked = unchecked;
        let run = || run(input, (submitter, completer));
        // A broken invariant that an assertion of the rings meets first is noticed, too.
        !matches!(catch_unwind(AssertUnwindSafe(run)), Ok(Ok(())))
    })
}

fn noticed_by_tasks(unchecked: Option<Check>) -> Option<usize> {
    let inputs = (model::sizes(), model::steps(200));
    noticed(
        unchecked,
        inputs,
        |(sizes, _)| sizes.config(),
        |(sizes, steps), rings| model::run(sizes, &steps, rings),
    )
}

fn noticed_by_batches(unchecked: Option<Check>) -> Option<usize> {
    let inputs = (reserve_model::sizes(), reserve_model::steps(120));
    noticed(
        unchecked,
        inputs,
        |(sizes, _)| sizes.config(),
        |(sizes, steps), rings| reserve_model::run(sizes, &steps, rings),
    )
}

#[test]
fn with_all_checks_there_is_no_difference() {
    assert_eq!(noticed_by_tasks(None), None);
    assert_eq!(noticed_by_batches(None), None);
}

#[test]
fn a_check_of_a_task_that_is_taken_out_is_noticed() {
    let ever = [Ring::Edge, Ring::Transient, Ring::Exported];
    let ever = ever.map(Check::Ever).into_iter();
    for check in ever.chain(Ring::ALL.map(Check::Now)) {
        let run = noticed_by_tasks(Some(check));
        assert!(
            run.is_some(),
            "no test notices that {check:?} is not checked"
        );
    }
}

#[test]
fn a_check_of_a_batch_that_is_taken_out_is_noticed() {
    let rings = [Ring::Task, Ring::Consumed, Ring::Transient, Ring::Exported];
    let ever = rings.map(Check::EverReserve).into_iter();
    let now = rings.map(Check::Reserve).into_iter();
    let others = [Check::Reserve(Ring::ExportSlot), Check::OpenReserve];
    for check in ever.chain(now).chain(others) {
        let run = noticed_by_batches(Some(check));
        assert!(
            run.is_some(),
            "no test notices that {check:?} is not checked"
        );
    }
}
