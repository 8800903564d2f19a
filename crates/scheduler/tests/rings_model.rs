//! The task rings against a sequential model.

mod api {
    pub(super) use pixelflume_scheduler::rings::*;
}
#[path = "support/ring_model/mod.rs"]
mod model;

use pixelflume_scheduler::rings;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Windows of 4 to 64, numbers that begin at 0, after it, and shortly before the wrap-around.
    #[test]
    fn rings_do_what_the_model_does(sizes in model::sizes(), steps in model::steps(300)) {
        let rings = rings::open(&sizes.config()).expect("the sizes are in range");
        if let Err(difference) = model::run(sizes, &steps, rings) {
            prop_assert!(false, "{}", difference);
        }
    }
}
