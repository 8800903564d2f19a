//! The conventions of normalization.

use super::KIND;
use crate::contract::checks::text_by_name;

/// The library whose operations a normalization repeats. With sample `p`, `m` and `s` the mean and the standard deviation of its
/// channel, and every operation in f32 where nothing else is said.
///
/// By its source, PyTorch multiplies by f32(1/255) on GPUs where it divides by 255 on CPUs: there the numbers of the first one are
/// those of [`NormalizeLike::TorchvisionV2`].
#[derive(Copy, Clone, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum NormalizeLike {
    /// `ToTensor` and `Normalize` of torchvision's `transforms`: `(p / 255 - m) / s`.
    #[default]
    Torchvision,
    /// `ToDtype(torch.float32, scale=True)` and `Normalize` of torchvision's `transforms.v2`: `(p * f32(1/255) - m) / s`.
    TorchvisionV2,
    /// An image processor of transformers with its default backend, torchvision: `(p - m * k) / (s * k)` with
    /// `k = f32(1 / scale)`.
    Transformers,
    /// An image processor of transformers with the backend Pillow: `(f32(p * scale) - m) / s` with a product in f64.
    TransformersPillow,
    /// No library: `p * a + b`, rounded once, with `a = scale / s` and `b = -m / s` in f64, rounded to f32.
    Fma,
}

impl NormalizeLike {
    /// All conventions, in the order in which error messages list them.
    pub const ALL: [NormalizeLike; 5] = [
        NormalizeLike::Torchvision,
        NormalizeLike::TorchvisionV2,
        NormalizeLike::Transformers,
        NormalizeLike::TransformersPillow,
        NormalizeLike::Fma,
    ];

    /// The name that pipeline files use, for example `torchvision_v2`.
    pub const fn name(self) -> &'static str {
        match self {
            NormalizeLike::Torchvision => "torchvision",
            NormalizeLike::TorchvisionV2 => "torchvision_v2",
            NormalizeLike::Transformers => "transformers",
            NormalizeLike::TransformersPillow => "transformers_pillow",
            NormalizeLike::Fma => "fma",
        }
    }

    /// Whether the convention has another scale than 1/255.
    pub(super) const fn has_scale(self) -> bool {
        !matches!(
            self,
            NormalizeLike::Torchvision | NormalizeLike::TorchvisionV2
        )
    }
}

text_by_name!(NormalizeLike, KIND, "like");
