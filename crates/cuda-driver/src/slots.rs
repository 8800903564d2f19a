//! The slot table: which code each driver function leads to.
//!
//! Every `cu*` symbol of this crate jumps through its own slot. [`probe`](crate::probe) fills the slots from the driver
//! library; a test may put a function of its own into one with [`replace`]. While a fault is armed for a symbol (see
//! [`faults`](crate::faults)) its slot leads to the fault layer, and the function kept here is the one that calls go
//! on to.

#![expect(
    unsafe_code,
    reason = "stores code addresses that the trampolines jump to"
)]

use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::faults::Rule;
use crate::symbols::{COUNT, NAMES};
use crate::trampolines::{SLOTS, STUBS, unfilled};

/// One driver function of the table, by name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(u16);

/// The name given is not a driver function of this crate's table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not among the {COUNT} driver functions of CUDA 11.4 that this crate defines; \
     give the ABI name, such as `cuMemAlloc_v2` for `cuMemAlloc`"
)]
pub struct UnknownSymbol {
    /// The name that was asked for.
    pub name: String,
}

impl Symbol {
    /// The symbol with this ABI name (`cuMemAlloc_v2`, not `cuMemAlloc`).
    ///
    /// # Errors
    /// [`UnknownSymbol`] where the table has no such name.
    pub fn named(name: &str) -> Result<Self, UnknownSymbol> {
        match NAMES.binary_search(&name) {
            Ok(index) => Ok(Self(
                u16::try_from(index).expect("the table has 353 entries"),
            )),
            Err(_) => Err(UnknownSymbol {
                name: name.to_owned(),
            }),
        }
    }

    /// The ABI name.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES[self.index()]
    }

    /// All symbols, in ascending order of their names.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..u16::try_from(COUNT).expect("the table has 353 entries")).map(Self)
    }

    /// Whether a function has been put into this symbol's slot. Where not, a call returns 303.
    #[must_use]
    pub fn is_filled(self) -> bool {
        self.state().target().is_some()
    }

    fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Locks this symbol's entry. No code of this crate panics while it holds the lock, and every entry is consistent
    /// between two statements, so a poisoned lock is taken over.
    pub(crate) fn state(self) -> MutexGuard<'static, State> {
        lock(self.index())
    }

    /// Makes the slot lead where the entry says.
    pub(crate) fn publish(self, state: &State) {
        let code = match (&state.rule, state.target()) {
            (Some(_), _) => STUBS[self.index()].load(Ordering::Relaxed),
            (None, Some(target)) => target,
            (None, None) => unfilled as *mut c_void,
        };
        // The trampoline reads this without a lock. It needs nothing beside the address: the code is in memory before
        // its address is known, and the fault layer reads its own state under the lock.
        SLOTS[self.index()].store(code, Ordering::Release);
    }

    /// Fills the slot where it is empty, and says whether it did. A function that a test has put there stays.
    ///
    /// # Safety
    /// As for [`replace`].
    pub(crate) unsafe fn fill(self, function: *mut c_void) -> bool {
        let mut state = self.state();
        if state.target().is_some() {
            return false;
        }
        state.target = AtomicPtr::new(function);
        self.publish(&state);
        true
    }
}

impl std::fmt::Debug for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The entry of one symbol.
#[derive(Debug)]
pub(crate) struct State {
    /// The function that calls lead to at last; null: none. Atomic only to be `Send`; the lock guards it.
    target: AtomicPtr<c_void>,
    /// The fault armed for this symbol.
    pub(crate) rule: Option<Rule>,
}

impl State {
    fn target(&self) -> Option<*mut c_void> {
        let target = self.target.load(Ordering::Relaxed);
        (!target.is_null()).then_some(target)
    }

    /// Where a call goes that is not made to fail.
    pub(crate) fn code(&self) -> *const c_void {
        self.target().unwrap_or(unfilled as *mut c_void)
    }
}

static STATES: [Mutex<State>; COUNT] = [const {
    Mutex::new(State {
        target: AtomicPtr::new(std::ptr::null_mut()),
        rule: None,
    })
}; COUNT];

/// Locks the entry with this index, below [`COUNT`].
pub(crate) fn lock(index: usize) -> MutexGuard<'static, State> {
    STATES[index].lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the driver function `name` (its ABI name) lead to `function`, for the whole process, and returns the function
/// that it led to before: `None` where the slot was unfilled. A null `function` empties the slot again.
///
/// An armed fault stays armed and passes its calls on to the new function. A later [`probe`](crate::probe) fills only
/// slots that are still empty.
///
/// # Errors
/// [`UnknownSymbol`] where the table has no such name; nothing is changed then.
///
/// # Safety
/// `function` is null, or the address of a function with the C ABI and the signature that `cuda.h` gives `name`, which
/// keeps the promises that callers of `name` rely on, and which stays mapped for as long as any thread may call `name`.
pub unsafe fn replace(
    name: &str,
    function: *const c_void,
) -> Result<Option<*const c_void>, UnknownSymbol> {
    let symbol = Symbol::named(name)?;
    let mut state = symbol.state();
    let before = state.target();
    state.target = AtomicPtr::new(function.cast_mut());
    symbol.publish(&state);
    Ok(before.map(<*mut c_void>::cast_const))
}
