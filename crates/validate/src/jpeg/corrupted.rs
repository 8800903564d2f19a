//! Corrupted files in great numbers: small files of all forms, damaged in all ways, decoded on CUDA in batches of thousands, so that
//! compute-sanitizer, which makes each launch slow, sees few launches.

use super::Sums;
use super::corpus::{encoded, written};
use super::expected::whole_by_cpu;
use crate::mismatch::equal_image;
use anyhow::{Context as _, bail, ensure};
use pixelflume::codec::cuda::{BatchDecoder, BatchOptions, DecodedImage};
use pixelflume::codec::{Color, DecodeError, DecodeOptions, JpegError, Limits, Orientation};
use pixelflume::device::sync::Mutex;
use pixelflume::memory::{MemoryError, MemoryManager, PinnedBuffer};
use pixelflume::ops::ImageShape;
use pixelflume_jpeg::testing::mutate::Damage;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::{Cmyk, Header};
use std::fmt;
use std::ops::Range;

/// Files of a batch.
const BATCH: u64 = 4000;

/// Whole files of a batch, of which the others are made; few, since the tables of 64 files fit into one set of launches.
const WHOLE: usize = 40;

/// The longest side of a whole file in pixels.
const SIDE: usize = 96;

/// Beyond this many pixels a file is refused: damage may make any size of a small one.
const MAX_PIXELS: u64 = 1 << 20;

/// Damaged files, and how to decode them.
struct Corrupted {
    files: Vec<Vec<u8>>,
    /// What each file was made of and how.
    names: Vec<String>,
    options: BatchOptions,
}

/// Decodes this many damaged files on both sides; `batch` is the only batch to decode where there is one.
pub(super) fn compare(
    decoder: &BatchDecoder,
    memory: &MemoryManager,
    (seed, count, batch): (u64, u64, Option<u64>),
    sums: &mut Sums,
) -> anyhow::Result<()> {
    let batches = match batch {
        Some(batch) => batch..batch + 1,
        None => 0..count.div_ceil(BATCH),
    };
    for number in batches {
        let files = BATCH.min(count.saturating_sub(number * BATCH)).max(1);
        let batch = Corrupted::new(memory, seed, number, files as usize);
        compare_batch(decoder, memory, &batch, sums)
            .with_context(|| format!("--seed {seed} --case {number}: {:?}", batch.options))?;
    }
    Ok(())
}

impl Corrupted {
    fn new(memory: &MemoryManager, seed: u64, number: u64, count: usize) -> Self {
        let random = &mut Random::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(number));
        let options = BatchOptions {
            decode: DecodeOptions {
                color: random.pick(&[Color::Rgb, Color::Rgb, Color::Gray, Color::Keep]),
                orientation: random.pick(&[Orientation::Exif, Orientation::Ignore]),
                allow_truncated: number % 2 == 1,
                limits: Limits {
                    max_pixels: MAX_PIXELS,
                    // The number of files bounds a batch.
                    max_batch_bytes: u64::MAX,
                    ..Limits::default()
                },
                ..DecodeOptions::default()
            },
            cmyk: random.pick(&[Cmyk::OpenCv, Cmyk::Pillow]),
        };
        let whole = (0..WHOLE).map(|file| match file % 2 {
            0 => encoded(random, SIDE),
            _ => written(random, SIDE, false),
        });
        let whole: Vec<_> = whole.collect();
        let seeds: Vec<u64> = (0..count).map(|_| random.bits()).collect();
        let made: Vec<_> = seeds.iter().map(|_| Mutex::default()).collect();
        memory.copy_threads().for_each(count, &|index| {
            *made[index].lock() = damaged(&whole[index % WHOLE], seeds[index]);
        });
        let (names, files) = made.into_iter().map(Mutex::into_inner).unzip();
        Corrupted {
            files,
            names,
            options,
        }
    }
}

