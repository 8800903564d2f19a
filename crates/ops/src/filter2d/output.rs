//! The type of the output samples of a filter.

use super::KIND;
use crate::contract::checks::text_by_name;
use crate::image::SampleType;
use crate::spec::value_from_choice;

/// The sample type of the output of a [`Filter2d`](crate::Filter2d).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum FilterOutput {
    /// The values clamped to 0 to 255, u8 (`CV_8U`).
    #[default]
    Clamped,
    /// The values clamped to -32768 to 32767, i16 (`CV_16S`).
    Signed,
}

impl FilterOutput {
    /// All outputs, in the order in which error messages list them.
    pub const ALL: [FilterOutput; 2] = [FilterOutput::Clamped, FilterOutput::Signed];

    /// The name that pipeline files use, for example `clamped`.
    pub const fn name(self) -> &'static str {
        match self {
            FilterOutput::Clamped => "clamped",
            FilterOutput::Signed => "signed",
        }
    }

    /// The type of the output samples.
    pub const fn sample(self) -> SampleType {
        match self {
            FilterOutput::Clamped => SampleType::U8,
            FilterOutput::Signed => SampleType::I16,
        }
    }
}

text_by_name!(FilterOutput, KIND, "output");
value_from_choice!(FilterOutput);
