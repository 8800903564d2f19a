//! The tables of image descriptors that mixed chains read.

use crate::error::PipelineError;
use crate::lane::pixels::PixelLayout;
use crate::mixed::MixedBatch;
use crate::plan::mixed::{InputChain, MixedPlan};
use bytemuck::Zeroable;
use pixelflume_device::sync::Mutex;
use pixelflume_device::{Address, Helpers};
use pixelflume_ops::ImageValues;
use pixelflume_ops::mixed::{ChainImage, ImageDescriptor, MAX_OPERATORS, MixedError};

/// Images that one thread describes at a time.
const PART: usize = 64;

/// The tables of one batch, one for each chain. They are kept from batch to batch, so that a batch needs no new memory.
#[derive(Default)]
pub(crate) struct Tables(Vec<Vec<ImageDescriptor>>);

/// The reason why a batch has no tables.
pub(crate) enum NoTable {
    /// A node cannot take an image.
    Error(PipelineError),
    /// The chain takes the images, and not in one launch: they are of several shapes behind it, or of another one than before.
    Frame {
        /// The frame.
        frame: usize,
        reason: String,
    },
}

/// A batch with the places of its pixels, for the tables.
#[derive(Copy, Clone)]
pub(crate) struct PlacedBatch<'a> {
    pub(crate) batch: MixedBatch<'a>,
    pub(crate) layout: &'a PixelLayout,
    /// The address on the device from which on the offsets of `layout` count.
    pub(crate) pixels: Address,
}

impl Tables {
    /// Describes all images of a batch for each chain of a plan, with the help of other threads where there are many.
    pub(crate) fn fill(
        &mut self,
        plan: &MixedPlan,
        placed: PlacedBatch<'_>,
        helpers: &Helpers,
    ) -> Result<(), NoTable> {
        self.0.resize_with(plan.chains.len(), Vec::new);
        for (table, chain) in self.0.iter_mut().zip(&plan.chains) {
            table.clear();
            table.resize(placed.batch.frames, ImageDescriptor::zeroed());
            let input = plan.described[chain.position];
            fill(table, chain, input, placed, helpers)?;
        }
        Ok(())
    }

    /// The bytes of a table.
    pub(crate) fn bytes(&self, chain: usize) -> &[u8] {
        bytemuck::cast_slice(&self.0[chain])
    }
}

fn fill(
    table: &mut [ImageDescriptor],
    chain: &InputChain,
    input: usize,
    placed: PlacedBatch<'_>,
    helpers: &Helpers,
) -> Result<(), NoTable> {
    let mut values = [&[][..]; MAX_OPERATORS];
    for (place, &node) in values.iter_mut().zip(&chain.nodes) {
        *place = placed.batch.images.values_of(node);
    }
    let values: &[&[ImageValues<'_>]] = &values[..chain.nodes.len()];
    let describe = |first: usize, part: &mut [ImageDescriptor]| {
        for (number, place) in part.iter_mut().enumerate() {
            let frame = first + number;
            let image = image(chain, input, frame, placed, values);
            *place = chain
                .chain
                .describe(&image)
                .map_err(|error| (frame, error))?;
        }
        Ok(())
    };
    let described = if table.len() <= PART {
        describe(0, table)
    } else {
        let parts = table.len().div_ceil(PART);
        let queue = Mutex::new(table.chunks_mut(PART).enumerate());
        let failed: Mutex<Option<(usize, MixedError)>> = Mutex::new(None);
        helpers.for_each(parts, &|_| {
            let Some((number, part)) = queue.lock().next() else {
                return;
            };
            if let Err((frame, error)) = describe(number * PART, part) {
                // The error of the first frame, whichever thread was faster.
                let mut failed = failed.lock();
                if failed.as_ref().is_none_or(|(other, _)| frame < *other) {
                    *failed = Some((frame, error));
                }
            }
        });
        failed.into_inner().map_or(Ok(()), Err)
    };
    described.map_err(|(frame, error)| no_table(chain, frame, error, placed.batch))
}

/// A frame, as the chain reads it.
fn image<'a>(
    chain: &InputChain,
    input: usize,
    frame: usize,
    placed: PlacedBatch<'_>,
    values: &'a [&'a [ImageValues<'a>]],
) -> ChainImage<'a> {
    let batch = placed.batch;
    let shape = batch.given[input].shape_of(frame);
    let copied = || {
        let offset = placed.layout.offset(frame, chain.position);
        (placed.pixels.offset(offset), shape.row_bytes())
    };
    let (base, row_pitch) = batch.given[input].address(frame).unwrap_or_else(copied);
    ChainImage {
        shape,
        base,
        row_pitch,
        index: batch.images.index(frame),
        epoch: batch.images.epoch,
        frame,
        values,
    }
}

fn no_table(chain: &InputChain, frame: usize, error: MixedError, batch: MixedBatch<'_>) -> NoTable {
    match error {
        MixedError::Operator(position, source) => {
            let nodes = batch.pipeline.nodes();
            NoTable::Error(PipelineError::FrameOperator {
                node: Box::new(nodes[chain.nodes[position]].error_name()),
                frame,
                index: Some(batch.images.index(frame)),
                source: Box::new(source),
            })
        }
        error => NoTable::Frame {
            frame,
            reason: format!("frame {frame}: {error}"),
        },
    }
}
