//! The pixels outside the image, as a step down a pyramid reads them.

use super::KIND;
use crate::contract::checks::text_by_name;
use crate::spec::value_from_choice;
use pixelflume_kernels::args::WarpOutside;

/// The pixels that a [`PyrDown`](crate::PyrDown) reads outside the image.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum PyrDownBorder {
    /// The nearest pixel of the image, `aaaaaa|abcdefgh|hhhhhhh` (`BORDER_REPLICATE`).
    Replicate,
    /// The image mirrored behind its border pixel, `fedcba|abcdefgh|hgfedcb` (`BORDER_REFLECT`), as often as needed.
    Reflect,
    /// The image mirrored at its border pixel, `gfedcb|abcdefgh|gfedcba` (`BORDER_REFLECT_101`), as often as needed.
    #[default]
    Reflect101,
    /// The image repeated, `cdefgh|abcdefgh|abcdefg` (`BORDER_WRAP`), as often as needed.
    Wrap,
}

impl PyrDownBorder {
    /// All borders, in the order in which error messages list them.
    pub const ALL: [PyrDownBorder; 4] = [
        PyrDownBorder::Replicate,
        PyrDownBorder::Reflect,
        PyrDownBorder::Reflect101,
        PyrDownBorder::Wrap,
    ];

    /// The name that pipeline files use, for example `reflect_101`.
    pub const fn name(self) -> &'static str {
        match self {
            PyrDownBorder::Replicate => "replicate",
            PyrDownBorder::Reflect => "reflect",
            PyrDownBorder::Reflect101 => "reflect_101",
            PyrDownBorder::Wrap => "wrap",
        }
    }

    /// The number that kernels have for it.
    pub(super) const fn outside(self) -> u32 {
        match self {
            PyrDownBorder::Replicate => WarpOutside::REPLICATE,
            PyrDownBorder::Reflect => WarpOutside::REFLECT,
            PyrDownBorder::Reflect101 => WarpOutside::REFLECT_101,
            PyrDownBorder::Wrap => WarpOutside::WRAP,
        }
    }
}

text_by_name!(PyrDownBorder, KIND, "border");
value_from_choice!(PyrDownBorder);
