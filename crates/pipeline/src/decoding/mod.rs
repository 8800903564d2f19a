//! Decoding image files for batches of runners and engines: JPEG files on the GPU, where there is one, and all others on threads of the CPU.

mod place;

use crate::decoding::place::{tensor_of, upload};
use crate::error::is_shortage;
use crate::image::frame::FrameImage;
use crate::image::tensor::DeviceTensor;
use pixelflume_codec::cuda::{
    BatchConfig, BatchDecoder, BatchError, BatchStatistics, Pending, takes,
};
use pixelflume_codec::{Color, DecodeError, DecodeOptions, FileBatch};
use pixelflume_device::sync::Mutex;
use pixelflume_device::{DeviceError, DeviceKind, ProcessBound, Stream};
use pixelflume_memory::{MemoryError, MemoryManager};
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::owned::Image;
use std::fmt;
use std::sync::Arc;

/// Batches that may be decoded on the device at a time. The CPU decodes further ones.
const MOST_BATCHES: usize = 4;

/// A decoder of image files for batches of an engine. Any number of threads may use it at once.
///
/// On a CUDA device it decodes JPEG files into device memory; [`ImageDecoder::begin`] puts the work there and returns, so that a
/// thread can begin the next batch before it waits for one.
///
/// ```
/// use pixelflume_codec::{DecodeOptions, EncodeOptions, Format, encode};
/// use pixelflume_device::Device;
/// use pixelflume_memory::{MemoryConfig, MemoryManager};
/// use pixelflume_ops::{Image, ImageView};
/// use pixelflume_pipeline::engine::ImageDecoder;
///
/// let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
/// let decoder = ImageDecoder::new(&memory, DecodeOptions::default());
/// let image = Image::from_fn(4, 3, 3, |x, y, c| (x * 60 + y * 20 + c) as u8)?;
/// let file = encode(ImageView::from(&image), Format::Png, &EncodeOptions::default())?;
/// let decoding = decoder.begin(vec![file.as_slice(), b"none"], |_, _| true);
/// let results = decoding.wait();
/// assert_eq!(results[0].as_ref().unwrap().shape(), image.shape());
/// assert!(results[1].is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ImageDecoder {
    options: DecodeOptions,
    on_device: ProcessBound<Mutex<OnDevice>>,
    /// The memory of the images; dropped last.
    memory: MemoryManager,
}

/// What decodes on the device.
#[derive(Default)]
enum OnDevice {
    /// It is made when it is first needed.
    #[default]
    Unmade,
    Made(Arc<BatchDecoder>),
    /// The device cannot decode, or is not to.
    Never(BatchStatistics),
}

/// Files that are being decoded. Dropped, their images are dropped when they are done.
#[must_use = "the images are had by waiting for them"]
pub struct Decoding<'a, F> {
    decoder: &'a ImageDecoder,
    /// The files, and which of them fit into the memory of a batch.
    batch: FileBatch<F>,
    /// The files whose images are to be on the device, by number in the batch.
    wanted: Vec<usize>,
    /// The work of the device, where it decodes them.
    pending: Option<ProcessBound<Pending>>,
}

/// Files of which the device has decoded its share, and the CPU nothing yet ([`Decoding::wait_for_device`]).
#[derive(Debug)]
pub struct PartlyDecoded<'a, F> {
    decoder: &'a ImageDecoder,
    batch: FileBatch<F>,
    /// The files whose images were to be on the device and are not, ascending.
    missing: Vec<usize>,
    /// What is known of each file and was not taken.
    results: Vec<Option<Result<FrameImage, DecodeError>>>,
    /// Orders the images that are copied to the device.
    stream: Option<Stream>,
}

/// What became of files, in their order, with all images in one place.
pub(crate) enum DecodedImages {
    /// Images in ordinary memory.
    Host(Vec<Result<Image, DecodeError>>),
    /// Images in memory of the device.
    Device(Vec<Result<DeviceTensor, DecodeError>>),
}

