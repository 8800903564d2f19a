//! Whether the images that a device makes of files are those of the CPU.

use super::figures::Difference;
use super::{batch_options, batches, decode_options, pipeline};
use crate::error::Measured;
use pixelflume::codec::cuda::{BatchConfig, BatchDecoder, DecodedImage};
use pixelflume::codec::{DecodeError, decode};
use pixelflume::device::Device;
use pixelflume::device::sync::Mutex;
use pixelflume::memory::{DeviceBuffer, MemoryManager, PinnedBuffer};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{ExecutionConfig, Image, Runner};

/// Images that are in ordinary memory at a time.
const PART: usize = 32;

/// An image that came from a device, with the bytes from a row to the next.
pub(super) struct Downloaded {
    pub(super) shape: ImageShape,
    pub(super) pitch: usize,
    pub(super) bytes: PinnedBuffer,
}

impl Downloaded {
    /// Copies an image of which the first row is at `start`, behind the work in the stream of its buffer.
    pub(super) fn new(
        buffer: &DeviceBuffer,
        start: usize,
        shape: ImageShape,
        pitch: usize,
        memory: &MemoryManager,
    ) -> Measured<Self> {
        let len = (shape.height as usize - 1) * pitch + shape.row_bytes();
        let mut bytes = memory.pinned(len)?;
        buffer.download(start, &mut bytes, 0..len, buffer.stream())?;
        Ok(Downloaded {
            shape,
            pitch,
            bytes,
        })
    }
}

/// Decodes all files on CUDA, and compares.
pub(super) fn of_pixels(memory: &MemoryManager, files: &[&[u8]]) -> Measured<Difference> {
    let decoder = BatchDecoder::new(memory, BatchConfig::default())?;
    let mut sum = Difference::default();
    for part in files.chunks(PART) {
        let images = decoder.submit(part, &batch_options())?.wait()?;
        let images = images.into_iter().map(|image| {
            let image: DecodedImage = image?;
            let (shape, pitch) = (image.shape(), image.row_pitch());
            let (buffer, range) = image.into_parts();
            Downloaded::new(&buffer, range.start, shape, pitch, memory)
        });
        let images = images.collect::<Measured<Vec<_>>>()?;
        sum = sum.and(with_cpu(memory, part, &images)?);
    }
    Ok(sum)
}

/// Compares images with those that the CPU makes of the files.
pub(super) fn with_cpu(
    memory: &MemoryManager,
    files: &[&[u8]],
    images: &[Downloaded],
) -> Measured<Difference> {
    let mut views = Vec::with_capacity(images.len());
    for image in images {
        views.push(image.bytes.as_slice()?);
    }
    let results: Vec<_> = files.iter().map(|_| Mutex::new(None)).collect();
    memory.copy_threads().for_each(files.len(), &|index| {
        let compared = decode(files[index], &decode_options()).map(|expected| {
            let Downloaded { shape, pitch, .. } = images[index];
            if expected.shape() != shape {
                return Err(format!("{shape} in place of {}", expected.shape()));
            }
            let rows = expected.data().chunks_exact(shape.row_bytes());
            let got = views[index].chunks(pitch);
            let rows = rows
                .zip(got)
                .map(|(expected, got)| Difference::of(expected, &got[..expected.len()]));
            Ok(rows.fold(Difference::default(), Difference::and))
        });
        *results[index].lock() = Some(compared);
    });
    let mut sum = Difference::default();
    for (index, result) in results.into_iter().enumerate() {
        let result = result.into_inner().ok_or("a file was not compared")?;
        sum = sum.and(result?.map_err(|error| format!("file {index}: {error}"))?);
    }
    Ok(sum)
}

/// Makes tensors of one batch on CUDA, and compares their bytes with those of the host.
pub(super) fn of_tensors(memory: &MemoryManager, files: &[&[u8]]) -> Measured<Difference> {
    let decoder = BatchDecoder::new(memory, BatchConfig::default())?;
    let config = ExecutionConfig::default().with_max_batch(files.len() as u32);
    let mut runner = Runner::with_memory(pipeline()?, memory, config.clone())?;
    let images = decoder.submit(files, &batch_options())?.wait()?;
    let images = images.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (pending, tensor) = batches::submit(&mut runner, &images, &decoder)?;
    pending.wait()?.into_result()?;
    let got = tensor.ok_or("there is no tensor")?.to_images()?;

    let images = files.iter().map(|file| decode(file, &decode_options()));
    let images = images.collect::<Result<Vec<Image>, DecodeError>>()?;
    let mut runner = Runner::new(pipeline()?, &Device::host(), config)?;
    let outputs = runner.run(&images.iter().collect::<Vec<_>>())?;
    let expected = outputs.images("tensor")?;
    if expected.len() != got.len() {
        return Err(format!("{} tensors in place of {}", got.len(), expected.len()).into());
    }
    let pairs = expected.iter().zip(&got);
    let differences = pairs.map(|(expected, got)| Difference::of(expected.data(), got.data()));
    Ok(differences.fold(Difference::default(), Difference::and))
}
