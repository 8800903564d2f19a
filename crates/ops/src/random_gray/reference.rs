//! The reference of `random_gray`.

use crate::oracle::Image;
use crate::pixel_steps::reference::gray;
use crate::random_gray::RandomGray;

/// What `random_gray` makes of the image of this index in this epoch: the image, or its gray in each channel.
pub fn random_gray(image: &Image<u8>, operator: &RandomGray, epoch: u64, index: u64) -> Image<u8> {
    if !operator.draw(epoch, index) {
        return image.clone();
    }
    Image::from_fn(image.width, image.height, image.channels, |x, y, _| {
        let pixel: Vec<u8> = (0..image.channels).map(|c| image.at(x, y, c)).collect();
        gray(&pixel)
    })
}
