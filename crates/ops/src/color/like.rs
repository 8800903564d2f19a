//! The libraries whose gray the operator `color` makes.

use super::KIND;
use crate::contract::checks::text_by_name;

/// The library whose gray a conversion makes. The other conversions are the same in all libraries.
#[derive(Copy, Clone, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ColorLike {
    /// OpenCV's `cvtColor`: `(9798 R + 19235 G + 3735 B + 2^14) >> 15`.
    #[default]
    Opencv,
    /// Pillow's `convert("L")`: `(19595 R + 38470 G + 7471 B + 2^15) >> 16`.
    Pillow,
    /// torchvision's `rgb_to_grayscale` of u8 tensors on CPUs, in f32: `trunc(fma(B, 0.114, fma(G, 0.587, R * 0.2989)))`.
    Torchvision,
}

impl ColorLike {
    /// All libraries, in the order in which error messages list them.
    pub const ALL: [ColorLike; 3] = [ColorLike::Opencv, ColorLike::Pillow, ColorLike::Torchvision];

    /// The name that pipeline files use, for example `pillow`.
    pub const fn name(self) -> &'static str {
        match self {
            ColorLike::Opencv => "opencv",
            ColorLike::Pillow => "pillow",
            ColorLike::Torchvision => "torchvision",
        }
    }

    /// The weights of red, green and blue in 2^-16, whose sum is 2^16; `None` where gray is computed in f32.
    pub(crate) const fn weights(self) -> Option<[u16; 3]> {
        match self {
            ColorLike::Opencv => Some([19596, 38470, 7470]),
            ColorLike::Pillow => Some([19595, 38470, 7471]),
            ColorLike::Torchvision => None,
        }
    }
}

text_by_name!(ColorLike, KIND, "like");
