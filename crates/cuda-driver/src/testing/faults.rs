//! Fault injection: chosen calls of a driver fail, and all calls are counted.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::api::Function;
use crate::result::CuResult;

/// The functions that create an object, each with the function that destroys it.
const PAIRS: [(Function, Function); 10] = [
    (
        Function::cuDevicePrimaryCtxRetain,
        Function::cuDevicePrimaryCtxRelease_v2,
    ),
    (Function::cuMemAlloc_v2, Function::cuMemFree_v2),
    (Function::cuMemHostAlloc, Function::cuMemFreeHost),
    (Function::cuModuleLoadData, Function::cuModuleUnload),
    (
        Function::cuStreamCreateWithPriority,
        Function::cuStreamDestroy_v2,
    ),
    (Function::cuEventCreate, Function::cuEventDestroy_v2),
    (Function::cuStreamEndCapture, Function::cuGraphDestroy),
    (
        Function::cuGraphInstantiateWithFlags,
        Function::cuGraphExecDestroy,
    ),
    (Function::cuMemPoolCreate, Function::cuMemPoolDestroy),
    (Function::cuMemAllocFromPoolAsync, Function::cuMemFreeAsync),
];

/// The calls that fail, counted from the moment when the fault is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The n-th call, counted from 1, and no other. `Nth(0)` fails none: it only counts calls.
    Nth(u64),
    /// Every call.
    Always,
}

/// The way in which a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call does not reach the driver, and returns the code.
    Refused(CuResult),
    /// The driver executes the call, and then the code is returned. A driver does so when it reports an
    /// earlier, asynchronous failure by a call that destroys, frees, or waits.
    Reported(CuResult),
}

/// The reason why a fault was not armed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// A fault for this function is armed already; two would contradict each other.
    #[error("a fault for `{}` is armed already; drop its guard first", function.name())]
    AlreadyArmed {
        /// The function that is to fail.
        function: Function,
    },
    /// The code is 0, which means success. A caller that gets it would read results that were never
    /// written.
    #[error("a fault for `{}` cannot return 0, which means success; give a CUresult above 0", function.name())]
    NotAnError {
        /// The function that was to fail.
        function: Function,
    },
}

/// The faults that are armed for one driver, and the counts of its calls. Other drivers of the process have their own.
#[derive(Debug)]
pub struct Faults {
    states: Vec<Mutex<Armed>>,
}

#[derive(Debug, Default)]
struct Armed {
    calls: u64,
    /// The calls that succeeded in the driver, whatever the caller was told.
    done: u64,
    rule: Option<Rule>,
}

#[derive(Debug)]
struct Rule {
    when: When,
    reported: bool,
    code: NonZeroU32,
    calls: u64,
    failed: u64,
}

/// The result of a call, and whether a fault made it.
pub(super) enum Injected {
    Yes(CuResult),
    No(CuResult),
}

/// An armed fault. Dropping it disarms the fault.
#[derive(Debug)]
#[must_use = "the fault is disarmed when its guard is dropped"]
pub struct FaultGuard<'a> {
    faults: &'a Faults,
    function: Function,
}

impl Faults {
    pub(super) fn new() -> Self {
        let states = Function::ALL.iter().map(|_| Mutex::default());
        Faults {
            states: states.collect(),
        }
    }

    /// Arms a fault, in force until the guard is dropped.
    ///
    /// # Errors
    /// [`FaultError`], with nothing changed: a function that has a fault already, or code 0.
    pub fn fail(
        &self,
        function: Function,
        when: When,
        fault: Fault,
    ) -> Result<FaultGuard<'_>, FaultError> {
        let (code, reported) = match fault {
            Fault::Refused(code) => (code, false),
            Fault::Reported(code) => (code, true),
        };
        let code = NonZeroU32::new(code.code()).ok_or(FaultError::NotAnError { function })?;
        let mut state = self.state(function);
        if state.rule.is_some() {
            return Err(FaultError::AlreadyArmed { function });
        }
        state.rule = Some(Rule {
            when,
            reported,
            code,
            calls: 0,
            failed: 0,
        });
        drop(state);
        Ok(FaultGuard {
            faults: self,
            function,
        })
    }

    /// Number of calls of this function, failed ones included.
    #[must_use]
    pub fn calls(&self, function: Function) -> u64 {
        self.state(function).calls
    }

    /// Sets the counts of all functions back to zero.
    pub fn forget_calls(&self) {
        for &function in Function::ALL {
            let mut state = self.state(function);
            (state.calls, state.done) = (0, 0);
        }
    }

    /// The objects that the driver has created since the counts began and not destroyed, by the function
    /// that creates them.
    #[must_use]
    pub fn left(&self) -> Vec<(Function, u64)> {
        let done = |function| self.state(function).done;
        let left = PAIRS.map(|(makes, ends)| (makes, done(makes).saturating_sub(done(ends))));
        left.into_iter().filter(|(_, left)| *left > 0).collect()
    }

    /// Counts a call, and passes it on unless a fault refuses it.
    pub(super) fn pass(&self, function: Function, call: impl FnOnce() -> CuResult) -> Injected {
        // The lock is not held while the driver works, which may wait for another thread's call of the same function.
        let failure = self.state(function).next();
        let call = || {
            let result = call();
            self.state(function).done += u64::from(result.is_ok());
            result
        };
        match failure {
            None => Injected::No(call()),
            Some((code, reported)) => {
                if reported {
                    let _ = call();
                }
                Injected::Yes(CuResult::new(code.get()))
            }
        }
    }

    /// The locked state; a poisoned lock is usable, since no code panics while it has the lock.
    fn state(&self, function: Function) -> MutexGuard<'_, Armed> {
        self.states[function as usize]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    /// Counts one call and returns the fault that it gets, if any.
    fn next(&mut self) -> Option<(NonZeroU32, bool)> {
        self.calls += 1;
        let rule = self.rule.as_mut()?;
        rule.calls += 1;
        let fails = match rule.when {
            When::Nth(n) => rule.calls == n,
            When::Always => true,
        };
        rule.failed += u64::from(fails);
        fails.then_some((rule.code, rule.reported))
    }
}

impl FaultGuard<'_> {
    /// The function that the fault is armed for.
    #[must_use]
    pub fn function(&self) -> Function {
        self.function
    }

    /// Calls of the function since the fault was armed, failed ones included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.rule(|rule| rule.calls)
    }

    /// The number of calls that the fault made fail.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.rule(|rule| rule.failed)
    }

    fn rule(&self, read: impl FnOnce(&Rule) -> u64) -> u64 {
        self.faults
            .state(self.function)
            .rule
            .as_ref()
            .map_or(0, read)
    }
}

impl Drop for FaultGuard<'_> {
    fn drop(&mut self) {
        self.faults.state(self.function).rule = None;
    }
}
