//! Scratch memory of the tasks of a plan: one bundle, sized once, reused by every execution.

use crate::source::ALIGNMENT;
use crate::{DeviceBuffer, MemoryError, MemoryManager};
use pixelflume_device::{Address, Stream};

/// Scratch memory for a number of tasks. Each has its own part: tasks may run at the same time.
#[derive(Debug)]
pub struct Workspace {
    buffer: Option<DeviceBuffer>,
    /// Offset of each task's part; `None` for one that needs nothing.
    offsets: Vec<Option<usize>>,
}

impl Workspace {
    /// Scratch memory of `bytes[task]` bytes for each task, all from one block for work on `stream`.
    #[track_caller]
    pub fn new(
        memory: &MemoryManager,
        stream: &Stream,
        bytes: impl IntoIterator<Item = usize>,
    ) -> Result<Self, MemoryError> {
        let mut end = 0usize;
        let offsets: Vec<_> = bytes
            .into_iter()
            .map(|bytes| {
                let offset = (bytes > 0).then_some(end);
                end = end.saturating_add(bytes).saturating_add(ALIGNMENT - 1) & !(ALIGNMENT - 1);
                offset
            })
            .collect();
        let buffer = if end > 0 {
            Some(memory.allocate(end, stream)?)
        } else {
            None
        };
        Ok(Workspace { buffer, offsets })
    }

    /// Where the part of `task` lies; null for a task that needs nothing.
    pub fn address(&self, task: usize) -> Address {
        match (&self.buffer, self.offsets.get(task)) {
            (Some(buffer), Some(Some(offset))) => buffer.address().offset(*offset),
            _ => Address::NULL,
        }
    }

    /// Bytes of the bundle.
    pub fn bytes(&self) -> usize {
        self.buffer.as_ref().map_or(0, DeviceBuffer::len)
    }
}
