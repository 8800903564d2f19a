//! Random cases and the reference of `letterbox` for tests.

use super::Letterbox;
use super::reference::{self, LetterboxFrame};
use crate::spec::{OperatorTesting, Part, shared};

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let letterbox = Letterbox::new(random.side(), random.side())?;
        let stride = random.pick(&[1, 7, 32, 64]);
        let [scaleup, center, auto] = [(); 3].map(|()| random.pick(&[true, true, false]));
        let letterbox = letterbox.scaleup(scaleup).center(center).auto(!auto);
        shared(letterbox.value(random.color()).stride(stride)?)
    },
    reference: |values, images| {
        let [width, height, stride] =
            ["width", "height", "stride"].map(|name| values.integer(name) as usize);
        let frame = LetterboxFrame {
            width,
            height,
            scaleup: values.flag("scaleup"),
            center: values.flag("center"),
            stride: values.flag("auto").then_some(stride),
        };
        reference::letterbox(&images[0].u8_image(), frame, values.color("value")).into()
    },
    part: Some(Part::Geometry),
};
