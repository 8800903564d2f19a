//! Random cases and the reference of `random_crop` for tests.

use super::RandomCrop;
use super::reference;
use super::spec::build;
use crate::pad::PadMode;
use crate::pad::reference::Border;
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        random.any_type(shape);
        let padding = match random.within(0, 1) {
            0 => [0; 4],
            _ => [0; 4].map(|_| random.within(0, 40)),
        };
        let pad_if_needed = random.within(0, 1) == 0;
        let [left, top, right, bottom] = padding;
        let [width, height] = [shape.width + left + right, shape.height + top + bottom]
            .map(|side| random.within(1, side + if pad_if_needed { 30 } else { 0 }));
        let crop = RandomCrop::new(width, height)?
            .padding(padding)?
            .pad_if_needed(pad_if_needed)
            .mode(random.pick(&PadMode::ALL))
            .value(&random.constant(shape.sample))?;
        shared(
            crop.seed(random.within(0, u32::MAX))
                .stream(random.within(0, 2)),
        )
    },
    reference: |values, images| {
        let operator = build(values).expect("possible values");
        let border = match operator.pad_mode() {
            PadMode::Constant => Border::Constant(images[0].constant(&operator.pad_value())),
            PadMode::Replicate => Border::Replicate,
            PadMode::Reflect101 => Border::Reflect101,
        };
        images[0].copied(|image| reference::random_crop(image, &operator, border, 0, 0))
    },
    part: Some(Part::Geometry),
};
