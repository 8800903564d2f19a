//! The reference of `random_erasing`.

use crate::erase::reference::erase;
use crate::oracle::Image;
use crate::random_erasing::RandomErasing;

/// What `random_erasing` makes of the image of this index in this epoch: [`erase`] of the rectangle that is drawn. `value` is the
/// pixel of the rectangle in samples of the image.
///
/// # Panics
/// When the image has more than 4 channels.
pub fn random_erasing<T: Copy>(
    image: &Image<T>,
    operator: &RandomErasing,
    value: [T; 4],
    epoch: u64,
    index: u64,
) -> Image<T> {
    let drawn = operator.draw(epoch, index, image.width as u32, image.height as u32);
    erase(image, drawn, value)
}
