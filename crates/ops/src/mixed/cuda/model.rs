//! `sample_mixed.cu` as a program for the CPU: the same operations on the same numbers.

use super::CudaChain;
use crate::contract::stage::Tap;
use crate::fusion::PixelSteps;
use crate::image::{ImageShape, Layout, SampleType};
use crate::mixed::ImageDescriptor;
use bytemuck::AnyBitPattern;
use half::{bf16, f16};
use pixelflume_kernels::args::{MixedAxis, MixedImage};

/// The numbers that a kernel reads of a descriptor.
pub(super) fn record<R: AnyBitPattern>(descriptor: &ImageDescriptor) -> R {
    let bytes: &[u8] = bytemuck::bytes_of(descriptor);
    bytemuck::pod_read_unaligned(&bytes[..size_of::<R>()])
}

fn is_outside(axis: &MixedAxis, at: u32) -> bool {
    (at as i32) < axis.first || at as i32 >= axis.end
}

fn position(axis: &MixedAxis, at: u32) -> (i32, f32) {
    let resized = axis.after_first + axis.after_step * at as i32;
    let center = ((f64::from(resized) + 0.5) * axis.scale - 0.5) as f32;
    let below = center.floor();
    (below as i32, center - below)
}

fn fixed_point(weight: f32) -> i32 {
    (weight * 2048.0).round_ties_even() as i32
}

/// The two source columns of a column of the output, and their weights; `None` outside.
pub(super) fn column(axis: &MixedAxis, x: u32) -> Option<Tap> {
    if is_outside(axis, x) {
        return None;
    }
    let (mut index, mut fraction) = position(axis, x);
    if index < 0 || index >= axis.last {
        (index, fraction) = (if index < 0 { 0 } else { axis.last }, 0.0);
    }
    let (weight0, weight1) = (fixed_point(1.0 - fraction), fixed_point(fraction));
    let first = axis.before_first + axis.before_step * index;
    Some(if axis.before_step < 0 && weight1 != 0 {
        Tap {
            index0: first - 1,
            index1: first,
            weight0: weight1,
            weight1: weight0,
        }
    } else {
        Tap {
            index0: first,
            // The neighbor is read where it has a weight.
            index1: first + i32::from(weight1 != 0),
            weight0,
            weight1,
        }
    })
}

/// The two source rows of a row of the output, and their weights; `None` outside.
pub(super) fn line(axis: &MixedAxis, y: u32) -> Option<Tap> {
    if is_outside(axis, y) {
        return None;
    }
    let (index, fraction) = position(axis, y);
    let at = |index: i32| axis.before_first + axis.before_step * index.clamp(0, axis.last);
    Some(Tap {
        index0: at(index),
        index1: at(index + 1),
        weight0: fixed_point(1.0 - fraction),
        weight1: fixed_point(fraction),
    })
}

/// The output of the kernel for one image. `source` gives the pixel at a column and a row, which are inside the image.
pub(super) fn output(
    chain: &CudaChain,
    image: &MixedImage,
    source: impl Fn(u32, u32) -> [u8; 4],
) -> Vec<u8> {
    let pixels = &chain.template.pixels;
    write(chain.template.output, pixels, |x, y| {
        match (column(&image.columns, x), line(&image.lines, y)) {
            (Some(column), Some(line)) => {
                let at = |x: i32, y: i32| {
                    pixels
                        .before
                        .apply(source(x.try_into().unwrap(), y.try_into().unwrap()))
                };
                finished(pixels, interpolated(at, column, line))
            }
            _ => image.outside.to_le_bytes(),
        }
    })
}

/// An output of these pixels, given row by row, as the kernels write it.
pub(super) fn write(
    output: ImageShape,
    pixels: &PixelSteps,
    mut pixel: impl FnMut(u32, u32) -> [u8; 4],
) -> Vec<u8> {
    let (width, height, channels) = (output.width, output.height, output.channels as usize);
    let mut bytes = vec![0; output.bytes()];
    for y in 0..height {
        for x in 0..width {
            for (c, &sample) in pixel(x, y).iter().enumerate().take(channels) {
                let place = match output.layout {
                    Layout::Interleaved => (y * width + x) as usize * channels + c,
                    Layout::Planar => {
                        (c * height as usize + y as usize) * width as usize + x as usize
                    }
                };
                let number = || {
                    let steps = pixels
                        .normalize
                        .expect("a chain to numbers has a normalization");
                    steps.number(c, sample)
                };
                let at = place * output.sample.bytes();
                match output.sample {
                    SampleType::F32 => bytes[at..at + 4].copy_from_slice(&number().to_le_bytes()),
                    SampleType::F16 => {
                        bytes[at..at + 2].copy_from_slice(&f16::from_f32(number()).to_le_bytes())
                    }
                    SampleType::Bf16 => {
                        bytes[at..at + 2].copy_from_slice(&bf16::from_f32(number()).to_le_bytes())
                    }
                    _ => bytes[at] = sample,
                }
            }
        }
    }
    bytes
}

fn interpolated(at: impl Fn(i32, i32) -> [u8; 4], column: Tap, line: Tap) -> [u8; 4] {
    let row = |y: i32| {
        let (a, b) = (at(column.index0, y), at(column.index1, y));
        [0, 1, 2, 3].map(|c| {
            u32::from(a[c]) * column.weight0 as u32 + u32::from(b[c]) * column.weight1 as u32
        })
    };
    let (above, below) = (row(line.index0), row(line.index1));
    [0, 1, 2, 3].map(|c| {
        let sum = ((line.weight0 as u32 * (above[c] >> 4)) >> 16)
            + ((line.weight1 as u32 * (below[c] >> 4)) >> 16);
        ((sum + 2) >> 2) as u8
    })
}

/// A pixel behind the taps, as it is before the normalization.
pub(super) fn finished(pixels: &PixelSteps, pixel: [u8; 4]) -> [u8; 4] {
    let pixel = pixels.after.apply(pixel);
    match pixels.threshold {
        None => pixel,
        Some((threshold, maximum)) => {
            pixel.map(|sample| if sample > threshold { maximum } else { 0 })
        }
    }
}
