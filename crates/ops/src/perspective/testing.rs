//! Random cases and the reference of `perspective` for tests.

use super::Perspective;
use super::reference;
use crate::spec::{OperatorTesting, shared};
use crate::testing::Random;
use crate::warp::grid::testing::{random_sampling, sampling_of};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let (right, bottom) = (f64::from(shape.width - 1), f64::from(shape.height - 1));
        let corners = [0.0, 0.0, right, 0.0, right, bottom, 0.0, bottom];
        let moved = |random: &mut Random, most: f64| {
            corners.map(|at| (at + random.number(-most, most)).round())
        };
        let most = f64::from(random.within(0, shape.width.min(shape.height) / 2));
        let start = match random.within(0, 1) {
            0 => corners,
            _ => moved(random, most),
        };
        let end = moved(random, most);
        // The corners of a narrow image are on a line.
        let far = [-3.0, -5.0, 50.0, 0.0, 70.0, 60.0, -2.0, 40.0];
        let perspective = Perspective::new(start, end)
            .or_else(|_| Perspective::new(start, far))
            .or_else(|_| Perspective::new([0.0, 0.0, 40.0, 3.0, 45.0, 50.0, 2.0, 44.0], far))?;
        shared(perspective.sampling(random_sampling(random)))
    },
    reference: |values, images| {
        reference::perspective(
            &images[0].u8_image(),
            values.array("startpoints"),
            values.array("endpoints"),
            &sampling_of(values),
        )
        .into()
    },
    part: None,
};
