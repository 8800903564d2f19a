//! The references of the conversions: one pixel at a time, as the oracle of the tests.
//!
//! The functions panic where the bytes of a frame do not fit its size: a test with such a frame is wrong.

use super::Subsampling;

/// The red, green and blue samples of a pixel with these Y, U and V.
pub fn pixel_to_rgb([y, u, v]: [u8; 3]) -> [u8; 3] {
    let y = (i32::from(y) - 16).max(0) * 1_220_542;
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    [
        y + 1_673_527 * v,
        y - 852_492 * v - 409_993 * u,
        y + 2_116_026 * u,
    ]
    .map(|sum| ((sum + (1 << 19)) >> 20).clamp(0, 255) as u8)
}

/// Y, U and V of one pixel of red, green and blue.
pub fn pixel_to_yuv(rgb: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = rgb.map(i32::from);
    [
        (269_484 * r + 528_482 * g + 102_760 * b, 16),
        (-155_188 * r - 305_135 * g + 460_324 * b, 128),
        (460_324 * r - 385_875 * g - 74_448 * b, 128),
    ]
    .map(|(sum, offset)| ((sum + (1 << 19) + (offset << 20)) >> 20) as u8)
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
            rgb.extend(pixel_to_rgb([
                frame[y * width + x],
                frame[u + c],
                frame[v + c],
            ]));
        }
    }
    rgb
}

/// Interleaved RGB of an NV12 frame.
pub fn nv12_to_rgb(width: usize, height: usize, frame: &[u8]) -> Vec<u8> {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let u = width * height + 2 * chroma_index(Subsampling::S420, width, x, y);
            rgb.extend(pixel_to_rgb([frame[y * width + x], frame[u], frame[u + 1]]));
        }
    }
    rgb
}

/// The frame of interleaved RGB, as planes Y, U and V that follow each other.
pub fn rgb_to_planar(subsampling: Subsampling, width: usize, height: usize, rgb: &[u8]) -> Vec<u8> {
    let u = width * height;
    let v = u + chroma_samples(subsampling, width, height);
    let mut frame = vec![0; 2 * v - u];
    // From the last pixel to the first: the top-left one of each block is the one that stays.
    for y in (0..height).rev() {
        for x in (0..width).rev() {
            let first = 3 * (y * width + x);
            let yuv = pixel_to_yuv([rgb[first], rgb[first + 1], rgb[first + 2]]);
            let c = chroma_index(subsampling, width, x, y);
            frame[y * width + x] = yuv[0];
            frame[u + c] = yuv[1];
            frame[v + c] = yuv[2];
        }
    }
    frame
}
