//! The errors of the operators, with their texts.

use pixelflume_ops::registry::{self, OPERATORS};
use pixelflume_ops::spec::OperatorSpec;
use pixelflume_ops::testing::Random;
use pixelflume_ops::{
    AbsDiff, Blend, BoxBlur, CenterCrop, CenterCropLike, Color, ColorConversion, Crop, Dilate,
    Erode, FlipAxis, GaussianBlur, ImageShape, Interpolation, LaplacianOutput, Layout, Letterbox,
    MedianBlur, Normalize, NormalizeLike, Nv12ToRgb, Operator, OperatorError, Pad, PadMask,
    PadMode, PadPosition, PadTo, PatchOrder, Patchify, Resample, ResampleFilter, ResampleLike,
    ResampleSize, Rescale, Resize, SampleType, Sobel, SobelOutput, Threshold, ToFloat, Value,
    WarpAffine,
};
use std::sync::Arc;

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
fn impossible_matrices() {
    let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    assert_eq!(
        message(WarpAffine::new(identity, 0, 1)),
        "warp_affine: width = 0 is not possible; a number of pixels from 1 to 65536"
    );
    assert_eq!(
        message(WarpAffine::inverse_map(identity, 1, 65_537)),
        "warp_affine: height = 65537 is not possible; a number of pixels from 1 to 65536"
    );
    let singular = [1.0, 2.0, 3.0, 2.0, 4.0, 0.0];
    assert_eq!(
        message(WarpAffine::new(singular, 4, 4)),
        "warp_affine: matrix = [1.0, 2.0, 3.0, 2.0, 4.0, 0.0] is not possible; a matrix with an inverse of numbers of \
         at most 1e30 (a e - b d is not 0)"
    );
    assert!(WarpAffine::inverse_map(singular, 4, 4).is_ok());
    for bad in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1.1e30, -1e300] {
        for place in 0..6 {
            let mut matrix = identity;
            matrix[place] = bad;
            let text = message(WarpAffine::inverse_map(matrix, 4, 4));
            assert!(text.ends_with("; six numbers of at most 1e30"), "{text}");
        }
    }
    // Its inverse is out of range, and in f64 at that.
    let text = message(WarpAffine::new([1e-200, 0.0, 0.0, 0.0, 1e-200, 0.0], 4, 4));
    assert!(text.contains("matrix = [1e-200"), "{text}");
    assert!(WarpAffine::inverse_map([1e30, -1e30, 1e30, 0.0, 0.0, 0.0], 65_536, 65_536).is_ok());
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
        message("bicubic".parse::<Interpolation>()),
        "resize: interpolation = \"bicubic\" is not possible; one of bilinear, nearest, area, cubic, lanczos4, linear_exact, nearest_exact"
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
fn impossible_parameters_of_the_operators_that_move_pixels() {
    let sides = "is not possible; a number of pixels from 1 to 65536";
    assert_eq!(
        message(Crop::new(0, 0, 0, 5)),
        format!("crop: width = 0 {sides}")
    );
    assert_eq!(
        message(Crop::new(65_536, 0, 1, 5)),
        "crop: x = 65536 is not possible; a pixel from 0 to 65535"
    );
    assert_eq!(
        message(CenterCrop::new(1, 65_537)),
        format!("center_crop: height = 65537 {sides}")
    );
    assert_eq!(
        message(Letterbox::new(0, 1)),
        format!("letterbox: width = 0 {sides}")
    );
    let shape = ImageShape::u8(10, 8, 3);
    assert_eq!(
        message(Crop::new(5, 4, 6, 4).expect("a part").plan(&[shape])),
        "crop cannot take 10x8x3 u8: it does not hold the columns 5..11 and the rows 4..8"
    );
    assert_eq!(
        message(CenterCrop::new(10, 9).expect("a part").plan(&[shape])),
        "center_crop cannot take 10x8x3 u8: it is smaller than 10x9; resize or pad it first, or set `like` to a library that pads"
    );
    for like in CenterCropLike::ALL {
        assert_eq!(like.name().parse(), Ok(like));
        let plan = CenterCrop::new(10, 9)
            .expect("a part")
            .like(like)
            .plan(&[shape]);
        assert_eq!(plan.is_ok(), like != CenterCropLike::Numpy, "{like}");
    }
    assert_eq!(
        message(Pad::new(u32::MAX, 0, u32::MAX, 1).plan(&[shape])),
        "pad cannot take 10x8x3 u8: its output would have 8589934600x9 pixels; 65536 a side are possible"
    );
    assert!(Pad::new(65_526, 0, 0, 65_528).plan(&[shape]).is_ok());
    assert!(message("sideways".parse::<FlipAxis>()).contains("one of horizontal, vertical, both"));
    assert!(message("wrap".parse::<PadMode>()).contains("one of constant, replicate, reflect_101"));
    for axis in FlipAxis::ALL {
        assert_eq!(axis.name().parse(), Ok(axis));
    }
    for mode in PadMode::ALL {
        assert_eq!(mode.name().parse(), Ok(mode));
    }
    let odd = Pad::new(1, 2, 3, 4)
        .plan(&[shape])
        .expect("a plan")
        .output();
    assert_eq!(odd, ImageShape::u8(14, 14, 3));
}

