//! Random cases and the reference of `resize` for tests.

use super::reference;
use super::{Interpolation, Resize};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let (width, height) = (shape.width, shape.height);
        // Whole factors too, of which the taps are pixels as they are, or halves.
        let resize = match random.within(0, 5) {
            0 => Resize::new(width.div_ceil(2), height.div_ceil(2)),
            1 => Resize::new(width.div_ceil(3), height.div_ceil(3)),
            2 => Resize::new((2 * width / 3).max(1), (2 * height / 3).max(1)),
            _ => Resize::new(random.side(), random.side()),
        }?;
        shared(resize.interpolation(random.pick(&Interpolation::ALL)))
    },
    reference: |values, images| {
        let [width, height] = ["width", "height"].map(|side| values.integer(side) as usize);
        let resize = match values.name("interpolation") {
            "nearest" => reference::resize_nearest,
            "area" => reference::resize_area,
            "cubic" => reference::resize_cubic,
            "lanczos4" => reference::resize_lanczos4,
            "linear_exact" => reference::resize_linear_exact,
            "nearest_exact" => reference::resize_nearest_exact,
            _ => reference::resize_bilinear,
        };
        resize(&images[0].u8_image(), width, height).into()
    },
    part: Some(Part::Geometry),
};
