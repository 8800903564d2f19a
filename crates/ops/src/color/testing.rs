//! Random cases and the reference of `color` for tests.

use super::reference;
use super::{Color, ColorConversion};
use crate::spec::{OperatorTesting, Part, Samples, Values, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let fitting: Vec<_> = ColorConversion::ALL
            .into_iter()
            .filter(|conversion| conversion.source_channels() == shape.channels)
            .collect();
        shared(Color::new(random.pick(&fitting)))
    },
    reference: color,
    part: Some(Part::Color),
};

fn color(values: &Values, images: &[Samples]) -> Samples {
    let convert = match values.name("conversion") {
        "rgb_to_gray" => reference::rgb_to_gray,
        "bgr_to_gray" => reference::bgr_to_gray,
        "rgba_to_gray" => reference::rgba_to_gray,
        "rgb_to_bgr" => reference::rgb_to_bgr,
        "bgr_to_rgb" => reference::bgr_to_rgb,
        "rgba_to_rgb" => reference::rgba_to_rgb,
        "rgb_to_rgba" => reference::rgb_to_rgba,
        "gray_to_rgb" => reference::gray_to_rgb,
        other => panic!("a conversion without a reference: {other}"),
    };
    convert(&images[0].u8_image()).into()
}
