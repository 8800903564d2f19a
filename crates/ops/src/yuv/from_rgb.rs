//! RGB to YUV.

use super::YuvError;
use super::coding::{FromRgb, YuvCoding};
use super::planes::{PlanesMut, Subsampling, area, check};
use super::simd::{BLOCK, Samples, deinterleave, load, store};
use fearless_simd::{Level, Simd, dispatch};

/// Converts interleaved RGB, `3 * width * height` bytes, to a planar frame. A chroma sample is computed from the top-left pixel of
/// its block.
///
/// # Errors
/// [`YuvError`] when the size is impossible, or `rgb` or a plane has another number of bytes; nothing is written then.
pub fn rgb_to_planar(
    coding: YuvCoding,
    subsampling: Subsampling,
    width: u32,
    height: u32,
    rgb: &[u8],
    planes: PlanesMut<'_>,
) -> Result<(), YuvError> {
    planes.check(subsampling, width, height)?;
    let bytes = area(width, height, 3)?;
    check("the RGB image", (width, height), rgb.len(), bytes)?;
    let (columns, weights) = (width as usize, coding.of_rgb());
    dispatch!(Level::new(), simd => convert(simd, &weights, subsampling, columns, rgb, planes));
    Ok(())
}

#[inline(always)]
fn convert<S: Simd>(
    simd: S,
    weights: &FromRgb,
    subsampling: Subsampling,
    width: usize,
    rgb: &[u8],
    planes: PlanesMut<'_>,
) {
    let (columns, rows) = match subsampling {
        Subsampling::S420 => (2, 2),
        Subsampling::S422 => (2, 1),
        Subsampling::S444 => (1, 1),
    };
    let chroma_width = width.div_ceil(columns);
    let mut channels = [[0; BLOCK]; 3];
    let mut pixels = [0; 3 * BLOCK];
    let images = rgb
        .chunks_exact(3 * width)
        .zip(planes.y.chunks_exact_mut(width));
    for (number, (rgb, luma)) in images.enumerate() {
        let first = number / rows * chroma_width;
        let mut chroma = number.is_multiple_of(rows).then(|| {
            [&mut *planes.u, &mut *planes.v].map(|plane| &mut plane[first..][..chroma_width])
        });
        for start in (0..width).step_by(BLOCK) {
            load(rgb, 3 * start, &mut pixels);
            deinterleave(simd, &pixels, &mut channels);
            store(luma, start, &block(&channels, weights.luma, weights.black));
            let Some([u, v]) = &mut chroma else {
                continue;
            };
            for (row, weights) in [(u, weights.u), (v, weights.v)] {
                let samples = block(&channels, weights, 128);
                if columns == 1 {
                    store(row, start, &samples);
                } else {
                    store(row, start / 2, &every_other(&samples));
                }
            }
        }
    }
}

/// The weighted sums of the pixels of a block. Chroma of full range reaches 255.5, which would be rounded to 256.
#[inline(always)]
fn block([red, green, blue]: &[Samples; 3], weights: [i32; 3], offset: i32) -> Samples {
    let mut samples = [0; BLOCK];
    for i in 0..BLOCK {
        let sum = weights[0] * i32::from(red[i])
            + weights[1] * i32::from(green[i])
            + weights[2] * i32::from(blue[i]);
        samples[i] = ((sum + (1 << 19) + (offset << 20)) >> 20).min(255) as u8;
    }
    samples
}

#[inline(always)]
fn every_other(samples: &Samples) -> [u8; BLOCK / 2] {
    let mut half = [0; BLOCK / 2];
    for (sample, pair) in half.iter_mut().zip(samples.as_chunks::<2>().0) {
        *sample = pair[0];
    }
    half
}
