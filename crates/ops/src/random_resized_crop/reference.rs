//! The reference of `random_resized_crop`.

use crate::oracle::Image;
use crate::random_resized_crop::RandomResizedCrop;
use crate::resized_crop::reference::resized_crop;

/// What `random_resized_crop` makes of the image of this index in this epoch: [`resized_crop`] of the rectangle that is drawn.
pub fn random_resized_crop(
    image: &Image<u8>,
    operator: &RandomResizedCrop,
    epoch: u64,
    index: u64,
) -> Image<u8> {
    let drawn = operator.draw(epoch, index, image.width as u32, image.height as u32);
    let (width, height) = operator.size();
    let size = (width as usize, height as usize);
    resized_crop(image, drawn, size, operator.sampling())
}
