//! The reference of `random_crop`.

use crate::crop::reference::crop;
use crate::oracle::Image;
use crate::pad::reference::{Border, pad};
use crate::random_crop::RandomCrop;

/// What `random_crop` makes of the image of this index in this epoch: a [`pad`] that is large enough, and a [`crop`] at the place
/// that is drawn. `value` is the pixel of a constant border in samples of the image.
///
/// # Panics
/// When the image with its padding is smaller than the output, or has more than 4 channels.
pub fn random_crop<T: Copy>(
    image: &Image<T>,
    operator: &RandomCrop,
    border: Border<T>,
    epoch: u64,
    index: u64,
) -> Image<T> {
    let drawn = operator.draw(epoch, index, image.width as u32, image.height as u32);
    let (x, y) = drawn.expect("an image that is not too small");
    let (width, height) = operator.size();
    // The pixels that the rectangle has beyond each side of the image.
    let beyond = |first: i32, length: u32, side: usize| {
        let end = i64::from(first) + i64::from(length);
        let after = (end - side as i64).max(0) as usize;
        (i64::from(-first).max(0) as usize, after)
    };
    let (left, right) = beyond(x, width, image.width);
    let (top, bottom) = beyond(y, height, image.height);
    let padded = pad(image, [left, top, right, bottom], border);
    crop(
        &padded,
        (x + left as i32) as usize,
        (y + top as i32) as usize,
        width as usize,
        height as usize,
    )
}
