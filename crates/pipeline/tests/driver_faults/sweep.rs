//! Puts a scenario through every fault, one after the other.

use crate::kernels;
use pixelflume_cuda_driver::testing::{Fake, FakeConfig, Faults, TestDriver, Trial};
use pixelflume_cuda_driver::{CuResult, Driver, Function};
use std::collections::BTreeSet;
use std::error::Error;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// After so long without a step a fault counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something that uses the driver. What it opens stays open from run to run.
pub(crate) trait Scenario {
    /// Runs; what it gives is the same each time.
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure>;
}

/// Why a run failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The error and its causes.
    pub(crate) text: String,
    /// Whether nothing works any more.
    pub(crate) fatal: bool,
}

impl Failure {
    pub(crate) fn new(error: &dyn Error, fatal: bool) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Failure { text, fatal }
    }

    /// Whether it tells of this function.
    fn names(&self, function: Function) -> bool {
        let words = self.text.split(|c: char| !c.is_alphanumeric());
        let mut calls = words.filter(|word| word.starts_with("cu") && word.len() > 4);
        calls.any(|call| function.name().starts_with(call))
    }
}

struct Rig {
    driver: &'static Driver,
    faults: &'static Faults,
    fake: &'static Fake,
}

fn rig() -> Rig {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    kernels::tell(fake);
    Rig {
        driver: driver.driver(),
        faults: driver.faults(),
        fake,
    }
}

/// The functions that a scenario calls.
pub(crate) fn called<S: Scenario>(make: impl Fn(&'static Driver) -> S) -> BTreeSet<Function> {
    let rig = rig();
    make(rig.driver).run().unwrap();
    let called = Function::ALL.iter().filter(|f| rig.faults.calls(**f) > 0);
    called.copied().collect()
}

/// Puts what `make` makes through every fault, at no more than `most` calls of each function.
pub(crate) fn sweep<S: Scenario>(
    name: &str,
    most: u64,
    make: impl Fn(&'static Driver) -> S + Send + 'static,
) {
    let (steps, watched) = mpsc::channel();
    thread::spawn(move || {
        let wrong = trials(&make, most, |step| steps.send(Ok(step)).unwrap());
        steps.send(Err(wrong)).unwrap();
    });
    let mut last = "without a fault".to_owned();
    loop {
        match watched.recv_timeout(PATIENCE) {
            Ok(Ok(step)) => last = step,
            Ok(Err(wrong)) => {
                let shown = wrong.iter().take(40).map(|line| format!("{line}\n"));
                let shown: String = shown.collect();
                assert!(wrong.is_empty(), "{name}: {} wrong\n{shown}", wrong.len());
                return;
            }
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("{name}: {last}: hangs"),
            Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{name}: {last}: panicked"),
        }
    }
}

fn trials<S: Scenario>(
    make: &impl Fn(&'static Driver) -> S,
    most: u64,
    step: impl Fn(String),
) -> Vec<String> {
    let rig = rig();
    let mut scenario = make(rig.driver);
    let expected = scenario.run().unwrap();
    assert_eq!(scenario.run().unwrap(), expected);
    drop(scenario);
    let mut wrong = clean(&rig, 0);
    rig.faults.forget_calls();
    let _ = make(rig.driver).run();
    for trial in Trial::all(|function| rig.faults.calls(function), most) {
        for until_the_end in [false, true] {
            let when = ["then it is over", "to the end"][usize::from(until_the_end)];
            let label = format!("{trial}, {when}");
            step(label.clone());
            rig.fake.reset();
            let found = one(&rig, make, &expected, &trial, until_the_end);
            wrong.extend(found.into_iter().map(|what| format!("{label}: {what}")));
        }
    }
    wrong
}

/// What went wrong with one fault, which is over after the first run, or when all is closed.
fn one<S: Scenario>(
    rig: &Rig,
    make: &impl Fn(&'static Driver) -> S,
    expected: &[Vec<u8>],
    trial: &Trial,
    until_the_end: bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut scenario = make(rig.driver);
    let fault = trial.arm(rig.faults).unwrap();
    let first = scenario.run();
    let struck = fault.failed();
    match &first {
        Ok(results) if results == expected => {}
        Ok(_) => wrong.push("the results are others".to_owned()),
        Err(_) if struck == 0 => wrong.push(format!("{first:?} without a fault")),
        // Of a lack of memory something better is told than the function.
        Err(failure) if trial.code() == CuResult::OUT_OF_MEMORY => {
            if !failure.text.contains("bytes") && !failure.names(trial.function) {
                wrong.push(format!("does not tell of memory: {failure:?}"));
            }
        }
        // Any call may be the one that tells of it.
        Err(failure) if trial.loses() => {
            if !failure.fatal && !failure.text.contains("started") {
                wrong.push(format!("does not tell of the loss: {failure:?}"));
            }
        }
        Err(failure) if !failure.names(trial.function) => {
            wrong.push(format!("does not tell what failed: {failure:?}"));
        }
        Err(_) => {}
    }
    let is_lost =
        |of: &Result<_, Failure>| matches!(of, Err(failure) if failure.text.contains("is lost"));
    let mut lost = trial.loses() || is_lost(&first);
    let mut failed = struck;
    if until_the_end {
        drop(scenario);
        failed = fault.failed();
        drop(fault);
        if failed == 0 {
            wrong.push("the fault did not strike".to_owned());
        }
    } else {
        drop(fault);
        let next = scenario.run();
        lost |= is_lost(&next);
        match next {
            Ok(results) if results == expected => {}
            Ok(_) => wrong.push("the next results are others".to_owned()),
            Err(failure) if failure.fatal && failure.text.contains("is lost") => {}
            Err(failure) if trial.loses() && failure.text.contains("started") => {}
            Err(failure) => wrong.push(format!("the next run: {failure:?} after {first:?}")),
        }
        drop(scenario);
    }
    let left = if trial.may_leave() { failed } else { 0 };
    match lost {
        // What lived in a context that is lost goes with it.
        true => wrong.extend(broken(rig)),
        false => wrong.extend(clean(rig, left)),
    }
    let refused = trial.may_leave() && trial.function == Function::cuDevicePrimaryCtxRelease_v2;
    if rig.fake.contexts() > 0 && !(refused && until_the_end) && !(refused && struck > 0) {
        wrong.push(format!(
            "{} uses of the context are left",
            rig.fake.contexts()
        ));
    }
    wrong
}

fn broken(rig: &Rig) -> Option<String> {
    let violations = rig.fake.violations();
    let first = violations.first()?;
    Some(format!("{} broken rules: {first}", violations.len()))
}

/// Broken rules, and what was left beyond that many things.
fn clean(rig: &Rig, left: u64) -> Vec<String> {
    let mut wrong: Vec<_> = broken(rig).into_iter().collect();
    let leaks = rig.fake.leaks();
    let now = rig.fake.live();
    if leaks.iter().any(|leak| leak.total() as u64 > left) {
        wrong.push(format!("left when the context ended: {leaks:?}"));
    } else if now.total() as u64 > left {
        wrong.push(format!("left: {now:?}"));
    }
    wrong
}
