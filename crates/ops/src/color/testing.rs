//! Random cases and the reference of `color` for tests.

use super::reference;
use super::{Color, ColorConversion, ColorLike};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let fitting: Vec<_> = ColorConversion::ALL
            .into_iter()
            .filter(|conversion| conversion.source_channels() == shape.channels)
            .collect();
        let color = Color::new(random.pick(&fitting));
        shared(color.with_like(random.pick(&ColorLike::ALL)))
    },
    reference: |values, images| {
        let conversion = values.choice("conversion").expect("a conversion");
        let like = values.choice("like").expect("a library");
        reference::convert_color(&images[0].u8_image(), conversion, like).into()
    },
    part: Some(Part::Color),
};
