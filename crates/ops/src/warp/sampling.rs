//! How warps make pixels of the source at positions between its pixels, and outside of it.

use crate::contract::checks::text_by_name;
use crate::spec::value_from_choice;

/// How a warp makes a pixel at a position between pixels.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum WarpInterpolation {
    /// The nearest pixel (`INTER_NEAREST`).
    Nearest,
    /// Four pixels, weighted by their distances along each axis (`INTER_LINEAR`).
    #[default]
    Bilinear,
    /// Sixteen pixels with the cubic kernel of a = -0.75 (`INTER_CUBIC`).
    Cubic,
}

impl WarpInterpolation {
    /// All interpolations, in the order in which error messages list them.
    pub const ALL: [WarpInterpolation; 3] = [
        WarpInterpolation::Nearest,
        WarpInterpolation::Bilinear,
        WarpInterpolation::Cubic,
    ];

    /// The name that pipeline files use, for example `bilinear`.
    pub const fn name(self) -> &'static str {
        match self {
            WarpInterpolation::Nearest => "nearest",
            WarpInterpolation::Bilinear => "bilinear",
            WarpInterpolation::Cubic => "cubic",
        }
    }
}

text_by_name!(WarpInterpolation, "warp", "interpolation");
value_from_choice!(WarpInterpolation);

/// The pixels that a warp reads outside the source.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum WarpBorder {
    /// A constant color (`BORDER_CONSTANT`).
    #[default]
    Constant,
    /// The nearest pixel of the image, `aaaaaa|abcdefgh|hhhhhhh` (`BORDER_REPLICATE`).
    Replicate,
    /// The image mirrored behind its border pixel, `fedcba|abcdefgh|hgfedcb` (`BORDER_REFLECT`), as often as needed.
    Reflect,
    /// The image mirrored at its border pixel, `gfedcb|abcdefgh|gfedcba` (`BORDER_REFLECT_101`), as often as needed.
    Reflect101,
    /// The image repeated, `cdefgh|abcdefgh|abcdefg` (`BORDER_WRAP`), as often as needed.
    Wrap,
}

impl WarpBorder {
    /// All borders, in the order in which error messages list them.
    pub const ALL: [WarpBorder; 5] = [
        WarpBorder::Constant,
        WarpBorder::Replicate,
        WarpBorder::Reflect,
        WarpBorder::Reflect101,
        WarpBorder::Wrap,
    ];

    /// The name that pipeline files use, for example `reflect_101`.
    pub const fn name(self) -> &'static str {
        match self {
            WarpBorder::Constant => "constant",
            WarpBorder::Replicate => "replicate",
            WarpBorder::Reflect => "reflect",
            WarpBorder::Reflect101 => "reflect_101",
            WarpBorder::Wrap => "wrap",
        }
    }
}

text_by_name!(WarpBorder, "warp", "border");
value_from_choice!(WarpBorder);

/// How a warp makes pixels: between the pixels of the source, and outside of it.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct WarpSampling {
    /// How pixels are made at positions between pixels.
    pub interpolation: WarpInterpolation,
    /// The pixels outside the source.
    pub border: WarpBorder,
    /// The color of a constant border, one sample for each channel. Images of fewer channels take the first samples.
    pub value: [u8; 4],
}
