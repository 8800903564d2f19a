//! Leases: results in the hands of a user.

use super::BatchId;
use super::batch::ResultMemory;
use super::shared::Shared;
use crate::error::PipelineError;
use crate::image::Image;
use pixelflume_graph::text::Listed;
use pixelflume_ops::ImageShape;
use pixelflume_scheduler::rings::TaskLease;
use std::fmt;
use std::sync::Arc;

/// The results of one batch of an engine, in page-locked memory. Dropping the lease gives the memory back to the
/// engine; until then it holds its bytes of the arena, and nothing else, so that the device goes on.
///
/// Any number of threads may read a lease at once. It outlives the engine.
#[must_use = "dropping it gives the results back"]
pub struct OutputLease {
    shared: Arc<Shared>,
    outputs: Option<ResultMemory>,
    /// The lease on the task's record, with one lifetime of the rings only.
    record: Option<TaskLease>,
    batch: BatchId,
    frames: usize,
}

/// The frames of one output of a batch.
#[derive(Copy, Clone, Debug)]
pub struct OutputView<'a> {
    name: &'a str,
    shape: ImageShape,
    bytes: &'a [u8],
}

impl<'a> OutputView<'a> {
    /// The name of the output in the pipeline.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The shape of every frame.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The number of frames.
    pub fn frames(&self) -> usize {
        self.bytes.len() / self.shape.bytes()
    }

    /// The bytes of all frames, one after the other, without padding.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes of one frame; `None` where the batch has fewer frames.
    pub fn frame(&self, index: usize) -> Option<&'a [u8]> {
        self.bytes.chunks_exact(self.shape.bytes()).nth(index)
    }

    /// Copies all frames.
    pub fn to_images(&self) -> Vec<Image> {
        let frames = self.bytes.chunks_exact(self.shape.bytes());
        frames
            .map(|bytes| {
                let mut image = Image::zeros(self.shape);
                image.data_mut().copy_from_slice(bytes);
                image
            })
            .collect()
    }
}

impl OutputLease {
    pub(super) fn new(
        shared: &Arc<Shared>,
        outputs: ResultMemory,
        record: Option<TaskLease>,
        batch: BatchId,
        frames: usize,
    ) -> Self {
        OutputLease {
            shared: Arc::clone(shared),
            outputs: Some(outputs),
            record,
            batch,
            frames,
        }
    }

    /// The number of the batch.
    pub fn batch(&self) -> BatchId {
        self.batch
    }

    /// The number of frames in the batch.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The names of the outputs, in the order of the pipeline.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.shared.output_names.iter().map(String::as_str)
    }

    /// All outputs, in the order of the pipeline; none in a child that was forked since, which does not have the memory. This
    /// call waits for nothing.
    ///
    /// # Panics
    /// Never: the copies into the memory were waited for before the lease was made.
    pub fn outputs(&self) -> impl Iterator<Item = OutputView<'_>> {
        let outputs = self.outputs.as_ref();
        let outputs = outputs.expect("a lease has its results until it is dropped");
        let shared = &*self.shared;
        let (bytes, count) = match shared.is_inherited() {
            true => (&[][..], 0),
            false => {
                let bytes = outputs.buffer.as_slice();
                let bytes =
                    bytes.expect("no copy is in flight, so there is no wait that could fail");
                (bytes, shared.output_shapes.len())
            }
        };
        let places = shared.output_shapes.iter().zip(&shared.layout.offsets);
        let places = places.take(count);
        let places = places.zip(&shared.output_names);
        places.map(move |((&shape, &begin), name)| OutputView {
            name,
            shape,
            bytes: &bytes[begin..begin + shape.bytes() * self.frames],
        })
    }

    /// The output of this index in the order of the pipeline; `None` where the pipeline has fewer.
    pub fn output(&self, index: usize) -> Option<OutputView<'_>> {
        self.outputs().nth(index)
    }

    /// The output of this name; `None` where the pipeline has none.
    pub fn get(&self, name: &str) -> Option<OutputView<'_>> {
        self.outputs().find(|output| output.name == name)
    }

    /// Copies all frames of the output of this name.
    ///
    /// # Errors
    /// There is no such output, or this process was forked since.
    pub fn to_images(&self, name: &str) -> Result<Vec<Image>, PipelineError> {
        self.shared.memory.device().check_process()?;
        match self.get(name) {
            Some(output) => Ok(output.to_images()),
            None => Err(PipelineError::UnknownNode {
                name: name.to_owned(),
                known: Listed::new(self.names()).to_string(),
            }),
        }
    }

    /// Marks the lease as one that another thread will drop, so that a call of this thread that waits for room waits for
    /// that, and reports no deadlock.
    pub fn detach(self) -> Self {
        if self.shared.is_inherited() {
            return self;
        }
        let mut state = self.shared.state.lock();
        let batch = self.batch;
        if let Some((_, owner)) = state.leases.iter_mut().find(|(held, _)| *held == batch) {
            *owner = None;
        }
        drop(state);
        self
    }
}

impl Drop for OutputLease {
    fn drop(&mut self) {
        if self.shared.is_inherited() {
            let (outputs, record) = (self.outputs.take(), self.record.take());
            std::mem::forget((outputs, record, Arc::clone(&self.shared)));
            return;
        }
        if let Some(ResultMemory { buffer, export }) = self.outputs.take() {
            let mut state = self.shared.state.lock();
            state.forget_lease(self.batch);
            state.progress += 1;
            drop(state);
            // In this order, so that the rings give no bytes away that the arena does not have back. The last drop wakes the
            // threads that wait for room.
            drop(buffer);
            drop(export);
            drop(self.record.take());
        }
    }
}

impl fmt::Debug for OutputLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutputLease({}, {} frame(s))", self.batch, self.frames)
    }
}
