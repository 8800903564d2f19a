//! The files that the section decodes, in page-locked memory.

use crate::error::Measured;
use pixelflume::codec::cuda::takes;
use pixelflume::codec::{DecodeOptions, EncodeOptions, Format, Subsampling, encode};
use pixelflume::device::sync::Mutex;
use pixelflume::memory::{MemoryManager, PinnedBuffer};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::ImageView;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// The quality of the files that are made.
const QUALITY: u8 = 90;

/// JPEG files, one behind the other in page-locked memory.
pub(super) struct Files {
    /// What they are, for the table.
    pub(super) name: String,
    bytes: PinnedBuffer,
    places: Vec<Range<usize>>,
}

impl Files {
    /// Files of images like photographs, each another one. At 1920x1080 and 4:2:0 they have about 350 KB.
    pub(super) fn photographs(
        memory: &MemoryManager,
        count: usize,
        (width, height): (u32, u32),
        subsampling: Subsampling,
    ) -> Measured<Self> {
        let shape = ImageShape::u8(width, height, 3);
        let scene = scene(shape);
        let options = EncodeOptions {
            subsampling: Some(subsampling),
            ..EncodeOptions::of_quality(QUALITY)
        };
        let encoded: Vec<_> = (0..count).map(|_| Mutex::new(None)).collect();
        memory.copy_threads().for_each(count, &|number| {
            let samples = photograph(&scene, shape, number);
            let view = ImageView::new(shape, shape.row_bytes(), &samples);
            let view = view.expect("the samples are those of the shape");
            *encoded[number].lock() = Some(encode(view, Format::Jpeg, &options));
        });
        let encoded = encoded.into_iter().filter_map(Mutex::into_inner);
        let files = encoded.collect::<Result<Vec<_>, _>>()?;
        let name = format!("{width}x{height} {} q{QUALITY}", subsampling.name());
        Files::new(memory, name, &files)
    }

    /// The JPEG files of a folder, in the order of their names.
    pub(super) fn of_folder(memory: &MemoryManager, folder: &Path) -> Measured<Self> {
        let failed = |error| format!("{} cannot be read: {error}", folder.display());
        let entries = fs::read_dir(folder).map_err(failed)?;
        let paths = entries.map(|entry| Ok(entry?.path()));
        let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        paths.sort_unstable();
        let mut files = Vec::new();
        for path in paths.iter().filter(|path| path.is_file()) {
            let file = fs::read(path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            if takes(&file, &DecodeOptions::default()) {
                files.push(file);
            }
        }
        if files.is_empty() {
            return Err(format!("there is no JPEG file in {}", folder.display()).into());
        }
        Files::new(memory, folder.display().to_string(), &files)
    }

    fn new(memory: &MemoryManager, name: String, files: &[Vec<u8>]) -> Measured<Self> {
        let mut bytes = memory.pinned(files.iter().map(Vec::len).sum())?;
        let mut places = Vec::with_capacity(files.len());
        let mut end = 0;
        let room = bytes.as_mut_slice()?;
        for file in files {
            let place = end..end + file.len();
            room[place.clone()].copy_from_slice(file);
            end = place.end;
            places.push(place);
        }
        Ok(Files {
            name,
            bytes,
            places,
        })
    }

    /// The number of files.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Bytes of a file, on average.
    pub(super) fn mean_bytes(&self) -> usize {
        self.places.iter().map(Range::len).sum::<usize>() / self.len()
    }

    /// The files.
    pub(super) fn list(&self) -> Measured<Vec<&[u8]>> {
        let bytes = self.bytes.as_slice()?;
        Ok(self
            .places
            .iter()
            .map(|place| &bytes[place.clone()])
            .collect())
    }
}

/// The image that all photographs have in common: waves of several lengths and directions, and steps of brightness.
fn scene(shape: ImageShape) -> Vec<f32> {
    let (width, channels) = (shape.width as usize, shape.channels as usize);
    let mut samples = vec![110.0; width * channels * shape.height as usize];
    for wave in 0..6 {
        let length = 8.0 * 2.0_f32.powi(wave) * 1.4;
        let (sin, cos) = (1.3 * wave as f32).sin_cos();
        let height = 4.0 + 5.0 * wave as f32;
        // Along a row the wave turns by the same angle from pixel to pixel.
        let (step_sin, step_cos) = (cos / length).sin_cos();
        for (y, row) in samples.chunks_exact_mut(width * channels).enumerate() {
            let (mut at_sin, mut at_cos) = (sin / length * y as f32 + wave as f32).sin_cos();
            for pixel in row.chunks_exact_mut(channels) {
                for (channel, sample) in pixel.iter_mut().enumerate() {
                    let share = if wave as usize % 3 == channel {
                        1.0
                    } else {
                        0.6
                    };
                    *sample += share * height * at_sin;
                }
                (at_sin, at_cos) = (
                    at_sin * step_cos + at_cos * step_sin,
                    at_cos * step_cos - at_sin * step_sin,
                );
            }
        }
    }
    for (y, row) in samples.chunks_exact_mut(width * channels).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
            if (x / 90 + y / 70).is_multiple_of(3) {
                pixel.iter_mut().for_each(|sample| *sample += 40.0);
            }
        }
    }
    samples
}

/// Photograph `number`: the scene, shifted, with noise of its own.
fn photograph(scene: &[f32], shape: ImageShape, number: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ ((number as u64 + 1) << 32);
    let channels = shape.channels as usize;
    let shift = number * 331 % scene.len() / channels * channels;
    let shifted = scene[shift..].iter().chain(&scene[..shift]);
    let mut samples = Vec::with_capacity(scene.len());
    let mut noise = 0.0;
    for (index, sample) in shifted.enumerate() {
        if index % channels == 0 {
            // Xorshift: G. Marsaglia, "Xorshift RNGs", 2003.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            noise = ((state >> 32) % 11) as f32 - 5.0;
        }
        samples.push((sample + noise) as u8);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixelflume::device::Device;
    use pixelflume::memory::MemoryConfig;

    #[test]
    fn a_photograph_has_as_many_bytes_as_those_of_cameras_and_each_is_another_one() {
        let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
        let files = Files::photographs(&memory, 2, (1920, 1080), Subsampling::S420).unwrap();
        let bytes = files.mean_bytes();
        assert!((330_000..380_000).contains(&bytes), "{bytes} bytes");
        let list = files.list().unwrap();
        assert_ne!(list[0], list[1]);
    }
}
