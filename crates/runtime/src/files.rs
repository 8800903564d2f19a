//! The images of a batch, some of which the device decodes from files.

use crate::error::ItemError;
use crate::groups::Room;
use crate::item::{Bytes, ItemInfo};
use crate::run::Run;
use crate::task::{ItemState, Slot};
use pixelflume_codec::Need;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::DeviceTensor;
use pixelflume_pipeline::engine::{
    BatchKey, Decoding, EngineFactory, EngineSource, FrameImage, ImageDecoder, PartlyDecoded,
};
use std::collections::VecDeque;
use std::sync::Arc;

/// An image of a set.
pub(crate) enum Pixels {
    Ready(FrameImage),
    /// A file that the device decodes, or else the CPU.
    File(Bytes, Need),
    /// The image that the device made of this file, which is kept in case the image has to leave.
    Decoded(DeviceTensor, Bytes, Need),
}

impl Pixels {
    fn shape(&self) -> ImageShape {
        match self {
            Pixels::Ready(image) => image.shape(),
            Pixels::File(_, need) | Pixels::Decoded(_, _, need) => need.shape,
        }
    }

    fn is_file(&self) -> bool {
        matches!(self, Pixels::File(..))
    }

    fn is_tensor(&self) -> bool {
        match self {
            Pixels::Ready(FrameImage::Image(_) | FrameImage::Shared(_)) => false,
            Pixels::Ready(FrameImage::Tensor(_)) | Pixels::File(..) | Pixels::Decoded(..) => true,
        }
    }

    /// The image; `None` where it is not decoded.
    pub(crate) fn into_image(self) -> Option<FrameImage> {
        match self {
            Pixels::Ready(image) => Some(image),
            Pixels::Decoded(tensor, ..) => Some(FrameImage::Tensor(tensor)),
            Pixels::File(..) => None,
        }
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
            Slot::ForDevice { bytes, need } => Ok(Pixels::File(bytes, need)),
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

    /// Has no image on the device anymore: files are to be decoded again, and tensors of the source are copied to ordinary memory unless
    /// that fails.
    pub(crate) fn leave_device(&mut self) {
        for pixels in &mut self.images {
            match pixels {
                Pixels::Decoded(_, bytes, need) => *pixels = Pixels::File(bytes.clone(), *need),
                Pixels::Ready(FrameImage::Tensor(tensor)) => {
                    if let Ok(mut images) = tensor.to_images() {
                        *pixels = Pixels::Ready(FrameImage::Image(images.swap_remove(0)));
                    }
                }
                _ => {}
            }
        }
    }
}

/// A batch whose files are being decoded.
pub(crate) struct Started<'s> {
    pub(crate) run: Arc<Run<'s>>,
    sets: Vec<Set>,
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
        Started::of_sets(decoder, run, sets)
    }

    /// Begins to decode the files of sets.
    pub(crate) fn of_sets(decoder: &'s ImageDecoder, run: Arc<Run<'s>>, sets: Vec<Set>) -> Self {
        let (mut files, mut expected) = (Vec::new(), Vec::new());
        for pixels in sets.iter().flat_map(|set| &set.images) {
            if let Pixels::File(bytes, need) = pixels {
                files.push(bytes.clone());
                expected.push(need.shape);
            }
        }
        // A file that is another one than when its header was read is not decoded.
        let files = decoder.begin(files, |file, shape| shape == expected[file]);
        Started { run, sets, files }
    }

    /// Whether the device is at work on it.
    pub(crate) fn is_on_device(&self) -> bool {
        self.files.is_on_device()
    }

    /// Waits until the device has done its share.
    pub(crate) fn wait(self) -> Parts<'s> {
        let Started { run, sets, files } = self;
        let mut files = files.wait_for_device();
        let mut file = 0;
        let sets = sets.into_iter().map(|set| {
            let first = file;
            file += set.images.iter().filter(|pixels| pixels.is_file()).count();
            Placed::new(set, first, &mut files, &run)
        });
        Parts {
            sets: sets.collect(),
            most: run.batch.decoding,
            files,
            run,
        }
    }
}

/// Sets whose files the CPU decodes part by part, where the device has not: the images of one part are in ordinary memory at a time.
pub(crate) struct Parts<'s> {
    pub(crate) run: Arc<Run<'s>>,
    sets: VecDeque<Placed>,
    files: PartlyDecoded<'s, Bytes>,
    /// Bytes in which files may be decoded at a time; those of one set in any case.
    most: u64,
}

