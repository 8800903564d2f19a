//! The common part of the references of warps.

use super::{WarpBorder, WarpInterpolation, WarpSampling};
use crate::oracle::Image;

/// The columns of a group. Whole groups of a row are computed with another order of a sum than the rest of the row, since OpenCV
/// computes them as two AVX2 vectors.
const GROUP: usize = 16;

/// The `width` x `height` image whose pixel at `x, y` is the source at the position that the matrix `map` of two or three rows
/// gives.
pub(crate) fn warp(
    image: &Image<u8>,
    map: &[f64],
    (width, height): (usize, usize),
    sampling: &WarpSampling,
) -> Image<u8> {
    let map: Vec<f32> = map.iter().map(|&number| number as f32).collect();
    let grouped = width / GROUP * GROUP;
    Image::from_fn(width, height, image.channels, |x, y, channel| {
        let (column, row) = (x as f32, y as f32);
        let fused = |row_of_map: &[f32]| {
            let product = row * row_of_map[1];
            match x < grouped {
                true => column.mul_add(row_of_map[0], product + row_of_map[2]),
                false => column.mul_add(row_of_map[0], product) + row_of_map[2],
            }
        };
        let (u, v) = match (sampling.interpolation, map.len()) {
            (WarpInterpolation::Cubic, _) => cubic_position(&map, column, row),
            (_, 6) => (fused(&map[..3]), fused(&map[3..])),
            _ => {
                let divisor = fused(&map[6..]);
                (fused(&map[..3]) / divisor, fused(&map[3..6]) / divisor)
            }
        };
        let pixel = |x: i64, y: i64| sample(image, (x, y), channel, sampling);
        match sampling.interpolation {
            WarpInterpolation::Nearest => {
                pixel(integer(u.round_ties_even()), integer(v.round_ties_even())) as u8
            }
            WarpInterpolation::Bilinear => bilinear(image, (u, v), channel, sampling, pixel),
            WarpInterpolation::Cubic => {
                let within = |at: f32, side: usize| {
                    let side = side.max(16) as f32;
                    // A NaN becomes the lower bound.
                    at.max(-side).min(2.0 * side)
                };
                cubic((within(u, image.width), within(v, image.height)), pixel)
            }
        }
    })
}

/// The position of a cubic warp, without fused operations; that of a perspective one in f64.
fn cubic_position(map: &[f32], column: f32, row: f32) -> (f32, f32) {
    let of_row = |row_of_map: &[f32]| row * row_of_map[1] + row_of_map[2];
    if map.len() == 6 {
        return (
            of_row(&map[..3]) + map[0] * column,
            of_row(&map[3..]) + map[3] * column,
        );
    }
    let sum = |row_of_map: &[f32]| {
        f64::from(of_row(row_of_map)) + f64::from(row_of_map[0]) * f64::from(column)
    };
    let factor = 1.0 / sum(&map[6..]);
    (
        (sum(&map[..3]) * factor) as f32,
        (sum(&map[3..6]) * factor) as f32,
    )
}

/// An integer number as an integer of 32 bits; the smallest one where it does not fit, and for NaN, as x86 converts it.
fn integer(number: f32) -> i64 {
    match (-2_147_483_648.0..2_147_483_648.0).contains(&number) {
        true => number as i64,
        false => i64::from(i32::MIN),
    }
}

/// A number rounded half to even and clamped to a byte; 0 where it does not fit an integer of 32 bits, and for NaN.
fn byte(number: f32) -> u8 {
    integer(number.round_ties_even()).clamp(0, 255) as u8
}

/// The sample at a column and a row inside or outside the image.
fn sample(image: &Image<u8>, (x, y): (i64, i64), channel: usize, sampling: &WarpSampling) -> f32 {
    let inside = |index: i64, side: usize| {
        let side = side as i64;
        let mirrored = |period: i64, repeated: i64| {
            let folded = index.rem_euclid(period);
            if folded < side {
                folded
            } else {
                period - repeated - folded
            }
        };
        match sampling.border {
            _ if (0..side).contains(&index) => Some(index),
            WarpBorder::Constant => None,
            WarpBorder::Replicate => Some(index.clamp(0, side - 1)),
            WarpBorder::Reflect => Some(mirrored(2 * side, 1)),
            WarpBorder::Reflect101 if side == 1 => Some(0),
            WarpBorder::Reflect101 => Some(mirrored(2 * side - 2, 0)),
            WarpBorder::Wrap => Some(index.rem_euclid(side)),
        }
    };
    f32::from(match (inside(x, image.width), inside(y, image.height)) {
        (Some(x), Some(y)) => image.at(x as usize, y as usize, channel),
        _ => sampling.value[channel],
    })
}

fn bilinear(
    image: &Image<u8>,
    (u, v): (f32, f32),
    channel: usize,
    sampling: &WarpSampling,
    pixel: impl Fn(i64, i64) -> f32,
) -> u8 {
    let (i, j) = (integer(u.floor()), integer(v.floor()));
    let touches = |index: i64, side: usize| (-1..side as i64).contains(&index);
    let outside = !touches(i, image.width) || !touches(j, image.height);
    if sampling.border == WarpBorder::Constant && outside {
        return sampling.value[channel];
    }
    let between = |from: f32, to: f32, fraction: f32| fraction.mul_add(to - from, from);
    let across = u - i as f32;
    let line = |row: i64| between(pixel(i, row), pixel(i + 1, row), across);
    byte(between(line(j), line(j + 1), v - j as f32))
}

fn cubic((u, v): (f32, f32), pixel: impl Fn(i64, i64) -> f32) -> u8 {
    let weights = |fraction: f32| {
        let (a, b) = (fraction, 1.0 - fraction);
        let first = -0.75 * (a * (b * b));
        let last = -0.75 * (a * a * b);
        let second = (a * a).mul_add(1.25_f32.mul_add(a, -2.25), 1.0);
        [first, second, 1.0 - first - second - last, last]
    };
    let (left, top) = (u.floor(), v.floor());
    let (across, down) = (weights(u - left), weights(v - top));
    let mut sum = 0.0;
    for (j, weight) in (-1..).zip(down) {
        let taps = [-1, 0, 1, 2].map(|i| pixel(left as i64 + i, top as i64 + j));
        let mut line = taps[0] * across[0];
        for i in 1..4 {
            line = taps[i].mul_add(across[i], line);
        }
        sum = line.mul_add(weight, sum);
    }
    byte(sum)
}