impl ImageDecoder {
    /// A decoder of files by these options, whose images on the device are in `memory`.
    pub fn new(memory: &MemoryManager, options: DecodeOptions) -> Self {
        ImageDecoder {
            options,
            on_device: ProcessBound::default(),
            memory: memory.clone(),
        }
    }

    /// Begins to decode files. Those that the device can decode it does decode where `on_device` says so, which is asked with the
    /// number of the file and the shape that its header tells, in the order of the files.
    pub fn begin<F: AsRef<[u8]>>(
        &self,
        files: Vec<F>,
        mut on_device: impl FnMut(usize, ImageShape) -> bool,
    ) -> Decoding<'_, F> {
        // It is not made for files that it does not take.
        let any = files.iter().any(|file| takes(file.as_ref(), &self.options));
        let decoder = any.then(|| self.device_decoder()).flatten();
        let batch = match decoder {
            Some(_) => FileBatch::for_device(files, &self.options),
            None => FileBatch::new(files, &self.options),
        };
        let mut wanted = Vec::new();
        let mut pending = None;
        if let Some(decoder) = decoder {
            wanted.extend((0..batch.len()).filter(|&number| {
                let shape = batch.shape(number);
                let is_taken = |shape| decoder.takes(&batch, number) && on_device(number, shape);
                shape.is_some_and(is_taken)
            }));
            if !wanted.is_empty() {
                let submitted = decoder.submit_batch(&batch, &wanted);
                let submitted = submitted.inspect_err(|error| told(wanted.len(), error));
                pending = submitted.ok().map(ProcessBound::new);
            }
        }
        Decoding {
            decoder: self,
            batch,
            wanted,
            pending,
        }
    }

    /// Whether there is a device that decodes files.
    pub fn decodes_on_device(&self) -> bool {
        let device = self.memory.device();
        device.kind() == DeviceKind::Cuda
            && !device.is_inherited()
            && self.options.color != Color::Rgba
            && !matches!(*self.on_device.lock(), OnDevice::Never(_))
    }

    /// How many files the device was given, and what became of them; see [`BatchStatistics`].
    pub fn statistics(&self) -> BatchStatistics {
        if self.memory.device().is_inherited() {
            return BatchStatistics::default();
        }
        match &*self.on_device.lock() {
            OnDevice::Unmade => BatchStatistics::default(),
            OnDevice::Made(decoder) => decoder.statistics(),
            OnDevice::Never(statistics) => *statistics,
        }
    }

    /// Gives the device memory back that decoding takes beside the images, when what is in flight is done, and has the CPU decode all
    /// files from here on: for a program that lacks memory for something else.
    pub fn leave_device(&self) {
        if self.memory.device().is_inherited() {
            return;
        }
        let statistics = self.statistics();
        let old = std::mem::replace(&mut *self.on_device.lock(), OnDevice::Never(statistics));
        drop(old);
    }

    /// What decodes on the device, where it can.
    fn device_decoder(&self) -> Option<Arc<BatchDecoder>> {
        if self.memory.device().kind() != DeviceKind::Cuda || self.memory.device().is_inherited() {
            return None;
        }
        let mut on_device = self.on_device.lock();
        if let OnDevice::Unmade = *on_device {
            let config = BatchConfig {
                in_flight: MOST_BATCHES,
                ..BatchConfig::default()
            };
            *on_device = match BatchDecoder::new(&self.memory, config) {
                Ok(made) => OnDevice::Made(Arc::new(made)),
                Err(error) => {
                    tracing::warn!("the CPU decodes all files: {error}");
                    OnDevice::Never(BatchStatistics::default())
                }
            };
        }
        match &*on_device {
            OnDevice::Made(decoder) => Some(Arc::clone(decoder)),
            _ => None,
        }
    }

    /// Copies an image to the device, where a batch has more room for it, in the order of `stream`, which is had when it is first needed;
    /// leaves the image as it is where that fails.
    fn to_device(&self, image: Image, stream: &mut Option<Stream>) -> FrameImage {
        let copied = match stream {
            Some(stream) => upload(&image, &self.memory, stream),
            None => {
                let had = self.stream().map_err(MemoryError::from);
                had.and_then(|had| upload(&image, &self.memory, stream.insert(had)))
            }
        };
        match copied {
            Ok(tensor) => FrameImage::Tensor(tensor),
            Err(error) => {
                tracing::debug!("an image stays in ordinary memory: {error}");
                FrameImage::Image(image)
            }
        }
    }

    /// The stream of the images that the device decodes, or another one where it decodes none.
    fn stream(&self) -> Result<Stream, DeviceError> {
        let device = self.memory.device();
        if device.is_inherited() {
            return device.stream();
        }
        match &*self.on_device.lock() {
            OnDevice::Made(decoder) => Ok(decoder.stream().clone()),
            _ => device.stream(),
        }
    }
}

