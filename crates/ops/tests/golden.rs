//! The plain reference against OpenCV: every golden vector, bit for bit.

#[path = "golden/reader.rs"]
mod reader;

use std::collections::BTreeMap;

use pixelflume_ops::reference::{self, Image};

use reader::{Case, Conversion, Expected, Operator, Output, Sample, SobelOutput};

fn run(operator: &Operator, image: &Image<u8>) -> Output {
    let image = match *operator {
        Operator::ResizeBilinear { width, height } => {
            reference::resize_bilinear(image, width, height)
        }
        Operator::ResizeNearest { width, height } => {
            reference::resize_nearest(image, width, height)
        }
        Operator::GaussianBlur { size, sigma } => reference::gaussian_blur(image, size, sigma),
        Operator::Color(conversion) => match conversion {
            Conversion::RgbToGray => reference::rgb_to_gray(image),
            Conversion::BgrToGray => reference::bgr_to_gray(image),
            Conversion::RgbaToGray => reference::rgba_to_gray(image),
            Conversion::RgbToBgr => reference::rgb_to_bgr(image),
            Conversion::BgrToRgb => reference::bgr_to_rgb(image),
            Conversion::RgbaToRgb => reference::rgba_to_rgb(image),
            Conversion::RgbToRgba => reference::rgb_to_rgba(image),
            Conversion::GrayToRgb => reference::gray_to_rgb(image),
        },
        Operator::Threshold { threshold, maximum } => {
            reference::threshold(image, threshold, maximum)
        }
        Operator::Flip { along_x, along_y } => reference::flip(image, along_x, along_y),
        Operator::Crop([x, y, width, height]) => reference::crop(image, x, y, width, height),
        Operator::CenterCrop { width, height } => reference::center_crop(image, width, height),
        Operator::Pad { sides, border } => reference::pad(image, sides, border),
        Operator::Letterbox {
            width,
            height,
            value,
        } => reference::letterbox(image, width, height, value),
        Operator::BoxBlur(size) => reference::box_blur(image, size),
        Operator::Erode(size) => reference::erode(image, size),
        Operator::Dilate(size) => reference::dilate(image, size),
        Operator::LaplacianSigned => return Output::I16(reference::laplacian(image)),
        Operator::LaplacianClamped => reference::laplacian_clamped(image),
        Operator::MedianBlur(size) => reference::median_blur(image, size),
        Operator::Nv12ToRgb => reference::nv12_to_rgb(image),
        Operator::WarpAffine {
            width,
            height,
            inverse,
            matrix,
            value,
        } => {
            let map = match inverse {
                true => matrix,
                false => reference::invert_affine(matrix).expect("a matrix with an inverse"),
            };
            reference::warp_affine(image, map, width, height, value)
        }
        Operator::AbsDiff { seed } => reference::abs_diff(image, &reader::second(image, seed)),
        Operator::Blend { alpha, seed } => {
            reference::blend(image, &reader::second(image, seed), alpha)
        }
        Operator::Sobel(SobelOutput::Magnitude) => reference::sobel_magnitude(image),
        Operator::Sobel(SobelOutput::Dx) => return Output::I16(reference::sobel_dx(image)),
        Operator::Sobel(SobelOutput::Dy) => return Output::I16(reference::sobel_dy(image)),
    };
    Output::U8(image)
}

fn run_chain(case: &Case) -> Output {
    let mut output = Output::U8(case.input.clone());
    for operator in &case.operators {
        let Output::U8(image) = &output else {
            panic!("{}: only the last operator may leave u8", case.name);
        };
        output = run(operator, image);
    }
    output
}

#[test]
fn reference_equals_opencv() {
    let cases = reader::cases();
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let difference = case.expected.check(&run_chain(case)).err()?;
            Some(format!("{}: {difference}", case.name))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases differ from OpenCV:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

/// A file that lost its cases would pass every comparison.
#[test]
fn golden_file_covers_every_operator() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in reader::cases() {
        let kind = match case.operators[..] {
            [Operator::ResizeBilinear { .. }] => "resize bilinear",
            [Operator::ResizeNearest { .. }] => "resize nearest",
            [Operator::Color(_)] => "color",
            [Operator::GaussianBlur { sigma: None, .. }] => "blur without sigma",
            [Operator::GaussianBlur { .. }] => "blur with sigma",
            [Operator::Sobel(_)] => "sobel",
            [Operator::AbsDiff { .. }] => "abs_diff",
            [Operator::Blend { .. }] => "blend",
            [Operator::Threshold { .. } | Operator::Nv12ToRgb] => "pointwise",
            [
                Operator::Flip { .. }
                | Operator::Crop(_)
                | Operator::CenterCrop { .. }
                | Operator::Pad { .. }
                | Operator::Letterbox { .. },
            ] => "gather",
            [Operator::BoxBlur(_) | Operator::Erode(_) | Operator::Dilate(_)] => "window",
            [Operator::MedianBlur(_)] => "median",
            [Operator::LaplacianSigned | Operator::LaplacianClamped] => "laplacian",
            [Operator::WarpAffine { .. }] => "warp_affine",
            _ => "chain",
        };
        *counts.entry(kind).or_default() += 1;
    }
    for (kind, at_least) in [
        ("resize bilinear", 90),
        ("resize nearest", 90),
        ("color", 60),
        ("blur without sigma", 150),
        ("blur with sigma", 600),
        ("sobel", 70),
        ("abs_diff", 20),
        ("blend", 100),
        ("pointwise", 20),
        ("gather", 300),
        ("window", 400),
        ("median", 50),
        ("laplacian", 50),
        ("warp_affine", 150),
        ("chain", 8),
    ] {
        assert!(
            counts.get(kind).is_some_and(|&count| count >= at_least),
            "{kind}: {counts:?}"
        );
    }
}

/// The comparison itself must notice one wrong sample, a wrong shape and a wrong type.
#[test]
fn check_notices_differences() {
    let image = Image::new(2, 1, 1, vec![3_u8, 4]);
    let mut wrong = image.clone();
    wrong.data[1] = 5;
    let turned = Image::new(1, 2, 1, image.data.clone());
    let signed = Image::new(2, 1, 1, vec![3_i16, 4]);

    let hash = Expected::Hash {
        sample: Sample::U8,
        width: 2,
        height: 1,
        channels: 1,
        fnv: reader::fnv1a(&image.data),
    };
    for expected in [Expected::U8(image.clone()), hash] {
        assert_eq!(expected.check(&Output::U8(image.clone())), Ok(()));
        assert!(expected.check(&Output::U8(wrong.clone())).is_err());
        assert!(expected.check(&Output::U8(turned.clone())).is_err());
        assert!(expected.check(&Output::I16(signed.clone())).is_err());
    }
    let difference = Expected::U8(image).check(&Output::U8(wrong)).unwrap_err();
    assert_eq!(
        difference,
        "1 of 2 samples differ; the first at x 1 y 0 channel 0: expected 4, got 5"
    );
}
