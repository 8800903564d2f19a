//! The host executors against OpenCV: every golden vector, bit for bit, with one worker and with four.

#[path = "host/harness.rs"]
mod harness;
#[path = "golden/reader.rs"]
mod reader;

use harness::{DEVICES, Place};
use pixelflume_device::Device;
use pixelflume_ops::reference::{Border, Image};
use pixelflume_ops::{
    AbsDiff, Blend, BoxBlur, CenterCrop, Color, ColorConversion, Crop, Dilate, Erode, Flip,
    FlipAxis, GaussianBlur, Interpolation, Laplacian, LaplacianOutput, Letterbox, MedianBlur,
    Nv12ToRgb, Operator, Pad, PadMode, Resize, SampleType, Sobel, Threshold, WarpAffine,
};
use reader::{Case, Conversion, Output, SobelOutput};

/// The operator of a golden case; `None` for the blur of size 1, which the reference knows and users do not need.
fn operator(golden: reader::Operator) -> Option<Box<dyn Operator>> {
    let resize = |width, height, interpolation| {
        let resize = Resize::new(width as u32, height as u32).expect("a possible size");
        Some(Box::new(resize.interpolation(interpolation)) as Box<dyn Operator>)
    };
    match golden {
        reader::Operator::ResizeBilinear { width, height } => {
            resize(width, height, Interpolation::Bilinear)
        }
        reader::Operator::ResizeNearest { width, height } => {
            resize(width, height, Interpolation::Nearest)
        }
        reader::Operator::GaussianBlur { size: 1, .. } => None,
        reader::Operator::GaussianBlur { size, sigma } => {
            let blur = GaussianBlur::new(size as u32).expect("a possible size");
            Some(Box::new(match sigma {
                Some(sigma) => blur.sigma(sigma).expect("a possible sigma"),
                None => blur,
            }))
        }
        reader::Operator::Color(conversion) => Some(Box::new(Color::new(match conversion {
            Conversion::RgbToGray => ColorConversion::RgbToGray,
            Conversion::BgrToGray => ColorConversion::BgrToGray,
            Conversion::RgbaToGray => ColorConversion::RgbaToGray,
            Conversion::RgbToBgr => ColorConversion::RgbToBgr,
            Conversion::BgrToRgb => ColorConversion::BgrToRgb,
            Conversion::RgbaToRgb => ColorConversion::RgbaToRgb,
            Conversion::RgbToRgba => ColorConversion::RgbToRgba,
            Conversion::GrayToRgb => ColorConversion::GrayToRgb,
        }))),
        reader::Operator::Threshold { threshold, maximum } => {
            Some(Box::new(Threshold::new(threshold).with_maximum(maximum)))
        }
        reader::Operator::Flip { along_x, along_y } => {
            Some(Box::new(Flip::new(match (along_x, along_y) {
                (true, true) => FlipAxis::Both,
                (true, false) => FlipAxis::Horizontal,
                _ => FlipAxis::Vertical,
            })))
        }
        reader::Operator::Crop(rectangle) => {
            let [x, y, width, height] = rectangle.map(|n| n as u32);
            Some(Box::new(Crop::new(x, y, width, height).expect("inside")))
        }
        reader::Operator::CenterCrop { width, height } => Some(Box::new(
            CenterCrop::new(width as u32, height as u32).expect("a possible size"),
        )),
        reader::Operator::Pad { sides, border } => {
            let [left, top, right, bottom] = sides.map(|n| n as u32);
            let pad = Pad::new(left, top, right, bottom);
            Some(Box::new(match border {
                Border::Constant(value) => pad.value(value),
                Border::Replicate => pad.mode(PadMode::Replicate),
                Border::Reflect101 => pad.mode(PadMode::Reflect101),
            }))
        }
        reader::Operator::Letterbox {
            width,
            height,
            value,
        } => {
            let letterbox = Letterbox::new(width as u32, height as u32).expect("a possible size");
            Some(Box::new(letterbox.value(value)))
        }
        reader::Operator::BoxBlur(size) => {
            Some(Box::new(BoxBlur::new(size as u32).expect("an odd size")))
        }
        reader::Operator::Erode(size) => {
            Some(Box::new(Erode::new(size as u32).expect("an odd size")))
        }
        reader::Operator::Dilate(size) => {
            Some(Box::new(Dilate::new(size as u32).expect("an odd size")))
        }
        reader::Operator::LaplacianSigned => {
            Some(Box::new(Laplacian::new(LaplacianOutput::Signed)))
        }
        reader::Operator::LaplacianClamped => {
            Some(Box::new(Laplacian::new(LaplacianOutput::Clamped)))
        }
        reader::Operator::MedianBlur(size) => {
            Some(Box::new(MedianBlur::new(size as u32).expect("3 or 5")))
        }
        reader::Operator::WarpAffine {
            width,
            height,
            inverse,
            matrix,
            value,
        } => {
            let (width, height) = (width as u32, height as u32);
            let warp = match inverse {
                true => WarpAffine::inverse_map(matrix, width, height),
                false => WarpAffine::new(matrix, width, height),
            };
            Some(Box::new(warp.expect("a possible matrix").value(value)))
        }
        reader::Operator::Nv12ToRgb => Some(Box::new(Nv12ToRgb::new())),
        reader::Operator::AbsDiff { .. } => Some(Box::new(AbsDiff::new())),
        reader::Operator::Blend { alpha, .. } => {
            Some(Box::new(Blend::new(alpha).expect("a possible alpha")))
        }
        reader::Operator::Sobel(output) => Some(Box::new(match output {
            SobelOutput::Magnitude => Sobel::magnitude(),
            SobelOutput::Dx => Sobel::dx(),
            SobelOutput::Dy => Sobel::dy(),
        })),
    }
}

