//! The references of the conversions: one pixel at a time, as the oracle of the tests.
//!
//! The functions panic where the bytes of a frame do not fit its size: a test with such a frame is wrong.

use super::{Subsampling, YuvCoding};

/// The red, green and blue samples of a pixel with these Y, U and V.
pub fn pixel_to_rgb(coding: YuvCoding, yuv: [u8; 3]) -> [u8; 3] {
    to_rgb(coding, yuv.map(i64::from), 8)
}

/// The same of samples of 10 bits.
pub fn ten_bits_to_rgb(coding: YuvCoding, yuv: [u16; 3]) -> [u8; 3] {
    to_rgb(coding, yuv.map(i64::from), 10)
}

fn to_rgb(coding: YuvCoding, [y, u, v]: [i64; 3], bits: u32) -> [u8; 3] {
    let weights = coding.to_rgb(bits);
    let y = (y - i64::from(weights.black)).max(0) * i64::from(weights.luma);
    let gray = 1 << (bits - 1);
    let (u, v) = (u - gray, v - gray);
    // 20 fractional bits, and 2 more where samples are quarters.
    let digits = bits + 12;
    [
        y + i64::from(weights.red) * v,
        y + i64::from(weights.green_u) * u + i64::from(weights.green_v) * v,
        y + i64::from(weights.blue) * u,
    ]
    .map(|sum| ((sum + (1 << (digits - 1))) >> digits).clamp(0, 255) as u8)
}

/// Y, U and V of one pixel of red, green and blue.
pub fn pixel_to_yuv(coding: YuvCoding, rgb: [u8; 3]) -> [u8; 3] {
    let weights = coding.of_rgb();
    let sample = |row: [i32; 3], offset: i32| {
        let sum: i32 = row
            .iter()
            .zip(rgb)
            .map(|(weight, p)| weight * i32::from(p))
            .sum();
        ((sum + (1 << 19) + (offset << 20)) >> 20).clamp(0, 255) as u8
    };
    [
        sample(weights.luma, weights.black),
        sample(weights.u, 128),
        sample(weights.v, 128),
    ]
}

/// The index of the chroma sample of pixel (`x`, `y`) in its plane.
fn chroma_index(subsampling: Subsampling, width: usize, x: usize, y: usize) -> usize {
    match subsampling {
        Subsampling::S420 => y / 2 * width.div_ceil(2) + x / 2,
        Subsampling::S422 => y * width.div_ceil(2) + x / 2,
        Subsampling::S444 => y * width + x,
    }
}

/// Samples of a chroma plane.
fn chroma_samples(subsampling: Subsampling, width: usize, height: usize) -> usize {
    chroma_index(subsampling, width, width - 1, height - 1) + 1
}

/// Interleaved RGB of a frame whose planes Y, U and V follow each other.
pub fn planar_to_rgb(
    coding: YuvCoding,
    subsampling: Subsampling,
    width: usize,
    height: usize,
    frame: &[u8],
) -> Vec<u8> {
    let u = width * height;
    let v = u + chroma_samples(subsampling, width, height);
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let c = chroma_index(subsampling, width, x, y);
            rgb.extend(pixel_to_rgb(
                coding,
                [frame[y * width + x], frame[u + c], frame[v + c]],
            ));
        }
    }
    rgb
}

/// Interleaved RGB of an NV12 frame.
pub fn nv12_to_rgb(coding: YuvCoding, width: usize, height: usize, frame: &[u8]) -> Vec<u8> {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let u = width * height + 2 * chroma_index(Subsampling::S420, width, x, y);
            rgb.extend(pixel_to_rgb(
                coding,
                [frame[y * width + x], frame[u], frame[u + 1]],
            ));
        }
    }
    rgb
}

/// The frame of interleaved RGB, as planes Y, U and V that follow each other.
pub fn rgb_to_planar(
    coding: YuvCoding,
    subsampling: Subsampling,
    width: usize,
    height: usize,
    rgb: &[u8],
) -> Vec<u8> {
    let u = width * height;
    let v = u + chroma_samples(subsampling, width, height);
    let mut frame = vec![0; 2 * v - u];
    // From the last pixel to the first: the top-left one of each block is the one that stays.
    for y in (0..height).rev() {
        for x in (0..width).rev() {
            let first = 3 * (y * width + x);
            let yuv = pixel_to_yuv(coding, [rgb[first], rgb[first + 1], rgb[first + 2]]);
            let c = chroma_index(subsampling, width, x, y);
            frame[y * width + x] = yuv[0];
            frame[u + c] = yuv[1];
            frame[v + c] = yuv[2];
        }
    }
    frame
}
