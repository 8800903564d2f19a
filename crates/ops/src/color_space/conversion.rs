//! The conversions of the operator `color_space`.

use super::KIND;
use crate::contract::checks::text_by_name;

/// A color space beside RGB, with the range of its samples.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum Space {
    Hsv = 0,
    HsvFull = 1,
    Hls = 2,
    YCrCb = 3,
    Yuv = 4,
    Xyz = 5,
    Lab = 6,
    LinearLab = 7,
}

impl Space {
    /// All color spaces, by number.
    pub(crate) const ALL: [Space; 8] = [
        Space::Hsv,
        Space::HsvFull,
        Space::Hls,
        Space::YCrCb,
        Space::Yuv,
        Space::Xyz,
        Space::Lab,
        Space::LinearLab,
    ];
}

/// Declares four conversions for each color space: from RGB, from BGR, to RGB and to BGR, by variant and name.
macro_rules! conversions {
    ($($space:ident, $doc:literal: $from_rgb:ident $a:literal, $from_bgr:ident $b:literal, $to_rgb:ident $c:literal, $to_bgr:ident $d:literal;)+) => {
        /// A conversion between RGB or BGR and another color space, for the operator [`ColorSpace`](super::ColorSpace).
        #[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
        #[non_exhaustive]
        pub enum ColorSpaceConversion {
            $(
                #[doc = concat!("RGB to ", $doc)]
                $from_rgb,
                #[doc = concat!("BGR to ", $doc)]
                $from_bgr,
                #[doc = concat!("To RGB from ", $doc)]
                $to_rgb,
                #[doc = concat!("To BGR from ", $doc)]
                $to_bgr,
            )+
        }

        impl ColorSpaceConversion {
            /// All conversions, in the order in which error messages list them.
            pub const ALL: [ColorSpaceConversion; 32] = [$(
                ColorSpaceConversion::$from_rgb,
                ColorSpaceConversion::$from_bgr,
                ColorSpaceConversion::$to_rgb,
                ColorSpaceConversion::$to_bgr,
            )+];

            /// The name that pipeline files use, for example `rgb_to_hsv`.
            pub const fn name(self) -> &'static str {
                match self {$(
                    ColorSpaceConversion::$from_rgb => $a,
                    ColorSpaceConversion::$from_bgr => $b,
                    ColorSpaceConversion::$to_rgb => $c,
                    ColorSpaceConversion::$to_bgr => $d,
                )+}
            }

            /// The color space that is not RGB, and its place among the four conversions.
            const fn parts(self) -> (Space, u32) {
                match self {$(
                    ColorSpaceConversion::$from_rgb => (Space::$space, 0),
                    ColorSpaceConversion::$from_bgr => (Space::$space, 1),
                    ColorSpaceConversion::$to_rgb => (Space::$space, 2),
                    ColorSpaceConversion::$to_bgr => (Space::$space, 3),
                )+}
            }
        }
    };
}

conversions! {
    Hsv, "HSV with hues of 0 to 179.":
        RgbToHsv "rgb_to_hsv", BgrToHsv "bgr_to_hsv", HsvToRgb "hsv_to_rgb", HsvToBgr "hsv_to_bgr";
    HsvFull, "HSV with hues of 0 to 255.":
        RgbToHsvFull "rgb_to_hsv_full", BgrToHsvFull "bgr_to_hsv_full", HsvFullToRgb "hsv_full_to_rgb", HsvFullToBgr "hsv_full_to_bgr";
    Hls, "HLS with hues of 0 to 180.":
        RgbToHls "rgb_to_hls", BgrToHls "bgr_to_hls", HlsToRgb "hls_to_rgb", HlsToBgr "hls_to_bgr";
    YCrCb, "luma and the differences of red and blue.":
        RgbToYcrcb "rgb_to_ycrcb", BgrToYcrcb "bgr_to_ycrcb", YcrcbToRgb "ycrcb_to_rgb", YcrcbToBgr "ycrcb_to_bgr";
    Yuv, "luma and the differences of blue and red, which are scaled otherwise than in YCrCb.":
        RgbToYuv "rgb_to_yuv", BgrToYuv "bgr_to_yuv", YuvToRgb "yuv_to_rgb", YuvToBgr "yuv_to_bgr";
    Xyz, "CIE XYZ.":
        RgbToXyz "rgb_to_xyz", BgrToXyz "bgr_to_xyz", XyzToRgb "xyz_to_rgb", XyzToBgr "xyz_to_bgr";
    Lab, "CIE Lab of sRGB samples.":
        RgbToLab "rgb_to_lab", BgrToLab "bgr_to_lab", LabToRgb "lab_to_rgb", LabToBgr "lab_to_bgr";
    LinearLab, "CIE Lab of linear samples.":
        LinearRgbToLab "linear_rgb_to_lab", LinearBgrToLab "linear_bgr_to_lab",
        LabToLinearRgb "lab_to_linear_rgb", LabToLinearBgr "lab_to_linear_bgr";
}

impl ColorSpaceConversion {
    /// The color space that is not RGB.
    pub(crate) const fn space(self) -> Space {
        self.parts().0
    }

    /// Whether the result is RGB or BGR.
    pub(crate) const fn makes_rgb(self) -> bool {
        self.parts().1 >= 2
    }

    /// Whether blue is the first channel of the RGB image.
    pub(crate) const fn blue_first(self) -> bool {
        self.parts().1 % 2 == 1
    }

    /// The number by which kernels know the conversion.
    pub(crate) const fn number(self) -> u32 {
        2 * self.space() as u32 + self.makes_rgb() as u32
    }
}

text_by_name!(ColorSpaceConversion, KIND, "conversion");
