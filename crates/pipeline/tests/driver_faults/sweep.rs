//! Scenarios on a driver without a GPU.

use crate::kernels;
use pixelflume_cuda_driver::testing::{FakeConfig, Scenario, Sweep, TestDriver};
use pixelflume_cuda_driver::{Driver, Function};
use std::collections::BTreeSet;

/// The functions that a scenario calls.
pub(crate) fn called<S: Scenario>(make: impl Fn(&'static Driver) -> S) -> BTreeSet<Function> {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    kernels::tell(fake);
    make(driver.driver()).run().unwrap();
    let called = Function::ALL
        .iter()
        .filter(|f| driver.faults().calls(**f) > 0);
    called.copied().collect()
}

/// Puts what `make` makes through every fault, at no more than `most` calls of each function.
#[track_caller]
pub(crate) fn sweep<S: Scenario>(
    name: &str,
    most: u64,
    make: impl Fn(&'static Driver) -> S + Send + Sync + 'static,
) {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    kernels::tell(fake);
    let fake = Some(fake);
    let (count, wrong) = Sweep { driver, fake, most }.run(|_| true, make);
    let shown: String = wrong
        .iter()
        .take(40)
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{name}: {} of {count} wrong\n{shown}",
        wrong.len()
    );
    assert!(count > 200, "{name}: only {count} faults");
}
