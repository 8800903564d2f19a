//! The images of a batch, some of which the device decodes from files.

use crate::error::ItemError;
use crate::groups::Room;
use crate::item::{Bytes, ItemInfo};
use crate::run::Run;
use crate::task::{ItemState, Slot};
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::engine::{
    BatchKey, Decoding, EngineFactory, EngineSource, FrameImage, ImageDecoder,
};
use std::sync::Arc;

/// An image of a set.
pub(crate) enum Pixels {
    Ready(FrameImage),
    /// A file that the device decodes to an image of this shape.
    File(Bytes, ImageShape),
}

impl Pixels {
    fn shape(&self) -> ImageShape {
        match self {
            Pixels::Ready(image) => image.shape(),
            Pixels::File(_, shape) => *shape,
        }
    }

    fn is_tensor(&self) -> bool {
        matches!(
            self,
            Pixels::File(..) | Pixels::Ready(FrameImage::Tensor(_))
        )
    }
}

/// An item with its images.
pub(crate) struct Set {
    pub(crate) info: Arc<ItemInfo>,
    pub(crate) images: Vec<Pixels>,
}

impl Set {
    /// The images of an item, or the reason why one is missing.
    fn of(item: &ItemState) -> Result<Self, ItemError> {
        if let Some(error) = item.failed.get() {
            return Err(error.clone());
        }
        let slots = std::mem::take(&mut *item.slots.lock());
        let images = slots.into_iter().map(|slot| match slot {
            Slot::Ready(image) => Ok(Pixels::Ready(image)),
            Slot::ForDevice { bytes, shape } => Ok(Pixels::File(bytes, shape)),
            _ => Err(ItemError::Canceled),
        });
        Ok(Set {
            info: Arc::clone(&item.info),
            images: images.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn shapes(&self) -> Vec<ImageShape> {
        self.images.iter().map(Pixels::shape).collect()
    }

    pub(crate) fn is_on_device(&self) -> bool {
        self.images.iter().all(Pixels::is_tensor)
    }

    pub(crate) fn is_partly_on_device(&self) -> bool {
        self.images.iter().any(Pixels::is_tensor)
    }

    /// Copies the images of the device to ordinary memory, unless that fails.
    pub(crate) fn leave_device(&mut self) {
        for pixels in &mut self.images {
            if let Pixels::Ready(FrameImage::Tensor(tensor)) = pixels
                && let Ok(mut images) = tensor.to_images()
            {
                *pixels = Pixels::Ready(FrameImage::Image(images.swap_remove(0)));
            }
        }
    }
}

/// A batch whose files are being decoded.
pub(crate) struct Started<'s> {
    pub(crate) run: Arc<Run<'s>>,
    sets: Vec<Set>,
    /// The set and the input of each file.
    places: Vec<(usize, usize)>,
    files: Decoding<'s, Bytes>,
}

impl<'s> Started<'s> {
    /// Begins to decode the files of a batch. Items that failed before are told to `run`.
    pub(crate) fn new(
        decoder: &'s ImageDecoder,
        run: Arc<Run<'s>>,
        items: Vec<Arc<ItemState>>,
    ) -> Self {
        let mut sets = Vec::with_capacity(items.len());
        for item in items {
            match Set::of(&item) {
                Ok(set) => sets.push(set),
                Err(error) => run.fail(&item.info, error),
            }
        }
        let (mut places, mut files, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for (number, set) in sets.iter().enumerate() {
            for (input, pixels) in set.images.iter().enumerate() {
                if let Pixels::File(bytes, shape) = pixels {
                    places.push((number, input));
                    files.push(bytes.clone());
                    expected.push(*shape);
                }
            }
        }
        // A file that is another one than when its header was read is decoded by the CPU, which says so.
        let files = decoder.begin(files, |file, shape| shape == expected[file]);
        Started {
            run,
            sets,
            places,
            files,
        }
    }

    /// Whether the device is at work on it.
    pub(crate) fn is_on_device(&self) -> bool {
        self.files.is_on_device()
    }

    /// Waits until the files are decoded. Returns the sets whose images are all there, and whether all of them are where they were
    /// expected.
    pub(crate) fn finish(self) -> (Arc<Run<'s>>, Vec<Set>, bool) {
        let Started {
            run,
            mut sets,
            places,
            files,
        } = self;
        let mut is_as_begun = true;
        let mut errors: Vec<Option<ItemError>> = sets.iter().map(|_| None).collect();
        let name = |input: usize| run.shared.input_name(input);
        for ((set, input), result) in places.into_iter().zip(files.wait()) {
            let pixels = &mut sets[set].images[input];
            let error = match result {
                Ok(image) if image.shape() == pixels.shape() => {
                    is_as_begun &= matches!(image, FrameImage::Tensor(_));
                    *pixels = Pixels::Ready(image);
                    continue;
                }
                Ok(_) => ItemError::Changed { input: name(input) },
                Err(error) => ItemError::Decode {
                    input: name(input),
                    source: Arc::new(error),
                },
            };
            // The first image that is missing is told.
            errors[set].get_or_insert(error);
        }
        let mut whole = Vec::with_capacity(sets.len());
        for (set, error) in sets.into_iter().zip(errors) {
            match error {
                None => whole.push(set),
                Some(error) => run.fail(&set.info, error),
            }
        }
        (run, whole, is_as_begun)
    }
}

/// Divides sets into batches anew: images in ordinary memory take other room than those on the device.
pub(crate) fn divided(factory: &EngineFactory, sets: Vec<Set>) -> Vec<Vec<Set>> {
    let mut batches: Vec<(BatchKey, bool, Filled)> = Vec::new();
    let mut full = Vec::new();
    for set in sets {
        let shapes = set.shapes();
        let on_device = set.is_on_device();
        let (batching, most) = match on_device {
            true => (
                factory.tensor_batching(&shapes),
                factory.max_tensor_frames(&shapes),
            ),
            false => (factory.batching(&shapes), factory.max_frames(&shapes)),
        };
        let room = Room::new(&batching, most as usize);
        let key = batching.key;
        let known = batches
            .iter()
            .position(|(of, device, _)| *of == key && *device == on_device);
        let at = known.unwrap_or_else(|| {
            batches.push((key, on_device, Filled::default()));
            batches.len() - 1
        });
        let filled = &mut batches[at].2;
        if !filled.fill.fits(&room) {
            full.push(std::mem::take(filled).sets);
        }
        let filled = &mut batches[at].2;
        filled.fill.add(&room);
        filled.sets.push(set);
    }
    full.extend(batches.into_iter().map(|(.., filled)| filled.sets));
    full
}

#[derive(Default)]
struct Filled {
    fill: crate::groups::Fill,
    sets: Vec<Set>,
}
