//! The reference of `center_crop`.

use crate::center_crop::CenterCropLike;
use crate::crop::reference::crop;
use crate::oracle::Image;
use crate::pad::reference::{Border, pad};

/// The middle `width` x `height` pixels as the library takes them: an image that is too small is padded with zeros, then [`crop`].
///
/// # Panics
/// When the image is smaller and `like` is [`CenterCropLike::Numpy`], or it has more than 4 channels.
pub fn center_crop<T: Copy + Default>(
    image: &Image<T>,
    width: usize,
    height: usize,
    like: CenterCropLike,
) -> Image<T> {
    let missing = [(width, image.width), (height, image.height)]
        .map(|(wanted, side)| wanted.saturating_sub(side));
    assert!(
        like != CenterCropLike::Numpy || missing == [0, 0],
        "{}x{} is smaller than {width}x{height}",
        image.width,
        image.height
    );
    let before = missing.map(|pixels| match like {
        CenterCropLike::TransformersPillow => (pixels as f64 / 2.0).ceil() as usize,
        _ => pixels / 2,
    });
    let sides = [
        before[0],
        before[1],
        missing[0] - before[0],
        missing[1] - before[1],
    ];
    let padded = pad(image, sides, Border::Constant([T::default(); 4]));
    let first = |side: usize, wanted: usize| match like {
        CenterCropLike::Torchvision => ((side - wanted) as f64 / 2.0).round_ties_even() as usize,
        _ => (side - wanted) / 2,
    };
    let (x, y) = (first(padded.width, width), first(padded.height, height));
    crop(&padded, x, y, width, height)
}
