//! The images that a caller passes for one input of a pipeline.
//!
//! [`Frames::extract`] looks at the values, with the interpreter; [`Frames::decode`] reads files, decodes those that the runner does
//! not decode for a GPU, and copies what cannot be read in place, without it; [`Frames::with_input`] gives the images to a pipeline.
//!
//! Arrays are read where they are, also while other threads have the interpreter. The owners in [`Frames`], and in the work of a
//! GPU, keep their memory; nothing but the caller keeps their samples. So the documentation of `Pipeline.__call__`, `Pipeline.stream`
//! and `encode` says that an array must not be written before the call is over (on a GPU: by work that is not in the stream of the
//! call), as NumPy and PyTorch ask for. Where it is written, the results are those of some mixture of old and new samples: executors of operators take samples
//! as numbers, and compute no address, length or loop from them. What is parsed, files in memory, cannot change: `bytes` never do,
//! and other buffers are copied.

mod array;
mod arrow;
mod axes;
mod buffer;
mod content;
mod copies;
mod cuda_array;
mod encoded;
mod error;
mod exchange;
mod interleave;
mod on_gpu;
mod owner;
mod pil;
mod pixels;
mod place;
mod rgbx;
mod sample;
mod source;
mod tensor;
mod threads;

pub(crate) use axes::Axes;
pub(crate) use content::no_file;
pub(crate) use encoded::Decoding;
pub(crate) use error::{FrameError, Refusal};
pub(crate) use place::{GpuPlace, Place};
pub(crate) use tensor::writable;

use crate::exit::InPython;
use crate::frames::error::Problem;
use crate::frames::pixels::Pixels;
use pixelflume::codec::{Admission, ImageFile, admit};
use pixelflume::device::{Address, DeviceKind, Stream};
use pixelflume::pipeline::{BatchLayout, DeviceImages, FileFailure, ImageView, Input};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use std::path::Path;
use std::slice;

/// Bytes from which on an image, or a batch in one array, is read where it is by the host device.
const IN_PLACE_BYTES: usize = 1 << 20;

/// The mean bytes of an image from which on a list of images is read in place.
const IN_PLACE_BYTES_OF_LIST: usize = 1 << 18;

/// Where the images of a call lie: the GPU of the first that is on one, and the stream that its library works in.
pub(crate) fn locate(value: &Bound<'_, PyAny>) -> PyResult<Option<GpuPlace>> {
    let _inside = InPython::enter()?;
    if let Ok(list) = value.cast::<PyList>() {
        locate_first(list.iter())
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        locate_first(tuple.iter())
    } else {
        source::gpu(value).map_err(|refusal| refusal.at(None))
    }
}

/// The place of the first entry that is on a GPU.
fn locate_first<'py>(
    values: impl Iterator<Item = Bound<'py, PyAny>>,
) -> PyResult<Option<GpuPlace>> {
    for (index, value) in values.enumerate() {
        let place = source::gpu(&value).map_err(|refusal| refusal.at(Some(index)))?;
        if place.is_some() {
            return Ok(place);
        }
    }
    Ok(None)
}

/// The frames of one input: images that a caller has passed, with the owners of their memory.
pub(crate) struct Frames(Images);

enum Images {
    /// One object: an image, or a batch in one array.
    One { pixels: Pixels, is_single: bool },
    /// One image per entry.
    List(Vec<Pixels>),
}

impl Default for Frames {
    /// No images.
    fn default() -> Self {
        Frames(Images::List(Vec::new()))
    }
}

impl Frames {
    /// Takes the images of a value: one image, a batch in one array, or a list or tuple of images. Nothing is read of files,
    /// decoded or copied.
    ///
    /// # Errors
    /// An exception that names the index of the image that cannot be taken and says why.
    pub(crate) fn extract(value: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Frames> {
        let _inside = InPython::enter()?;
        let images = if let Ok(list) = value.cast::<PyList>() {
            Images::List(entries(list.iter(), place)?)
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            Images::List(entries(tuple.iter(), place)?)
        } else {
            let one = source::pixels(value, place);
            let (pixels, is_single) = one.map_err(|refusal| refusal.at(None))?;
            Images::One { pixels, is_single }
        };
        Ok(Frames(images))
    }

    /// Takes a value that is no list, for readers that are no pipeline: ordinary memory is not handed to the host device as its own,
    /// as [`Frames::extract`] does with large images, so that [`Frames::with_input`] gives views of it.
    ///
    /// # Errors
    /// As for [`Frames::extract`].
    pub(crate) fn extract_views(value: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Frames> {
        let _inside = InPython::enter()?;
        let taken = source::pixels(value, place).map_err(|refusal| refusal.at(None));
        let (pixels, is_single) = taken?;
        Ok(Frames(Images::One { pixels, is_single }))
    }

    /// The images of these frames, one behind the other. Each has one image.
    pub(crate) fn of_images(images: Vec<Frames>) -> Frames {
        let images = images.into_iter().flat_map(|frames| match frames.0 {
            Images::One { pixels, .. } => vec![pixels],
            Images::List(images) => images,
        });
        Frames(Images::List(images.collect()))
    }

    /// Where the images are that are read in place in ordinary memory of somebody else.
    pub(crate) fn borrowed(&self) -> impl Iterator<Item = (Address, BatchLayout)> {
        let images = match &self.0 {
            Images::One { pixels, .. } => slice::from_ref(pixels),
            Images::List(images) => images,
        };
        images.iter().filter_map(Pixels::borrowed)
    }

    /// Takes the image of this index out of a list.
    pub(crate) fn remove(&mut self, index: usize) {
        if let Images::List(images) = &mut self.0 {
            images.remove(index);
        }
    }

    /// Whether one image without an axis of images was passed.
    pub(crate) fn is_single(&self) -> bool {
        matches!(
            self.0,
            Images::One {
                is_single: true,
                ..
            }
        )
    }

    /// The number of images; at least 1.
    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Images::One { pixels, .. } => pixels.len(),
            Images::List(images) => images.len(),
        }
    }

