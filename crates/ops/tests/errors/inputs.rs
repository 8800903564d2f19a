//! The inputs that operators refuse, and the outputs that follow from inputs.

use crate::message;
use pixelflume_ops::registry::OPERATORS;
use pixelflume_ops::spec::OperatorSpec;
use pixelflume_ops::testing::Random;
use pixelflume_ops::{
    AbsDiff, Blend, Color, ColorConversion, Concat, ConcatAxis, GaussianBlur, ImageShape, Layout,
    Operator, OperatorError, Resize, SampleType, Sobel, Tile,
};
use std::sync::Arc;

/// A random operator of each kind that takes inputs of these shapes.
fn operators() -> Vec<(Arc<dyn Operator>, Vec<ImageShape>)> {
    let drawn = |spec: &&'static OperatorSpec| {
        let mut shape = ImageShape::u8(640, 480, 3);
        let operator = (spec.testing.sample)(&mut Random::new(9), &mut shape);
        (
            operator.expect("a possible operator"),
            vec![shape; spec.inputs],
        )
    };
    OPERATORS.iter().map(drawn).collect()
}

#[test]
fn impossible_inputs_of_every_operator() {
    for (operator, good) in operators() {
        let (kind, count, shape) = (operator.kind(), good.len(), good[0]);
        let plan = |changed: ImageShape| operator.plan(&vec![changed; count]);
        let refused = |shapes: &[ImageShape]| message(operator.plan(shapes));
        assert!(operator.plan(&good).is_ok(), "{operator:?}");
        for other in [0, count - 1, count + 1, 9] {
            if other != count {
                assert_eq!(
                    refused(&vec![shape; other]),
                    format!("{kind} takes {count} input(s), got {other}")
                );
            }
        }
        for sample in [
            SampleType::I16,
            SampleType::F16,
            SampleType::Bf16,
            SampleType::F32,
        ] {
            let other = ImageShape { sample, ..shape };
            match plan(other) {
                // Operators that copy samples take all of them; masks have a type of their own.
                Ok(plan) if kind == "pad_mask" => assert_eq!(plan.output().sample, SampleType::U8),
                Ok(plan) => assert_eq!(plan.output().sample, sample, "{kind}"),
                Err(error) => {
                    let expected = format!("{kind} takes u8 samples, got {other}");
                    assert_eq!(error.to_string(), expected);
                }
            }
        }
        for (width, height, channels) in [(0, 480, 3), (640, 0, 3), (640, 480, 0)] {
            let other = ImageShape::u8(width, height, channels);
            assert_eq!(
                message(plan(other)),
                format!(
                    "{kind} cannot take {other}: it has no samples; every side must be at least 1"
                )
            );
        }
        for (width, height) in [(65_537, 480), (640, 65_537)] {
            let other = ImageShape::u8(width, height, shape.channels);
            assert_eq!(
                message(plan(other)),
                format!(
                    "{kind} cannot take {other}: a side is longer than 65536 pixels; cut it into tiles"
                )
            );
        }
        // Where channels and their layout matter, other ones are refused; else the output has them as well.
        let planar = ImageShape {
            channels: 3,
            layout: Layout::Planar,
            ..shape
        };
        match plan(planar) {
            // One channel has no layout.
            Ok(plan) if plan.output().channels == 1 => {}
            Ok(plan) => assert_eq!(plan.output().layout, Layout::Planar, "{kind}"),
            Err(error) => assert_eq!(
                error.to_string(),
                format!(
                    "{kind} cannot take {planar}: its channels are planar; give an interleaved image"
                )
            ),
        }
        let two = ImageShape {
            channels: 2,
            ..shape
        };
        match plan(two) {
            Ok(plan) => assert_eq!(plan.output().channels, 2, "{kind}"),
            Err(error) => {
                let channels = error.to_string();
                let expected = format!("{kind} takes images of ");
                assert!(
                    channels.starts_with(&expected) && channels.contains(&format!("got {two}; ")),
                    "{channels}"
                );
            }
        }
    }
}

#[test]
fn channels_that_do_not_fit() {
    assert_eq!(
        message(Sobel::dx().plan(&[ImageShape::u8(8, 8, 2)])),
        "sobel takes images of 1, 3 or 4 channel(s), got 8x8x2 u8; give a gray, RGB or RGBA image"
    );
    assert_eq!(
        message(Color::new(ColorConversion::GrayToRgb).plan(&[ImageShape::u8(8, 8, 3)])),
        "color takes images of 1 channel(s), got 8x8x3 u8; this conversion reads gray images"
    );
    for conversion in ColorConversion::ALL {
        for channels in 1..=5 {
            let plan = Color::new(conversion).plan(&[ImageShape::u8(8, 9, channels)]);
            if channels == conversion.source_channels() {
                let output = plan.expect("the right channels").output();
                assert_eq!(output, ImageShape::u8(8, 9, conversion.target_channels()));
            } else {
                let refused = plan.map(|_| ()).expect_err("other channels");
                assert!(
                    matches!(refused, OperatorError::Channels { .. }),
                    "{refused}"
                );
            }
        }
    }
}

