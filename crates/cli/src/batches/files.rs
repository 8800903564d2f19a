//! Image files that a GPU decodes, on their way from reading to their batch.

use super::Decoded;
use crate::decode::{changed, named};
use crate::engines::Engines;
use crate::pixels::Pixels;
use pixelflume::files::discover::FileSet;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::{Decoding, FrameImage};

/// A batch whose files are being decoded.
pub(super) struct Started<'env, 'a> {
    sets: Vec<Decoded<'a>>,
    /// The set and the input of each file.
    places: Vec<(usize, usize)>,
    files: Decoding<'env, Vec<u8>>,
    /// Whether the batch is as large as it can be.
    pub(super) full: bool,
}

/// A batch whose files are decoded.
pub(super) struct Finished<'a> {
    /// The sets whose images are all there.
    pub(super) sets: Vec<Decoded<'a>>,
    /// The numbers of the others among the inputs, with the reasons.
    pub(super) failed: Vec<(usize, String)>,
    /// Whether the images of all files are on the device.
    pub(super) is_as_begun: bool,
}

impl<'env, 'a> Started<'env, 'a> {
    /// Begins to decode the files of a batch.
    pub(super) fn new(engines: &'env Engines, mut sets: Vec<Decoded<'a>>, full: bool) -> Self {
        let (mut places, mut files) = (Vec::new(), Vec::new());
        for (number, set) in sets.iter_mut().enumerate() {
            for (input, pixels) in set.images.iter_mut().enumerate() {
                if let Pixels::File(bytes, _) = pixels {
                    places.push((number, input));
                    files.push(std::mem::take(bytes));
                }
            }
        }
        let expected: Vec<ImageShape> = places
            .iter()
            .map(|&(set, input)| sets[set].images[input].shape())
            .collect();
        // A file that has changed since its header was read is decoded by the CPU, which needs no more than it.
        let files = engines
            .decoder()
            .begin(files, |file, shape| shape == expected[file]);
        Started {
            sets,
            places,
            files,
            full,
        }
    }

    /// Whether the device is at work on it.
    pub(super) fn is_on_device(&self) -> bool {
        self.files.is_on_device()
    }

    /// Waits until the files are decoded.
    pub(super) fn finish(self, inputs: &[FileSet]) -> Finished<'a> {
        let Started {
            mut sets,
            places,
            files,
            ..
        } = self;
        let mut is_as_begun = true;
        let mut errors: Vec<Option<String>> = sets.iter().map(|_| None).collect();
        for ((set, input), result) in places.into_iter().zip(files.wait()) {
            let paths = &inputs[sets[set].index].paths;
            let pixels = &mut sets[set].images[input];
            let error = match result {
                Ok(image) if image.shape() == pixels.shape() => {
                    is_as_begun &= matches!(image, FrameImage::Tensor(_));
                    *pixels = Pixels::Ready(image);
                    continue;
                }
                Ok(_) => changed(),
                Err(error) => error,
            };
            // The first image that is missing is told.
            errors[set].get_or_insert_with(|| named(paths, input, error));
        }
        let (mut whole, mut failed) = (Vec::with_capacity(sets.len()), Vec::new());
        for (set, error) in sets.into_iter().zip(errors) {
            match error {
                None => whole.push(set),
                Some(error) => failed.push((set.index, error)),
            }
        }
        Finished {
            sets: whole,
            failed,
            is_as_begun,
        }
    }
}