/// A damaged file, with its name. Most often it is the entropy-coded data that is damaged, which the GPU decodes.
fn damaged((name, file): &(String, Vec<u8>), seed: u64) -> (String, Vec<u8>) {
    let random = &mut Random::new(seed);
    let (mut name, mut file) = (name.clone(), file.clone());
    for _ in 0..1 + random.below(2) {
        let (what, damage) = match random.chance(40) {
            true => ("data", Damage::Data),
            false => random.pick(&Damage::ALL),
        };
        file = damage.apply(random, &file);
        name.push_str(", ");
        name.push_str(what);
        if file.len() < 4 {
            break;
        }
    }
    (name, file)
}

/// What the CPU makes of a file.
enum Expected {
    Image(ImageShape, Vec<u8>),
    Error(JpegError),
    /// It has more pixels than the limit.
    TooLarge,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Image(shape, _) => write!(f, "an image of {shape}"),
            Expected::Error(error) => write!(f, "the error: {error}"),
            Expected::TooLarge => write!(f, "more than {MAX_PIXELS} pixels"),
        }
    }
}

fn expected(file: &[u8], options: &BatchOptions) -> Expected {
    if let Ok(header) = Header::read(file) {
        let frame = header.frame();
        if u64::from(frame.width()) * u64::from(frame.height()) > options.decode.limits.max_pixels {
            return Expected::TooLarge;
        }
    }
    match whole_by_cpu(file, options) {
        Ok((shape, samples)) => Expected::Image(shape, samples),
        Err(error) => Expected::Error(error),
    }
}

fn compare_batch(
    decoder: &BatchDecoder,
    memory: &MemoryManager,
    batch: &Corrupted,
    sums: &mut Sums,
) -> anyhow::Result<()> {
    let files: Vec<&[u8]> = batch.files.iter().map(Vec::as_slice).collect();
    let results = decoder.submit(&files, &batch.options)?.wait()?;
    ensure!(results.len() == files.len(), "{} results", results.len());
    // The GPU's results are brought here while the CPU decodes.
    let images = Images::download(results, memory)?;
    let by_cpu: Vec<_> = files.iter().map(|_| Mutex::new(None)).collect();
    memory.copy_threads().for_each(files.len(), &|index| {
        *by_cpu[index].lock() = Some(expected(files[index], &batch.options));
    });
    let bytes = images.bytes.as_slice()?;
    for (index, (expected, got)) in by_cpu.into_iter().zip(&images.results).enumerate() {
        let expected = expected.into_inner().context("a file was not decoded")?;
        compare_one(got, bytes, &expected, sums).with_context(|| {
            let (name, file) = (&batch.names[index], files[index]);
            format!("file {index} ({name}, {} bytes)", file.len())
        })?;
    }
    Ok(())
}

/// The images of a batch in ordinary memory.
struct Images {
    bytes: PinnedBuffer,
    results: Vec<Result<Place, DecodeError>>,
}

/// Where an image is.
struct Place {
    shape: ImageShape,
    pitch: usize,
    bytes: Range<usize>,
}

impl Images {
    /// Starts to copy all images, one copy each, with the padding of rows.
    fn download(
        results: Vec<Result<DecodedImage, DecodeError>>,
        memory: &MemoryManager,
    ) -> Result<Self, MemoryError> {
        let (mut places, mut buffers) = (Vec::with_capacity(results.len()), Vec::new());
        let mut end = 0;
        for result in results {
            places.push(result.map(|image| {
                let (shape, pitch) = (image.shape(), image.row_pitch());
                let (buffer, pixels) = image.into_parts();
                let bytes = end..end + pixels.len();
                end = bytes.end;
                buffers.push((buffer, pixels.start, bytes.clone()));
                Place {
                    shape,
                    pitch,
                    bytes,
                }
            }));
        }
        let mut bytes = memory.pinned(end.max(1))?;
        for (buffer, start, place) in buffers {
            buffer.download(start, &mut bytes, place, buffer.stream())?;
        }
        Ok(Images {
            bytes,
            results: places,
        })
    }
}