#[test]
fn impossible_paddings() {
    let shape = ImageShape::u8(10, 8, 3);
    for numbers in [
        &[][..],
        &[1.0, 2.0],
        &[0.0; 5],
        &[f64::NAN],
        &[0.0, f64::INFINITY, 0.0],
    ] {
        for error in [
            message(Pad::new(1, 1, 1, 1).value(numbers)),
            message(PadTo::new().value(numbers)),
        ] {
            assert!(
                error.contains(": value = ") && error.contains("one finite number"),
                "{error}"
            );
        }
    }
    let half = PadTo::new().value(&[0.5]).expect("a finite number");
    assert_eq!(
        message(half.plan(&[shape])),
        "pad_to cannot take 10x8x3 u8: value = 0.5 is no u8 sample"
    );
    let floats = ImageShape {
        sample: SampleType::F16,
        ..shape
    };
    assert!(half.plan(&[floats]).is_ok());
    let large = Pad::new(1, 1, 1, 1).value(&[1e6]).expect("a finite number");
    assert!(message(large.plan(&[floats])).ends_with("value = 1000000 is no f16 sample"));

    let sides = "is not possible; a number of pixels from 1 to 65536";
    for side in [0, 65_537] {
        assert_eq!(
            message(PadTo::new().size(side, 8)),
            format!("pad_to: width = {side} {sides}")
        );
        assert_eq!(
            message(PadMask::new().sides(None, Some(side))),
            format!("pad_mask: height = {side} {sides}")
        );
        assert_eq!(
            message(PadTo::new().multiple(side)),
            format!("pad_to: multiple = {side} {sides}")
        );
    }
    let (pad, mask) = (PadTo::new(), PadMask::new());
    assert_eq!(
        message(pad.size(9, 100).expect("a size").plan(&[shape])),
        "pad_to cannot take 10x8x3 u8: it is larger than 9x100; resize it first"
    );
    assert_eq!(
        message(mask.sides(None, Some(7)).expect("a size").plan(&[shape])),
        "pad_mask cannot take 10x8x3 u8: it is larger than 10x7; resize it first"
    );
    let long = ImageShape::u8(65_535, 8, 3);
    assert_eq!(
        message(pad.multiple(7).expect("a number").plan(&[long])),
        "pad_to cannot take 65535x8x3 u8: its output would have 65541x14 pixels; 65536 a side are possible"
    );
    let most = pad.multiple(65_536).expect("a number").plan(&[long]);
    let most = most.expect("the longest sides").output();
    assert_eq!((most.width, most.height), (65_536, 65_536));
    for position in PadPosition::ALL {
        assert_eq!(position.name().parse(), Ok(position));
    }
}

#[test]
fn impossible_patches() {
    assert_eq!(
        message(Patchify::new(0, 4)),
        "patchify: width = 0 is not possible; a number of pixels from 1 to 65536"
    );
    let patchify = Patchify::new(4, 3).expect("a patch");
    assert!(message(patchify.merge(0)).contains("merge = 0 is not possible"));
    for temporal in [0, 65] {
        assert_eq!(
            message(patchify.temporal(temporal)),
            format!(
                "patchify: temporal = {temporal} is not possible; a number of frames from 1 to 64"
            )
        );
    }
    for order in PatchOrder::ALL {
        assert_eq!(order.name().parse(), Ok(order));
    }
    let merged = patchify.merge(2).expect("two");
    for (width, height) in [(15, 12), (16, 13), (12, 12), (16, 9)] {
        let shape = ImageShape::u8(width, height, 3);
        assert_eq!(
            message(merged.plan(&[shape])),
            format!(
                "patchify cannot take {shape}: its sides are no multiples of 8x6, 2 patch(es) of 4x3 along each axis; \
                 resize or pad it first"
            )
        );
    }
    // The products do not overflow.
    let most = Patchify::new(65_536, 65_536)
        .expect("a patch")
        .merge(65_536)
        .expect("a number");
    assert!(
        message(most.plan(&[ImageShape::u8(65_536, 65_536, 3)])).contains("4294967296x4294967296")
    );
    let pixels = Patchify::new(1, 1).expect("a patch");
    assert_eq!(
        message(pixels.plan(&[ImageShape::u8(65_536, 65_536, 1)])),
        "patchify cannot take 65536x65536x1 u8: it has 4294967296 patches of 1 samples; fewer than 1073741824 of each are \
         possible"
    );
    let whole = Patchify::new(65_536, 16_384).expect("a patch");
    assert!(
        message(whole.plan(&[ImageShape::u8(65_536, 16_384, 1)]))
            .contains("1 patches of 1073741824")
    );
    let tiles = Patchify::new(512, 512).expect("a tile");
    let matrix = tiles
        .plan(&[ImageShape::u8(1536, 1024, 3)])
        .expect("tiles")
        .output();
    assert_eq!(matrix, ImageShape::u8(786_432, 6, 1));
}

