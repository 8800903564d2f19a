//! The reference of `affine`.

use super::Affine;
use crate::image::ImageShape;
use crate::oracle::Image;
use crate::warp::grid::reference::grid_sample;

/// The image rotated, moved, scaled and sheared: torchvision's `affine`.
///
/// # Panics
/// When the image has more than 4 channels, or a parameter is given for each image.
pub fn affine(image: &Image<u8>, affine: &Affine) -> Image<u8> {
    let shape = ImageShape::u8(
        image.width as u32,
        image.height as u32,
        image.channels as u32,
    );
    let matrix = affine.matrix(shape).expect("parameters of all images");
    let size = (image.width, image.height);
    grid_sample(image, &matrix, size, &affine.sampled())
}
