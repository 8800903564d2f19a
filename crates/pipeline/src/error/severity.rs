//! What an error leaves behind: a lost device, work in streams, or a lack of memory that may go away.

use crate::error::PipelineError;
use pixelflume_device::{DeviceError, Severity};
use pixelflume_memory::MemoryError;
use pixelflume_scheduler::SchedulerError;

impl PipelineError {
    /// Whether the device is unusable after the error: it is lost, or the order of its work is unknown.
    pub fn is_fatal(&self) -> bool {
        let lost = |error: &DeviceError| error.severity() == Severity::DeviceLost;
        match self {
            PipelineError::Device(error)
            | PipelineError::Memory {
                source: MemoryError::Device(error),
                ..
            }
            | PipelineError::Copy {
                source: MemoryError::Device(error),
                ..
            } => lost(error),
            PipelineError::Scheduler(error) => leaves_work(error),
            _ => false,
        }
    }

    /// Whether the error is a lack of memory that may go away when kept memory is given back.
    pub(crate) fn is_shortage(&self) -> bool {
        let PipelineError::Memory { source, .. } = self else {
            return false;
        };
        is_shortage(source)
    }
}

/// Whether there may be memory when less of it is in use, or less is asked for.
pub(crate) fn is_shortage(error: &MemoryError) -> bool {
    match error {
        MemoryError::NeverFits { .. } | MemoryError::OutOfRange { .. } => false,
        MemoryError::Device(source) => source.severity() == Severity::Recoverable,
        _ => true,
    }
}

/// Whether a run that ended with this error may have left work in streams that nothing orders before later work.
pub(crate) fn leaves_work(error: &SchedulerError) -> bool {
    matches!(
        error,
        SchedulerError::Unordered { .. } | SchedulerError::DeviceLost { .. }
    )
}
