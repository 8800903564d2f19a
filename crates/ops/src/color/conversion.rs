//! The conversions of the operator `color`.

use super::{KIND, LUMA};
use crate::contract::checks::text_by_name;
use crate::contract::stage::ColorMap;

/// A conversion between two color formats, for the operator [`Color`](super::Color).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum ColorConversion {
    /// RGB to gray (BT.601 luma), 3 to 1 channels.
    RgbToGray = 0,
    /// BGR to gray (BT.601 luma), 3 to 1 channels.
    BgrToGray = 1,
    /// RGBA to gray (BT.601 luma), 4 to 1 channels; alpha is ignored.
    RgbaToGray = 2,
    /// RGB to BGR, 3 channels each.
    RgbToBgr = 3,
    /// BGR to RGB, 3 channels each.
    BgrToRgb = 4,
    /// RGBA to RGB, 4 to 3 channels; alpha is dropped without blending.
    RgbaToRgb = 5,
    /// RGB to RGBA, 3 to 4 channels, with alpha 255.
    RgbToRgba = 6,
    /// Gray to RGB, 1 to 3 channels; each channel is the gray value.
    GrayToRgb = 7,
}

impl ColorConversion {
    /// All conversions, in the order in which error messages list them.
    pub const ALL: [ColorConversion; 8] = [
        ColorConversion::RgbToGray,
        ColorConversion::BgrToGray,
        ColorConversion::RgbaToGray,
        ColorConversion::RgbToBgr,
        ColorConversion::BgrToRgb,
        ColorConversion::RgbaToRgb,
        ColorConversion::RgbToRgba,
        ColorConversion::GrayToRgb,
    ];

    /// The name that pipeline files use, for example `rgb_to_gray`.
    pub const fn name(self) -> &'static str {
        match self {
            ColorConversion::RgbToGray => "rgb_to_gray",
            ColorConversion::BgrToGray => "bgr_to_gray",
            ColorConversion::RgbaToGray => "rgba_to_gray",
            ColorConversion::RgbToBgr => "rgb_to_bgr",
            ColorConversion::BgrToRgb => "bgr_to_rgb",
            ColorConversion::RgbaToRgb => "rgba_to_rgb",
            ColorConversion::RgbToRgba => "rgb_to_rgba",
            ColorConversion::GrayToRgb => "gray_to_rgb",
        }
    }

    /// The number of channels of the input: 1, 3 or 4.
    pub const fn source_channels(self) -> u32 {
        match self {
            ColorConversion::RgbaToGray | ColorConversion::RgbaToRgb => 4,
            ColorConversion::GrayToRgb => 1,
            _ => 3,
        }
    }

    /// The number of channels of the output: 1, 3 or 4.
    pub const fn target_channels(self) -> u32 {
        match self {
            ColorConversion::RgbToGray
            | ColorConversion::BgrToGray
            | ColorConversion::RgbaToGray => 1,
            ColorConversion::RgbToRgba => 4,
            _ => 3,
        }
    }

    /// The conversion as data.
    pub(crate) const fn map(self) -> ColorMap {
        let [r, g, b] = LUMA;
        match self {
            ColorConversion::RgbToGray | ColorConversion::RgbaToGray => {
                ColorMap::weighted([r, g, b, 0])
            }
            ColorConversion::BgrToGray => ColorMap::weighted([b, g, r, 0]),
            ColorConversion::RgbToBgr | ColorConversion::BgrToRgb => {
                ColorMap::reorder([2, 1, 0, 3])
            }
            ColorConversion::RgbaToRgb => ColorMap::IDENTITY,
            ColorConversion::RgbToRgba => ColorMap::IDENTITY.with_opaque_alpha(),
            ColorConversion::GrayToRgb => ColorMap::reorder([0, 0, 0, 3]),
        }
    }
}

text_by_name!(ColorConversion, KIND, "conversion");
