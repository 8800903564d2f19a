//! Scenarios on a driver without a GPU.

use crate::{engine_encoded, kernels, mixed};
use pixelflume_cuda_driver::testing::{Fake, FakeConfig, Scenario, Sweep, TestDriver};
use pixelflume_cuda_driver::{Driver, Function};
use std::collections::BTreeSet;

/// The functions that a scenario calls.
pub(crate) fn called<S: Scenario>(make: impl Fn(&'static Driver) -> S) -> BTreeSet<Function> {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    tell(fake);
    make(driver.driver()).run().unwrap();
    let called = Function::ALL
        .iter()
        .filter(|f| driver.faults().calls(**f) > 0);
    called.copied().collect()
}

/// Runs what `make` makes once, without a fault, and gives it.
pub(crate) fn once<S: Scenario>(make: impl Fn(&'static Driver) -> S) -> S {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    tell(fake);
    let mut made = make(driver.driver());
    made.run().unwrap();
    made
}

/// Puts what `make` makes through every fault, at no more than `most` calls of each function.
#[track_caller]
pub(crate) fn sweep<S: Scenario>(
    name: &str,
    most: u64,
    make: impl Fn(&'static Driver) -> S + Send + Sync + 'static,
) {
    let count = sweep_of(name, most, |_| true, make);
    assert!(count > 200, "{name}: only {count} faults");
}

/// The same for faults of some functions; gives the number of faults.
#[track_caller]
pub(crate) fn sweep_of<S: Scenario>(
    name: &str,
    most: u64,
    of: impl Fn(Function) -> bool + Send + 'static,
    make: impl Fn(&'static Driver) -> S + Send + Sync + 'static,
) -> usize {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    tell(fake);
    let fake = Some(fake);
    let (count, wrong) = Sweep { driver, fake, most }.run(move |trial| of(trial.function), make);
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
    count
}

/// Tells the driver what the kernels of all scenarios do.
fn tell(fake: &Fake) {
    kernels::tell(fake);
    mixed::tell(fake);
    engine_encoded::tell(fake);
}
