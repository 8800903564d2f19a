//! YUV to RGB.

use super::coding::{ToRgb, YuvCoding};
use super::planes::{Planes, Subsampling, area, check};
use super::simd::{BLOCK, Samples, interleave, load, store};
use super::{YuvError, nv12_bytes};
use fearless_simd::{Level, Simd, dispatch};

/// Converts a planar frame to interleaved RGB, `3 * width * height` bytes.
///
/// # Errors
/// [`YuvError`] when the size is impossible, or a plane or `rgb` has another number of bytes; nothing is written then.
pub fn planar_to_rgb(
    coding: YuvCoding,
    subsampling: Subsampling,
    width: u32,
    height: u32,
    planes: Planes<'_>,
    rgb: &mut [u8],
) -> Result<(), YuvError> {
    planes.check(subsampling, width, height)?;
    check_rgb(width, height, rgb.len())?;
    let (columns, weights) = (width as usize, coding.to_rgb(8));
    let chroma = subsampling.chroma_size(width, height).0 as usize;
    let (u, v) = (planes.u, planes.v);
    let rows = match subsampling {
        Subsampling::S420 => 2,
        Subsampling::S422 | Subsampling::S444 => 1,
    };
    let row_of = |plane, y: usize| row(plane, y / rows, chroma);
    let level = Level::new();
    match subsampling {
        Subsampling::S420 | Subsampling::S422 => {
            let read = |y, start, channels: &mut [Samples; 2]| {
                spread(row_of(u, y), start, &mut channels[0]);
                spread(row_of(v, y), start, &mut channels[1]);
            };
            dispatch!(level, simd => convert(simd, &weights, columns, planes.y, read, rgb));
        }
        Subsampling::S444 => {
            let read = |y, start, channels: &mut [Samples; 2]| {
                load(row_of(u, y), start, &mut channels[0]);
                load(row_of(v, y), start, &mut channels[1]);
            };
            dispatch!(level, simd => convert(simd, &weights, columns, planes.y, read, rgb));
        }
    }
    Ok(())
}

/// Converts an NV12 frame of [`nv12_bytes`] bytes to interleaved RGB, `3 * width * height` bytes.
///
/// # Errors
/// [`YuvError`] when the size is impossible, or `frame` or `rgb` has another number of bytes; nothing is written then.
pub fn nv12_to_rgb(
    coding: YuvCoding,
    width: u32,
    height: u32,
    frame: &[u8],
    rgb: &mut [u8],
) -> Result<(), YuvError> {
    let size = (width, height);
    check(
        "both planes (NV12)",
        size,
        frame.len(),
        nv12_bytes(width, height)?,
    )?;
    check_rgb(width, height, rgb.len())?;
    let (columns, weights) = (width as usize, coding.to_rgb(8));
    let (luma, chroma) = frame.split_at(area(width, height, 1)?);
    let pitch = 2 * columns.div_ceil(2);
    let read = |y, start, channels: &mut [Samples; 2]| {
        spread_pairs(row(chroma, y / 2, pitch), start, channels);
    };
    dispatch!(Level::new(), simd => convert(simd, &weights, columns, luma, read, rgb));
    Ok(())
}

fn check_rgb(width: u32, height: u32, got: usize) -> Result<(), YuvError> {
    check(
        "the RGB image",
        (width, height),
        got,
        area(width, height, 3)?,
    )
}

/// Row `y` of a plane whose rows have `width` bytes.
#[inline(always)]
fn row(plane: &[u8], y: usize, width: usize) -> &[u8] {
    &plane[y * width..(y + 1) * width]
}

/// Converts row by row. `chroma(row, start, ..)` loads U and V of the block of a row that begins at pixel `start`, one sample for
/// each pixel.
#[inline(always)]
fn convert<S: Simd>(
    simd: S,
    weights: &ToRgb,
    width: usize,
    luma: &[u8],
    chroma: impl Fn(usize, usize, &mut [Samples; 2]),
    rgb: &mut [u8],
) {
    let (mut y, mut uv) = ([0; BLOCK], [[0; BLOCK]; 2]);
    let mut pixels = [0; 3 * BLOCK];
    let rows = luma
        .chunks_exact(width)
        .zip(rgb.chunks_exact_mut(3 * width));
    for (number, (luma, rgb)) in rows.enumerate() {
        for start in (0..width).step_by(BLOCK) {
            load(luma, start, &mut y);
            chroma(number, start, &mut uv);
            interleave(simd, &block(weights, &y, &uv), &mut pixels);
            store(rgb, 3 * start, &pixels);
        }
    }
}

/// The red, green and blue samples of a block. The sums are below 2^30 in magnitude.
#[inline(always)]
fn block(weights: &ToRgb, y: &Samples, [u, v]: &[Samples; 2]) -> [Samples; 3] {
    let [mut red, mut green, mut blue] = [[0; BLOCK]; 3];
    for i in 0..BLOCK {
        let y = (i32::from(y[i]) - weights.black).max(0) * weights.luma + (1 << 19);
        let (u, v) = (i32::from(u[i]) - 128, i32::from(v[i]) - 128);
        red[i] = clamp(y + weights.red * v);
        green[i] = clamp(y + weights.green_v * v + weights.green_u * u);
        blue[i] = clamp(y + weights.blue * u);
    }
    [red, green, blue]
}

#[inline(always)]
fn clamp(sum: i32) -> u8 {
    (sum >> 20).clamp(0, 255) as u8
}

/// Loads the chroma of the block that begins at pixel `start`, each sample for two pixels.
#[inline(always)]
fn spread(row: &[u8], start: usize, samples: &mut Samples) {
    let mut half = [0; BLOCK / 2];
    load(row, start / 2, &mut half);
    for (pair, sample) in samples.as_chunks_mut::<2>().0.iter_mut().zip(half) {
        *pair = [sample; 2];
    }
}

/// Loads U and V as [`spread`] does, from a row of pairs of U and V.
#[inline(always)]
fn spread_pairs(row: &[u8], start: usize, [u, v]: &mut [Samples; 2]) {
    let mut pairs = [0; BLOCK];
    load(row, start, &mut pairs);
    let targets = u
        .as_chunks_mut::<2>()
        .0
        .iter_mut()
        .zip(v.as_chunks_mut::<2>().0);
    for ((u, v), &[from_u, from_v]) in targets.zip(pairs.as_chunks::<2>().0) {
        *u = [from_u; 2];
        *v = [from_v; 2];
    }
}
