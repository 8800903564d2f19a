//! The end of a batch, and which of its outputs failed.

use crate::errors::Exception;
use crate::pipeline::function::exception_of;
use pixelflume::pipeline::{Execution, NodeFailure, Pending};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The first pause between two questions whether a batch is complete. Each pause is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_micros(10);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(1);

/// One execution of a call: it is over, or was submitted.
pub(crate) enum End {
    Executed(Execution),
    Submitted(Pending),
}

/// The executions of a batch, of which a GPU may still have some.
pub(crate) struct Completion {
    state: Mutex<State>,
}

struct State {
    pending: Vec<Pending>,
    /// The first failure of each output that failed.
    failures: Vec<(usize, NodeFailure)>,
    names: Arc<[String]>,
}

impl State {
    fn note(&mut self, execution: &Execution) {
        if execution.is_success() {
            return;
        }
        for output in 0..self.names.len() {
            let known = self.failures.iter().any(|(failed, _)| *failed == output);
            if let (false, Some(failure)) = (known, execution.failure(output)) {
                self.failures.push((output, failure.clone()));
            }
        }
    }

    /// Takes the ends of all executions, where they are complete; whether they are.
    fn finish(&mut self) -> Result<bool, Exception> {
        while let Some(last) = self.pending.last() {
            if !last.is_ready()? {
                return Ok(false);
            }
            if let Some(pending) = self.pending.pop() {
                let execution = pending.wait()?;
                self.note(&execution);
            }
        }
        Ok(true)
    }
}

impl Completion {
    /// The completion of these executions; `names` are those of the outputs.
    pub(crate) fn new(names: &Arc<[String]>, ends: Vec<End>) -> Self {
        let mut state = State {
            pending: Vec::new(),
            failures: Vec::new(),
            names: Arc::clone(names),
        };
        for end in ends {
            match end {
                End::Executed(execution) => state.note(&execution),
                End::Submitted(pending) => state.pending.push(pending),
            }
        }
        Completion {
            state: Mutex::new(state),
        }
    }

    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        // What panics under it leaves it as it is.
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The exception of an output that is known to have failed. Its cause is the exception of a custom operator.
    pub(crate) fn failure(&self, py: Python<'_>, output: usize) -> Option<PyErr> {
        let (failure, name) = self.with(|state| {
            let mut failures = state.failures.iter();
            let (_, failure) = failures.find(|(failed, _)| *failed == output)?;
            Some((failure.clone(), state.names[output].clone()))
        })?;
        let exception = PyErr::from(Exception::from(&failure).at_output(&name));
        if let Some(cause) = exception_of(py, &failure) {
            exception.set_cause(py, Some(cause));
        }
        Some(exception)
    }

    /// Whether all executions are complete, without a wait.
    pub(crate) fn is_ready(&self) -> Result<bool, Exception> {
        self.with(State::finish)
    }

    /// Waits for all executions without the interpreter. Ctrl-C ends the wait with `KeyboardInterrupt`.
    pub(crate) fn wait(&self, py: Python<'_>) -> PyResult<()> {
        let mut pause = FIRST_PAUSE;
        while !py.detach(|| self.is_ready())? {
            py.check_signals()?;
            py.detach(|| std::thread::sleep(pause));
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
        Ok(())
    }

    /// Waits like [`Completion::wait`], and raises the failure of an output.
    pub(crate) fn wait_for(&self, py: Python<'_>, output: usize) -> PyResult<()> {
        self.wait(py)?;
        match self.failure(py, output) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}
