//! The trials of a sweep: every function that a program calls fails, at its calls in turn.

use std::fmt;

use super::{Fault, FaultError, FaultGuard, Faults, When};
use crate::api::Function;
use crate::result::CuResult;

/// One fault under which a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The function that fails.
    pub function: Function,
    /// The calls that fail.
    pub when: When,
    /// The way in which they fail.
    pub fault: Fault,
}

impl Trial {
    /// All faults for a program that calls each function as often as `calls` says: the calls one by one, at most `most` of
    /// them spread over all, then all of them together. With a code that leaves the context usable, and with one that loses
    /// it; allocations also with a lack of memory; and what destroys or waits also with a code that it reports and is not
    /// about itself.
    #[must_use]
    pub fn all(calls: impl Fn(Function) -> u64, most: u64) -> Vec<Trial> {
        let mut all = Vec::new();
        for &function in Function::ALL {
            let calls = calls(function);
            let places = calls.min(most);
            let nth = (0..places).map(|place| When::Nth(1 + place * calls / places));
            let always = (calls > 0).then_some(When::Always);
            for when in nth.chain(always) {
                let mut add = |fault| {
                    all.push(Trial {
                        function,
                        when,
                        fault,
                    });
                };
                add(Fault::Refused(CuResult::UNKNOWN));
                add(Fault::Refused(CuResult::ILLEGAL_ADDRESS));
                if function.allocates() {
                    add(Fault::Refused(CuResult::OUT_OF_MEMORY));
                }
                if function.ends() || function.waits() {
                    add(Fault::Reported(CuResult::UNKNOWN));
                }
            }
        }
        all
    }

    /// Puts the fault in force.
    ///
    /// # Errors
    /// As for [`Faults::fail`].
    pub fn arm<'a>(&self, faults: &'a Faults) -> Result<FaultGuard<'a>, FaultError> {
        faults.fail(self.function, self.when, self.fault)
    }

    /// Whether the fault loses the context.
    #[must_use]
    pub fn loses(&self) -> bool {
        self.code().is_sticky()
    }

    /// The code that the calls return.
    pub fn code(&self) -> CuResult {
        match self.fault {
            Fault::Refused(code) | Fault::Reported(code) => code,
        }
    }

    /// Whether an object may be left because the driver refused to destroy it.
    #[must_use]
    pub fn may_leave(&self) -> bool {
        matches!(self.fault, Fault::Refused(_))
            && (self.function.ends() || self.function == Function::cuCtxSetCurrent)
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (how, code) = match self.fault {
            Fault::Refused(code) => ("refuses with", code),
            Fault::Reported(code) => ("is done, and reports", code),
        };
        let name = self.function.name();
        match self.when {
            When::Nth(n) => write!(f, "call {n} of {name} {how} {}", code.name()),
            When::Always => write!(f, "every call of {name} {how} {}", code.name()),
        }
    }
}

impl Function {
    /// Whether the function allocates memory.
    #[must_use]
    pub const fn allocates(self) -> bool {
        matches!(
            self,
            Function::cuMemAlloc_v2 | Function::cuMemHostAlloc | Function::cuMemAllocFromPoolAsync
        )
    }

    /// Whether the function destroys an object or gives it back.
    #[must_use]
    pub const fn ends(self) -> bool {
        matches!(
            self,
            Function::cuDevicePrimaryCtxRelease_v2
                | Function::cuMemFree_v2
                | Function::cuMemFreeHost
                | Function::cuModuleUnload
                | Function::cuStreamDestroy_v2
                | Function::cuStreamEndCapture
                | Function::cuEventDestroy_v2
                | Function::cuGraphDestroy
                | Function::cuGraphExecDestroy
                | Function::cuMemPoolDestroy
                | Function::cuMemPoolTrimTo
                | Function::cuMemFreeAsync
        )
    }

    /// Whether the function waits for work, or queries it.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(
            self,
            Function::cuCtxSynchronize
                | Function::cuStreamSynchronize
                | Function::cuStreamQuery
                | Function::cuEventSynchronize
                | Function::cuEventQuery
        )
    }
}
