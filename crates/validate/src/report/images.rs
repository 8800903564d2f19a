//! Writes two images that should be equal, and their difference, as PNG.

use crate::mismatch::Pair;
use anyhow::Context as _;
use half::{bf16, f16};
use image::{ExtendedColorType, ImageFormat};
use pixelflume::ops::{ImageShape, Layout, SampleType};
use std::path::Path;

/// Writes `NAME-host.png`, `NAME-cuda.png` and `NAME-difference.png` to `folder` and returns their names. In the difference,
/// equal samples are black, and the brightest ones differ most.
pub(super) fn write(folder: &Path, name: &str, pair: &Pair) -> anyhow::Result<Vec<String>> {
    let shape = pair.shape;
    let [host, cuda] = [&pair.host, &pair.cuda].map(|bytes| samples(bytes, shape.sample));
    let difference: Vec<f64> = host.iter().zip(&cuda).map(distance).collect();
    let all = host.iter().chain(&cuda).copied();
    // 8-bit samples are shown unchanged; the range of other samples is scaled to that of both images.
    let (low, high) = match shape.sample {
        SampleType::U8 => (0.0, 255.0),
        _ => all
            .filter(|sample| sample.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), sample| {
                (low.min(sample), high.max(sample))
            }),
    };
    let most = difference.iter().copied().fold(0.0, f64::max);
    let mut files = Vec::new();
    for (kind, samples, low, high) in [
        ("host", &host, low, high),
        ("cuda", &cuda, low, high),
        ("difference", &difference, 0.0, most),
    ] {
        let file = format!("{name}-{kind}.png");
        let bytes: Vec<u8> = samples.iter().map(|&v| shade(v, low, high)).collect();
        save(&folder.join(&file), shape, bytes)?;
        files.push(file);
    }
    Ok(files)
}

/// The distance of two samples; 1 where it is no number, for example because one is a NaN.
fn distance((a, b): (&f64, &f64)) -> f64 {
    let distance = (a - b).abs();
    match a.to_bits() == b.to_bits() {
        true => 0.0,
        false if distance.is_finite() && distance > 0.0 => distance,
        false => 1.0,
    }
}

fn shade(sample: f64, low: f64, high: f64) -> u8 {
    if high <= low {
        return 0;
    }
    ((sample - low) / (high - low) * 255.0).round() as u8
}

fn samples(bytes: &[u8], sample: SampleType) -> Vec<f64> {
    let pairs = || bytes.chunks_exact(2).map(|b| [b[0], b[1]]);
    match sample {
        SampleType::I16 => pairs().map(|b| i16::from_le_bytes(b).into()).collect(),
        SampleType::F16 => pairs().map(|b| f16::from_le_bytes(b).into()).collect(),
        SampleType::Bf16 => pairs().map(|b| bf16::from_le_bytes(b).into()).collect(),
        SampleType::F32 => bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).into())
            .collect(),
        SampleType::F64 => (bytes.as_chunks().0.iter())
            .map(|&b| f64::from_le_bytes(b))
            .collect(),
        SampleType::I32 => (bytes.as_chunks().0.iter())
            .map(|&b| i32::from_le_bytes(b).into())
            .collect(),
        // Sample types without a conversion here are shown as their bytes.
        _ => bytes.iter().map(|&byte| byte.into()).collect(),
    }
}

/// Writes color where PNG has it for this number of channels, else all samples of a row side by side in gray. Four channels are
/// written as gray, too, since viewers hide transparent pixels.
fn save(path: &Path, shape: ImageShape, bytes: Vec<u8>) -> anyhow::Result<()> {
    let rows = shape.rows();
    let (color, channels) = match (shape.layout, shape.channels) {
        (Layout::Interleaved, 3) => (ExtendedColorType::Rgb8, 3),
        _ => (ExtendedColorType::L8, 1),
    };
    let width = bytes.len() / rows / channels;
    image::save_buffer_with_format(
        path,
        &bytes,
        u32::try_from(width)?,
        u32::try_from(rows)?,
        color,
        ImageFormat::Png,
    )
    .with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_shows_where_and_how_much() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let pair = Pair {
            shape: ImageShape::u8(3, 2, 3),
            host: (0..18).collect(),
            cuda: (0..18)
                .map(|i| {
                    if i == 7 {
                        17
                    } else if i == 9 {
                        14
                    } else {
                        i
                    }
                })
                .collect(),
        };
        let files = write(folder.path(), "case", &pair)?;
        let open = |file: &str| image::open(folder.path().join(file)).map(|i| i.into_rgb8());
        assert_eq!(open(&files[0])?.into_raw(), pair.host);
        assert_eq!(open(&files[1])?.into_raw(), pair.cuda);
        let mut expected = [0; 18];
        (expected[7], expected[9]) = (255, 128);
        assert_eq!(open(&files[2])?.into_raw(), expected);
        Ok(())
    }

    #[test]
    fn samples_of_16_bits_are_numbers() {
        let bytes = [0x00, 0x3c, 0x00, 0xc0];
        assert_eq!(samples(&bytes, SampleType::I16), [15360.0, -16384.0]);
        assert_eq!(samples(&bytes, SampleType::F16), [1.0, -2.0]);
        assert_eq!(samples(&bytes, SampleType::Bf16), [0.0078125, -2.0]);
    }

    #[test]
    fn floats_and_planes_are_shown_in_gray() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut shape = ImageShape::u8(2, 1, 2);
        (shape.sample, shape.layout) = (SampleType::F32, Layout::Planar);
        let bytes = |values: [f32; 4]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let pair = Pair {
            shape,
            host: bytes([-1.0, 0.0, 1.0, f32::NAN]),
            cuda: bytes([-1.0, 0.0, 0.5, 0.0]),
        };
        let files = write(folder.path(), "case", &pair)?;
        let host = image::open(folder.path().join(&files[0]))?.into_luma8();
        assert_eq!(host.dimensions(), (2, 2));
        assert_eq!(host.into_raw(), [0, 128, 255, 0]);
        let difference = image::open(folder.path().join(&files[2]))?.into_luma8();
        assert_eq!(difference.into_raw(), [0, 0, 128, 255]);
        Ok(())
    }
}