/// Compares the image or the error of one file.
fn compare_one(
    got: &Result<Place, DecodeError>,
    bytes: &[u8],
    expected: &Expected,
    sums: &mut Sums,
) -> anyhow::Result<()> {
    match (got, expected) {
        (Ok(place), Expected::Image(shape, samples)) => {
            let got = place.shape;
            ensure!(got == *shape, "{got} on CUDA, {shape} on the CPU");
            let rows = bytes[place.bytes.clone()].chunks(place.pitch);
            let got = rows.flat_map(|row| &row[..shape.row_bytes()]);
            equal_image(
                "the image",
                *shape,
                samples,
                &got.copied().collect::<Vec<u8>>(),
            )?;
            sums.images += 1;
            sums.bytes += samples.len();
        }
        (Err(DecodeError::Jpeg(got)), Expected::Error(expected)) => {
            ensure!(
                got == expected,
                "on CUDA: {got}, and on the CPU: {expected}"
            );
            sums.refused += 1;
        }
        (Err(DecodeError::TooManyPixels { .. }), Expected::TooLarge) => sums.refused += 1,
        (Ok(_), expected) => bail!("decoded on CUDA, and on the CPU {expected}"),
        (Err(error), expected) => bail!("on CUDA: {error}, and on the CPU {expected}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::expected::whole;
    use pixelflume::device::Device;
    use pixelflume::memory::MemoryConfig;
    use pixelflume_jpeg::{Baseline, Decoder};

    /// What the decoder of batches relies on: coefficients are refused as images are, with the same error. And the files are worth their
    /// time: many of them are for the GPU, and both images and errors are among the results.
    #[test]
    fn coefficients_are_refused_as_images_are() {
        let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
        let (mut images, mut refused, mut of_device) = (0, 0, 0);
        for number in 0..4 {
            let batch = Corrupted::new(&memory, 5, number, 200);
            for (file, name) in batch.files.iter().zip(&batch.names) {
                of_device += usize::from(Baseline::of(file).is_some());
                let expected = match expected(file, &batch.options) {
                    Expected::TooLarge => continue,
                    Expected::Image(..) => None,
                    Expected::Error(error) => Some(error),
                };
                let mut decoder = Decoder::new();
                let got = decoder.coefficients(file, &whole(&batch.options)).err();
                assert_eq!(got, expected, "{name}, batch {number}");
                match expected {
                    None => images += 1,
                    Some(_) => refused += 1,
                }
            }
        }
        assert!(images > 200, "{images} images");
        assert!(refused > 100, "{refused} errors");
        assert!(of_device > 300, "{of_device} files for the GPU");
    }

    #[test]
    fn a_wrong_result_is_noticed() {
        let shape = ImageShape::u8(2, 2, 1);
        let expected = Expected::Image(shape, vec![1, 2, 3, 4]);
        let place = Ok(Place {
            shape,
            pitch: 16,
            bytes: 0..18,
        });
        let mut bytes = vec![1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4];
        let sums = &mut Sums::default();
        compare_one(&place, &bytes, &expected, sums).expect("equal");
        bytes[17] = 5;
        compare_one(&place, &bytes, &expected, sums).expect_err("a sample");
        let error = Err(DecodeError::Jpeg(JpegError::NotJpeg));
        compare_one(&error, &[], &expected, sums).expect_err("no image");
        compare_one(&place, &bytes, &Expected::TooLarge, sums).expect_err("an image");
        let same = Expected::Error(JpegError::NotJpeg);
        compare_one(&error, &[], &same, sums).expect("the same error");
        let other = Expected::Error(JpegError::Truncated { offset: 3 });
        compare_one(&error, &[], &other, sums).expect_err("another error");
        assert_eq!((sums.images, sums.refused), (1, 1));
    }
}
