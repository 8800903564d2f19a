//! Runs a program under every fault, one after the other.

use std::error::Error;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Fake, TestDriver, Trial, When};
use crate::api::Function;
use crate::driver::Driver;
use crate::result::CuResult;

/// Time without a step after which a fault counts as hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest time in which threads of a program drop what a scenario left to them.
const SETTLING: Duration = Duration::from_secs(2);

/// A program that uses the driver. What it opens stays open from run to run.
pub trait Scenario {
    /// Runs the program; its result is the same each time.
    ///
    /// # Errors
    /// What the program under test said.
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure>;
}

impl<S: Scenario + ?Sized> Scenario for Box<S> {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        (**self).run()
    }
}

/// The reason why a run failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The error and its causes.
    pub text: String,
    /// Whether the device is unusable.
    pub fatal: bool,
}

impl Failure {
    /// Makes a failure of an error.
    pub fn new(error: &dyn Error, fatal: bool) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Failure { text, fatal }
    }

    /// Whether the error text names this function.
    fn names(&self, function: Function) -> bool {
        let words = self.text.split(|c: char| !c.is_alphanumeric());
        let mut calls = words.filter(|word| word.starts_with("cu") && word.len() > 4);
        calls.any(|call| function.name().starts_with(call))
    }

    fn says_lost(&self) -> bool {
        self.text.contains("is lost")
    }

    /// Whether the failure is one of starting CUDA, before there is a device that could be lost.
    fn is_of_start(&self) -> bool {
        self.text.contains("could not be started")
    }
}

/// A sweep: the faults of one driver, and the conditions for each run.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// The driver on which the program runs.
    pub driver: TestDriver,
    /// The state of the driver, where it is a fake one.
    pub fake: Option<&'static Fake>,
    /// The most calls of each function at which a fault is tried.
    pub most: u64,
}

impl Sweep {
    /// Puts what `make` makes through the faults that `chosen` takes: each until the end of the first run, and each until all is
    /// closed. Gives how many were tried, and what was wrong, a line each:
    /// - a run with a fault gives the right results, or an error that names the function;
    /// - the next run without it gives the right results, or says that the device is lost;
    /// - nothing is left that was not refused to be destroyed; and of a fake driver no rule is broken;
    /// - nothing takes longer than a minute: it is given up then, and its thread left.
    pub fn run<S: Scenario>(
        self,
        chosen: impl Fn(&Trial) -> bool + Send + 'static,
        make: impl Fn(&'static Driver) -> S + Send + Sync + 'static,
    ) -> (usize, Vec<String>) {
        let (steps, watched) = mpsc::channel();
        thread::spawn(move || {
            // The receiver is gone only where a step took too long.
            let wrong = self.trials(&chosen, &make, |step| steps.send(Ok(step)).is_ok());
            let _ = steps.send(Err(wrong));
        });
        let (mut count, mut last) = (0, "without a fault".to_owned());
        loop {
            match watched.recv_timeout(PATIENCE) {
                Ok(Ok(step)) => (count, last) = (count + 1, step),
                Ok(Err(wrong)) => return (count, wrong),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    return (count, vec![format!("{last}: hangs")]);
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return (count, vec![format!("{last}: panicked, see above")]);
                }
            }
        }
    }

