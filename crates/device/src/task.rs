//! Tasks: what a caller follows while its launches run.

use crate::panics::catch_panic;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// Why a task failed while it ran.
#[derive(Clone, Debug, Error)]
#[error("{message}")]
pub struct TaskFailure {
    message: Arc<str>,
}

impl TaskFailure {
    /// A failure with this reason.
    pub fn new(message: impl fmt::Display) -> Self {
        TaskFailure {
            message: message.to_string().into(),
        }
    }

    /// Calls `work`; a panic in it is a failure.
    pub(crate) fn catch(work: impl FnOnce() -> Result<(), TaskFailure>) -> Result<(), TaskFailure> {
        catch_panic(work)
            .unwrap_or_else(|message| Err(TaskFailure::new(format_args!("panicked: {message}"))))
    }
}

/// Follows tasks as the host device runs them, and may stop one from running.
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

/// Ties a launch to the task that it belongs to.
#[derive(Clone)]
pub struct Ticket {
    /// The observer that follows the task.
    pub observer: Arc<dyn TaskObserver>,
    /// Which task it is, in the observer's counting.
    pub task: u32,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket(task {})", self.task)
    }
}