#[test]
fn impossible_parameters_of_the_other_operators() {
    for size in [0, 1, 4, 32, 33] {
        let expected =
            format!("size = {size} is not possible; an odd number of samples from 3 to 31");
        assert_eq!(message(BoxBlur::new(size)), format!("box_blur: {expected}"));
        assert_eq!(message(Erode::new(size)), format!("erode: {expected}"));
        assert_eq!(message(Dilate::new(size)), format!("dilate: {expected}"));
    }
    for size in [1, 4, 7] {
        assert_eq!(
            message(MedianBlur::new(size)),
            format!("median_blur: size = {size} is not possible; 3 or 5")
        );
    }
    for output in LaplacianOutput::ALL {
        assert_eq!(output.name().parse(), Ok(output));
    }
    assert_eq!(
        message("loud".parse::<LaplacianOutput>()),
        "laplacian: output = \"loud\" is not possible; one of signed, clamped"
    );

    for (mean, std, text) in [
        (&[][..], &[][..], "mean = []"),
        (&[0.0, 0.0], &[1.0, 1.0], "mean = [0.0, 0.0]"),
        (&[f64::NAN], &[1.0], "mean = [NaN]"),
        (&[0.0], &[1.0, 1.0, 1.0], "std = [1.0, 1.0, 1.0]"),
        (&[0.0; 3], &[1.0, 0.0, 1.0], "std = [1.0, 0.0, 1.0]"),
        (&[0.0], &[f64::INFINITY], "std = [inf]"),
        (&[1.0], &[1e-300], "std = [1e-300]"),
    ] {
        let refused = message(Normalize::new(mean, std));
        assert!(
            refused.starts_with(&format!("normalize: {text} is not possible; ")),
            "{refused}"
        );
    }
    let good = Normalize::new(&[0.5; 3], &[0.25; 3]).expect("possible numbers");
    assert_eq!(
        message(good.clone().scale(0.5)),
        "normalize: scale = 0.5 is not possible; 1/255, the only scale of torchvision; other ones are for like = \"transformers\", \"transformers_pillow\" or \"fma\""
    );
    for like in NormalizeLike::ALL {
        let good = good.clone().like(like).expect("finite numbers");
        for scale in [f64::NAN, f64::INFINITY, 1e38] {
            // The inverse of so large a scale is a small number of transformers.
            if (scale, like) != (1e38, NormalizeLike::Transformers) {
                message(good.clone().scale(scale));
            }
        }
    }
    // Infinity minus infinity.
    let transformers = good.clone().like(NormalizeLike::Transformers);
    assert_eq!(
        message(transformers.and_then(|normalize| normalize.scale(0.0))),
        "normalize: std = [0.25, 0.25, 0.25] is not possible; deviations that leave the outputs within f32, with the scale 0"
    );
    assert_eq!(
        message("torch".parse::<NormalizeLike>()),
        "normalize: like = \"torch\" is not possible; one of torchvision, torchvision_v2, transformers, transformers_pillow, fma"
    );
    for scale in [f64::NAN, f64::INFINITY, 1e300, 1e37] {
        assert_eq!(
            message(Rescale::new(scale)),
            format!(
                "rescale: scale = {scale} is not possible; a finite number, of which 255 times fits f32"
            )
        );
    }
    assert_eq!(
        message(ToFloat::new().sample(SampleType::U8)),
        "to_float: sample = u8 is not possible; f32, f16 or bf16"
    );
    assert_eq!(
        message(good.clone().sample(SampleType::I16)),
        "normalize: sample = i16 is not possible; f32, f16 or bf16"
    );
    assert_eq!(
        message(good.plan(&[ImageShape::u8(8, 8, 1)])),
        "normalize cannot take 8x8x1 u8: there are 3 means and deviations; give one for each channel, or one for all"
    );

    let nv12 = Nv12ToRgb::new();
    assert_eq!(
        message(nv12.plan(&[ImageShape::u8(8, 9, 3)])),
        "nv12_to_rgb takes images of 1 channel(s), got 8x9x3 u8; give the planes as one gray image, Y above UV"
    );
    for (width, height) in [(7, 9), (8, 8), (8, 10)] {
        let refused = message(nv12.plan(&[ImageShape::u8(width, height, 1)]));
        assert!(
            refused.contains("an NV12 frame has an even width"),
            "{refused}"
        );
    }
    assert!(message(Threshold::new(1).plan(&[])).contains("takes 1 input(s), got 0"));
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

#[test]
fn resamples() {
    let spec = registry::find("resample").expect("a built-in operator");
    let refused = |given: &[(&str, Value)]| {
        let known = [("like", Value::from("pillow13")), ("filter", "box".into())];
        let given = known.into_iter().chain(given.iter().cloned());
        let values = spec.values(given).expect("values of the right types");
        message(values.build())
    };
    let number = |name, value: u32| (name, Value::from(value));
    assert_eq!(
        refused(&[]),
        "resample: width = default is not possible; give the size in one of these forms: width and height; shortest_edge (with \
         max_size, rounding); longest_edge (with rounding); max_width and max_height; multiple (with min_pixels, max_pixels); tile"
    );
    for (given, text) in [
        (
            vec![number("width", 5)],
            "height = default is not possible; the size needs width and height",
        ),
        (
            vec![number("shortest_edge", 5), number("multiple", 5)],
            "multiple = 5 is not possible; the size is given by shortest_edge (with max_size, rounding) already; leave one out",
        ),
        (
            vec![number("tile", 5), number("max_size", 9)],
            "max_size = 9 is not possible; a size by tile does not have it; leave it out",
        ),
        (
            vec![number("longest_edge", 5), ("rounding", "detr".into())],
            "rounding = \"detr\" is not possible; longest_edge has sam and idefics3",
        ),
        (
            vec![
                number("multiple", 5),
                number("min_pixels", 100),
                number("max_pixels", 99),
            ],
            "min_pixels = 100 is not possible; at most max_pixels, which is 99",
        ),
        (
            vec![number("tile", 5), ("box", [0.0, 0.0, 5.0, 5.0].into())],
            "box = [0.0, 0.0, 5.0, 5.0] is not possible; a part of the image needs the size as width and height",
        ),
        (
            vec![
                number("tile", 5),
                ("filter", "lanczos".into()),
                ("like", "torch_cuda".into()),
            ],
            "filter = \"lanczos\" is not possible; like = \"torch_cuda\" has bilinear, bicubic",
        ),
    ] {
        assert_eq!(refused(&given), format!("resample: {text}"));
    }

    let exact = |width, height| ResampleSize::Exact { width, height };
    let of = |size| Resample::new(size, ResampleFilter::Bicubic, ResampleLike::Pillow12);
    let small = of(exact(4, 4)).expect("a possible size");
    for edges in [
        [f64::NAN, 0.0, 1.0, 1.0],
        [-0.5, 0.0, 1.0, 1.0],
        [0.0, 0.0, f64::INFINITY, 1.0],
        [0.0, 0.0, 1.0, 65_537.0],
    ] {
        let text = message(small.source_box(edges));
        assert!(text.contains("from 0 to 65536"), "{text}");
    }
    // The box is empty in single precision.
    let text = message(small.source_box([3.0, 0.0, 3.000_000_01, 1.0]));
    assert!(text.contains("left less than right"), "{text}");
    let like = ResampleLike::Torchvision;
    let torch = Resample::new(exact(4, 4), ResampleFilter::Bicubic, like).expect("possible");
    let text = message(torch.source_box([0.0, 0.0, 1.0, 1.0]));
    assert!(text.contains("crop it first"), "{text}");
    let outside = small.source_box([0.0, 0.0, 10.5, 4.0]).expect("a box");
    assert_eq!(
        message(outside.plan(&[ImageShape::u8(10, 10, 3)])),
        "resample cannot take 10x10x3 u8: the box ends at 10.5, 4, outside of it"
    );

    let target = |size, width, height| message(of(size).expect("possible").target(width, height));
    assert_eq!(
        target(
            ResampleSize::ShortestEdge {
                edge: 2,
                max_size: None
            },
            1,
            65_536
        ),
        "resample cannot take 1x65536x1 u8: its output would be 2x131072, and sides are 1 to 65536 pixels; crop it first, or choose \
         another size"
    );
    let within = ResampleSize::Within {
        max_width: 10,
        max_height: 10,
    };
    assert!(target(within, 1, 100).contains("its output would be 0x10"));
    let multiple = ResampleSize::Multiple {
        multiple: 28,
        min_pixels: None,
        max_pixels: None,
    };
    assert!(target(multiple, 201, 1).contains("201 times as long as the other"));
    assert!(target(exact(1, 1), 0, 5).contains("it has no samples"));
    assert!(message(small.plan(&[ImageShape::u8(5, 5, 2)])).contains("1, 3 or 4"));
}
