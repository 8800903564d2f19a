//! The kinds of thresholds.

use super::KIND;
use crate::contract::checks::text_by_name;

/// What samples become that are above a threshold, and those that are not: a kind of threshold of OpenCV.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[repr(u32)]
#[non_exhaustive]
pub enum ThresholdType {
    /// Above: the maximum; else 0 (`THRESH_BINARY`).
    #[default]
    Binary = 0,
    /// Above: 0; else the maximum (`THRESH_BINARY_INV`).
    BinaryInv = 1,
    /// Above: the threshold; else the sample (`THRESH_TRUNC`).
    Trunc = 2,
    /// Above: the sample; else 0 (`THRESH_TOZERO`).
    ToZero = 3,
    /// Above: 0; else the sample (`THRESH_TOZERO_INV`).
    ToZeroInv = 4,
}

impl ThresholdType {
    /// All kinds, in the order in which error messages list them.
    pub const ALL: [ThresholdType; 5] = [
        ThresholdType::Binary,
        ThresholdType::BinaryInv,
        ThresholdType::Trunc,
        ThresholdType::ToZero,
        ThresholdType::ToZeroInv,
    ];

    /// The name that pipeline files use, for example `binary_inv`.
    pub const fn name(self) -> &'static str {
        match self {
            ThresholdType::Binary => "binary",
            ThresholdType::BinaryInv => "binary_inv",
            ThresholdType::Trunc => "trunc",
            ThresholdType::ToZero => "tozero",
            ThresholdType::ToZeroInv => "tozero_inv",
        }
    }

    /// What a sample becomes.
    pub(crate) const fn of(self, sample: u8, threshold: u8, maximum: u8) -> u8 {
        let is_above = sample > threshold;
        match (self, is_above) {
            (ThresholdType::Binary, true) | (ThresholdType::BinaryInv, false) => maximum,
            (ThresholdType::Trunc, true) => threshold,
            (ThresholdType::Trunc, false)
            | (ThresholdType::ToZero, true)
            | (ThresholdType::ToZeroInv, false) => sample,
            _ => 0,
        }
    }
}

text_by_name!(ThresholdType, KIND, "type");
