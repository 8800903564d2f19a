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
        sample(staged_sum(
            [line.weight0, line.weight1],
            [above[c], below[c]],
        ))
    })
}

/// `a * b + c` in single precision, rounded down. For the numbers of this kernel it is exact in double precision.
fn multiply_add_down(a: f32, b: f32, c: f32) -> f32 {
    let exact = f64::from(a) * f64::from(b) + f64::from(c);
    let nearest = exact as f32;
    match f64::from(nearest) > exact {
        true => nearest.next_down(),
        false => nearest,
    }
}

/// The sum of two rows with these weights, whose own sums are given, as the kernel has it in single precision.
fn staged_sum(weights: [i32; 2], rows: [u32; 2]) -> f32 {
    let scale = 1.0 / (1 << 22) as f32;
    let without_rest = |sum: u32| {
        let bits = f32::from_bits(0x4b00_0000 + sum);
        multiply_add_down(bits, 1.0, 125_829_120.0)
    };
    let start = 3_145_728.5 - (weights[0] + weights[1]) as f32 * 32.0;
    let add = |to: f32, row: usize| {
        multiply_add_down(weights[row] as f32 * scale, without_rest(rows[row]), to)
    };
    add(add(start, 0), 1)
}

/// The sample of such a sum.
fn sample(sum: f32) -> u8 {
    let whole = multiply_add_down(sum, 1.0, 8_388_608.0) - 11_534_336.0;
    let byte = (sum.to_bits() >> 2) as u8;
    assert_eq!(whole, f32::from(byte), "the sample as f32 and as a byte");
    byte
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// Sums in single precision that are rounded down are those of integers whose last bits are shifted out.
    #[test]
    fn sums_are_those_of_integers() {
        const MOST: u32 = 255 * 2049;
        let mut random = Random::new(21);
        let compare = |weights: [i32; 2], rows: [u32; 2]| {
            let product = |row: usize| (weights[row] as u32 * (rows[row] >> 4)) >> 16;
            let expected = (product(0) + product(1) + 2) >> 2;
            let got = sample(staged_sum(weights, rows));
            assert_eq!(u32::from(got), expected, "{weights:?} of {rows:?}");
        };
        for weight in 0..=2048 {
            for other in 2047 - weight..=2049 - weight {
                let weights = [weight, other.clamp(0, 2048)];
                for rows in [[0, 0], [MOST, MOST], [0, MOST], [15, 16], [16, 15]] {
                    compare(weights, rows);
                }
                for _ in 0..20 {
                    compare(weights, [0, 0].map(|_| random.within(0, MOST)));
                }
            }
        }
    }
}
