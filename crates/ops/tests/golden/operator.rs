//! The operators of `golden.bin`, and how the file writes them.

use pixelflume_ops::reference::Border;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operator {
    ResizeBilinear {
        width: usize,
        height: usize,
    },
    ResizeNearest {
        width: usize,
        height: usize,
    },
    Color(Conversion),
    GaussianBlur {
        size: usize,
        sigma: Option<f64>,
    },
    Sobel(SobelOutput),
    AbsDiff {
        seed: u64,
    },
    Blend {
        alpha: f64,
        seed: u64,
    },
    Threshold {
        threshold: u8,
        maximum: u8,
    },
    Flip {
        along_x: bool,
        along_y: bool,
    },
    /// x, y, width, height.
    Crop([usize; 4]),
    CenterCrop {
        width: usize,
        height: usize,
    },
    Pad {
        sides: [usize; 4],
        border: Border,
    },
    Letterbox {
        width: usize,
        height: usize,
        value: [u8; 4],
    },
    BoxBlur(usize),
    Erode(usize),
    Dilate(usize),
    LaplacianSigned,
    LaplacianClamped,
    MedianBlur(usize),
    Nv12ToRgb,
    WarpAffine {
        width: usize,
        height: usize,
        inverse: bool,
        matrix: [f64; 6],
        value: [u8; 4],
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conversion {
    RgbToGray,
    BgrToGray,
    RgbaToGray,
    RgbToBgr,
    BgrToRgb,
    RgbaToRgb,
    RgbToRgba,
    GrayToRgb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SobelOutput {
    Magnitude,
    Dx,
    Dy,
}

pub(super) fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse()
        .unwrap_or_else(|_| panic!("not a number: {text}"))
}

fn numbers<T: std::str::FromStr + std::fmt::Debug, const N: usize>(words: &[&str]) -> [T; N] {
    let numbers: Vec<T> = words.iter().map(|word| number(word)).collect();
    numbers
        .try_into()
        .expect("as many numbers as the format says")
}

pub(super) fn operator(text: &str) -> Operator {
    let words: Vec<&str> = text.split(' ').collect();
    match words[..] {
        ["resize_bilinear", width, height] => Operator::ResizeBilinear {
            width: number(width),
            height: number(height),
        },
        ["resize_nearest", width, height] => Operator::ResizeNearest {
            width: number(width),
            height: number(height),
        },
        ["gaussian_blur", size] => Operator::GaussianBlur {
            size: number(size),
            sigma: None,
        },
        ["gaussian_blur", size, sigma] => Operator::GaussianBlur {
            size: number(size),
            sigma: Some(number(sigma)),
        },
        ["sobel_magnitude"] => Operator::Sobel(SobelOutput::Magnitude),
        ["sobel_dx"] => Operator::Sobel(SobelOutput::Dx),
        ["sobel_dy"] => Operator::Sobel(SobelOutput::Dy),
        ["rgb_to_gray"] => Operator::Color(Conversion::RgbToGray),
        ["bgr_to_gray"] => Operator::Color(Conversion::BgrToGray),
        ["rgba_to_gray"] => Operator::Color(Conversion::RgbaToGray),
        ["rgb_to_bgr"] => Operator::Color(Conversion::RgbToBgr),
        ["bgr_to_rgb"] => Operator::Color(Conversion::BgrToRgb),
        ["rgba_to_rgb"] => Operator::Color(Conversion::RgbaToRgb),
        ["rgb_to_rgba"] => Operator::Color(Conversion::RgbToRgba),
        ["gray_to_rgb"] => Operator::Color(Conversion::GrayToRgb),
        ["abs_diff", seed] => Operator::AbsDiff { seed: number(seed) },
        ["blend", alpha, seed] => Operator::Blend {
            alpha: number(alpha),
            seed: number(seed),
        },
        ["threshold", threshold, maximum] => Operator::Threshold {
            threshold: number(threshold),
            maximum: number(maximum),
        },
        ["flip", axis] => Operator::Flip {
            along_x: matches!(axis, "horizontal" | "both"),
            along_y: matches!(axis, "vertical" | "both"),
        },
        ["crop", ref rectangle @ ..] => Operator::Crop(numbers(rectangle)),
        ["center_crop", width, height] => Operator::CenterCrop {
            width: number(width),
            height: number(height),
        },
        ["pad", left, top, right, bottom, mode, ref value @ ..] => Operator::Pad {
            sides: numbers(&[left, top, right, bottom]),
            border: match mode {
                "constant" => Border::Constant(numbers(value)),
                "replicate" => Border::Replicate,
                "reflect_101" => Border::Reflect101,
                _ => panic!("unknown border: {text}"),
            },
        },
        ["letterbox", width, height, ref value @ ..] => Operator::Letterbox {
            width: number(width),
            height: number(height),
            value: numbers(value),
        },
        ["box_blur", size] => Operator::BoxBlur(number(size)),
        ["erode", size] => Operator::Erode(number(size)),
        ["dilate", size] => Operator::Dilate(number(size)),
        ["laplacian_signed"] => Operator::LaplacianSigned,
        ["laplacian_clamped"] => Operator::LaplacianClamped,
        ["median_blur", size] => Operator::MedianBlur(number(size)),
        ["warp_affine", width, height, direction, ref rest @ ..] => Operator::WarpAffine {
            width: number(width),
            height: number(height),
            inverse: match direction {
                "forward" => false,
                "inverse" => true,
                _ => panic!("unknown direction: {text}"),
            },
            matrix: numbers(&rest[..6]),
            value: numbers(&rest[6..]),
        },
        ["nv12_to_rgb"] => Operator::Nv12ToRgb,
        _ => panic!("unknown operator: {text}"),
    }
}
