//! `resample_mixed.cu` and `resample_bits.cu` as programs for the CPU: the same operations on the same numbers, without tiles.

use crate::contract::stage::{WindowFilter, WindowWeights};
use crate::mixed::cuda::model::{finished, write};
use crate::mixed::cuda::template::Template;
use pixelflume_kernels::args::{ResampleMixedAxis, ResampleMixedImage};

/// The source positions of a position of the resized axis, and what their distances are computed from.
#[derive(Copy, Clone, Debug)]
pub(super) struct Window<Number> {
    pub(super) first: u32,
    pub(super) count: u32,
    center: Number,
}

fn cut_off<N>(axis: &ResampleMixedAxis, low: u32, high: u32, center: N) -> Window<N> {
    let first = low.min(axis.length - 1);
    let end = high.max(first + 1).min(axis.length);
    Window {
        first,
        count: end - first,
        center,
    }
}

fn copied<N>(axis: &ResampleMixedAxis, at: u32, center: N) -> Window<N> {
    Window {
        first: (axis.start as u32 + at).min(axis.length - 1),
        count: 1,
        center,
    }
}

/// The window of a position, in double precision.
pub(super) fn window(axis: &ResampleMixedAxis, at: u32) -> Window<f64> {
    if axis.copies != 0 {
        return copied(axis, at, 0.0);
    }
    let center = axis.start + (f64::from(at) + 0.5) * axis.scale;
    let low = (center - axis.support + 0.5) as u32;
    let high = (center + axis.support + 0.5) as u32;
    cut_off(axis, low, high, center)
}

/// The window of a position, in single precision.
pub(super) fn single_window(axis: &ResampleMixedAxis, at: u32) -> Window<f32> {
    if axis.copies != 0 {
        return copied(axis, at, 0.0);
    }
    let (scale, support) = (axis.scale as f32, axis.support as f32);
    let center = at as f32 + 0.5;
    let low = (scale.mul_add(center, -support) + 0.5) as u32;
    let high = (scale.mul_add(center, support) + 0.5) as u32;
    let window = cut_off(axis, low, high, 0.0);
    Window {
        center: (-scale).mul_add(center, window.first as f32),
        ..window
    }
}

fn filter_at(filter: WindowFilter, x: f64) -> f64 {
    let distance = x.abs();
    match filter {
        WindowFilter::Box => f64::from(u8::from(-0.5 < x && x <= 0.5)),
        WindowFilter::Triangle => (1.0 - distance).max(0.0),
        _ if distance < 1.0 => (1.5 * distance - 2.5) * distance * distance + 1.0,
        _ if distance >= 2.0 => 0.0,
        WindowFilter::PillowCubic => (((distance - 5.0) * distance + 8.0) * distance - 4.0) * -0.5,
        WindowFilter::TorchCubic => ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0,
    }
}

fn single_filter_at(filter: WindowFilter, distance: f32) -> f32 {
    match filter {
        WindowFilter::Triangle => (1.0 - distance).max(0.0),
        _ if distance < 1.0 => (1.5_f32.mul_add(distance, -2.5) * distance).mul_add(distance, 1.0),
        _ if distance < 2.0 => {
            (distance - 5.0)
                .mul_add(distance, 8.0)
                .mul_add(distance, -4.0)
                * -0.5
        }
        _ => 0.0,
    }
}

/// The shares of the positions of a window, which sum to 1.
fn shares(axis: &ResampleMixedAxis, filter: WindowFilter, window: &Window<f64>) -> Vec<f64> {
    let number = |tap: u32| match axis.copies {
        0 => {
            let from_center = f64::from(window.first + tap) - window.center;
            filter_at(filter, (from_center + 0.5) * axis.inverse)
        }
        _ => 1.0,
    };
    let numbers: Vec<f64> = (0..window.count).map(number).collect();
    let sum = numbers.iter().fold(0.0, |sum, number| sum + number);
    let share = |number| if sum != 0.0 { number / sum } else { number };
    numbers.into_iter().map(share).collect()
}

/// The weights of a window in single precision.
pub(super) fn single_weights(
    axis: &ResampleMixedAxis,
    filter: WindowFilter,
    window: &Window<f32>,
) -> Vec<f32> {
    let number = |tap: u32| match axis.copies {
        0 => {
            let distance = (tap as f32 + window.center + 0.5) * axis.inverse as f32;
            single_filter_at(filter, distance.abs())
        }
        _ => 1.0,
    };
    let numbers: Vec<f32> = (0..window.count).map(number).collect();
    let sum = numbers.iter().fold(0.0, |sum, number| sum + number);
    let share = |number| if sum != 0.0 { number / sum } else { number };
    numbers.into_iter().map(share).collect()
}

/// The fractional bits of an axis whose weights decide them.
pub(super) fn bits(axis: &ResampleMixedAxis, filter: WindowFilter) -> u32 {
    let mut largest: f64 = 0.0;
    for at in 0..axis.target {
        let all = shares(axis, filter, &window(axis, at));
        largest = all.into_iter().fold(largest, f64::max);
    }
    let mut bits = 0;
    while bits < 22 && 0.5 + largest * f64::from(2 << bits) < 32768.0 {
        bits += 1;
    }
    bits
}

/// The weights of a window in 2^-shift.
pub(super) fn weights(
    axis: &ResampleMixedAxis,
    filter: WindowFilter,
    window: &Window<f64>,
    shift: u32,
) -> Vec<i32> {
    let round = |share: f64| {
        let half = if share < 0.0 { -0.5 } else { 0.5 };
        (share * f64::from(1 << shift) + half) as i32
    };
    shares(axis, filter, window)
        .into_iter()
        .map(round)
        .collect()
}

