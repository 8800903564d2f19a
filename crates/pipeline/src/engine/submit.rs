//! Beginning and submitting batches.

use super::{BatchId, BatchWriter, Engine, FrameError, SubmitError};
use pixelflume_ops::image::owned::Image;

impl Engine {
    /// Begins a batch; waits for room as long as there is progress.
    ///
    /// # Errors
    /// [`SubmitError::Deadlock`] at once where the calling thread itself holds everything that is full,
    /// [`SubmitError::Stalled`] when there was no progress for the stall time-out, [`SubmitError::Closed`],
    /// [`SubmitError::Stopped`].
    pub fn begin_batch(&self) -> Result<BatchWriter, SubmitError> {
        Ok(BatchWriter::new(&self.shared, self.shared.begin()?))
    }

    /// Begins a batch; waits for room without a time-out, for consumers that may pause.
    ///
    /// # Errors
    /// The same as for [`Engine::begin_batch`], without [`SubmitError::Stalled`].
    pub fn begin_batch_untimed(&self) -> Result<BatchWriter, SubmitError> {
        loop {
            match self.begin_batch() {
                Err(SubmitError::Stalled { .. }) => {}
                begun => return begun,
            }
        }
    }

    /// Begins a batch if there is room; waits for nothing.
    ///
    /// # Errors
    /// [`SubmitError::Full`], [`SubmitError::Closed`], [`SubmitError::Stopped`].
    pub fn try_begin_batch(&self) -> Result<BatchWriter, SubmitError> {
        Ok(BatchWriter::new(&self.shared, self.shared.try_begin()?))
    }

    /// Copies the frames of a pipeline of one input into a batch and submits it; waits for room. A frame that does not fit
    /// fails the batch, in its place in the results.
    ///
    /// # Errors
    /// [`SubmitError::NoFrames`], or the same as for [`Engine::begin_batch`].
    pub fn submit(&self, frames: &[&Image]) -> Result<BatchId, SubmitError> {
        self.submit_inputs(&[frames])
    }

    /// Submits frames as [`Engine::submit`] does, if there is room; waits for nothing.
    ///
    /// # Errors
    /// [`SubmitError::NoFrames`], or the same as for [`Engine::try_begin_batch`].
    pub fn try_submit(&self, frames: &[&Image]) -> Result<BatchId, SubmitError> {
        fill(self.try_begin_batch()?, &[frames])
    }

    /// Submits the frames of each input, in the order of [`Pipeline::inputs`](crate::Pipeline::inputs); waits for room.
    ///
    /// # Errors
    /// The same as for [`Engine::submit`].
    pub fn submit_inputs(&self, inputs: &[&[&Image]]) -> Result<BatchId, SubmitError> {
        fill(self.begin_batch()?, inputs)
    }
}

/// Copies frames into a batch and submits it; as a failed batch where a frame does not fit.
fn fill(mut writer: BatchWriter, inputs: &[&[&Image]]) -> Result<BatchId, SubmitError> {
    let expected = writer.shapes().len();
    let frames = inputs.first().map_or(0, |frames| frames.len());
    if frames == 0 {
        return Err(SubmitError::NoFrames);
    }
    if inputs.len() != expected {
        let got = inputs.len();
        return writer.send(Some(FrameError::InputCount { expected, got }.into()));
    }
    for (input, images) in inputs.iter().enumerate() {
        for (frame, image) in images.iter().enumerate() {
            if let Err(error) = writer.write(input, frame, image) {
                return writer.send(Some(error.into()));
            }
        }
    }
    writer.submit()
}