/// Sets whose images are all there.
pub(crate) struct ReadySets {
    pub(crate) sets: Vec<Set>,
    /// Whether all images are where they were expected.
    pub(crate) is_as_begun: bool,
}

impl Parts<'_> {
    /// The next sets, as many as there is memory for. Those that cannot be decoded are told to the run.
    pub(crate) fn next(&mut self) -> Option<ReadySets> {
        let mut ready = ReadySets {
            sets: Vec::new(),
            is_as_begun: true,
        };
        while ready.is_as_begun && !self.sets.is_empty() {
            self.add(&mut ready);
        }
        (!ready.sets.is_empty()).then_some(ready)
    }

    /// Decodes the next sets.
    fn add(&mut self, ready: &mut ReadySets) {
        let (mut part, mut bytes) = (Vec::new(), 0u64);
        let most = self.most;
        let fits =
            |bytes: u64, placed: &Placed| bytes == 0 || bytes.saturating_add(placed.bytes) <= most;
        while let Some(placed) = self.sets.pop_front_if(|placed| fits(bytes, placed)) {
            bytes = bytes.saturating_add(placed.bytes);
            part.push(placed);
        }
        let missing = part.iter().flat_map(|placed| &placed.missing);
        let missing: Vec<usize> = missing.map(|&(file, _)| file).collect();
        let mut decoded = self.files.decode(&missing).into_iter().peekable();
        for mut placed in part {
            for (file, input) in placed.missing {
                let result = decoded.next_if(|(decoded, _)| *decoded == file);
                let result = result.map_or(Err(ItemError::Canceled), |(_, result)| {
                    result.map_err(|error| ItemError::Decode {
                        input: self.run.shared.input_name(input),
                        source: Arc::new(error),
                    })
                });
                match result {
                    Ok(image) => {
                        ready.is_as_begun &= matches!(image, FrameImage::Tensor(_));
                        placed.set.images[input] = Pixels::Ready(image);
                    }
                    // The first image that is missing is told.
                    Err(error) => drop(placed.error.get_or_insert(error)),
                }
            }
            match placed.error {
                None => ready.sets.push(placed.set),
                Some(error) => self.run.fail(&placed.set.info, error),
            }
        }
    }
}

/// A set with what the device has decoded of it.
struct Placed {
    set: Set,
    /// The files that the CPU has to decode, each with its input.
    missing: Vec<(usize, usize)>,
    /// Bytes that this takes.
    bytes: u64,
    /// Why the set is not to be decoded.
    error: Option<ItemError>,
}

impl Placed {
    /// Puts the images of the device into a set; `first` is the number of its first file.
    fn new(
        mut set: Set,
        first: usize,
        decoded: &mut PartlyDecoded<'_, Bytes>,
        run: &Run<'_>,
    ) -> Self {
        let (mut missing, mut error, mut bytes) = (Vec::new(), None, 0u64);
        let files = set.images.iter_mut().enumerate();
        let files = files.filter(|(_, pixels)| pixels.is_file());
        for (file, (input, pixels)) in (first..).zip(files) {
            let Pixels::File(content, need) = pixels else {
                continue;
            };
            let input_name = || run.shared.input_name(input);
            let shape = decoded.shape(file);
            let result = match decoded.take(file) {
                // It may take more memory than is counted.
                None if shape != Some(need.shape) => Err(ItemError::Changed {
                    input: input_name(),
                }),
                None => {
                    bytes = bytes.saturating_add(need.bytes);
                    missing.push((file, input));
                    continue;
                }
                Some(result) => result.map_err(|error| ItemError::Decode {
                    input: input_name(),
                    source: Arc::new(error),
                }),
            };
            match result {
                Ok(FrameImage::Tensor(tensor)) => {
                    *pixels = Pixels::Decoded(tensor, content.clone(), *need);
                }
                Ok(image) => *pixels = Pixels::Ready(image),
                Err(reason) => drop(error.get_or_insert(reason)),
            }
        }
        if error.is_some() {
            (missing, bytes) = (Vec::new(), 0);
        }
        Placed {
            set,
            missing,
            bytes,
            error,
        }
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
