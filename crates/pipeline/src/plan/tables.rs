//! The constant tables of operators (indices, weights) in device memory.

use crate::error::PipelineError;
use crate::error::copy::CopyName;
use crate::pipeline::node::Source;
use crate::plan::PipelinePlan;
use crate::plan::placement::ALIGNMENT;
use pixelflume_device::{Address, DeviceKind, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryError, MemoryManager};
use pixelflume_ops::Plan;
use std::sync::Arc;

fn tables(launched: &Option<Arc<dyn Plan>>) -> &[u8] {
    launched.as_ref().map_or(&[], |plan| plan.tables())
}

/// The tables of all nodes of a plan, in one buffer.
#[derive(Debug)]
pub(crate) struct Tables {
    /// For each node, the offset of its tables; `None` for a node without tables.
    offsets: Vec<Option<usize>>,
    buffer: Option<DeviceBuffer>,
}

impl Tables {
    /// Copies the tables to the device, in the order of `stream`. The host device needs none: its executors read the
    /// operator plans.
    pub(crate) fn upload(
        plan: &PipelinePlan,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<Self, PipelineError> {
        let (pipeline, launched) = (plan.pipeline(), plan.launched());
        let mut end = 0usize;
        let offsets = launched.iter().map(|plan| {
            let bytes = match memory.device().kind() {
                DeviceKind::Host => 0,
                DeviceKind::Cuda => tables(plan).len(),
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
            return Ok(Tables { offsets, buffer });
        }
        let largest = (0..launched.len()).max_by_key(|&node| tables(&launched[node]).len());
        let largest = largest.expect("a pipeline has nodes");
        let owner = Source::Node(largest);
        let allocate = || Ok((memory.allocate(end, stream)?, memory.pinned(end)?));
        let (mut buffer, mut staging) = allocate().map_err(|source| PipelineError::Memory {
            owner: pipeline.owner(owner),
            purpose: format!(
                "{} bytes of constant tables",
                tables(&launched[largest]).len()
            ),
            source,
        })?;
        let mut copy = || -> Result<(), MemoryError> {
            let target = staging.as_mut_slice()?;
            for (plan, offset) in launched.iter().zip(&offsets) {
                if let Some(offset) = *offset {
                    let tables = tables(plan);
                    target[offset..offset + tables.len()].copy_from_slice(tables);
                }
            }
            buffer.upload(0, &mut staging, 0..end, stream)
        };
        let name = CopyName::Tables { bytes: end };
        copy().map_err(|error| pipeline.copy_failed(name, owner, error))?;
        Ok(Tables {
            offsets,
            buffer: Some(buffer),
        })
    }

    /// Marks the memory like [`DeviceBuffer::mark_unordered`].
    pub(crate) fn mark_unordered(&self) {
        if let Some(buffer) = &self.buffer {
            buffer.mark_unordered();
        }
    }

    /// The address of the tables of a node's launches; null for a node without tables.
    pub(crate) fn address(&self, node: usize) -> Address {
        match (&self.buffer, self.offsets[node]) {
            (Some(buffer), Some(offset)) => buffer.address().offset(offset),
            _ => Address::NULL,
        }
    }
}
