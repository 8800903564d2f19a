//! Fault injection: make a driver function fail on purpose, and count its calls.
//!
//! ```
//! use pixelflume_cuda_driver::faults::{self, When};
//! use pixelflume_cuda_driver::{CuResult, ffi};
//!
//! let fault = faults::fail("cuMemAlloc_v2", When::Nth(1), CuResult::OUT_OF_MEMORY.code())?;
//! let mut address = 0;
//! // SAFETY: `address` is a valid place for the result.
//! let result = unsafe { ffi::cuMemAlloc_v2(&mut address, 1024) };
//! assert_eq!(result, CuResult::OUT_OF_MEMORY);
//! assert_eq!(fault.calls(), 1);
//! # Ok::<(), faults::FaultError>(())
//! ```
//!
//! A fault is for the whole process and for every thread; tests that arm the same symbol must take turns. It covers calls
//! through this crate's symbols ([`ffi`](crate::ffi), and `cust`), not addresses that were got from
//! [`Driver::optional`](crate::Driver::optional). A call that is made to fail does not reach the driver at all. While a
//! fault is armed its symbol takes a lock at every call; all others run as ever.
//!
//! `cust` keeps results in an enum of CUDA 11.4: for functions that `cust` calls, choose a code that 11.4 knows (none of
//! 36, 46, 225, 226, 402, 721, 810, 811, 812 and 912 to 918).

use std::ffi::c_void;
use std::num::NonZeroU32;
use std::ptr;

use crate::slots::{self, Symbol, UnknownSymbol};

/// Which calls fail, counted from the moment the fault is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The n-th call, counted from 1, and no other. `Nth(0)` fails none: it only counts calls.
    Nth(u64),
    /// Every call.
    Always,
}

/// Why a fault was not armed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No such driver function.
    #[error(transparent)]
    UnknownSymbol(#[from] UnknownSymbol),
    /// A fault for this symbol is armed already; two would contradict each other.
    #[error("a fault for `{symbol}` is armed already; drop its guard first")]
    AlreadyArmed {
        /// The symbol's ABI name.
        symbol: &'static str,
    },
    /// Code 0 is success. A caller that is told so would read results that nobody wrote.
    #[error("a fault for `{symbol}` cannot return 0, which means success; give a CUresult above 0")]
    NotAnError {
        /// The symbol's ABI name.
        symbol: &'static str,
    },
}

/// Arms a fault: the calls of `symbol` that `when` names return `code` without reaching the driver. The fault is in force
/// until the guard is dropped.
///
/// # Errors
/// [`FaultError`], with nothing changed: an unknown name, a symbol that has a fault already, or code 0.
pub fn fail(symbol: &str, when: When, code: u32) -> Result<FaultGuard, FaultError> {
    let symbol = Symbol::named(symbol)?;
    let code = NonZeroU32::new(code).ok_or(FaultError::NotAnError {
        symbol: symbol.name(),
    })?;
    let mut state = symbol.state();
    if state.rule.is_some() {
        return Err(FaultError::AlreadyArmed {
            symbol: symbol.name(),
        });
    }
    state.rule = Some(Rule {
        when,
        code,
        calls: 0,
        failed: 0,
    });
    symbol.publish(&state);
    Ok(FaultGuard { symbol })
}

/// An armed fault. Dropping it disarms the fault.
#[derive(Debug)]
#[must_use = "the fault is disarmed when its guard is dropped"]
pub struct FaultGuard {
    symbol: Symbol,
}

impl FaultGuard {
    /// The symbol that the fault is armed for.
    #[must_use]
    pub fn symbol(&self) -> Symbol {
        self.symbol
    }

    /// Calls of the symbol since the fault was armed, failed ones included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.symbol
            .state()
            .rule
            .as_ref()
            .map_or(0, |rule| rule.calls)
    }

    /// Calls that were made to fail.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.symbol
            .state()
            .rule
            .as_ref()
            .map_or(0, |rule| rule.failed)
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        let mut state = self.symbol.state();
        state.rule = None;
        // A call that is already in the fault thunk asks `decide` all the same, which sees no rule and lets it pass.
        self.symbol.publish(&state);
    }
}

/// The fault of one symbol, with its counts.
#[derive(Debug)]
pub(crate) struct Rule {
    when: When,
    code: NonZeroU32,
    calls: u64,
    failed: u64,
}

impl Rule {
    /// Counts one call; the code to return where it is to fail.
    fn next(&mut self) -> Option<NonZeroU32> {
        self.calls += 1;
        let fails = match self.when {
            When::Nth(n) => self.calls == n,
            When::Always => true,
        };
        self.failed += u64::from(fails);
        fails.then_some(self.code)
    }
}

/// What the fault thunk is to do. Two words, returned in two registers; the thunk reads them by position.
#[repr(C)]
pub(crate) struct Verdict {
    /// Where to go on with the call's own arguments; null: return `code`.
    target: *const c_void,
    /// The result to return where `target` is null; below 2^32.
    code: u64,
}

/// Called by the fault thunk, once for each call of a symbol whose slot leads there; `index` is the symbol's.
pub(crate) extern "C" fn decide(index: u32) -> Verdict {
    let mut state = slots::lock(index as usize);
    match state.rule.as_mut().and_then(Rule::next) {
        Some(code) => Verdict {
            target: ptr::null(),
            code: u64::from(code.get()),
        },
        None => Verdict {
            target: state.code(),
            code: 0,
        },
    }
}