/// The second input of an operator that takes two.
fn second(golden: reader::Operator, first: &Image<u8>) -> Option<Image<u8>> {
    match golden {
        reader::Operator::AbsDiff { seed } | reader::Operator::Blend { seed, .. } => {
            Some(reader::second(first, seed))
        }
        _ => None,
    }
}

fn run_chain(device: &Device, case: &Case, place: Place) -> Option<Output> {
    let mut output = Output::U8(case.input.clone());
    for &golden in &case.operators {
        let operator = operator(golden)?;
        let Output::U8(image) = &output else {
            panic!("{}: only the last operator may leave u8", case.name);
        };
        let second = second(golden, image);
        let inputs: Vec<_> = std::iter::once(image)
            .chain(&second)
            .map(|image| (std::slice::from_ref(image), place))
            .collect();
        let (shape, mut images) = harness::run(device, operator.as_ref(), &inputs, place);
        let bytes = images.remove(0);
        let (width, height) = (shape.width as usize, shape.height as usize);
        let channels = shape.channels as usize;
        output = match shape.sample {
            SampleType::I16 => {
                let samples = bytes
                    .chunks_exact(2)
                    .map(|b| i16::from_ne_bytes([b[0], b[1]]));
                Output::I16(Image::new(width, height, channels, samples.collect()))
            }
            _ => Output::U8(Image::new(width, height, channels, bytes)),
        };
    }
    Some(output)
}

#[test]
fn host_executors_equal_opencv() {
    let padded = Place {
        offset: 1,
        padding: 5,
        gap: 3,
    };
    let cases = reader::cases();
    let mut failures = Vec::new();
    let mut checked = 0;
    for (device, place) in [(&DEVICES[0], Place::default()), (&DEVICES[2], padded)] {
        for case in &cases {
            let Some(output) = run_chain(device, case, place) else {
                continue;
            };
            checked += 1;
            if let Err(difference) = case.expected.check(&output) {
                failures.push(format!("{} on {}: {difference}", case.name, device.name()));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {checked} runs differ from OpenCV:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(
        checked >= 2000,
        "only {checked} runs: the golden file lost its cases"
    );
}
