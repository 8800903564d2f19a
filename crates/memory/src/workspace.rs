//! Scratch memory of the tasks of a plan: one block, allocated once, reused by every execution.

use crate::buffer::DeviceBuffer;
use crate::error::MemoryError;
use crate::manager::MemoryManager;
use crate::source::ALIGNMENT;
use pixelflume_device::{Address, Stream};
use std::ops::Range;

/// Scratch memory for a number of tasks. Each has its own part: tasks may run at the same time.
#[derive(Debug)]
pub struct Workspace {
    buffer: Option<DeviceBuffer>,
    /// The part of each task in the block; empty for a task that needs none.
    parts: Vec<Range<usize>>,
}

impl Workspace {
    /// Allocates `bytes[task]` bytes for each task, in one block for work on `stream`.
    #[track_caller]
    pub fn new(
        memory: &MemoryManager,
        stream: &Stream,
        bytes: impl IntoIterator<Item = usize>,
    ) -> Result<Self, MemoryError> {
        let mut end = 0usize;
        let parts: Vec<_> = bytes
            .into_iter()
            .map(|bytes| {
                let part = end..end.saturating_add(bytes);
                end = end.saturating_add(bytes).saturating_add(ALIGNMENT - 1) & !(ALIGNMENT - 1);
                part
            })
            .collect();
        let buffer = if end > 0 {
            Some(memory.allocate(end, stream)?)
        } else {
            None
        };
        Ok(Workspace { buffer, parts })
    }

    /// Address of the part of `task`; null for a task that needs none.
    pub fn address(&self, task: usize) -> Address {
        match (&self.buffer, self.parts.get(task)) {
            (Some(buffer), Some(part)) if !part.is_empty() => buffer.address().offset(part.start),
            _ => Address::NULL,
        }
    }

    /// Bytes of the part of `task`.
    pub fn bytes_of(&self, task: usize) -> usize {
        self.parts.get(task).map_or(0, Range::len)
    }

    /// Marks the memory like [`DeviceBuffer::mark_unordered`].
    pub fn mark_unordered(&self) {
        if let Some(buffer) = &self.buffer {
            buffer.mark_unordered();
        }
    }

    /// Bytes of the block.
    pub fn bytes(&self) -> usize {
        self.buffer.as_ref().map_or(0, DeviceBuffer::len)
    }
}
