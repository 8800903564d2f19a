//! Submitting image files.

use super::room::place_bytes;
use super::{BatchId, BatchWriter, Engine, FrameError, FrameImage, SubmitError};
use crate::decoding::ImageDecoder;
use pixelflume_codec::DecodeError;
use pixelflume_ops::ImageShape;
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
    /// Decodes image files in memory, for a pipeline of one input, and submits their images as a batch; waits for room. On a CUDA
    /// device JPEG files are decoded into device memory, of which a batch takes at most
    /// [`EngineConfig::tensor_bytes`](super::EngineConfig::tensor_bytes), and are read there. Other files, and what exceeds that, are
    /// decoded on threads of the CPU. [`Pipeline::decode_options`] says how.
    ///
    /// A file that cannot be decoded, or whose image does not fit, is left out and reported; the others go on without it, and
    /// random operators count the images without it. The call returns when all files are decoded, while batches before this one are
    /// computed. Files are decoded in groups of as many as a batch has frames
    /// ([`EngineConfig::max_batch`](super::EngineConfig::max_batch)), so that no more images are in memory at a time. Those behind the
    /// group that fills the batch fail with [`FrameError::BatchFull`], and are not decoded.
    ///
    /// A thread that has the next files before these are decoded begins them with [`Engine::image_decoder`], and fills the batch with
    /// [`BatchWriter::push_frame`].
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
    pub fn submit_encoded_inputs<'a>(
        &self,
        inputs: &[&[&'a [u8]]],
    ) -> Result<EncodedBatch, SubmitError> {
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
            let used = writer.as_ref().map_or(0, BatchWriter::tensor_bytes);
            let mut left = self.shared.config.tensor_bytes.value - used;
            let begin = |(input, files): (usize, &&[&'a [u8]])| {
                let begin = part.start.min(files.len());
                let files = files[begin..part.end.min(files.len())].to_vec();
                self.decoder.begin(files, |_, shape| {
                    let fits =
                        self.takes_tensor(input, shape) && place_bytes(shape.bytes()) <= left;
                    left -= if fits { place_bytes(shape.bytes()) } else { 0 };
                    fits
                })
            };
            let decoding: Vec<_> = inputs.iter().enumerate().map(begin).collect();
            let decoded = decoding.into_iter().map(|files| files.wait().into_iter());
            let mut decoded: Vec<_> = decoded.collect();
            let writer = match &mut writer {
                Some(writer) => writer,
                // Behind the first files that are decoded: the lane could compute meanwhile.
                None => writer.insert(self.begin_batch()?),
            };
            for index in part {
                let images = decoded.iter_mut().map(Iterator::next);
                let pushed = images_of(self, index, images.collect());
                match pushed.and_then(|images| writer.push_frame(images)) {
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

impl Engine {
    /// The decoder of the engine, with the options of its pipeline.
    pub fn image_decoder(&self) -> &ImageDecoder {
        &self.decoder
    }

    /// Whether a JPEG file with an image of this shape is best decoded to a tensor for this input: the engine reads it on the device,
    /// without a copy through ordinary memory, and its rows are not mostly padding (they begin at multiples of 16 bytes).
    pub fn takes_tensor(&self, input: usize, shape: ImageShape) -> bool {
        let Some(&expected) = self.shared.input_shapes.get(input) else {
            return false;
        };
        match self.shared.executed_input(input) {
            Some(_) => {
                shape == expected
                    && self.shared.copies_tensors
                    && shape.row_bytes().is_multiple_of(TENSOR_ROW)
            }
            None => {
                let of_size = ImageShape {
                    width: expected.width,
                    height: expected.height,
                    ..shape
                };
                of_size == expected && shape.row_bytes() >= LEAST_ROW
            }
        }
    }
}

/// Rows of images that a device decodes begin at multiples of this many bytes.
pub(super) const TENSOR_ROW: usize = 16;

/// Bytes of the shortest rows that a device decodes, so that padding is no large part of an image.
pub(super) const LEAST_ROW: usize = 4 * TENSOR_ROW;

/// The images of one frame, or the first reason why one is missing.
fn images_of(
    engine: &Engine,
    index: usize,
    decoded: Vec<Option<Result<FrameImage, DecodeError>>>,
) -> Result<Vec<FrameImage>, FrameError> {
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