#[test]
fn operators_with_two_inputs() {
    for alpha in [f64::NAN, -0.01, 1.000_001, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(
            message(Blend::new(alpha)),
            format!(
                "blend: alpha = {alpha} is not possible; a number from 0 (the second input alone) to 1 (the first alone)"
            )
        );
    }
    let weight = |alpha| Blend::new(alpha).expect("a possible alpha").weight();
    assert_eq!([0.0, 0.5 / 256.0, 0.5, 1.0].map(weight), [0, 1, 128, 256]);

    let blend = Blend::default();
    let operators: [&dyn Operator; 2] = [&AbsDiff::new(), &blend];
    for operator in operators {
        let kind = operator.kind();
        assert_eq!(operator.input_count(), 2);
        let refused = |shapes: &[ImageShape]| message(operator.plan(shapes));
        let good = ImageShape::u8(640, 480, 5);
        assert_eq!(refused(&[good]), format!("{kind} takes 2 input(s), got 1"));
        assert_eq!(
            refused(&[good, ImageShape::u8(640, 479, 5)]),
            format!(
                "{kind} takes inputs of one shape, got 640x480x5 u8 and 640x479x5 u8; resize or convert one of them first"
            )
        );
        let planar = ImageShape {
            layout: Layout::Planar,
            ..good
        };
        assert!(refused(&[good, planar]).contains("640x480x5 u8 and 640x480x5 u8 planar"));
        let signed = ImageShape {
            sample: SampleType::I16,
            ..good
        };
        assert_eq!(
            refused(&[good, signed]),
            format!("{kind} takes u8 samples, got 640x480x5 i16")
        );
        assert!(refused(&[ImageShape { height: 0, ..good }; 2]).contains("it has no samples"));
        let many = ImageShape::u8(65_536, 1, 1 << 14);
        assert!(refused(&[many, many]).contains("16384 channels"));
        for shape in [good, planar] {
            let plan = operator.plan(&[shape, shape]).expect("equal shapes");
            assert_eq!(plan.output(), shape);
        }
    }
}

/// Numbers that were measured are no image.
#[test]
fn operators_take_no_numbers() {
    for (operator, good) in operators() {
        let kind = operator.kind();
        let numbers = ImageShape {
            sample: SampleType::F64,
            ..good[0]
        };
        let text = message(operator.plan(&vec![numbers; good.len()]));
        let expected = [
            format!("{kind} takes u8 samples, got {numbers}"),
            format!(
                "{kind} cannot take {numbers}: its samples are numbers of a measure, no image; take them as an output"
            ),
        ];
        assert!(expected.contains(&text), "{text}");
    }
}

/// Images that are put beside each other fit each other, and both together are no larger than images can be.
#[test]
fn images_beside_each_other() {
    let shape = ImageShape::u8(640, 480, 3);
    let [beside, below] = ConcatAxis::ALL.map(Concat::new);
    let other = |width, height| ImageShape {
        width,
        height,
        ..shape
    };
    let output = |concat: Concat, second| concat.plan(&[shape, second]).expect("a plan").output();
    assert_eq!(output(beside, other(1, 480)), other(641, 480));
    assert_eq!(output(below, other(640, 1)), other(640, 481));
    assert_eq!(
        message(beside.plan(&[shape, other(640, 481)])),
        "concat cannot take 640x481x3 u8: it does not fit beside 640x480x3 u8; resize or convert one of them first"
    );
    assert_eq!(
        message(below.plan(&[shape, ImageShape::u8(640, 480, 1)])),
        "concat cannot take 640x480x1 u8: it does not fit below 640x480x3 u8; resize or convert one of them first"
    );
    assert_eq!(
        message(beside.plan(&[shape, other(64_897, 480)])),
        "concat cannot take 64897x480x3 u8: with 640x480x3 u8 its output would have 65537x480 pixels; 65536 a side are possible"
    );
    assert_eq!(output(beside, other(64_896, 480)).width, 65_536);
    let tile = Tile::new(103, 1).expect("possible numbers");
    assert_eq!(
        message(tile.plan(&[shape])),
        "tile cannot take 640x480x3 u8: its output would have 65920x480 pixels; 65536 a side are possible"
    );
}

#[test]
fn outputs_follow_from_inputs() {
    let input = ImageShape::u8(640, 480, 4);
    let output = |operator: &dyn Operator| operator.plan(&[input]).expect("a plan").output();
    let resize = Resize::new(3, 65_536).expect("a possible size");
    assert_eq!(output(&resize), ImageShape::u8(3, 65_536, 4));
    assert_eq!(output(&GaussianBlur::new(31).expect("an odd size")), input);
    assert_eq!(output(&Sobel::magnitude()), ImageShape::u8(640, 480, 1));
    for sobel in [Sobel::dx(), Sobel::dy()] {
        let signed = ImageShape {
            sample: SampleType::I16,
            ..ImageShape::u8(640, 480, 1)
        };
        assert_eq!(output(&sobel), signed);
    }
}