/// Notes that the device does not decode a batch. A device that is lost fails the runs that come next.
fn told(files: usize, error: &BatchError) {
    match error {
        BatchError::InFlight { .. } => {
            tracing::debug!("the CPU decodes {files} files: {error}");
        }
        BatchError::Memory(source) if is_shortage(source) => {
            tracing::info!("the CPU decodes {files} files: {error}");
        }
        error => tracing::warn!("the CPU decodes {files} files: {error}"),
    }
}

impl<'a, F: AsRef<[u8]>> Decoding<'a, F> {
    /// Whether the device decodes some of the files.
    pub fn is_on_device(&self) -> bool {
        self.pending.is_some()
    }

    /// Decodes what the device does not, waits for what it does, and returns a result for each file in order. Images of the device are
    /// there for work behind the present work of their [`stream`](crate::DeviceTensor::stream). Where the device fails, the CPU decodes
    /// its files as well, and copies their images there if it can.
    pub fn wait(self) -> Vec<Result<FrameImage, DecodeError>> {
        self.finish().0
    }

    /// Waits for what the device decodes, and leaves the other files to the caller, who has the CPU decode as many at a time as he has
    /// memory for.
    pub fn wait_for_device(self) -> PartlyDecoded<'a, F> {
        let Decoding {
            decoder,
            mut batch,
            wanted,
            pending,
        } = self;
        let refusals = batch.take_refusals().into_iter();
        let mut results: Vec<_> = refusals.map(|refusal| refusal.map(Err)).collect();
        let missing = take_images(decoder, pending, wanted, &mut results);
        PartlyDecoded {
            decoder,
            batch,
            missing,
            results,
            stream: None,
        }
    }

    /// As [`Decoding::wait`], with all images in ordinary memory, or all on the device where it decodes one of them: those of the CPU
    /// are copied there. Where there is no room for all, all are decoded by the CPU.
    pub(crate) fn wait_in_one_place(self) -> DecodedImages {
        let decoder = self.decoder;
        let (mut results, batch) = self.finish();
        let is_tensor = |result: &Result<_, _>| matches!(result, Ok(FrameImage::Tensor(_)));
        if results.iter().any(is_tensor) {
            let mut stream = None;
            let copied = results.into_iter().map(|result| match result {
                Ok(FrameImage::Image(image)) => Ok(decoder.to_device(image, &mut stream)),
                other => other,
            });
            results = copied.collect();
            if !results
                .iter()
                .any(|result| matches!(result, Ok(FrameImage::Image(_))))
            {
                let tensors = results.into_iter().map(|result| match result? {
                    FrameImage::Tensor(tensor) => Ok(tensor),
                    FrameImage::Image(_) | FrameImage::Shared(_) => {
                        unreachable!("no image is in ordinary memory")
                    }
                });
                return DecodedImages::Device(tensors.collect());
            }
            tracing::info!(
                "the CPU decodes {} files: the device has no room",
                results.len()
            );
        }
        let on_device: Vec<usize> = (0..results.len())
            .filter(|&file| is_tensor(&results[file]))
            .collect();
        for (file, result) in batch.decode(&on_device) {
            results[file] = result.map(FrameImage::Image);
        }
        let images = results.into_iter().map(|result| match result? {
            FrameImage::Image(image) => Ok(image),
            FrameImage::Shared(_) | FrameImage::Tensor(_) => {
                unreachable!("the CPU has decoded it")
            }
        });
        DecodedImages::Host(images.collect())
    }

    /// Decodes all files; gives the batch as well.
    fn finish(self) -> (Vec<Result<FrameImage, DecodeError>>, FileBatch<F>) {
        let Decoding {
            decoder,
            mut batch,
            wanted,
            pending,
        } = self;
        let refusals = batch.take_refusals().into_iter();
        let mut results: Vec<_> = refusals.map(|refusal| refusal.map(Err)).collect();
        let mut next = wanted.iter().peekable();
        let others = (0..batch.len()).filter(|file| next.next_if_eq(&file).is_none());
        for (file, result) in batch.decode(&others.collect::<Vec<_>>()) {
            results[file] = Some(result.map(FrameImage::Image));
        }
        // What the device does not give, the CPU decodes or says why not: it has the last word. In a forked child nothing is had of the
        // work of its parent.
        let missing = take_images(decoder, pending, wanted, &mut results);
        let mut stream = None;
        for (file, result) in batch.decode(&missing) {
            results[file] = Some(result.map(|image| decoder.to_device(image, &mut stream)));
        }
        (results.into_iter().flatten().collect(), batch)
    }
}

