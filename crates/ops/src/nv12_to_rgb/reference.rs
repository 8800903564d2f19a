//! The reference of `nv12_to_rgb`.

use crate::oracle::Image;
use crate::yuv::YuvCoding;
use crate::yuv::reference::pixel_to_rgb;

/// The RGB image of an NV12 frame, which is given as a gray image of 3/2 of the height (OpenCV's `cvtColor`, `COLOR_YUV2RGB_NV12`, for
/// the default coding).
///
/// # Panics
/// When the image does not have one channel, an even width and a height that is a multiple of 3.
pub fn nv12_to_rgb(image: &Image<u8>, coding: YuvCoding) -> Image<u8> {
    assert!(image.channels == 1 && image.width.is_multiple_of(2) && image.height.is_multiple_of(3));
    let height = image.height / 3 * 2;
    Image::from_fn(image.width, height, 3, |x, y, c| {
        let chroma = |i: usize| image.at(x / 2 * 2 + i, height + y / 2, 0);
        pixel_to_rgb(coding, [image.at(x, y, 0), chroma(0), chroma(1)])[c]
    })
}
