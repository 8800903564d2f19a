//! What an [`EngineCache`](super::EngineCache) gets its engines from.

use super::batching::Batching;
use super::{Engine, EngineError};
use pixelflume_ops::ImageShape;

/// A maker of engines for an [`EngineCache`](super::EngineCache). An [`EngineFactory`](super::EngineFactory) is one; a type around it can count
/// engines, or attach a trace to each.
pub trait EngineSource {
    /// The most frames of one batch of these shapes, one for each input; at least 1.
    fn max_frames(&self, shapes: &[ImageShape]) -> u32;

    /// The batches that a frame of these shapes can be part of. By default those of frames of the same shapes.
    fn batching(&self, shapes: &[ImageShape]) -> Batching {
        Batching::of_shapes(shapes)
    }

    /// The most frames as [`EngineSource::max_frames`] gives them, for frames whose images are tensors.
    fn max_tensor_frames(&self, shapes: &[ImageShape]) -> u32 {
        self.max_frames(shapes)
    }

    /// The batches as [`EngineSource::batching`] gives them, for a frame whose images are tensors, which take no room for pixels.
    fn tensor_batching(&self, shapes: &[ImageShape]) -> Batching {
        self.batching(shapes)
    }

    /// Makes an engine for batches of at most `frames` frames of these shapes. `more_follow` says that more than one batch is
    /// to be expected.
    ///
    /// # Errors
    /// The pipeline cannot take the shapes, or there is not enough memory for one batch.
    fn make(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        more_follow: bool,
    ) -> Result<Engine, EngineError>;

    /// Makes an engine for batches of images of any sizes ([`Engine::mixed`]), like those of `shapes`: of at most `frames` frames,
    /// and at least `bytes` bytes. Called where [`EngineSource::batching`] gives a key that is
    /// [mixed](super::BatchKey::is_mixed). By default it makes an engine for `shapes` alone.
    ///
    /// # Errors
    /// The same as for [`EngineSource::make`].
    fn make_mixed(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        bytes: usize,
        more_follow: bool,
    ) -> Result<Engine, EngineError> {
        let _ = bytes;
        self.make(shapes, frames, more_follow)
    }

    /// Ends an engine: waits until its batches are complete, and drops the results that were not taken.
    fn finish(&self, engine: &Engine);
}
