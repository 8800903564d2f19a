//! The reference of `resized_crop`.

use crate::crop::CropBox;
use crate::crop::reference::crop;
use crate::oracle::Image;
use crate::resample::ResampleLike;
use crate::resample::reference::{resample_pillow, resample_torch_cuda, resample_torchvision};
use crate::resize::Interpolation;
use crate::resize::reference as resize;
use crate::resized_crop::Sampling;

/// The pixels of the rectangle, resized to `width` x `height` pixels by the reference of `resize` or `resample`.
///
/// # Panics
/// When the rectangle is not inside the image.
pub fn resized_crop(
    image: &Image<u8>,
    of: CropBox,
    (width, height): (usize, usize),
    sampling: Sampling,
) -> Image<u8> {
    let [x, y, columns, rows] = [of.x, of.y, of.width, of.height].map(|number| number as usize);
    let part = &crop(image, x, y, columns, rows);
    match sampling {
        Sampling::Resize(interpolation) => {
            let resize = match interpolation {
                Interpolation::Bilinear => resize::resize_bilinear,
                Interpolation::Nearest => resize::resize_nearest,
                Interpolation::Area => resize::resize_area,
                Interpolation::Cubic => resize::resize_cubic,
                Interpolation::Lanczos4 => resize::resize_lanczos4,
                Interpolation::LinearExact => resize::resize_linear_exact,
                Interpolation::NearestExact => resize::resize_nearest_exact,
            };
            resize(part, width, height)
        }
        Sampling::Resample(filter, like) => match like {
            ResampleLike::Torchvision => resample_torchvision(part, (width, height), filter),
            ResampleLike::TorchCuda => resample_torch_cuda(part, (width, height), filter),
            like => resample_pillow(part, (width, height), filter, None, like),
        },
    }
}
