//! The constant tables of operators in device memory.

use crate::PipelineError;
use crate::copies::CopyName;
use crate::node::Source;
use crate::pipeline::Pipeline;
use crate::placement::ALIGNMENT;
use pixelflume_device::{Address, DeviceKind, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryError, MemoryManager};
use pixelflume_ops::Plan;
use std::sync::Arc;

fn tables(task: &Option<Arc<dyn Plan>>) -> &[u8] {
    task.as_ref().map_or(&[], |plan| plan.tables())
}

/// The tables of all nodes, in one buffer.
#[derive(Debug)]
pub(crate) struct Constants {
    /// By node: where its tables begin; `None` for a node without.
    offsets: Vec<Option<usize>>,
    buffer: Option<DeviceBuffer>,
}

impl Constants {
    /// Copies the tables to the device, in the order of `stream`. On the host there is nothing to do: its executors read
    /// the plans themselves.
    pub(crate) fn upload(
        pipeline: &Pipeline,
        tasks: &[Option<Arc<dyn Plan>>],
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<Self, PipelineError> {
        let mut end = 0usize;
        let offsets = tasks.iter().map(|task| {
            let bytes = match memory.device().kind() {
                DeviceKind::Host => 0,
                DeviceKind::Cuda => tables(task).len(),
            };
            let offset = end.next_multiple_of(ALIGNMENT);
            (bytes > 0).then(|| {
                end = offset + bytes;
                offset
            })
        });
        let offsets: Vec<_> = offsets.collect();
        if end == 0 {
            let buffer = None;
            return Ok(Constants { offsets, buffer });
        }
        let largest = (0..tasks.len()).max_by_key(|&node| tables(&tasks[node]).len());
        let largest = largest.expect("a pipeline has nodes");
        let owner = Source::Node(largest);
        let allocate = || Ok((memory.allocate(end, stream)?, memory.pinned(end)?));
        let (mut buffer, mut staging) = allocate().map_err(|source| PipelineError::Memory {
            owner: pipeline.owner(owner),
            purpose: format!("{} bytes of constant tables", tables(&tasks[largest]).len()),
            source,
        })?;
        let mut copy = || -> Result<(), MemoryError> {
            let target = staging.as_mut_slice()?;
            for (task, offset) in tasks.iter().zip(&offsets) {
                if let Some(offset) = *offset {
                    target[offset..offset + tables(task).len()].copy_from_slice(tables(task));
                }
            }
            buffer.upload(0, &mut staging, 0..end, stream)
        };
        let name = CopyName::Tables { bytes: end };
        copy().map_err(|error| name.failed(pipeline, owner, error))?;
        Ok(Constants {
            offsets,
            buffer: Some(buffer),
        })
    }

    /// As [`DeviceBuffer::mark_unordered`].
    pub(crate) fn mark_unordered(&self) {
        if let Some(buffer) = &self.buffer {
            buffer.mark_unordered();
        }
    }

    /// Where the tables of a node's task lie; null for a node without.
    pub(crate) fn address(&self, node: usize) -> Address {
        match (&self.buffer, self.offsets[node]) {
            (Some(buffer), Some(offset)) => buffer.address().offset(offset),
            _ => Address::NULL,
        }
    }
}
