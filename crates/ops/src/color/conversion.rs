//! The conversions of the operator `color`.

use super::{ColorLike, KIND};
use crate::contract::checks::text_by_name;
use crate::contract::stage::ColorMap;

/// The channels of a pixel and their order.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Gray,
    Rgb,
    Bgr,
    Rgba,
    Bgra,
}

impl Format {
    /// The number of channels: 1, 3 or 4.
    pub(crate) const fn channels(self) -> u32 {
        match self {
            Format::Gray => 1,
            Format::Rgb | Format::Bgr => 3,
            Format::Rgba | Format::Bgra => 4,
        }
    }

    /// Whether blue is the first channel.
    pub(crate) const fn blue_first(self) -> bool {
        matches!(self, Format::Bgr | Format::Bgra)
    }
}

/// Declares the conversions: documentation, variant, number, name, and the formats of source and target.
macro_rules! conversions {
    ($($(#[$doc:meta])+ $variant:ident = $number:literal, $name:literal, $from:ident => $to:ident;)+) => {
        /// A conversion between two color formats, for the operator [`Color`](super::Color). New alpha is 255; alpha that the target
        /// does not have is dropped without blending.
        #[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
        #[repr(u32)]
        #[non_exhaustive]
        pub enum ColorConversion {
            $($(#[$doc])+ $variant = $number,)+
        }

        impl ColorConversion {
            /// All conversions, in the order in which error messages list them.
            pub const ALL: [ColorConversion; 20] = [$(ColorConversion::$variant,)+];

            /// The name that pipeline files use, for example `rgb_to_gray`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(ColorConversion::$variant => $name,)+
                }
            }

            /// The formats of the source and of the target.
            pub(crate) const fn formats(self) -> (Format, Format) {
                match self {
                    $(ColorConversion::$variant => (Format::$from, Format::$to),)+
                }
            }
        }
    };
}

conversions! {
    /// RGB to gray, 3 to 1 channels.
    RgbToGray = 0, "rgb_to_gray", Rgb => Gray;
    /// BGR to gray, 3 to 1 channels.
    BgrToGray = 1, "bgr_to_gray", Bgr => Gray;
    /// RGBA to gray, 4 to 1 channels; alpha is ignored.
    RgbaToGray = 2, "rgba_to_gray", Rgba => Gray;
    /// BGRA to gray, 4 to 1 channels; alpha is ignored.
    BgraToGray = 8, "bgra_to_gray", Bgra => Gray;
    /// RGB to BGR, 3 channels each.
    RgbToBgr = 3, "rgb_to_bgr", Rgb => Bgr;
    /// BGR to RGB, 3 channels each.
    BgrToRgb = 4, "bgr_to_rgb", Bgr => Rgb;
    /// RGBA to RGB, 4 to 3 channels.
    RgbaToRgb = 5, "rgba_to_rgb", Rgba => Rgb;
    /// RGBA to BGR, 4 to 3 channels.
    RgbaToBgr = 9, "rgba_to_bgr", Rgba => Bgr;
    /// RGBA to BGRA, 4 channels each.
    RgbaToBgra = 10, "rgba_to_bgra", Rgba => Bgra;
    /// BGRA to RGB, 4 to 3 channels.
    BgraToRgb = 11, "bgra_to_rgb", Bgra => Rgb;
    /// BGRA to BGR, 4 to 3 channels.
    BgraToBgr = 12, "bgra_to_bgr", Bgra => Bgr;
    /// BGRA to RGBA, 4 channels each.
    BgraToRgba = 13, "bgra_to_rgba", Bgra => Rgba;
    /// RGB to RGBA, 3 to 4 channels.
    RgbToRgba = 6, "rgb_to_rgba", Rgb => Rgba;
    /// RGB to BGRA, 3 to 4 channels.
    RgbToBgra = 14, "rgb_to_bgra", Rgb => Bgra;
    /// BGR to RGBA, 3 to 4 channels.
    BgrToRgba = 15, "bgr_to_rgba", Bgr => Rgba;
    /// BGR to BGRA, 3 to 4 channels.
    BgrToBgra = 16, "bgr_to_bgra", Bgr => Bgra;
    /// Gray to RGB, 1 to 3 channels; each channel is the gray value.
    GrayToRgb = 7, "gray_to_rgb", Gray => Rgb;
    /// Gray to BGR, 1 to 3 channels; each channel is the gray value.
    GrayToBgr = 17, "gray_to_bgr", Gray => Bgr;
    /// Gray to RGBA, 1 to 4 channels; each color channel is the gray value.
    GrayToRgba = 18, "gray_to_rgba", Gray => Rgba;
    /// Gray to BGRA, 1 to 4 channels; each color channel is the gray value.
    GrayToBgra = 19, "gray_to_bgra", Gray => Bgra;
}

impl ColorConversion {
    /// The number of channels of the input: 1, 3 or 4.
    pub const fn source_channels(self) -> u32 {
        self.formats().0.channels()
    }

    /// The number of channels of the output: 1, 3 or 4.
    pub const fn target_channels(self) -> u32 {
        self.formats().1.channels()
    }

    /// Whether the result is a weighted sum of the channels.
    pub(crate) const fn makes_gray(self) -> bool {
        self.target_channels() == 1
    }

    /// Whether red and blue change places.
    pub(crate) const fn swaps(self) -> bool {
        let (source, target) = self.formats();
        self.source_channels() > 1 && source.blue_first() != target.blue_first()
    }

    /// The conversion as data; `None` for gray that is no weighted sum of integers.
    pub(crate) const fn map(self, like: ColorLike) -> Option<ColorMap> {
        let (source, target) = self.formats();
        if self.makes_gray() {
            let Some([r, g, b]) = like.weights() else {
                return None;
            };
            return Some(ColorMap::weighted(match source.blue_first() {
                true => [b, g, r, 0],
                false => [r, g, b, 0],
            }));
        }
        let order = match (source.channels(), self.swaps()) {
            (1, _) => [0, 0, 0, 3],
            (_, true) => [2, 1, 0, 3],
            (_, false) => [0, 1, 2, 3],
        };
        let map = ColorMap::reorder(order);
        Some(match source.channels() < 4 && target.channels() == 4 {
            true => map.with_opaque_alpha(),
            false => map,
        })
    }
}

text_by_name!(ColorConversion, KIND, "conversion");
