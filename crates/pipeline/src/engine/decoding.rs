//! Decoding image files for batches: JPEG files on the GPU, where there is one, and all others on threads of the CPU.

use super::FrameImage;
use crate::encoded::{tensor_of, upload};
use crate::error::is_shortage;
use pixelflume_codec::cuda::{
    BatchConfig, BatchDecoder, BatchError, BatchStatistics, Pending, takes,
};
use pixelflume_codec::{
    Color, DecodeError, DecodeOptions, ImageFile, Limits, OpenImage, admit, decode_all,
};
use pixelflume_device::sync::Mutex;
use pixelflume_device::{DeviceKind, ProcessBound, Stream};
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
    files: Vec<F>,
    /// Which of the files fit into the memory of a batch.
    admitted: Vec<Result<(), DecodeError>>,
    /// The files whose images are to be on the device, by number in `files`.
    wanted: Vec<usize>,
    /// The work of the device, where it decodes them.
    pending: Option<ProcessBound<Pending>>,
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
        let sources = files.iter().map(|file| ImageFile::Bytes(file.as_ref()));
        let sources: Vec<_> = sources.collect();
        let admitted = admit(&sources, &self.options);
        let mut wanted = Vec::new();
        let mut pending = None;
        // It is not made for files that it does not take.
        let any = files.iter().any(|file| takes(file.as_ref(), &self.options));
        if any && let Some(decoder) = self.device_decoder() {
            for (number, file) in files.iter().enumerate() {
                let file = file.as_ref();
                if admitted[number].is_ok()
                    && takes(file, &self.options)
                    && let Ok(opened) = OpenImage::of_bytes(file, &self.options)
                    && on_device(number, opened.need().shape)
                {
                    wanted.push(number);
                }
            }
            if !wanted.is_empty() {
                let taken = wanted.iter().map(|&file| files[file].as_ref());
                let taken: Vec<&[u8]> = taken.collect();
                let submitted = decoder.submit(&taken, &self.options_of_admitted().into());
                let submitted = submitted.inspect_err(|error| told(taken.len(), error));
                pending = submitted.ok().map(ProcessBound::new);
            }
        }
        Decoding {
            decoder: self,
            files,
            admitted,
            wanted,
            pending,
        }
    }

    /// The options for files of which it is known that their images fit into a batch.
    fn options_of_admitted(&self) -> DecodeOptions {
        DecodeOptions {
            limits: Limits {
                max_batch_bytes: u64::MAX,
                ..self.options.limits
            },
            ..self.options
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

    /// Copies an image to the device, where a batch has more room for it, in the order of `stream`, which is made when it is first needed;
    /// leaves the image as it is where that fails.
    fn to_device(&self, image: Image, stream: &mut Option<Stream>) -> FrameImage {
        let copied = match stream {
            Some(stream) => upload(&image, &self.memory, stream),
            None => {
                let made = self.memory.device().stream().map_err(MemoryError::from);
                made.and_then(|made| upload(&image, &self.memory, stream.insert(made)))
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

impl<F: AsRef<[u8]>> Decoding<'_, F> {
    /// Whether the device decodes some of the files.
    pub fn is_on_device(&self) -> bool {
        self.pending.is_some()
    }

    /// Decodes what the device does not, waits for what it does, and returns a result for each file in order. Images of the device are
    /// there for work behind the present work of their [`stream`](crate::DeviceTensor::stream). Where the device fails, the CPU decodes
    /// its files as well, and copies their images there if it can.
    pub fn wait(self) -> Vec<Result<FrameImage, DecodeError>> {
        let Decoding {
            decoder,
            files,
            admitted,
            wanted,
            pending,
        } = self;
        let mut results: Vec<_> = admitted
            .into_iter()
            .map(|admitted| admitted.err().map(Err))
            .collect();
        let mut next = wanted.iter().peekable();
        let others = (0..files.len()).filter(|file| next.next_if_eq(&file).is_none());
        let others: Vec<usize> = others.filter(|&file| results[file].is_none()).collect();
        let options = decoder.options_of_admitted();
        let on_host = |numbers: &[usize]| {
            let files: Vec<&[u8]> = numbers.iter().map(|&file| files[file].as_ref()).collect();
            decode_all(&files, &options)
        };
        for (&file, result) in others.iter().zip(on_host(&others)) {
            results[file] = Some(result.map(FrameImage::Image));
        }
        // What the device does not give, the CPU decodes or says why not: it has the last word. In a forked child nothing is had of the
        // work of its parent.
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
        let mut stream = None;
        for (&file, result) in missing.iter().zip(on_host(&missing)) {
            results[file] = Some(result.map(|image| decoder.to_device(image, &mut stream)));
        }
        let results = results.into_iter().flatten();
        results.collect()
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

impl<F> fmt::Debug for Decoding<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on_device = self.pending.as_ref().map_or(0, |_| self.wanted.len());
        write!(
            f,
            "Decoding({on_device} of {} files on the device)",
            self.files.len()
        )
    }
}
