//! The results of a batch.

use crate::copies::{Copies, CopyCharge};
use crate::credits::Credit;
use crate::error::{Failure, ItemError};
use crate::item::ItemInfo;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::owned::Image;
use pixelflume_pipeline::{DeviceTensor, OutputLease};
use std::fmt;
use std::sync::Arc;

/// The images of one output in ordinary memory.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    name: &'a str,
    shape: ImageShape,
    bytes: &'a [u8],
}

impl<'a> Output<'a> {
    /// The name of the output in the pipeline.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The shape of each image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The bytes of all images, one after the other, without padding.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes of one image; `None` where there are fewer.
    pub fn image(&self, index: usize) -> Option<&'a [u8]> {
        self.bytes.chunks_exact(self.shape.bytes()).nth(index)
    }

    /// The output with one image alone.
    pub(crate) fn of_image(&self, index: usize) -> Option<Self> {
        self.image(index).map(|bytes| Output { bytes, ..*self })
    }

    /// Copies all images.
    pub fn to_images(&self) -> Vec<Image> {
        let images = self.bytes.chunks_exact(self.shape.bytes());
        let image = |bytes: &[u8]| Image::new(self.shape, bytes.to_vec());
        images
            .map(|bytes| image(bytes).expect("these are the bytes of one image"))
            .collect()
    }
}

/// An output that was copied out of the memory of its engine.
#[derive(Debug)]
pub(crate) struct CopiedOutput {
    name: String,
    shape: ImageShape,
    bytes: Vec<u8>,
}

/// The memory of results.
#[derive(Debug)]
pub(crate) enum Memory {
    /// There are no images.
    None,
    Lease(OutputLease),
    Copied(Vec<CopiedOutput>),
    Tensors(Vec<DeviceTensor>),
}

impl Memory {
    /// Takes results out of an engine; copies them where the engine needs its memory again at once, and counts the copies.
    pub(crate) fn of(
        lease: OutputLease,
        is_copied: bool,
        copies: &Arc<Copies>,
    ) -> Result<(Self, Option<CopyCharge>), ItemError> {
        if !lease.tensors().is_empty() {
            return Ok((Memory::Tensors(lease.into_tensors()), None));
        }
        if !is_copied {
            return Ok((Memory::Lease(lease.detach()), None));
        }
        let sizes = lease.outputs().map(|output| output.bytes().len() as u64);
        let charge = copies.charge(sizes.sum());
        let copied = lease.outputs().map(|output| {
            let mut bytes = Vec::new();
            let reserved = bytes.try_reserve_exact(output.bytes().len());
            reserved.map_err(|_| ItemError::NoMemory {
                what: "its results",
                bytes: output.bytes().len() as u64,
            })?;
            bytes.extend_from_slice(output.bytes());
            Ok(CopiedOutput {
                name: output.name().to_owned(),
                shape: output.shape(),
                bytes,
            })
        });
        let copied = copied.collect::<Result<_, ItemError>>()?;
        Ok((Memory::Copied(copied), Some(charge)))
    }
}

/// Items of one batch, with their results, and those that failed. Dropping it gives the memory of the results back to the job, which has
/// a few batches out at a time, and waits where all are held.
///
/// Normally it is a whole batch; where memory is short a batch comes in parts. A file whose header cannot be read is a batch of its
/// own, without results.
#[must_use = "dropping it drops the results"]
pub struct Batch {
    pub(crate) number: u64,
    pub(crate) epoch: u64,
    pub(crate) items: Vec<Arc<ItemInfo>>,
    pub(crate) failures: Vec<Failure>,
    // Before the credit, with which the engine may use it again.
    pub(crate) memory: Memory,
    /// Counts the memory where it was copied, until the caller takes the batch, or the sink has it all.
    pub(crate) copied: Option<CopyCharge>,
    pub(crate) credit: Option<Credit>,
}

impl Batch {
    /// The number of the batch, counted from 0 in the order of first items. Parts of a batch have one number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The epoch of its items.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The items that have results: image n of each output is that of item n.
    pub fn items(&self) -> impl ExactSizeIterator<Item = &ItemInfo> {
        self.items.iter().map(|item| &**item)
    }

    /// The items that have none, with the reasons.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// The number of items that have results.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether no item has results.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// All outputs in ordinary memory, in the order of the pipeline; none where no item has results, and where they are on the device.
    pub fn outputs(&self) -> Vec<Output<'_>> {
        match &self.memory {
            Memory::None | Memory::Tensors(_) => Vec::new(),
            Memory::Lease(lease) => {
                let outputs = lease.outputs().map(|output| Output {
                    name: output.name(),
                    shape: output.shape(),
                    bytes: output.bytes(),
                });
                outputs.collect()
            }
            Memory::Copied(outputs) => {
                let outputs = outputs.iter().map(|output| Output {
                    name: &output.name,
                    shape: output.shape,
                    bytes: &output.bytes,
                });
                outputs.collect()
            }
        }
    }

    /// The output of this name in ordinary memory; `None` where there is none.
    pub fn get(&self, name: &str) -> Option<Output<'_>> {
        self.outputs()
            .into_iter()
            .find(|output| output.name == name)
    }

    /// All outputs on the device, in the order of the pipeline, each with an image for each item; none where results are in ordinary
    /// memory ([`EngineConfig::device_outputs`](pixelflume_pipeline::EngineConfig::device_outputs)).
    pub fn tensors(&self) -> &[DeviceTensor] {
        match &self.memory {
            Memory::Tensors(tensors) => tensors,
            _ => &[],
        }
    }

    /// Takes the outputs on the device out, for as long as the caller likes.
    pub fn into_tensors(mut self) -> Vec<DeviceTensor> {
        match std::mem::replace(&mut self.memory, Memory::None) {
            Memory::Tensors(tensors) => tensors,
            _ => Vec::new(),
        }
    }

    /// Marks the batch as one that another thread will drop, so that this thread may wait for that in the job's next batch.
    pub fn detach(mut self) -> Self {
        if let Some(credit) = &mut self.credit {
            credit.detach();
        }
        self
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("number", &self.number)
            .field("items", &self.items)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}
