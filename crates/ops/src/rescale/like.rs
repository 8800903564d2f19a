//! The conventions of a rescale.

use super::KIND;
use crate::contract::checks::text_by_name;

/// The library whose operations a rescale repeats.
#[derive(Copy, Clone, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RescaleLike {
    /// An image processor of transformers with its default backend, torchvision: `p * f32(scale)` in f32.
    #[default]
    Transformers,
    /// An image processor of transformers with the backend Pillow: `f32(p * scale)` with a product in f64.
    TransformersPillow,
}

impl RescaleLike {
    /// All conventions, in the order in which error messages list them.
    pub const ALL: [RescaleLike; 2] = [RescaleLike::Transformers, RescaleLike::TransformersPillow];

    /// The name that pipeline files use, for example `transformers_pillow`.
    pub const fn name(self) -> &'static str {
        match self {
            RescaleLike::Transformers => "transformers",
            RescaleLike::TransformersPillow => "transformers_pillow",
        }
    }
}

text_by_name!(RescaleLike, KIND, "like");
