//! Random cases and the reference of `canny` for tests.

use super::{Canny, reference};
use crate::spec::{OperatorTesting, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        // Magnitudes of noise are around a third of this.
        let (aperture, most) = random.pick(&[(3, 1300.0), (5, 10_000.0), (7, 100_000.0)]);
        let canny = Canny::new(random.number(0.0, most), random.number(0.0, most))?;
        let canny = canny.with_aperture(aperture)?;
        shared(canny.with_l2_gradient(random.pick(&[false, true])))
    },
    reference: |values, images| {
        let [low, high] = ["low", "high"].map(|name| values.number(name));
        let (aperture, l2_gradient) = (values.integer("aperture"), values.flag("l2_gradient"));
        reference::canny(&images[0].u8_image(), low, high, aperture, l2_gradient).into()
    },
    part: None,
};
