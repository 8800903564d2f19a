//! The parameters that operators refuse, and the names of enums.

use crate::message;
use pixelflume_ops::yuv::YuvCoding;
use pixelflume_ops::{
    BoxBlur, ColorConversion, Dilate, Erode, GaussianBlur, ImageShape, Interpolation,
    LaplacianOutput, MedianBlur, Normalize, NormalizeLike, Nv12ToRgb, Operator, Rescale, Resize,
    RgbToYuv, RgbToYuvFormat, SampleType, SobelOutput, Threshold, ToFloat, WarpAffine,
    WarpPerspective, YuvFormat, YuvToRgb,
};

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

    // The third row is the sum of the others.
    let singular = [1.0, 2.0, 3.0, 0.0, 1.0, 1.0, 1.0, 3.0, 4.0];
    let text = message(WarpPerspective::new(singular, 4, 4));
    assert!(
        text.starts_with("warp_perspective: matrix = [1.0, 2.0, 3.0, 0.0,")
            && text.ends_with("numbers of at most 1e30 (its determinant is not 0)"),
        "{text}"
    );
    assert!(WarpPerspective::inverse_map(singular, 4, 4).is_ok());
    for place in 0..9 {
        let mut matrix = singular;
        matrix[place] = f64::NAN;
        let text = message(WarpPerspective::inverse_map(matrix, 4, 4));
        assert!(text.ends_with("; nine numbers of at most 1e30"), "{text}");
    }
}

#[test]
fn impossible_parameters_of_the_other_operators() {
    for size in [0, 1, 4, 32, 33] {
        let expected =
            format!("size = {size} is not possible; an odd number of samples from 3 to 31");
        assert_eq!(message(BoxBlur::new(size)), format!("box_blur: {expected}"));
    }
    for size in [0, 256] {
        let expected = format!("size = {size} is not possible; a number from 1 to 255");
        assert_eq!(message(Erode::new(size)), format!("erode: {expected}"));
        assert_eq!(message(Dilate::new(size)), format!("dilate: {expected}"));
    }
    for size in [1, 4, 254, 257] {
        assert_eq!(
            message(MedianBlur::new(size)),
            format!(
                "median_blur: size = {size} is not possible; an odd number of samples from 3 to 255"
            )
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
    for (scale, shown) in [
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (1e300, "1e300"),
        (1e37, "1e37"),
    ] {
        assert_eq!(
            message(Rescale::new(scale)),
            format!(
                "rescale: scale = {shown} is not possible; a finite number, of which 255 times fits f32"
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
    for (format, width, height, text) in [
        (YuvFormat::Nv12, 6, 9, None),
        (YuvFormat::I420, 7, 9, Some("is a multiple of 2")),
        (YuvFormat::Nv21, 8, 8, Some("its rows are a multiple of 3")),
        (YuvFormat::Yuyv, 8, 8, None),
        (YuvFormat::Yuyv, 6, 8, Some("is a multiple of 4")),
        (YuvFormat::P010, 6, 9, Some("is a multiple of 4")),
    ] {
        let to_rgb = YuvToRgb::new(format, YuvCoding::default());
        let planned = to_rgb.plan(&[ImageShape::u8(width, height, 1)]);
        match text {
            None => assert!(planned.is_ok(), "{format}"),
            Some(text) => assert!(message(planned).contains(text), "{format}"),
        }
        assert!(message(to_rgb.plan(&[ImageShape::u8(12, 12, 3)])).contains("one gray image"));
    }
    let to_yuv = RgbToYuv::new(RgbToYuvFormat::Nv12, YuvCoding::default());
    for (width, height) in [(3, 2), (2, 3)] {
        let refused = message(to_yuv.plan(&[ImageShape::u8(width, height, 3)]));
        assert!(
            refused.contains("its width and height are even"),
            "{refused}"
        );
    }
    assert!(message(to_yuv.plan(&[ImageShape::u8(2, 2, 4)])).contains("3 channel(s)"));
    assert!(message(Threshold::new(1).plan(&[])).contains("takes 1 input(s), got 0"));
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
        "color: conversion = \"\" is not possible; one of rgb_to_gray, bgr_to_gray, rgba_to_gray, bgra_to_gray, rgb_to_bgr, \
         bgr_to_rgb, rgba_to_rgb, rgba_to_bgr, rgba_to_bgra, bgra_to_rgb, bgra_to_bgr, bgra_to_rgba, rgb_to_rgba, rgb_to_bgra, \
         bgr_to_rgba, bgr_to_bgra, gray_to_rgb, gray_to_bgr, gray_to_rgba, gray_to_bgra"
    );
}