/// Waits for the images of the device, and notes them; returns the files whose images it does not give.
fn take_images(
    decoder: &ImageDecoder,
    pending: Option<ProcessBound<Pending>>,
    wanted: Vec<usize>,
    results: &mut [Option<Result<FrameImage, DecodeError>>],
) -> Vec<usize> {
    let mut missing = wanted;
    match pending
        .and_then(ProcessBound::into_inner)
        .map(Pending::wait)
    {
        Some(Ok(images)) => {
            let mut images = images.into_iter();
            missing.retain(|&file| match images.next() {
                Some(Ok(image)) => {
                    let tensor = tensor_of(image, &decoder.memory);
                    results[file] = Some(Ok(FrameImage::Tensor(tensor)));
                    false
                }
                _ => true,
            });
        }
        Some(Err(error)) => told(missing.len(), &error),
        None => {}
    }
    missing
}

impl<F: AsRef<[u8]>> PartlyDecoded<'_, F> {
    /// Takes the result of a file, by its number. `None` where the CPU has to decode it, or where it was taken.
    pub fn take(&mut self, file: usize) -> Option<Result<FrameImage, DecodeError>> {
        self.results.get_mut(file)?.take()
    }

    /// The shape of the image of a file, by its number; `None` where the file is refused.
    pub fn shape(&self, file: usize) -> Option<ImageShape> {
        self.batch.shape(file)
    }

    /// Has the CPU decode these files, all at a time, and returns the number and the result of each. Images that were to be on the device
    /// are copied there if they can be.
    pub fn decode(&mut self, files: &[usize]) -> Vec<(usize, Result<FrameImage, DecodeError>)> {
        let decoded = self.batch.decode(files).into_iter();
        let placed = decoded.map(|(file, result)| {
            let result = result.map(|image| match self.missing.binary_search(&file) {
                Ok(_) => self.decoder.to_device(image, &mut self.stream),
                Err(_) => FrameImage::Image(image),
            });
            (file, result)
        });
        placed.collect()
    }
}

impl fmt::Debug for ImageDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageDecoder")
            .field("device", &self.memory.device().name())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<F: AsRef<[u8]>> fmt::Debug for Decoding<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on_device = self.pending.as_ref().map_or(0, |_| self.wanted.len());
        write!(
            f,
            "Decoding({on_device} of {} files on the device)",
            self.batch.len()
        )
    }
}
