//! The reference of `random_flip`.

use crate::flip::FlipAxis;
use crate::flip::reference::flip;
use crate::oracle::Image;
use crate::random_flip::RandomFlip;

/// What `random_flip` makes of the image of this index in this epoch: [`flip`] in the direction that is drawn.
pub fn random_flip<T: Copy>(
    image: &Image<T>,
    operator: &RandomFlip,
    epoch: u64,
    index: u64,
) -> Image<T> {
    let (along_x, along_y) = match operator.draw(epoch, index) {
        None => (false, false),
        Some(FlipAxis::Horizontal) => (true, false),
        Some(FlipAxis::Vertical) => (false, true),
        Some(FlipAxis::Both) => (true, true),
    };
    flip(image, along_x, along_y)
}
