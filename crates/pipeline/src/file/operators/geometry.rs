//! Operators that move pixels: sizes, places and borders.

use super::{OperatorEntry, parameter};
use pixelflume_ops::{
    CenterCrop, Crop, Flip, FlipAxis, Interpolation, Letterbox, Pad, PadMode, Resize, WarpAffine,
};

pub(super) const CENTER_CROP: OperatorEntry = OperatorEntry {
    kind: "center_crop",
    parameters: &[
        parameter("width", "width = 224"),
        parameter("height", "height = 224"),
    ],
    read: |parameters| {
        let (width, height) = (parameters.count("width"), parameters.count("height"));
        let (width, height) = (width?, height?);
        parameters.operator(CenterCrop::new(width, height))
    },
};

pub(super) const CROP: OperatorEntry = OperatorEntry {
    kind: "crop",
    parameters: &[
        parameter("x", "x = 16"),
        parameter("y", "y = 16"),
        parameter("width", "width = 320"),
        parameter("height", "height = 240"),
    ],
    read: |parameters| {
        let (x, y) = (parameters.count("x"), parameters.count("y"));
        let (width, height) = (parameters.count("width"), parameters.count("height"));
        let (x, y, width, height) = (x?, y?, width?, height?);
        parameters.operator(Crop::new(x, y, width, height))
    },
};

pub(super) const FLIP: OperatorEntry = OperatorEntry {
    kind: "flip",
    parameters: &[parameter("axis", "axis = \"horizontal\"")],
    read: |parameters| {
        let default = Some(FlipAxis::default());
        let axis = parameters.choice("axis", FlipAxis::ALL, FlipAxis::name, default)?;
        parameters.operator(Ok(Flip::new(axis)))
    },
};

pub(super) const LETTERBOX: OperatorEntry = OperatorEntry {
    kind: "letterbox",
    parameters: &[
        parameter("width", "width = 640"),
        parameter("height", "height = 640"),
        parameter("value", "value = [114, 114, 114]"),
    ],
    read: |parameters| {
        let (width, height) = (parameters.count("width"), parameters.count("height"));
        let value = parameters.colour_or("value", [114; 4]);
        let (width, height, value) = (width?, height?, value?);
        let letterbox = Letterbox::new(width, height);
        parameters.operator(letterbox.map(|letterbox| letterbox.value(value)))
    },
};

pub(super) const PAD: OperatorEntry = OperatorEntry {
    kind: "pad",
    parameters: &[
        parameter("left", "left = 16"),
        parameter("top", "top = 16"),
        parameter("right", "right = 16"),
        parameter("bottom", "bottom = 16"),
        parameter("mode", "mode = \"constant\""),
        parameter("value", "value = [0, 0, 0]"),
    ],
    read: |parameters| {
        let sides = ["left", "top", "right", "bottom"].map(|side| parameters.count_or(side, 0));
        let default = Some(PadMode::default());
        let mode = parameters.choice("mode", PadMode::ALL, PadMode::name, default);
        let value = parameters.colour_or("value", [0; 4]);
        let [left, top, right, bottom] = sides;
        let pad = Pad::new(left?, top?, right?, bottom?);
        parameters.operator(Ok(pad.mode(mode?).value(value?)))
    },
};

pub(super) const RESIZE: OperatorEntry = OperatorEntry {
    kind: "resize",
    parameters: &[
        parameter("width", "width = 320"),
        parameter("height", "height = 240"),
        parameter("interpolation", "interpolation = \"bilinear\""),
    ],
    read: |parameters| {
        let (width, height) = (parameters.count("width"), parameters.count("height"));
        let default = Some(Interpolation::Bilinear);
        let interpolation = parameters.choice(
            "interpolation",
            Interpolation::ALL,
            Interpolation::name,
            default,
        );
        let (width, height, interpolation) = (width?, height?, interpolation?);
        parameters
            .operator(Resize::new(width, height).map(|resize| resize.interpolation(interpolation)))
    },
};

pub(super) const WARP_AFFINE: OperatorEntry = OperatorEntry {
    kind: "warp_affine",
    parameters: &[
        parameter("width", "width = 640"),
        parameter("height", "height = 480"),
        parameter("matrix", "matrix = [1, 0, 16, 0, 1, 16]"),
        parameter("inverse", "inverse = false"),
        parameter("value", "value = [0, 0, 0]"),
    ],
    read: |parameters| {
        let (width, height) = (parameters.count("width"), parameters.count("height"));
        let matrix = parameters.numbers_of("matrix");
        let inverse = parameters.flag_or("inverse", false);
        let value = parameters.colour_or("value", [0; 4]);
        let (width, height, matrix) = (width?, height?, matrix?);
        let (inverse, value) = (inverse?, value?);
        let warp = WarpAffine::with_direction(matrix, inverse, width, height);
        parameters.operator(warp.map(|warp| warp.value(value)))
    },
};