    /// Makes the images ready for [`Frames::with_input`], on up to `threads` threads: reads and decodes files, and copies images that
    /// cannot be read in place. Where all images are files and the device is a GPU, they are only read. Needs no interpreter, and is
    /// best called without it.
    ///
    /// # Errors
    /// The error of the first image, in the order of the list, that cannot be read, decoded here, or copied.
    pub(crate) fn decode(&mut self, threads: usize, decoding: &Decoding) -> Result<(), FrameError> {
        let images = match &mut self.0 {
            Images::One { pixels, .. } => return prepare(pixels, None, decoding, None),
            Images::List(images) => images,
        };
        let is_file = |pixels: &Pixels| matches!(pixels, Pixels::Encoded(_));
        if images.iter().all(is_file) {
            prepare_all(images, threads, decoding)?;
        }
        match all_for_device(images) {
            true => Ok(()),
            // Images in ordinary memory and on the device are no one input.
            false => prepare_all(images, threads, &decoding.by_cpu()),
        }
    }

    /// The errors of files that the device has not decoded, given with their indices.
    pub(crate) fn failed(
        &self,
        failures: impl IntoIterator<Item = FileFailure>,
    ) -> Vec<FrameError> {
        let failed = |FileFailure { frame, error, .. }| match &self.0 {
            Images::One { pixels, .. } => failed(pixels, None, error.into()),
            Images::List(images) => failed(&images[frame], Some(frame), error.into()),
        };
        failures.into_iter().map(failed).collect()
    }

    /// Lets the host device read images in ordinary memory where they are, if they are large and ready; small ones are copied in less
    /// time than it takes to order them with a stream. `stream` is that of the call.
    ///
    /// # Errors
    /// The memory of an image is refused.
    pub(crate) fn read_in_place(self, stream: &Stream) -> Result<Frames, FrameError> {
        if stream.device().kind() != DeviceKind::Host {
            return Ok(self);
        }
        let placed = |pixels: Pixels, index| {
            let placed = pixels.on_stream(stream);
            placed.map_err(|problem| problem.at(index))
        };
        Ok(Frames(match self.0 {
            Images::One { pixels, is_single } if pixels.ordinary_bytes() >= IN_PLACE_BYTES => {
                let pixels = placed(pixels, None)?;
                Images::One { pixels, is_single }
            }
            // All of a list are read in place, or none.
            Images::List(images) if mean_bytes(&images) >= IN_PLACE_BYTES_OF_LIST => {
                let images = images.into_iter().zip(0..);
                let images = images.map(|(pixels, index)| placed(pixels, Some(index)));
                Images::List(images.collect::<Result<_, _>>()?)
            }
            others => others,
        }))
    }

    /// Calls a function with the images as an input of a pipeline.
    ///
    /// # Errors
    /// [`Frames::decode`] was not called, or a list has images on a GPU beside images in ordinary memory.
    pub(crate) fn with_input<R>(
        &self,
        use_input: impl FnOnce(Input<'_>) -> R,
    ) -> Result<R, FrameError> {
        match &self.0 {
            Images::One { pixels, .. } if pixels.for_device().is_some() => {
                Ok(with_files(slice::from_ref(pixels), use_input))
            }
            Images::List(images) if all_for_device(images) => Ok(with_files(images, use_input)),
            Images::One { pixels, .. } => {
                let input = pixels.input().map_err(|problem| problem.at(None))?;
                Ok(use_input(input))
            }
            Images::List(images) => with_list(images, use_input),
        }
    }
}

/// Makes the images of a list ready that are not.
fn prepare_all<'p>(
    images: &'p mut [Pixels],
    threads: usize,
    decoding: &Decoding,
) -> Result<(), FrameError> {
    let is_waiting = |pixels: &Pixels| !pixels.is_ready() || pixels.for_device().is_some();
    let images = images.iter_mut().enumerate();
    let waiting: Vec<(usize, &mut Pixels)> =
        images.filter(|(_, pixels)| is_waiting(pixels)).collect();
    let mut admission = match decoding.device {
        DeviceKind::Host => admitted(&waiting, decoding),
        // The runner counts them.
        DeviceKind::Cuda => admit(&[], &decoding.options),
    };
    // Files of the admission in their order.
    let mut refusals = admission.take_refusals().into_iter().enumerate();
    let with_refusal = |(index, pixels): (usize, &'p mut Pixels)| {
        let file = match &*pixels {
            Pixels::Encoded(_) => refusals.next(),
            _ => None,
        };
        (index, pixels, file)
    };
    let mut waiting: Vec<_> = waiting.into_iter().map(with_refusal).collect();
    threads::try_for_each(&mut waiting, threads, |(index, pixels, file)| {
        match file.take() {
            Some((_, Some(error))) => Err(failed(pixels, Some(*index), encoded::of_file(error))),
            Some((file, None)) => admission.with_memory(file, || {
                let admitted = Some((&admission, file));
                prepare(pixels, Some(*index), decoding, admitted)
            }),
            None => prepare(pixels, Some(*index), decoding, None),
        }
    })
}

