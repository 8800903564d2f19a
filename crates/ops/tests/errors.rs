//! What the operators refuse, and how they say it.

use pixelflume_ops::{
    AbsDiff, Blend, Color, ColorConversion, GaussianBlur, ImageShape, Interpolation, Layout,
    Operator, OperatorError, Resize, SampleType, Sobel, SobelOutput,
};

fn message<T: std::fmt::Debug>(result: Result<T, OperatorError>) -> String {
    result.expect_err("this must be refused").to_string()
}

#[test]
fn impossible_parameters() {
    assert_eq!(
        message(Resize::new(0, 10)),
        "resize: width = 0 is not possible; a number of pixels from 1 to 65536"
    );
    assert_eq!(
        message(Resize::new(10, 65_537)),
        "resize: height = 65537 is not possible; a number of pixels from 1 to 65536"
    );
    for size in [0, 1, 2, 4, 30, 32, 33, u32::MAX] {
        assert_eq!(
            message(GaussianBlur::new(size)),
            format!(
                "gaussian_blur: size = {size} is not possible; an odd number of taps from 3 to 31"
            )
        );
    }
    let blur = GaussianBlur::new(5).expect("an odd size");
    for (sigma, text) in [
        (0.0, "0"),
        (-0.0, "-0"),
        (-1.5, "-1.5"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        assert_eq!(
            message(blur.sigma(sigma)),
            format!(
                "gaussian_blur: sigma = {text} is not possible; a finite number of pixels above 0; leave it out to \
                 derive it from the size"
            )
        );
    }
    for (width, height) in [(1, 1), (65_536, 65_536)] {
        assert!(Resize::new(width, height).is_ok());
    }
    for size in (3..=31).step_by(2) {
        assert!(GaussianBlur::new(size).is_ok());
    }
}

#[test]
fn names_go_both_ways() {
    for conversion in ColorConversion::ALL {
        assert_eq!(conversion.name().parse(), Ok(conversion));
        assert_eq!(conversion.to_string(), conversion.name());
    }
    for output in SobelOutput::ALL {
        assert_eq!(output.name().parse(), Ok(output));
    }
    for interpolation in Interpolation::ALL {
        assert_eq!(interpolation.name().parse(), Ok(interpolation));
    }
    assert_eq!(
        message("cubic".parse::<Interpolation>()),
        "resize: interpolation = \"cubic\" is not possible; one of bilinear, nearest"
    );
    assert_eq!(
        message("Magnitude".parse::<SobelOutput>()),
        "sobel: output = \"Magnitude\" is not possible; one of magnitude, dx, dy"
    );
    assert_eq!(
        message("".parse::<ColorConversion>()),
        "color: conversion = \"\" is not possible; one of rgb_to_gray, bgr_to_gray, rgba_to_gray, rgb_to_bgr, \
         bgr_to_rgb, rgba_to_rgb, rgb_to_rgba, gray_to_rgb"
    );
}

fn operators() -> Vec<Box<dyn Operator>> {
    vec![
        Box::new(Resize::new(4, 4).expect("a possible size")),
        Box::new(Color::new(ColorConversion::RgbToGray)),
        Box::new(GaussianBlur::new(5).expect("an odd size")),
        Box::new(Sobel::magnitude()),
    ]
}

#[test]
fn impossible_inputs_of_every_operator() {
    let good = ImageShape::u8(640, 480, 3);
    for operator in operators() {
        let kind = operator.kind();
        assert_eq!(operator.input_count(), 1);
        let refused = |shapes: &[ImageShape]| message(operator.plan(shapes));
        assert_eq!(refused(&[]), format!("{kind} takes 1 input(s), got 0"));
        assert_eq!(
            refused(&[good, good]),
            format!("{kind} takes 1 input(s), got 2")
        );
        assert_eq!(
            refused(&[ImageShape {
                sample: SampleType::F32,
                ..good
            }]),
            format!("{kind} takes u8 samples, got 640x480x3 f32")
        );
        assert_eq!(
            refused(&[ImageShape {
                layout: Layout::Planar,
                ..good
            }]),
            format!(
                "{kind} cannot take 640x480x3 u8 planar: its channels are planar; give an interleaved image"
            )
        );
        for (shape, text) in [
            (ImageShape { width: 0, ..good }, "0x480x3"),
            (ImageShape { height: 0, ..good }, "640x0x3"),
            (
                ImageShape {
                    channels: 0,
                    ..good
                },
                "640x480x0",
            ),
        ] {
            assert_eq!(
                refused(&[shape]),
                format!(
                    "{kind} cannot take {text} u8: it has no samples; every side must be at least 1"
                )
            );
        }
        assert_eq!(
            refused(&[ImageShape {
                width: 65_537,
                ..good
            }]),
            format!(
                "{kind} cannot take 65537x480x3 u8: a side is longer than 65536 pixels; cut it into tiles"
            )
        );
        let channels = refused(&[ImageShape {
            channels: 2,
            ..good
        }]);
        assert!(
            channels.starts_with(&format!("{kind} takes images of "))
                && channels.contains("got 640x480x2 u8; "),
            "{channels}"
        );
        assert!(operator.plan(&[good]).is_ok());
        assert!(operator.plan(&[ImageShape::u8(65_536, 65_536, 3)]).is_ok());
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
        "color takes images of 1 channel(s), got 8x8x3 u8; gray_to_rgb reads gray images"
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
