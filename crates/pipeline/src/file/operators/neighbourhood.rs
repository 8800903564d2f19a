//! Operators that look at the pixels around each: blurs, derivatives, ranks.

use super::{OperatorEntry, parameter};
use pixelflume_ops::{
    BoxBlur, Dilate, Erode, GaussianBlur, Laplacian, LaplacianOutput, MedianBlur, Sobel,
    SobelOutput,
};

pub(super) const BOX_BLUR: OperatorEntry = OperatorEntry {
    kind: "box_blur",
    parameters: &[parameter("size", "size = 3")],
    read: |parameters| {
        let size = parameters.count("size")?;
        parameters.operator(BoxBlur::new(size))
    },
};

pub(super) const DILATE: OperatorEntry = OperatorEntry {
    kind: "dilate",
    parameters: &[parameter("size", "size = 3")],
    read: |parameters| {
        let size = parameters.count("size")?;
        parameters.operator(Dilate::new(size))
    },
};

pub(super) const ERODE: OperatorEntry = OperatorEntry {
    kind: "erode",
    parameters: &[parameter("size", "size = 3")],
    read: |parameters| {
        let size = parameters.count("size")?;
        parameters.operator(Erode::new(size))
    },
};

pub(super) const GAUSSIAN_BLUR: OperatorEntry = OperatorEntry {
    kind: "gaussian_blur",
    parameters: &[
        parameter("size", "size = 5"),
        parameter("sigma", "sigma = 1.1"),
    ],
    read: |parameters| {
        let size = parameters.count("size");
        let sigma = parameters.optional_number("sigma");
        let (size, sigma) = (size?, sigma?);
        let blur = GaussianBlur::new(size);
        parameters.operator(match sigma {
            Some(sigma) => blur.and_then(|blur| blur.sigma(sigma)),
            None => blur,
        })
    },
};

pub(super) const LAPLACIAN: OperatorEntry = OperatorEntry {
    kind: "laplacian",
    parameters: &[parameter("output", "output = \"signed\"")],
    read: |parameters| {
        let default = Some(LaplacianOutput::default());
        let output = parameters.choice(
            "output",
            LaplacianOutput::ALL,
            LaplacianOutput::name,
            default,
        )?;
        parameters.operator(Ok(Laplacian::new(output)))
    },
};

pub(super) const MEDIAN_BLUR: OperatorEntry = OperatorEntry {
    kind: "median_blur",
    parameters: &[parameter("size", "size = 3")],
    read: |parameters| {
        let size = parameters.count("size")?;
        parameters.operator(MedianBlur::new(size))
    },
};

pub(super) const SOBEL: OperatorEntry = OperatorEntry {
    kind: "sobel",
    parameters: &[parameter("output", "output = \"magnitude\"")],
    read: |parameters| {
        let default = Some(SobelOutput::Magnitude);
        let output = parameters.choice("output", SobelOutput::ALL, SobelOutput::name, default)?;
        parameters.operator(Ok(Sobel::new(output)))
    },
};
