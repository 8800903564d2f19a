//! The reference of `rotate`.

use super::Rotate;
use crate::image::ImageShape;
use crate::oracle::Image;
use crate::warp::grid::reference::grid_sample;

/// The image rotated by `angle` degrees, counterclockwise, with the settings of `rotate`, whose own angle does not count: torchvision's
/// `rotate`.
///
/// # Panics
/// When the image has more than 4 channels, or the operator cannot take it.
pub fn rotate(image: &Image<u8>, rotate: &Rotate, angle: f64) -> Image<u8> {
    let (width, height) = (image.width, image.height);
    let angle = angle.rem_euclid(360.0);
    let transposes = rotate.expands() || width == height;
    if rotate.rotated_about().is_none() {
        let turned = |width, height, at: &dyn Fn(usize, usize) -> (usize, usize)| {
            Image::from_fn(width, height, image.channels, |x, y, channel| {
                let (x, y) = at(x, y);
                image.at(x, y, channel)
            })
        };
        if angle == 0.0 {
            return image.clone();
        }
        if angle == 180.0 {
            return turned(width, height, &|x, y| (width - 1 - x, height - 1 - y));
        }
        if angle == 90.0 && transposes {
            return turned(height, width, &|x, y| (width - 1 - y, x));
        }
        if angle == 270.0 && transposes {
            return turned(height, width, &|x, y| (y, height - 1 - x));
        }
    }
    let shape = ImageShape::u8(width as u32, height as u32, image.channels as u32);
    let matrix = rotate.matrix(angle, shape);
    let (width, height) = rotate.output(matrix, shape).expect("an image of this size");
    grid_sample(
        image,
        &matrix,
        (width as usize, height as usize),
        &rotate.sampled(),
    )
}
