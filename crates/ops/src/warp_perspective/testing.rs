//! Random cases and the reference of `warp_perspective` for tests.

use super::WarpPerspective;
use super::reference;
use crate::spec::{OperatorTesting, shared};
use crate::warp::testing::{map_of, random_matrix, random_sampling, sampling_of};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let (width, height) = (random.side(), random.side());
        let matrix = random_matrix::<9>(random, *shape);
        // Hardly ever is a random matrix singular; seen from the output it may be.
        let warp = WarpPerspective::with_direction(matrix, random.within(0, 1) == 1, width, height)
            .or_else(|_| WarpPerspective::inverse_map(matrix, width, height))?;
        shared(warp.sampling(random_sampling(random)))
    },
    reference: |values, images| {
        let [width, height] = ["width", "height"].map(|side| values.integer(side) as usize);
        let sampling = sampling_of(values);
        reference::warp_perspective(
            &images[0].u8_image(),
            map_of(values),
            width,
            height,
            &sampling,
        )
        .into()
    },
    part: None,
};
