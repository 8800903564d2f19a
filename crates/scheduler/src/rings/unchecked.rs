//! Every admission check is needed: without any one of them the comparison with the model fails.

mod api {
    pub(super) use crate::rings::*;
}
#[path = "../../tests/support/ring_model/mod.rs"]
mod model;

use super::{Ring, open};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The first of these many random runs in which rings without the check differ from the model.
fn noticed(unchecked: Option<Ring>, runs: usize) -> Option<usize> {
    let mut random = TestRunner::deterministic();
    let inputs = (model::sizes(), model::steps(200));
    (0..runs).position(|_| {
        let tree = inputs.new_tree(&mut random);
        let (sizes, steps) = tree.expect("nothing is filtered").current();
        let (submitter, completer) = open(&sizes.config()).expect("the sizes are in range");
        submitter.core().admission.lock().unchecked = unchecked;
        let run = || model::run(sizes, &steps, (submitter, completer));
        // A broken invariant that an assertion of the rings meets first is noticed, too.
        !matches!(catch_unwind(AssertUnwindSafe(run)), Ok(Ok(())))
    })
}

#[test]
fn with_all_checks_there_is_no_difference() {
    assert_eq!(noticed(None, 100), None);
}

#[test]
fn a_check_that_is_taken_out_is_noticed() {
    for ring in Ring::ALL {
        let run = noticed(Some(ring), 100);
        assert!(run.is_some(), "nobody noticed that {ring} is not checked");
    }
}