/// A column, or a row, of the output: the first source position, and the weights of the positions from there on.
type Taps<Weight> = Option<(u32, Vec<Weight>)>;

/// The taps of the positions of the output.
fn taps<W>(
    axis: &ResampleMixedAxis,
    length: u32,
    of: impl Fn(u32) -> (u32, Vec<W>),
) -> Vec<Taps<W>> {
    let at = |at: u32| {
        let is_shown = at as i32 >= axis.first && (at as i32) < axis.end;
        is_shown.then(|| of((axis.after_first + axis.after_step * at as i32) as u32))
    };
    (0..length).map(at).collect()
}

fn fixed_to_byte(sum: i32, shift: u32) -> u8 {
    ((sum + (1 << (shift - 1))) >> shift).clamp(0, 255) as u8
}

fn fixed_sum<'a>(
    pixels: impl Iterator<Item = [u8; 4]>,
    weights: impl Iterator<Item = &'a i32>,
    shift: u32,
) -> [u8; 4] {
    let mut sums = [0; 4];
    for (pixel, weight) in pixels.zip(weights) {
        for (sum, sample) in sums.iter_mut().zip(pixel) {
            *sum += weight * i32::from(sample);
        }
    }
    sums.map(|sum| fixed_to_byte(sum, shift))
}

fn single_sum<'a>(
    pixels: impl Iterator<Item = [f32; 4]>,
    weights: impl Iterator<Item = &'a f32>,
) -> [f32; 4] {
    let mut sums = [0.0; 4];
    for (pixel, weight) in pixels.zip(weights) {
        for (sum, sample) in sums.iter_mut().zip(pixel) {
            *sum = weight.mul_add(sample, *sum);
        }
    }
    sums
}

fn times_alpha([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let times = |color: u8| {
        let product = u32::from(color) * u32::from(a) + 128;
        (((product >> 8) + product) >> 8) as u8
    };
    [times(r), times(g), times(b), a]
}

fn by_alpha([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let by = |color: u8| match a {
        0 | 255 => color,
        _ => (255 * u32::from(color) / u32::from(a)).min(255) as u8,
    };
    [by(r), by(g), by(b), a]
}

/// The output of the kernels for one image. `source` gives the pixel at a column and a row of the rectangle that is resampled.
pub(super) fn output(
    template: &Template,
    image: &ResampleMixedImage,
    source: impl Fn(u32, u32) -> [u8; 4],
) -> Vec<u8> {
    let (output, pixels) = (template.output, &template.pixels);
    let read = |x: u32, y: u32| {
        assert!(
            x < image.columns.length && y < image.lines.length,
            "({x}, {y})"
        );
        let pixel = pixels.before.apply(source(x, y));
        match image.premultiplied {
            0 => pixel,
            _ => times_alpha(pixel),
        }
    };
    let (columns, lines) = (&image.columns, &image.lines);
    let made: Vec<Option<[u8; 4]>> = match template.resample.expect("a resample") {
        WindowWeights::Fixed {
            filter,
            bits: fixed,
        } => {
            let shifts = [columns, lines].map(|axis| fixed.unwrap_or_else(|| bits(axis, filter)));
            let of = |axis: &ResampleMixedAxis, shift: u32, length: u32| {
                taps(axis, length, |at| {
                    let window = window(axis, at);
                    (window.first, weights(axis, filter, &window, shift))
                })
            };
            let across = of(columns, shifts[0], output.width);
            let down = of(lines, shifts[1], output.height);
            pairs(&across, &down, |(left, x), (top, y)| {
                let row = |row: u32| {
                    fixed_sum(
                        (left..left + x.len() as u32).map(|at| read(at, row)),
                        x.iter(),
                        shifts[0],
                    )
                };
                let rows = (top..top + y.len() as u32).map(row);
                fixed_sum(rows, y.iter(), shifts[1])
            })
        }
        WindowWeights::Single(filter) => {
            let of = |axis: &ResampleMixedAxis, length: u32| {
                taps(axis, length, |at| {
                    let window = single_window(axis, at);
                    (window.first, single_weights(axis, filter, &window))
                })
            };
            let (across, down) = (of(columns, output.width), of(lines, output.height));
            pairs(&across, &down, |(left, x), (top, y)| {
                let numbers = |at: u32, row: u32| read(at, row).map(f32::from);
                let row = |row: u32| {
                    let count = x.len() as u32;
                    single_sum((left..left + count).map(|at| numbers(at, row)), x.iter())
                };
                let sums = single_sum((top..top + y.len() as u32).map(row), y.iter());
                sums.map(|sum| sum.clamp(0.0, 255.0).round_ties_even() as u8)
            })
        }
    };
    let mut made = made.into_iter();
    write(output, pixels, |_, _| match made.next().flatten() {
        Some(pixel) if image.premultiplied != 0 => finished(pixels, by_alpha(pixel)),
        Some(pixel) => finished(pixels, pixel),
        None => image.outside.to_le_bytes(),
    })
}

/// The pixels of the output, row by row; `None` outside the source.
fn pairs<W>(
    columns: &[Taps<W>],
    lines: &[Taps<W>],
    pixel: impl Fn((u32, &[W]), (u32, &[W])) -> [u8; 4],
) -> Vec<Option<[u8; 4]>> {
    let mut all = Vec::new();
    for line in lines {
        for column in columns {
            let both = column.as_ref().zip(line.as_ref());
            all.push(both.map(|(x, y)| pixel((x.0, &x.1), (y.0, &y.1))));
        }
    }
    all
}
