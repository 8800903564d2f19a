//! The reference of `to_float`.

use super::ToFloatLike;
use crate::oracle::Image;

/// `p / 255` or `p * f32(1/255)` of each sample `p`, in f32.
pub fn to_float(image: &Image<u8>, like: ToFloatLike) -> Image<f32> {
    let number = |p: f32| match like {
        ToFloatLike::Torchvision => p / 255.0,
        ToFloatLike::TorchvisionV2 => p * (1.0 / 255.0) as f32,
    };
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        number(image.at(x, y, c).into())
    })
}

/// Each sample as an f32.
pub fn to_unscaled_float(image: &Image<u8>) -> Image<f32> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        image.at(x, y, c).into()
    })
}
