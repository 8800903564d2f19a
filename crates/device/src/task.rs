//! Tasks: groups of launches whose execution a caller observes.

use crate::panics::catch_panic;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// The reason why a task failed while it ran.
#[derive(Clone, Debug, Error)]
#[error("{message}")]
pub struct TaskFailure {
    message: Arc<str>,
    error: Option<Arc<dyn Error + Send + Sync>>,
}

impl TaskFailure {
    /// Makes a failure with this reason.
    pub fn new(message: impl fmt::Display) -> Self {
        TaskFailure {
            message: message.to_string().into(),
            error: None,
        }
    }

    /// Makes a failure of this error, whose text is the reason. [`TaskFailure::error`] gives the error back.
    pub fn of(error: impl Error + Send + Sync + 'static) -> Self {
        TaskFailure {
            message: error.to_string().into(),
            error: Some(Arc::new(error)),
        }
    }

    /// The error that [`TaskFailure::of`] was given, to be downcast to its type; `None` for a reason that is text alone.
    pub fn error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.error.as_deref()
    }

    /// Calls `work` and turns a panic in it into a failure.
    pub(crate) fn catch(work: impl FnOnce() -> Result<(), TaskFailure>) -> Result<(), TaskFailure> {
        catch_panic(work)
            .unwrap_or_else(|message| Err(TaskFailure::new(format_args!("panicked: {message}"))))
    }
}

/// An observer of tasks while the host device runs them; it may stop a task from running.
pub trait TaskObserver: Send + Sync {
    /// The task's name, for messages.
    fn name(&self, task: u32) -> String {
        format!("task {task}")
    }
    /// Called right before a launch of `task` runs. `false` skips the launch.
    fn starting(&self, task: u32) -> bool;
    /// Called right after a launch of `task` ran.
    fn finished(&self, task: u32, result: Result<(), TaskFailure>);
}

/// The link from a launch to its task.
#[derive(Clone)]
pub struct Ticket {
    /// The observer that follows the task.
    pub observer: Arc<dyn TaskObserver>,
    /// The number of the task, as the observer counts tasks.
    pub task: u32,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket(task {})", self.task)
    }
}
