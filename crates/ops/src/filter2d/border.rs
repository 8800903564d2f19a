//! The pixels outside the image, as a filter reads them.

use super::KIND;
use crate::contract::checks::text_by_name;
use crate::spec::value_from_choice;
use pixelflume_kernels::args::WarpOutside;

/// The pixels that a [`Filter2d`](crate::Filter2d) reads outside the image.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum FilterBorder {
    /// Zeros (`BORDER_CONSTANT`).
    Constant,
    /// The nearest pixel of the image, `aaaaaa|abcdefgh|hhhhhhh` (`BORDER_REPLICATE`).
    Replicate,
    /// The image mirrored behind its border pixel, `fedcba|abcdefgh|hgfedcb` (`BORDER_REFLECT`), as often as needed.
    Reflect,
    /// The image mirrored at its border pixel, `gfedcb|abcdefgh|gfedcba` (`BORDER_REFLECT_101`), as often as needed.
    #[default]
    Reflect101,
}

impl FilterBorder {
    /// All borders, in the order in which error messages list them.
    pub const ALL: [FilterBorder; 4] = [
        FilterBorder::Constant,
        FilterBorder::Replicate,
        FilterBorder::Reflect,
        FilterBorder::Reflect101,
    ];

    /// The name that pipeline files use, for example `reflect_101`.
    pub const fn name(self) -> &'static str {
        match self {
            FilterBorder::Constant => "constant",
            FilterBorder::Replicate => "replicate",
            FilterBorder::Reflect => "reflect",
            FilterBorder::Reflect101 => "reflect_101",
        }
    }

    /// The number that kernels have for it.
    pub(super) const fn outside(self) -> u32 {
        match self {
            FilterBorder::Constant => WarpOutside::CONSTANT,
            FilterBorder::Replicate => WarpOutside::REPLICATE,
            FilterBorder::Reflect => WarpOutside::REFLECT,
            FilterBorder::Reflect101 => WarpOutside::REFLECT_101,
        }
    }
}

text_by_name!(FilterBorder, KIND, "border");
value_from_choice!(FilterBorder);
