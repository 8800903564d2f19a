//! The conventions of the conversion to floating-point numbers.

use super::KIND;
use crate::contract::checks::text_by_name;

/// The library whose operations a conversion of 0 to 255 to 0 to 1 repeats.
#[derive(Copy, Clone, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ToFloatLike {
    /// `ToTensor` of torchvision, and ultralytics: `p / 255` in f32.
    #[default]
    Torchvision,
    /// `ToDtype(torch.float32, scale=True)` of torchvision's `transforms.v2`: `p * f32(1/255)` in f32. By its source, PyTorch
    /// computes it for `p / 255` as well, on GPUs.
    TorchvisionV2,
}

impl ToFloatLike {
    /// All conventions, in the order in which error messages list them.
    pub const ALL: [ToFloatLike; 2] = [ToFloatLike::Torchvision, ToFloatLike::TorchvisionV2];

    /// The name that pipeline files use, for example `torchvision_v2`.
    pub const fn name(self) -> &'static str {
        match self {
            ToFloatLike::Torchvision => "torchvision",
            ToFloatLike::TorchvisionV2 => "torchvision_v2",
        }
    }
}

text_by_name!(ToFloatLike, KIND, "like");
