//! The reference of `nv12_to_rgb`.

use crate::oracle::Image;

/// The RGB image of an NV12 frame, which is given as a gray image of 3/2 of the height (OpenCV's `cvtColor`, `COLOR_YUV2RGB_NV12`).
///
/// # Panics
/// When the image does not have one channel, an even width and a height that is a multiple of 3.
pub fn nv12_to_rgb(image: &Image<u8>) -> Image<u8> {
    assert!(image.channels == 1 && image.width.is_multiple_of(2) && image.height.is_multiple_of(3));
    let height = image.height / 3 * 2;
    Image::from_fn(image.width, height, 3, |x, y, c| {
        let chroma = |i: usize| i32::from(image.at(x / 2 * 2 + i, height + y / 2, 0)) - 128;
        let (u, v) = (chroma(0), chroma(1));
        let luma = (i32::from(image.at(x, y, 0)) - 16).max(0) * 1_220_542;
        let sum = match c {
            0 => luma + 1_673_527 * v,
            1 => luma - 852_492 * v - 409_993 * u,
            _ => luma + 2_116_026 * u,
        };
        ((sum + (1 << 19)) >> 20).clamp(0, 255) as u8
    })
}
