//! Images like photographs, each another one, and files of them; the same for every run on every machine.

use crate::error::Measured;
use pixelflume::codec::{EncodeError, EncodeOptions, Format, Subsampling, encode};
use pixelflume::device::Helpers;
use pixelflume::device::sync::Mutex;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{Image, ImageError};
use thiserror::Error;

/// The quality of the files.
pub(crate) const QUALITY: u8 = 90;

/// RGB images of these shapes. They are cut out of images of the largest width and height.
pub(crate) fn images(threads: &Helpers, shapes: &[ImageShape]) -> Measured<Vec<Image>> {
    made(threads, shapes, Ok)
}

/// JPEG files of such images. At 1920x1080 and 4:2:0 they have about 350 KB.
pub(crate) fn files(
    threads: &Helpers,
    shapes: &[ImageShape],
    subsampling: Subsampling,
) -> Measured<Vec<Vec<u8>>> {
    let options = EncodeOptions {
        subsampling: Some(subsampling),
        ..EncodeOptions::of_quality(QUALITY)
    };
    made(threads, shapes, |image| {
        Ok(encode((&image).into(), Format::Jpeg, &options)?)
    })
}

/// What `make` makes of each image, on all threads.
fn made<T: Send>(
    threads: &Helpers,
    shapes: &[ImageShape],
    make: impl Fn(Image) -> Result<T, MakeError> + Sync,
) -> Measured<Vec<T>> {
    let most = |side: fn(&ImageShape) -> u32| shapes.iter().map(side).max().unwrap_or(1);
    let all = ImageShape::u8(most(|shape| shape.width), most(|shape| shape.height), 3);
    let scene = scene(all);
    let places: Vec<_> = shapes.iter().map(|_| Mutex::new(None)).collect();
    threads.for_each(shapes.len(), &|number| {
        let image = cut(photograph(&scene, all, number), all, shapes[number]);
        *places[number].lock() = Some(image.and_then(&make));
    });
    let made = places.into_iter().filter_map(Mutex::into_inner);
    Ok(made.collect::<Result<_, _>>()?)
}

#[derive(Debug, Error)]
enum MakeError {
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// The upper left part of an image of the shape `all`.
fn cut(samples: Vec<u8>, all: ImageShape, shape: ImageShape) -> Result<Image, MakeError> {
    if shape == all {
        return Ok(Image::new(shape, samples)?);
    }
    let rows = samples
        .chunks_exact(all.row_bytes())
        .take(shape.height as usize);
    let part = rows.flat_map(|row| &row[..shape.row_bytes()]);
    Ok(Image::new(shape, part.copied().collect())?)
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
