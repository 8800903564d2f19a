//! Random cases and the reference of `patchify` for tests.

use super::{PatchOrder, Patchify, reference};
use crate::image::Layout;
use crate::spec::{OperatorTesting, Samples, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let (merge, patches) = match random.within(0, 1) {
            // Sides that several patches divide, so that parameters can change and the shape stays.
            0 => {
                for side in [&mut shape.width, &mut shape.height] {
                    *side = (*side / 48).max(1) * 48;
                }
                let patches = [0; 2].map(|_| random.pick(&[1, 2, 3, 4, 6, 8, 12, 24]));
                (random.pick(&[1, 2]), patches)
            }
            _ => {
                let merge = random.pick(&[1, 1, 2, 3]);
                let patches = [&mut shape.width, &mut shape.height].map(|side| {
                    let patch = random.within(1, (*side / merge).clamp(1, 40));
                    // The nearest whole number of groups, at least one.
                    *side = (*side / (patch * merge)).max(1) * patch * merge;
                    patch
                });
                (merge, patches)
            }
        };
        let [width, height] = patches;
        let patchify = Patchify::new(width, height)?.merge(merge)?;
        let patchify = patchify.temporal(random.pick(&[1, 1, 2, 3]))?;
        shared(patchify.order(random.pick(&PatchOrder::ALL)))
    },
    reference: |values, images| {
        let [width, height, merge, temporal] =
            ["width", "height", "merge", "temporal"].map(|name| values.integer(name) as usize);
        let order = values.choice("order").expect("a name of the choice");
        let bits = images[0].bits();
        let matrix = reference::patchify(&bits, [width, height], merge, temporal, order);
        Samples::of_bits(&matrix, images[0].shape.sample, Layout::Interleaved)
    },
    part: None,
};