    fn trials<S: Scenario>(
        &self,
        chosen: &impl Fn(&Trial) -> bool,
        make: &(impl Fn(&'static Driver) -> S + Sync),
        step: impl Fn(String) -> bool,
    ) -> Vec<String> {
        let (driver, faults) = (self.driver.driver(), self.driver.faults());
        if let Some(fake) = self.fake {
            fake.reset();
        }
        faults.forget_calls();
        let mut scenario = make(driver);
        let expected = match (scenario.run(), scenario.run()) {
            (Ok(first), Ok(second)) if first == second => first,
            other => return vec![format!("without a fault: {other:?}")],
        };
        drop(scenario);
        let mut wrong = self.left(0);
        faults.forget_calls();
        // For the counts of one run.
        let _ = make(driver).run();
        let trials = Trial::all(|function| faults.calls(function), self.most);
        for trial in trials.iter().filter(|trial| chosen(trial)) {
            for until_the_end in [false, true] {
                let when = if until_the_end {
                    "to the end"
                } else {
                    "for one run"
                };
                let label = format!("{trial}, {when}");
                if !step(label.clone()) {
                    return wrong;
                }
                // On a thread of its own: what a thread began to capture would disturb its later calls.
                let found = thread::scope(|scope| {
                    let trial = || self.one(make, &expected, trial, until_the_end);
                    let found = scope.spawn(trial).join();
                    found.unwrap_or_else(|_| vec!["panicked, see above".to_owned()])
                });
                wrong.extend(found.into_iter().map(|what| format!("{label}: {what}")));
            }
        }
        wrong
    }

    /// Runs one fault and returns the finding.
    fn one<S: Scenario>(
        &self,
        make: &impl Fn(&'static Driver) -> S,
        expected: &[Vec<u8>],
        trial: &Trial,
        until_the_end: bool,
    ) -> Vec<String> {
        if let Some(fake) = self.fake {
            fake.reset();
        }
        self.driver.faults().forget_calls();
        let mut wrong = Vec::new();
        let mut scenario = make(self.driver.driver());
        let fault = match trial.arm(self.driver.faults()) {
            Ok(fault) => fault,
            Err(error) => return vec![error.to_string()],
        };
        let first = scenario.run();
        let struck = fault.failed();
        wrong.extend(judge(trial, struck, &first, expected));
        let is_lost = |of: &Result<_, Failure>| of.as_ref().is_err_and(Failure::says_lost);
        let mut lost = trial.loses() || is_lost(&first);
        let failed;
        if until_the_end {
            drop(scenario);
            failed = fault.failed();
            drop(fault);
            // How often threads that wait for each other call is not the same each time.
            if failed == 0 && trial.when == When::Always {
                let error = first.err();
                wrong.push(format!("the fault did not strike (error: {error:?})"));
            }
        } else {
            failed = struck;
            drop(fault);
            let next = scenario.run();
            lost |= is_lost(&next);
            match next {
                Ok(results) if results == expected => {}
                Ok(_) => wrong.push("the next results are others".to_owned()),
                Err(failure) if failure.fatal && failure.says_lost() => {}
                Err(failure) if trial.loses() && failure.is_of_start() => {}
                Err(failure) => {
                    wrong.push(format!("the next run: {failure:?} after {first:?}"));
                }
            }
            drop(scenario);
        }
        let left = if trial.may_leave() { failed } else { 0 };
        wrong.extend(self.settled(|| match lost {
            // What lived in a context that is lost goes with it; the context itself has to be given back.
            true => self.left_of_lost(trial),
            false => self.left(left),
        }));
        wrong
    }

    /// What is left in the end: threads of the program may drop things some time after the scenario.
    fn settled(&self, left: impl Fn() -> Vec<String>) -> Vec<String> {
        let start = Instant::now();
        loop {
            let wrong = left();
            let is_open = self.fake.is_some_and(|fake| fake.contexts() > 0);
            // A context that was refused to be released stays open.
            let patience = match (wrong.is_empty(), is_open) {
                (true, false) => return wrong,
                (true, true) => SETTLING / 20,
                (false, _) => SETTLING,
            };
            if start.elapsed() > patience {
                return wrong;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The violations, and the objects that are left beyond this number.
    fn left(&self, most: u64) -> Vec<String> {
        let mut wrong: Vec<_> = self.broken().into_iter().collect();
        let left = self.driver.faults().left();
        if left.iter().map(|(_, count)| count).sum::<u64>() > most {
            wrong.push(format!("left: {left:?}"));
        }
        if let Some(fake) = self.fake {
            let at_ends = fake.leaks();
            if at_ends.iter().any(|leak| leak.total() as u64 > most) {
                wrong.push(format!("left when the context ended: {at_ends:?}"));
            }
            if fake.live().total() as u64 + fake.contexts() as u64 > most {
                wrong.push(format!("left: {fake:?}"));
            }
        }
        wrong
    }

    fn left_of_lost(&self, trial: &Trial) -> Vec<String> {
        let mut wrong: Vec<_> = self.broken().into_iter().collect();
        let left = self.driver.faults().left();
        let context = Function::cuDevicePrimaryCtxRetain;
        let is_kept = trial.function == Function::cuDevicePrimaryCtxRelease_v2;
        if !is_kept && left.iter().any(|(function, _)| *function == context) {
            wrong.push("the context was not given back".to_owned());
        }
        wrong
    }

    fn broken(&self) -> Option<String> {
        let violations = self.fake?.violations();
        let first = violations.first()?;
        Some(format!("{} broken rules: {first}", violations.len()))
    }
}

/// The problem of a run in which `failed` calls failed, if any.
fn judge(
    trial: &Trial,
    struck: u64,
    run: &Result<Vec<Vec<u8>>, Failure>,
    expected: &[Vec<u8>],
) -> Option<String> {
    match run {
        Ok(results) if results == expected => None,
        Ok(_) => Some("the results are others".to_owned()),
        Err(_) if struck == 0 => Some(format!("{run:?} without a fault")),
        // Any call may be the one that tells of a loss.
        Err(failure) if trial.loses() => (!failure.fatal && !failure.is_of_start())
            .then(|| format!("does not tell of the loss: {failure:?}")),
        // Of a lack of memory something better is told than the function.
        Err(failure)
            if trial.code() == CuResult::OUT_OF_MEMORY && failure.text.contains("bytes") =>
        {
            None
        }
        Err(failure) => (!failure.names(trial.function))
            .then(|| format!("does not tell what failed: {failure:?}")),
    }
}
