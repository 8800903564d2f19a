//! Warps as torchvision's: `rotate`, `affine` and `perspective`. Positions are those of torch's `grid_sample`, from -1 to 1 inside the
//! source.

pub(crate) mod matrix;
pub(crate) mod numbers;
pub(crate) mod parameters;
pub(crate) mod perspective;
pub(crate) mod reference;
#[cfg(feature = "testing")]
pub(crate) mod testing;

use super::{WarpKernel, WarpRule};
use crate::contract::checks::text_by_name;
use crate::image::ImageShape;
use crate::spec::value_from_choice;
use pixelflume_kernels::args::{WarpOutside, WarpPositions};

/// The processor whose torchvision a geometric operator equals. torch leaves the products of matrices that give its positions to
/// Intel's library MKL, which computes them with other roundings on different processors.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum GridLike {
    /// Processors of AMD, and those of Intel without AVX-512: every product and every sum is rounded.
    #[default]
    Torchvision,
    /// Processors of Intel with AVX-512: fused multiply-adds for outputs of 67 pixels or more.
    TorchvisionAvx512,
}

impl GridLike {
    /// All processors, in the order in which error messages list them.
    pub const ALL: [GridLike; 2] = [GridLike::Torchvision, GridLike::TorchvisionAvx512];

    /// The name that pipeline files use, for example `torchvision_avx512`.
    pub const fn name(self) -> &'static str {
        match self {
            GridLike::Torchvision => "torchvision",
            GridLike::TorchvisionAvx512 => "torchvision_avx512",
        }
    }

    /// Whether the positions of an output of this size are computed with fused multiply-adds: a product of matrices of fewer than 400
    /// multiplications, six for each pixel, is not left to MKL.
    const fn fuses(self, (width, height): (u32, u32)) -> bool {
        matches!(self, GridLike::TorchvisionAvx512) && 6 * width as u64 * height as u64 >= 400
    }
}

text_by_name!(GridLike, "warp", "like");
value_from_choice!(GridLike);

/// How a geometric operator of torchvision makes a pixel at a position between pixels.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum GridInterpolation {
    /// The nearest pixel.
    #[default]
    Nearest,
    /// Four pixels, weighted by their distances along each axis.
    Bilinear,
}

impl GridInterpolation {
    /// All interpolations, in the order in which error messages list them.
    pub const ALL: [GridInterpolation; 2] =
        [GridInterpolation::Nearest, GridInterpolation::Bilinear];

    /// The name that pipeline files use, for example `bilinear`.
    pub const fn name(self) -> &'static str {
        match self {
            GridInterpolation::Nearest => "nearest",
            GridInterpolation::Bilinear => "bilinear",
        }
    }
}

text_by_name!(GridInterpolation, "warp", "interpolation");
value_from_choice!(GridInterpolation);

/// How a geometric operator of torchvision makes pixels: between the pixels of the source, and outside of it.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct GridSampling {
    /// How pixels are made at positions between pixels.
    pub interpolation: GridInterpolation,
    /// The color around the source (`fill`), one sample for each channel; images of fewer channels take the first samples. Without
    /// one it is 0. A color of 0 gives other bilinear pixels at the border of the source than none: torchvision multiplies a pixel by
    /// the part of its weights that is inside, once more than the weights have done.
    pub value: Option<[u8; 4]>,
    /// The processor whose torchvision it equals.
    pub like: GridLike,
}

impl GridSampling {
    /// The warp by the matrix from the output to the source, both around the middle of the image.
    pub(crate) fn affine(
        self,
        matrix: [f64; 6],
        source: ImageShape,
        output: (u32, u32),
    ) -> WarpRule {
        let rows = matrix::normalized(matrix.map(|number| number as f32), source);
        let positions = match self.like.fuses(output) {
            true => WarpPositions::GRID_AFFINE_FUSED,
            false => WarpPositions::GRID_AFFINE,
        };
        self.rule(&rows, positions)
    }

    /// The warp of an image by the eight coefficients of a perspective from the output to the source; the ninth is 1.
    pub(crate) fn perspective(self, coefficients: [f32; 8], image: ImageShape) -> WarpRule {
        let [a, b, c, d, e, f, g, h] = coefficients;
        let [a, b, c, d, e, f] = matrix::normalized([a, b, c, d, e, f], image);
        let positions = match self.like.fuses((image.width, image.height)) {
            true => WarpPositions::GRID_PERSPECTIVE_FUSED,
            false => WarpPositions::GRID_PERSPECTIVE,
        };
        self.rule(&[a, b, c, d, e, f, g, h, 1.0], positions)
    }

    fn rule(self, rows: &[f32], positions: u32) -> WarpRule {
        let mut map = [0.0; 9];
        map[..rows.len()].copy_from_slice(rows);
        let (kernel, outside) = match (self.interpolation, self.value) {
            (GridInterpolation::Nearest, _) => (WarpKernel::Nearest, WarpOutside::CONSTANT),
            (GridInterpolation::Bilinear, Some(_)) => (WarpKernel::Grid, WarpOutside::CONSTANT),
            (GridInterpolation::Bilinear, None) => (WarpKernel::Grid, WarpOutside::NOTHING),
        };
        WarpRule {
            kernel,
            map,
            positions,
            outside,
            value: self.value.unwrap_or_default(),
        }
    }
}

/// The copy of an image turned by this number of quarters of a circle, counterclockwise.
pub(crate) fn quarters(number: u32, image: ImageShape) -> WarpRule {
    // Sides are at most 65536, so that the positions are exact.
    let (right, bottom) = ((image.width - 1) as f32, (image.height - 1) as f32);
    let map = match number {
        0 => [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        1 => [0.0, -1.0, right, 1.0, 0.0, 0.0],
        2 => [-1.0, 0.0, right, 0.0, -1.0, bottom],
        _ => [0.0, 1.0, 0.0, -1.0, 0.0, bottom],
    };
    WarpRule::opencv(
        map,
        super::WarpSampling {
            interpolation: super::WarpInterpolation::Nearest,
            ..super::WarpSampling::default()
        },
    )
}

/// Gives an operator with the field `sampling: GridSampling` its settings.
macro_rules! grid_settings {
    ($name:ident) => {
        impl $name {
            /// Sets how pixels are made, between the pixels of the source and outside of it.
            #[must_use]
            pub const fn sampling(mut self, sampling: GridSampling) -> Self {
                self.sampling = sampling;
                self
            }

            /// Sets how pixels are made between the pixels of the source.
            #[must_use]
            pub const fn interpolation(mut self, interpolation: GridInterpolation) -> Self {
                self.sampling.interpolation = interpolation;
                self
            }

            /// Sets the color around the source: see [`GridSampling::value`].
            #[must_use]
            pub const fn value(mut self, value: [u8; 4]) -> Self {
                self.sampling.value = Some(value);
                self
            }

            /// Sets the processor whose torchvision it equals.
            #[must_use]
            pub const fn like(mut self, like: GridLike) -> Self {
                self.sampling.like = like;
                self
            }

            /// How pixels are made, between the pixels of the source and outside of it.
            pub const fn sampled(&self) -> GridSampling {
                self.sampling
            }
        }
    };
}

pub(crate) use grid_settings;
