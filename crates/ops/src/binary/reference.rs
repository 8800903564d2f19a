//! The common part of the references of operators with two inputs.

use crate::oracle::Image;

/// The image of `combine` of the samples at equal positions.
pub(crate) fn per_sample(
    a: &Image<u8>,
    b: &Image<u8>,
    combine: impl Fn(u8, u8) -> u8,
) -> Image<u8> {
    let shape = |image: &Image<u8>| (image.width, image.height, image.channels);
    assert_eq!(shape(a), shape(b), "the images have one shape");
    Image::from_fn(a.width, a.height, a.channels, |x, y, c| {
        combine(a.at(x, y, c), b.at(x, y, c))
    })
}
