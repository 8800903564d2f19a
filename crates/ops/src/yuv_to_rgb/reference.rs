//! The reference of `yuv_to_rgb`.

use super::YuvFormat;
use crate::oracle::Image;
use crate::yuv::YuvCoding;
use crate::yuv::reference::{pixel_to_rgb, ten_bits_to_rgb};

/// The RGB image of a frame, which is given as the gray image of its bytes.
///
/// # Panics
/// When the image does not have one channel, or no frame of the format has its size.
pub fn yuv_to_rgb(image: &Image<u8>, format: YuvFormat, coding: YuvCoding) -> Image<u8> {
    let width = image.width / format.row_bytes() as usize;
    let height = match format.has_planes() {
        true => image.height / 3 * 2,
        false => image.height,
    };
    assert!(image.channels == 1 && width.is_multiple_of(2));
    assert!(!format.has_planes() || image.height.is_multiple_of(3));
    // The byte `n` of the frame; its rows follow each other.
    let byte = |n: usize| image.at(n % image.width, n / image.width, 0);
    let word = |n: usize| u16::from_le_bytes([byte(2 * n), byte(2 * n + 1)]) >> 6;
    let luma = width * height;
    Image::from_fn(width, height, 3, |x, y, c| {
        let (pixel, pair) = (y * width + x, y / 2 * width + x / 2 * 2);
        let sample = y / 2 * (width / 2) + x / 2;
        let yuv = match format {
            YuvFormat::Nv12 => [pixel, luma + pair, luma + pair + 1],
            YuvFormat::Nv21 => [pixel, luma + pair + 1, luma + pair],
            YuvFormat::I420 => [pixel, luma + sample, luma + luma / 4 + sample],
            YuvFormat::Yuyv => {
                let first = 2 * (y * width + x / 2 * 2);
                [2 * pixel, first + 1, first + 3]
            }
            YuvFormat::P010 => {
                let samples = [pixel, luma + pair, luma + pair + 1];
                return ten_bits_to_rgb(coding, samples.map(word))[c];
            }
        };
        pixel_to_rgb(coding, yuv.map(byte))[c]
    })
}
