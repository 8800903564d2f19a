//! The reference of `rgb_to_yuv`.

use super::RgbToYuvFormat;
use crate::oracle::Image;
use crate::yuv::YuvCoding;
use crate::yuv::reference::pixel_to_yuv;

/// The frame of an RGB image, as a gray image of 3/2 of the rows (OpenCV's `cvtColor`, `COLOR_RGB2YUV_I420`).
///
/// # Panics
/// When the image does not have three channels and an even width and height.
pub fn rgb_to_yuv(image: &Image<u8>, format: RgbToYuvFormat, coding: YuvCoding) -> Image<u8> {
    let (width, height) = (image.width, image.height);
    assert!(image.channels == 3 && width.is_multiple_of(2) && height.is_multiple_of(2));
    let sample = |x: usize, y: usize, of: usize| {
        pixel_to_yuv(coding, [0, 1, 2].map(|c| image.at(x, y, c)))[of]
    };
    let samples = width / 2 * (height / 2);
    Image::from_fn(width, height / 2 * 3, 1, |x, y, _| {
        if y < height {
            return sample(x, y, 0);
        }
        // The byte of the chroma, and the block and the plane that it belongs to.
        let n = (y - height) * width + x;
        let (block, of) = match format {
            RgbToYuvFormat::Nv12 => (n / 2, 1 + n % 2),
            RgbToYuvFormat::I420 => (n % samples, 1 + n / samples),
        };
        let (column, row) = (block % (width / 2), block / (width / 2));
        sample(2 * column, 2 * row, of)
    })
}
