//! Random cases and the reference of `resized_crop` for tests.

use super::reference;
use super::{ResizedCrop, Sampling};
use crate::crop::CropBox;
use crate::resample::ResampleLike;
use crate::resize::Interpolation;
use crate::spec::{OperatorTesting, Part, Values, shared};
use crate::testing::Random;

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let ((x, width), (y, height)) = (random.part(shape.width), random.part(shape.height));
        let size = match random.within(0, 3) {
            // Half, and the crop as it is.
            0 => (width.div_ceil(2), height.div_ceil(2)),
            1 => (width, height),
            _ => (random.side().min(400), random.side().min(400)),
        };
        let crop = ResizedCrop::new(CropBox::new(x, y, width, height), size.0, size.1)?;
        shared(crop.sampled(sampling(random))?)
    },
    reference: |values, images| {
        let crop = CropBox::of_values(super::KIND, values).expect("a box");
        let crop = crop.expect("a box for all images");
        reference::resized_crop(
            &images[0].u8_image(),
            crop,
            size(values),
            Sampling::of_values(super::KIND, values).expect("a way of resizing"),
        )
        .into()
    },
    part: Some(Part::Geometry),
};

/// Draws a way of resizing.
pub(crate) fn sampling(random: &mut Random) -> Sampling {
    match random.within(0, 1) {
        0 => Sampling::Resize(random.pick(&Interpolation::ALL)),
        _ => {
            let like = random.pick(&ResampleLike::ALL);
            Sampling::Resample(random.pick(like.filters()), like)
        }
    }
}

/// Width and height of the output.
pub(crate) fn size(values: &Values) -> (usize, usize) {
    (
        values.integer("width") as usize,
        values.integer("height") as usize,
    )
}
