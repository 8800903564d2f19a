//! The operator `blend`.

pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::{self, BinaryPlan};
use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::host::view::HostPair;
use crate::image::{ImageParam, ImageShape};
use fearless_simd::Level;
use host::BlendHost;
use pixelflume_kernels::args::BinaryArgs;
use std::sync::Arc;

const KIND: &str = "blend";

/// A weighted mean of two images. Kind: `blend`, parameter `alpha`.
///
/// Formula: with `k = round(alpha * 256)`, halves up, `(a k + b (256 - k) + 128) >> 8` for samples `a` of the first input and `b`
/// of the second one. The result differs from OpenCV's `addWeighted(a, alpha, b, 1 - alpha, 0)` by at most 1: rounding `alpha`
/// moves the exact value by at most 255/512, and both results are rounded by at most 1/2, which is less than 3/2 in total.
///
/// The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the same shape.
///
/// ```
/// use pixelflume_ops::Blend;
///
/// assert_eq!(Blend::new(0.5)?, Blend::default());
/// assert_eq!(Blend::new(0.25)?.weight(), 64);
/// assert!(Blend::new(1.5).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Blend {
    alpha: f64,
}

impl Blend {
    /// A blend of `alpha` (0 to 1) of the first input and `1 - alpha` of the second one.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when `alpha` is not within 0 to 1.
    pub fn new(alpha: f64) -> Result<Self, OperatorError> {
        // A NaN is in no range.
        if !(0.0..=1.0).contains(&alpha) {
            return Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "alpha",
                got: checks::number(alpha),
                expected: "a number from 0 (the second input alone) to 1 (the first alone)"
                    .to_owned(),
            });
        }
        Ok(Blend { alpha })
    }

    /// The weight of the first input that was set, 0 to 1.
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The weight of the first input in 1/256, as the executors use it: 0 to 256.
    pub fn weight(&self) -> u32 {
        (self.alpha * 256.0).round() as u32
    }
}

impl Default for Blend {
    /// The mean of both inputs.
    fn default() -> Self {
        Blend { alpha: 0.5 }
    }
}

impl Operator for Blend {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let weight = self.weight();
        Ok(Arc::new(BinaryPlan {
            operator: KIND,
            entry: KIND,
            shape: checks::u8_elementwise::<2>(KIND, inputs)?,
            grid: binary::grid,
            host: Arc::new(HostPair(BlendHost {
                level: Level::new(),
            })),
            args: move |[a, b]: [ImageParam; 2], dst| BinaryArgs {
                a,
                b,
                dst,
                weight,
                reserved: 0,
            },
        }))
    }
}
