//! Submitting image files.

use super::{BatchId, BatchWriter, Engine, FrameError, SubmitError};
use crate::encoded::decode_files;
use pixelflume_codec::DecodeError;
use pixelflume_ops::image::owned::Image;
use std::sync::Arc;

/// What became of the files of [`Engine::submit_encoded`].
#[derive(Debug)]
pub struct EncodedBatch {
    /// The batch; `None` where no file is in it, and no result comes.
    pub batch: Option<BatchId>,
    /// For each frame of the batch, the index of its file among those that were given; ascending.
    pub frames: Vec<usize>,
    /// The files that are not in the batch, in their order.
    pub failed: Vec<FailedFile>,
}

/// A file that is not in its batch.
#[derive(Clone, Debug)]
pub struct FailedFile {
    /// The index of the file among those that were given.
    pub index: usize,
    /// The reason: it cannot be decoded ([`FrameError::Decode`]), or its image cannot be put into the batch.
    pub error: FrameError,
}

impl Engine {
    /// Decodes image files in memory, for a pipeline of one input, and submits their images as a batch; waits for room. The calling
    /// thread and the copy threads of the engine's memory manager decode, as [`Pipeline::decode_options`] says. A
    /// file that cannot be decoded, or whose image does not fit, is left out and reported; the others go on without it, and
    /// random operators count the images without it. Files are decoded in groups of as many as a batch has frames
    /// ([`EngineConfig::max_batch`](super::EngineConfig::max_batch)), so that no more images are in memory at a time. Those behind the
    /// group that fills the batch fail with [`FrameError::BatchFull`], and are not decoded.
    ///
    /// # Errors
    /// [`SubmitError::NoFrames`] where no file is given, or the same as for [`Engine::begin_batch`].
    ///
    /// [`Pipeline::decode_options`]: crate::Pipeline::decode_options
    pub fn submit_encoded(&self, files: &[&[u8]]) -> Result<EncodedBatch, SubmitError> {
        self.submit_encoded_inputs(&[files])
    }

    /// Submits files as [`Engine::submit_encoded`] does, a list for each input, in the order of
    /// [`Pipeline::inputs`](crate::Pipeline::inputs). Files of the same index belong together: all of them are in the batch, or none.
    ///
    /// # Errors
    /// The same as for [`Engine::submit_encoded`]. A list that is shorter than another one fails the frames that it lacks, and another
    /// number of lists than the pipeline has inputs fails all.
    pub fn submit_encoded_inputs(&self, inputs: &[&[&[u8]]]) -> Result<EncodedBatch, SubmitError> {
        let count = inputs.iter().map(|files| files.len()).max().unwrap_or(0);
        if count == 0 {
            return Err(SubmitError::NoFrames);
        }
        let (mut frames, mut failed) = (Vec::with_capacity(count), Vec::new());
        let mut fail = |index, error| failed.push(FailedFile { index, error });
        let expected = self.pipeline().inputs().count();
        if inputs.len() != expected {
            let got = inputs.len();
            (0..count).for_each(|index| fail(index, FrameError::InputCount { expected, got }));
            return Ok(EncodedBatch {
                batch: None,
                frames,
                failed,
            });
        }
        let options = self.pipeline().decode_options();
        let max_batch = self.shared.config.max_batch.value;
        let mut writer: Option<BatchWriter> = None;
        let mut end = 0;
        while end < count {
            // At most as many images as a batch has are in memory at a time.
            let part = end..count.min(end + max_batch as usize);
            end = part.end;
            if frames.len() == max_batch as usize {
                let frame = frames.len();
                part.for_each(|index| fail(index, FrameError::BatchFull { frame, max_batch }));
                continue;
            }
            let decode = |files: &&[&[u8]]| {
                let begin = part.start.min(files.len());
                let files = &files[begin..part.end.min(files.len())];
                decode_files(files, options, self.memory()).into_iter()
            };
            let mut decoded: Vec<_> = inputs.iter().map(decode).collect();
            let writer = match &mut writer {
                Some(writer) => writer,
                // Behind the first files that are decoded: the lane could compute meanwhile.
                None => writer.insert(self.begin_batch()?),
            };
            for index in part {
                let images = decoded.iter_mut().map(Iterator::next);
                let pushed = images_of(self, index, images.collect()).and_then(|images| {
                    let images: Vec<&Image> = images.iter().collect();
                    writer.push_inputs(&images)
                });
                match pushed {
                    Ok(()) => frames.push(index),
                    Err(error) => fail(index, error),
                }
            }
        }
        let batch = match writer {
            Some(writer) if !frames.is_empty() => Some(writer.submit()?),
            _ => None,
        };
        Ok(EncodedBatch {
            batch,
            frames,
            failed,
        })
    }
}

/// The images of one frame, or the first reason why one is missing.
fn images_of(
    engine: &Engine,
    index: usize,
    decoded: Vec<Option<Result<Image, DecodeError>>>,
) -> Result<Vec<Image>, FrameError> {
    let given = decoded.iter().flatten().count();
    let expected = decoded.len();
    let names = engine.pipeline().inputs().map(str::to_owned);
    let images = decoded
        .into_iter()
        .flatten()
        .zip(names)
        .map(|(image, input)| {
            image.map_err(|error| FrameError::Decode {
                input,
                file: index,
                source: Arc::new(error),
            })
        });
    match given == expected {
        true => images.collect(),
        false => Err(FrameError::InputCount {
            expected,
            got: given,
        }),
    }
}
