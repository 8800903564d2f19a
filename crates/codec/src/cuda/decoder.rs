//! The decoder of batches of JPEG files, and its batches in flight.

use crate::cuda::entropy::Functions;
use crate::cuda::error::BatchError;
use crate::cuda::host::{HostFile, HostShare};
use crate::cuda::image::DecodedImage;
use crate::cuda::layout::ImageLayout;
use crate::cuda::options::{BatchConfig, BatchOptions};
use crate::cuda::pass::DeviceFile;
use crate::cuda::pixels::PixelKernels;
use crate::cuda::plan::{Planned, layout, plan};
use crate::cuda::resources::{Kept, Recent, Resources};
use crate::cuda::slot::Slot;
use crate::cuda::times::{Milestone, MilestoneTimes};
use crate::decode::batch::FileBatch;
use crate::decode::file_header::FileHeader;
use crate::decode::options::Color;
use crate::error::DecodeError;
use parking_lot::Mutex;
use pixelflume_device::{DeviceError, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryManager};
use std::sync::Arc;

/// A decoder of batches of JPEG files of any sizes into the memory of a CUDA device, bit for bit as libjpeg-turbo decodes them.
///
/// The GPU decodes sequential files of one scan from their bytes on. Of other files, and of those that it finds damaged, threads of the
/// CPU decode the coefficients. Several batches may be in flight; their work on the device is in one stream, one after the other.
///
/// ```no_run
/// use pixelflume_codec::cuda::{BatchConfig, BatchDecoder, BatchOptions};
/// use pixelflume_device::Device;
/// use pixelflume_memory::{MemoryConfig, MemoryManager};
///
/// let memory = MemoryManager::new(&Device::cuda(0)?, MemoryConfig::default());
/// let decoder = BatchDecoder::new(&memory, BatchConfig::default())?;
/// let files = [std::fs::read("a.jpg")?, std::fs::read("b.jpg")?];
/// let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
/// for image in decoder.submit(&files, &BatchOptions::default())?.wait()? {
///     let image = image?;
///     println!("{} at {:?}", image.shape(), image.memory()?.address());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BatchDecoder(Arc<Shared>);

/// What the batches of a decoder share.
#[derive(Debug)]
struct Shared {
    memory: MemoryManager,
    kernels: PixelKernels,
    entropy: Functions,
    /// The stream of all kernels, and of the memory that they write.
    stream: Stream,
    config: BatchConfig,
    work: Mutex<Work>,
    slots: Mutex<Slots>,
    /// The times of the last pass, where they were asked for.
    times: Option<MilestoneTimes>,
    statistics: Mutex<BatchStatistics>,
}

/// The memory of the work in the stream; locked while work is put there.
#[derive(Debug, Default)]
struct Work {
    host: HostShare,
    /// Memory of the passes on the GPU.
    scratch: Kept<DeviceBuffer>,
}

/// The memory of batches that are not in flight, and how many are.
#[derive(Debug, Default)]
struct Slots {
    /// The one that was used last is the last.
    free: Vec<Slot>,
    in_flight: usize,
    recently_in_flight: Recent,
}

/// How many files a decoder has decoded, and where.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct BatchStatistics {
    /// Files that the GPU began to decode from their bytes on.
    pub by_device: u64,
    /// Those of them that it found damaged or unusual, and that threads of the CPU decoded again.
    pub again: u64,
    /// Files that threads of the CPU decoded from the beginning: progressive ones, those of several scans, and those that are too long
    /// for their image.
    pub by_host: u64,
}

/// A batch in flight. Dropped, it is decoded all the same, and its images are dropped.
#[derive(Debug)]
#[must_use = "the images of a batch are had by waiting for it"]
pub struct Pending {
    shared: Arc<Shared>,
    /// There until it goes back.
    slot: Option<Slot>,
    images: Vec<Result<DecodedImage, DecodeError>>,
    /// How many files the CPU has decoded so far.
    by_host: usize,
    options: BatchOptions,
}

impl BatchDecoder {
    /// Makes a decoder whose images are in `memory`.
    ///
    /// # Errors
    /// [`DeviceError::WrongDevice`] where the device of the memory is the host; or the device has no room for the kernels.
    pub fn new(memory: &MemoryManager, config: BatchConfig) -> Result<Self, DeviceError> {
        let device = memory.device();
        let times = match config.timed {
            true => Some(MilestoneTimes::new(device)?),
            false => None,
        };
        Ok(BatchDecoder(Arc::new(Shared {
            memory: memory.clone(),
            kernels: PixelKernels::new(device)?,
            entropy: Functions::load(device)?,
            stream: device.stream()?,
            config,
            work: Mutex::default(),
            slots: Mutex::default(),
            times,
            statistics: Mutex::default(),
        })))
    }

