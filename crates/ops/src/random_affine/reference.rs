//! The reference of `random_affine`.

use crate::oracle::Image;
use crate::random_affine::RandomAffine;
use crate::warp::WarpSampling;
use crate::warp_affine::reference::warp_affine;

/// What `random_affine` makes of the image of this index in this epoch: [`warp_affine`] by the matrix that is drawn.
///
/// # Panics
/// When the image has more than 4 channels.
pub fn random_affine(
    image: &Image<u8>,
    operator: &RandomAffine,
    epoch: u64,
    index: u64,
) -> Image<u8> {
    let (width, height) = (image.width as u32, image.height as u32);
    let map = operator
        .draw(epoch, index, width, height)
        .matrix(width, height);
    warp_affine(
        image,
        map,
        image.width,
        image.height,
        &WarpSampling {
            value: operator.border_value(),
            ..WarpSampling::default()
        },
    )
}
