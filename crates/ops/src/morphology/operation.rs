//! What erosions and dilations make together.

use super::KIND;
use crate::contract::checks::text_by_name;
use crate::element::{Computation, Extreme};
use crate::spec::value_from_choice;

/// What erosions and dilations make of an image together.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum MorphologyOperation {
    /// The dilation of the erosion (`MORPH_OPEN`): without bright spots that are smaller than the window.
    Open,
    /// The erosion of the dilation (`MORPH_CLOSE`): without dark spots that are smaller than the window.
    Close,
    /// The dilation less the erosion (`MORPH_GRADIENT`): the outlines.
    Gradient,
    /// The image less its opening (`MORPH_TOPHAT`): the bright spots.
    TopHat,
    /// The closing less the image (`MORPH_BLACKHAT`): the dark spots.
    BlackHat,
}

impl MorphologyOperation {
    /// All operations, in the order in which error messages list them.
    pub const ALL: [MorphologyOperation; 5] = [
        MorphologyOperation::Open,
        MorphologyOperation::Close,
        MorphologyOperation::Gradient,
        MorphologyOperation::TopHat,
        MorphologyOperation::BlackHat,
    ];

    /// The name that pipeline files use, for example `top_hat`.
    pub const fn name(self) -> &'static str {
        match self {
            MorphologyOperation::Open => "open",
            MorphologyOperation::Close => "close",
            MorphologyOperation::Gradient => "gradient",
            MorphologyOperation::TopHat => "top_hat",
            MorphologyOperation::BlackHat => "black_hat",
        }
    }

    pub(super) const fn computation(self) -> Computation {
        const OPEN: [Extreme; 2] = [Extreme::Least, Extreme::Most];
        const CLOSE: [Extreme; 2] = [Extreme::Most, Extreme::Least];
        match self {
            MorphologyOperation::Open => Computation::Twice(OPEN),
            MorphologyOperation::Close => Computation::Twice(CLOSE),
            MorphologyOperation::Gradient => Computation::Gradient,
            MorphologyOperation::TopHat => Computation::Above(OPEN),
            MorphologyOperation::BlackHat => Computation::Below(CLOSE),
        }
    }
}

text_by_name!(MorphologyOperation, KIND, "operation");
value_from_choice!(MorphologyOperation);