    /// The stream that orders the images.
    pub fn stream(&self) -> &Stream {
        &self.0.stream
    }

    /// How many files were decoded where, in all batches that were waited for.
    pub fn statistics(&self) -> BatchStatistics {
        *self.0.statistics.lock()
    }

    /// Seconds on the device between two milestones of the last pass; `None` where times were not asked for
    /// ([`BatchConfig::timed`]), or the pass is not complete. A milestone that the pass did not come to has the time of an earlier pass.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn seconds(&self, from: Milestone, to: Milestone) -> Result<Option<f64>, DeviceError> {
        let times = self.0.times.as_ref();
        times.map_or(Ok(None), |times| times.seconds(from, to))
    }

    /// Begins to decode files. It returns when all of them were copied, and the coefficients of those that the CPU decodes are there.
    ///
    /// # Errors
    /// The device or its memory fails, or as many batches as may be are in flight. What is wrong with a single file is told by
    /// [`Pending::wait`].
    pub fn submit(&self, files: &[&[u8]], options: &BatchOptions) -> Result<Pending, BatchError> {
        let mut batch = FileBatch::read(files.to_vec(), &options.decode, |file, decode| {
            let header = FileHeader::read_for_device(file, decode)?;
            // Files that are not decoded here take no room from those that are.
            layout(&header, options)?;
            Ok(header)
        });
        let refusals = batch.take_refusals().into_iter().enumerate();
        let planned = refusals.filter_map(|(number, refusal)| match refusal {
            Some(error) => Some(Err(error)),
            None => {
                let (file, header) = batch.admitted(number)?;
                Some(plan(file, header, options))
            }
        });
        self.begin(planned.collect(), options)
    }

    /// Whether the device decodes this file of a batch, by its number: a JPEG file that was admitted, as gray or RGB, within
    /// [`Limits::max_bytes`](crate::Limits::max_bytes) of device memory. For a crop the device needs more than the CPU.
    pub fn takes<F: AsRef<[u8]>>(&self, batch: &FileBatch<F>, number: usize) -> bool {
        let options = batch.options();
        let is_within = |(_, header)| layout(header, &(*options).into()).is_ok();
        options.color != Color::Rgba && batch.admitted(number).is_some_and(is_within)
    }

    /// Begins to decode files of a batch, by their numbers, as [`BatchDecoder::submit`] does; files that were not admitted are left out.
    /// The options are those of the batch, and the headers are not read again.
    ///
    /// # Errors
    /// The same as for [`BatchDecoder::submit`].
    pub fn submit_batch<F: AsRef<[u8]>>(
        &self,
        batch: &FileBatch<F>,
        numbers: &[usize],
    ) -> Result<Pending, BatchError> {
        let options = BatchOptions::from(*batch.options());
        let planned = numbers.iter().filter_map(|&number| {
            let (file, header) = batch.admitted(number)?;
            Some(plan(file, header, &options))
        });
        self.begin(planned.collect(), &options)
    }

    /// Begins to decode files, or tells why one is not decoded.
    fn begin(
        &self,
        files: Vec<Result<Planned<'_>, DecodeError>>,
        options: &BatchOptions,
    ) -> Result<Pending, BatchError> {
        let shared = &*self.0;
        let mut pending = Pending {
            shared: self.0.clone(),
            slot: Some(shared.slot()?),
            images: Vec::with_capacity(files.len()),
            by_host: 0,
            options: options.clone(),
        };
        let mut planned = Vec::with_capacity(files.len());
        for (index, file) in files.into_iter().enumerate() {
            let image = match file {
                Ok(file) => {
                    let image = shared.image(file.layout)?;
                    planned.push((index, file));
                    Ok(image)
                }
                Err(error) => Err(error),
            };
            pending.images.push(image);
        }
        let mut of_device = Vec::with_capacity(planned.len());
        let mut of_host = Vec::new();
        for (index, planned) in &planned {
            match (&pending.images[*index], planned.for_device) {
                (Ok(image), Some((baseline, file))) => of_device.push(DeviceFile {
                    index: *index,
                    file,
                    baseline,
                    image,
                }),
                _ => of_host.push((*index, planned.file)),
            }
        }
        let slot = pending.slot.as_mut();
        let slot = slot.expect("the batch has not been waited for");
        {
            let scratch = &mut shared.work.lock().scratch;
            slot.run(
                &mut of_device,
                &shared.config,
                &shared.entropy,
                scratch,
                shared.resources(),
            )?;
        }
        of_host.extend(of_device.iter().map(|refused| {
            let at = planned.partition_point(|(index, _)| *index < refused.index);
            (refused.index, planned[at].1.file)
        }));
        pending.by_host = of_host.len();
        shared.on_host(&of_host, &mut pending.images, options)?;
        shared.work.lock().end();
        Ok(pending)
    }
}

