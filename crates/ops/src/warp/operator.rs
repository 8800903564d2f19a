//! The common part of the operators whose warp is given by a matrix.

use super::matrix::{Matrix, possible_map};
use super::{WarpRule, WarpSampling};
use crate::contract::{ImageContext, OperatorError, Plan, checks};
use crate::image::ImageShape;
use std::sync::Arc;

/// The position of the parameter, and its name.
pub(crate) const MATRIX: (usize, &str) = (2, "matrix");

/// A warp by a matrix of `N` numbers.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Warp<const N: usize> {
    kind: &'static str,
    /// The matrix, and the map from the output to the source; `None` where they are given for each image.
    matrix: Option<([f64; N], [f32; N])>,
    pub(crate) inverse: bool,
    pub(crate) size: (u32, u32),
    pub(crate) sampling: WarpSampling,
}

impl<const N: usize> Warp<N>
where
    [f64; N]: Matrix,
{
    /// A warp by a matrix that is given for each image.
    pub(crate) fn given(
        kind: &'static str,
        inverse: bool,
        width: u32,
        height: u32,
    ) -> Result<Self, OperatorError> {
        checks::side(kind, "width", width)?;
        checks::side(kind, "height", height)?;
        Ok(Warp {
            kind,
            matrix: None,
            inverse,
            size: (width, height),
            sampling: WarpSampling::default(),
        })
    }

    /// The same warp by this matrix for all images.
    pub(crate) fn with_matrix(self, matrix: [f64; N]) -> Result<Self, OperatorError> {
        let Some(map) = possible_map(matrix, self.inverse) else {
            return Err(OperatorError::Parameter {
                operator: self.kind,
                parameter: MATRIX.1,
                got: format!("{matrix:?}"),
                expected: self.possible_matrices().to_owned(),
            });
        };
        let matrix = Some((matrix, map));
        Ok(Warp { matrix, ..self })
    }

    /// The matrix of all images; `None` where it is given for each image.
    pub(crate) fn matrix(&self) -> Option<[f64; N]> {
        self.matrix.map(|(matrix, _)| matrix)
    }

    fn possible_matrices(&self) -> &'static str {
        let [inverse, forward] = <[f64; N]>::POSSIBLE;
        if self.inverse { inverse } else { forward }
    }

    /// The matrix for an image, and its map from the output to the source.
    fn matrix_of(&self, image: &ImageContext<'_>) -> Result<([f64; N], [f32; N]), OperatorError> {
        if let Some(of_all) = self.matrix {
            return Ok(of_all);
        }
        let matrix = image.numbers(self.kind, MATRIX, <[f64; N]>::MEANING)?;
        match possible_map(matrix, self.inverse) {
            Some(map) => Ok((matrix, map)),
            None => {
                let expected = format!("give {}", self.possible_matrices());
                let got = format!("{matrix:?}");
                Err(OperatorError::given(self.kind, MATRIX.1, got, expected))
            }
        }
    }

    /// The warp of an image by the matrix that is given for it; `None` where the matrix is that of all images.
    pub(crate) fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Self>, OperatorError> {
        if self.matrix.is_some() {
            return Ok(None);
        }
        let matrix = Some(self.matrix_of(image)?);
        Ok(Some(Warp { matrix, ..*self }))
    }

    pub(crate) fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(self.kind, inputs)?;
        checks::gray_or_color(self.kind, input)?;
        let (_, map) = self.matrix_of(&ImageContext::first(input))?;
        Ok(WarpRule::opencv(map, self.sampling).plan(self.kind, input, self.size))
    }
}

