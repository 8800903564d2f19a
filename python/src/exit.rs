//! The interpreter's end: Python code that native code calls is waited for, and called no more.
//!
//! Before Python 3.14 a thread that asks for the GIL of an interpreter that exits is ended where it is, by unwinding its stack.
//! Native frames on that stack cannot be unwound so, and the process would abort. A thread that waits in native code without the
//! GIL is safe: it is put to sleep for ever when it asks for the GIL again.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

/// Threads that are in Python code that native code called, or about to be.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
/// The thread that ends the interpreter, from the time on when others may enter Python code no more.
static ENDING: OnceLock<ThreadId> = OnceLock::new();

/// The time in which a thread is in Python code that native code called. The interpreter's end waits for it.
pub(crate) struct InPython(());

impl InPython {
    /// Enters Python code.
    ///
    /// # Errors
    /// The interpreter exits, and another thread ends it.
    pub(crate) fn enter() -> PyResult<InPython> {
        // Counted before the look at `ENDING`: `before_exit` sets that first, then looks at the count.
        INSIDE.fetch_add(1, Ordering::SeqCst);
        let entered = InPython(());
        match ENDING.get() {
            Some(&ending) if ending != std::thread::current().id() => {
                Err(PyRuntimeError::new_err("the interpreter exits"))
            }
            _ => Ok(entered),
        }
    }
}

impl Drop for InPython {
    fn drop(&mut self) {
        // A child that was forked in the meantime has forgotten the thread.
        let fewer = |count: usize| count.checked_sub(1);
        let _ = INSIDE.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer);
    }
}

/// Calls `work` with the GIL on a thread that may not have it.
///
/// # Errors
/// The interpreter exits; or the error of `work`.
pub(crate) fn attached<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> PyResult<T> {
    let _inside = InPython::enter()?;
    let gone = || Err(PyRuntimeError::new_err("the interpreter exits"));
    Python::try_attach(work).unwrap_or_else(gone)
}

/// Waits for the threads in Python code that native code called, and lets none but this thread enter it again.
#[pyfunction]
fn before_exit(py: Python<'_>) -> PyResult<()> {
    ENDING.get_or_init(|| std::thread::current().id());
    while INSIDE.load(Ordering::SeqCst) != 0 {
        py.detach(|| std::thread::sleep(Duration::from_millis(1)));
        py.check_signals()?;
    }
    Ok(())
}

/// Forgets, in a forked child, the threads of the parent that were in Python code: the child has none of them.
#[pyfunction]
fn forget_threads() {
    INSIDE.store(0, Ordering::SeqCst);
}

/// Adds the functions that the package calls at exit and after a fork.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(before_exit, module)?)?;
    module.add_function(wrap_pyfunction!(forget_threads, module)?)?;
    Ok(())
}