/// Which files among images fit into one batch, as their headers say.
fn admitted(images: &[(usize, &mut Pixels)], decoding: &Decoding) -> Admission {
    let files = images.iter().filter_map(|(_, pixels)| match pixels {
        Pixels::Encoded(file) => Some(file.file()),
        _ => None,
    });
    let files: Vec<ImageFile<'_>> = files.collect();
    admit(&files, &decoding.options)
}

/// Makes images ready, or says which of them and which file is refused.
fn prepare(
    pixels: &mut Pixels,
    image: Option<usize>,
    decoding: &Decoding,
    admitted: Option<(&Admission, usize)>,
) -> Result<(), FrameError> {
    let prepared = pixels.prepare(decoding, admitted);
    prepared.map_err(|problem| failed(pixels, image, problem))
}

/// The error of an image, which is told with the path of its file.
fn failed(pixels: &Pixels, image: Option<usize>, problem: Problem) -> FrameError {
    FrameError {
        image,
        path: pixels.path().map(Path::to_owned),
        problem: Box::new(problem),
    }
}

/// Whether all images, at least one, are files that the runner decodes.
fn all_for_device(images: &[Pixels]) -> bool {
    !images.is_empty() && images.iter().all(|pixels| pixels.for_device().is_some())
}

fn with_files<R>(images: &[Pixels], use_input: impl FnOnce(Input<'_>) -> R) -> R {
    let files: Vec<&[u8]> = images.iter().filter_map(Pixels::for_device).collect();
    use_input(Input::Encoded(&files))
}

fn with_list<R>(
    images: &[Pixels],
    use_input: impl FnOnce(Input<'_>) -> R,
) -> Result<R, FrameError> {
    let is_on_gpu = |pixels: &Pixels| matches!(pixels, Pixels::Device(_));
    if !images.iter().any(is_on_gpu) {
        let views: Vec<ImageView<'_>> = each(images, Pixels::image_view)?;
        return Ok(use_input(Input::Views(&views)));
    }
    let all: Vec<DeviceImages<'_>> = each(images, |pixels| {
        pixels.device_images()?.ok_or(Problem::NotOnGpu)
    })?;
    Ok(match all.as_slice() {
        [one] => use_input(Input::Device(*one)),
        several => use_input(Input::DeviceList(several)),
    })
}

/// What a function gives for each image of a list, or the error of the first that it refuses.
fn each<'a, T>(
    images: &'a [Pixels],
    get: impl Fn(&'a Pixels) -> Result<T, Problem>,
) -> Result<Vec<T>, FrameError> {
    let got = images.iter().enumerate();
    got.map(|(index, pixels)| get(pixels).map_err(|problem| problem.at(Some(index))))
        .collect()
}

/// The mean bytes of images that are all in ordinary memory and ready; 0 for others.
fn mean_bytes(images: &[Pixels]) -> usize {
    let bytes = images.iter().map(Pixels::ordinary_bytes);
    match bytes.clone().min() {
        None | Some(0) => 0,
        Some(_) => bytes.fold(0, usize::saturating_add) / images.len(),
    }
}

/// The images of the entries of a list.
fn entries<'py>(
    values: impl ExactSizeIterator<Item = Bound<'py, PyAny>>,
    place: &Place<'_>,
) -> PyResult<Vec<Pixels>> {
    let mut images = Vec::with_capacity(values.len());
    for (index, value) in values.enumerate() {
        let taken = source::pixels(&value, place).and_then(|(pixels, is_single)| match is_single {
            true => Ok(pixels),
            false => Err(Problem::BatchInList {
                images: pixels.len(),
            }
            .into()),
        });
        images.push(taken.map_err(|refusal: Refusal| refusal.at(Some(index)))?);
    }
    match images.is_empty() {
        true => Err(Problem::NoImages.at(None).into()),
        false => Ok(images),
    }
}