/// Gives an operator with the field `warp: Warp<N>` its constructors, settings and [`Operator`](crate::contract::Operator).
macro_rules! warp_operator {
    ($name:ident, $numbers:literal) => {
        impl $name {
            /// A warp to `width` x `height` pixels by the matrix from the source to the output, bilinear. Pixels outside the source
            /// are 0 in each channel, alpha included.
            ///
            /// # Errors
            /// [`OperatorError::Parameter`] when a side is not 1 to 65536, the matrix has no inverse, or a coefficient of the
            /// inverse is beyond 1e30.
            pub fn new(
                matrix: [f64; $numbers],
                width: u32,
                height: u32,
            ) -> Result<Self, OperatorError> {
                Self::with_direction(matrix, false, width, height)
            }

            /// A warp by the matrix from the output to the source.
            ///
            /// # Errors
            /// [`OperatorError::Parameter`] when a side is not 1 to 65536, or a coefficient is beyond 1e30.
            pub fn inverse_map(
                matrix: [f64; $numbers],
                width: u32,
                height: u32,
            ) -> Result<Self, OperatorError> {
                Self::with_direction(matrix, true, width, height)
            }

            #[doc = concat!("[`", stringify!($name), "::inverse_map`] where `inverse` is set, otherwise [`", stringify!($name), "::new`].")]
            ///
            /// # Errors
            /// See these functions.
            pub fn with_direction(
                matrix: [f64; $numbers],
                inverse: bool,
                width: u32,
                height: u32,
            ) -> Result<Self, OperatorError> {
                let warp = Warp::given(KIND, inverse, width, height)?.with_matrix(matrix)?;
                Ok($name { warp })
            }

            /// A warp of each image by a matrix that is given for it: from the output to the source where `inverse` is set,
            /// otherwise from the source to the output.
            ///
            /// # Errors
            /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
            pub fn given(inverse: bool, width: u32, height: u32) -> Result<Self, OperatorError> {
                let warp = Warp::given(KIND, inverse, width, height)?;
                Ok($name { warp })
            }

            /// Sets how pixels are made, between the pixels of the source and outside of it.
            #[must_use]
            pub const fn sampling(mut self, sampling: WarpSampling) -> Self {
                self.warp.sampling = sampling;
                self
            }

            /// Sets how pixels are made between the pixels of the source.
            #[must_use]
            pub const fn interpolation(mut self, interpolation: WarpInterpolation) -> Self {
                self.warp.sampling.interpolation = interpolation;
                self
            }

            /// Sets the pixels outside the source.
            #[must_use]
            pub const fn border(mut self, border: WarpBorder) -> Self {
                self.warp.sampling.border = border;
                self
            }

            /// Sets the color of a constant border, one sample for each channel. Images of fewer channels take the first samples.
            #[must_use]
            pub const fn value(mut self, value: [u8; 4]) -> Self {
                self.warp.sampling.value = value;
                self
            }

            /// The matrix of all images; `None` where it is given for each image.
            pub fn matrix(&self) -> Option<[f64; $numbers]> {
                self.warp.matrix()
            }

            /// Whether matrices map from the output to the source.
            pub const fn is_inverse(&self) -> bool {
                self.warp.inverse
            }

            /// Width and height of the output in pixels.
            pub const fn size(&self) -> (u32, u32) {
                self.warp.size
            }

            /// How pixels are made, between the pixels of the source and outside of it.
            pub const fn sampled(&self) -> WarpSampling {
                self.warp.sampling
            }
        }

        impl $crate::contract::Operator for $name {
            fn kind(&self) -> &'static str {
                KIND
            }

            fn plan(
                &self,
                inputs: &[$crate::image::ImageShape],
            ) -> Result<std::sync::Arc<dyn $crate::contract::Plan>, OperatorError> {
                self.warp.plan(inputs)
            }

            fn is_per_image(&self) -> bool {
                self.warp.matrix().is_none()
            }

            fn for_image(
                &self,
                image: &$crate::contract::ImageContext<'_>,
            ) -> Result<Option<std::sync::Arc<dyn $crate::contract::Operator>>, OperatorError> {
                let warp = self.warp.for_image(image)?;
                Ok(warp.map(|warp| std::sync::Arc::new($name { warp }) as _))
            }
        }
    };
}

pub(crate) use warp_operator;