impl Pending {
    /// Waits until it is known which files could be decoded, and returns a result for each in order. The pixels are there for work
    /// that is ordered behind the stream of the decoder, as work on [`DecodedImage::memory`] is.
    ///
    /// # Errors
    /// The device or its memory fails.
    pub fn wait(mut self) -> Result<Vec<Result<DecodedImage, DecodeError>>, BatchError> {
        let mut images = std::mem::take(&mut self.images);
        if let Some(slot) = &self.slot {
            let odd = slot.odd()?;
            self.shared.on_host(&odd, &mut images, &self.options)?;
            let mut statistics = self.shared.statistics.lock();
            statistics.by_device += slot.len() as u64;
            statistics.again += odd.len() as u64;
            statistics.by_host += self.by_host as u64;
        }
        Ok(images)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(mut slot) = self.slot.take() {
            slot.end();
            let unused = self.shared.slots.lock().give_back(slot);
            drop(unused);
        }
    }
}

impl Work {
    /// Ends a batch: frees what the last batches did not need.
    fn end(&mut self) {
        self.host.end();
        self.scratch.end();
    }
}

impl Slots {
    /// Takes the memory of a batch back, and returns that which the last batches did not need.
    fn give_back(&mut self, slot: Slot) -> Vec<Slot> {
        self.in_flight -= 1;
        self.free.push(slot);
        let all = self.free.len() + self.in_flight;
        let unused = all.saturating_sub(self.recently_in_flight.end());
        self.free.drain(..unused.min(self.free.len())).collect()
    }
}

impl Shared {
    fn resources(&self) -> Resources<'_> {
        Resources {
            memory: &self.memory,
            kernels: &self.kernels,
            stream: &self.stream,
            times: self.times.as_ref(),
        }
    }

    /// Memory for one more batch.
    fn slot(&self) -> Result<Slot, BatchError> {
        let mut slots = self.slots.lock();
        let limit = self.config.in_flight.max(1);
        if slots.in_flight >= limit {
            return Err(BatchError::InFlight { limit });
        }
        let slot = match slots.free.pop() {
            Some(slot) => slot,
            None => Slot::new(self.memory.device())?,
        };
        slots.in_flight += 1;
        let in_flight = slots.in_flight;
        slots.recently_in_flight.note(in_flight);
        Ok(slot)
    }

    /// Memory for an image.
    fn image(&self, layout: ImageLayout) -> Result<DecodedImage, BatchError> {
        let bytes = usize::try_from(layout.pixels.bytes()).unwrap_or(usize::MAX);
        let buffer = self.memory.allocate(bytes, &self.stream)?;
        Ok(DecodedImage::new(buffer, layout))
    }

    /// Decodes the entropy-coded data of files, given with their numbers in the batch, on the CPU. Files that cannot be decoded lose
    /// their image.
    fn on_host(
        &self,
        files: &[(usize, &[u8])],
        images: &mut [Result<DecodedImage, DecodeError>],
        options: &BatchOptions,
    ) -> Result<(), BatchError> {
        if files.is_empty() {
            return Ok(());
        }
        let with_images = files.iter().filter_map(|&(index, file)| {
            let image = images[index].as_ref().ok()?;
            Some(HostFile { index, file, image })
        });
        let with_images: Vec<_> = with_images.collect();
        let indices: Vec<_> = with_images.iter().map(|file| file.index).collect();
        let pass_bytes = self.config.host_pass_bytes;
        let host = &mut self.work.lock().host;
        let results = host.run(&with_images, &options.decode, pass_bytes, self.resources())?;
        for (index, result) in indices.into_iter().zip(results) {
            if let Err(error) = result {
                images[index] = Err(error);
            }
        }
        Ok(())
    }
}
