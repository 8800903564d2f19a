//! The libraries that a resample can equal.

use super::{KIND, ResampleFilter};
use crate::contract::OperatorError;
use crate::contract::checks::text_by_name;

/// The library whose samples a [`Resample`](super::Resample) equals, bit for bit.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum ResampleLike {
    /// Pillow 12.3, `Image.resize`: weights of 22 bits, horizontal pass first, except for images more than 100 times as high as
    /// wide. Versions before 12.2 have no such exception.
    Pillow12,
    /// Pillow 13.0, `Image.resize`: as in Pillow 12, with the vertical pass first where that is less work.
    Pillow13,
    /// torch 2.15 and torchvision 0.29 with u8 tensors on the CPU and `antialias=True`: weights of at most 16 bits, horizontal
    /// pass first.
    Torchvision,
    /// torchvision with tensors on CUDA and `antialias=True`: weights and sums in single precision, horizontal pass first.
    TorchCuda,
}

impl ResampleLike {
    /// All libraries, in the order in which error messages list them.
    pub const ALL: [ResampleLike; 4] = [
        ResampleLike::Pillow12,
        ResampleLike::Pillow13,
        ResampleLike::Torchvision,
        ResampleLike::TorchCuda,
    ];

    /// The name that pipeline files use, for example `pillow13`.
    pub const fn name(self) -> &'static str {
        match self {
            ResampleLike::Pillow12 => "pillow12",
            ResampleLike::Pillow13 => "pillow13",
            ResampleLike::Torchvision => "torchvision",
            ResampleLike::TorchCuda => "torch_cuda",
        }
    }

    /// The filters that the library has.
    pub const fn filters(self) -> &'static [ResampleFilter] {
        match self {
            ResampleLike::Pillow12 | ResampleLike::Pillow13 => &ResampleFilter::ALL,
            ResampleLike::Torchvision => &[
                ResampleFilter::Bilinear,
                ResampleFilter::Bicubic,
                ResampleFilter::Lanczos,
            ],
            ResampleLike::TorchCuda => &[ResampleFilter::Bilinear, ResampleFilter::Bicubic],
        }
    }

    /// Whether it is a version of Pillow.
    pub const fn is_pillow(self) -> bool {
        matches!(self, ResampleLike::Pillow12 | ResampleLike::Pillow13)
    }

    /// Refuses a filter that the library does not have.
    pub(crate) fn check_filter(
        self,
        operator: &'static str,
        filter: ResampleFilter,
    ) -> Result<(), OperatorError> {
        if self.filters().contains(&filter) {
            return Ok(());
        }
        let names: Vec<_> = self.filters().iter().map(|filter| filter.name()).collect();
        Err(OperatorError::Parameter {
            operator,
            parameter: "filter",
            got: format!("{:?}", filter.name()),
            expected: format!("like = {:?} has {}", self.name(), names.join(", ")),
        })
    }
}

text_by_name!(ResampleLike, KIND, "like");
