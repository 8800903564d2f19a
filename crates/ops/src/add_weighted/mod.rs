//! The operator `add_weighted`.

pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::BinaryPlan;
use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::host::view::HostPair;
use crate::image::{ImageParam, ImageShape};
use crate::kernels::sixteen_samples;
use fearless_simd::Level;
use host::AddWeightedHost;
use pixelflume_kernels::args::AddWeightedArgs;
use std::sync::Arc;

const KIND: &str = "add_weighted";

/// A weighted sum of two images. Kind: `add_weighted`, parameters `alpha`, `beta` and `gamma`.
///
/// Formula: OpenCV's `addWeighted` on CPUs with fused multiply-adds: `a * alpha + (b * beta + gamma)` for samples `a` of the first input
/// and `b` of the second one, with the numbers rounded to f32 and a rounding to f32 behind each of the two multiply-adds, rounded to the
/// nearest integer, ties to even, and clamped to 0 to 255. Images of fewer than 16 samples are summed as `(a * alpha + b * beta) + gamma`,
/// as OpenCV does, with roundings behind `b * beta`, the multiply-add and the sum.
///
/// The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the same shape.
///
/// ```
/// use pixelflume_ops::AddWeighted;
///
/// let sum = AddWeighted::new(0.7, 0.3, 5.0)?;
/// assert_eq!((sum.alpha(), sum.beta(), sum.gamma()), (0.7, 0.3, 5.0));
/// assert!(AddWeighted::new(f64::NAN, 0.3, 5.0).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct AddWeighted {
    alpha: f64,
    beta: f64,
    gamma: f64,
}

impl AddWeighted {
    /// The sum `alpha * a + beta * b + gamma`, of numbers of at most a million.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for larger numbers.
    pub fn new(alpha: f64, beta: f64, gamma: f64) -> Result<Self, OperatorError> {
        Ok(AddWeighted {
            alpha: checks::coefficient(KIND, "alpha", alpha)?,
            beta: checks::coefficient(KIND, "beta", beta)?,
            gamma: checks::coefficient(KIND, "gamma", gamma)?,
        })
    }

    /// The factor of the first input.
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The factor of the second input.
    pub const fn beta(&self) -> f64 {
        self.beta
    }

    /// The summand.
    pub const fn gamma(&self) -> f64 {
        self.gamma
    }
}

impl Operator for AddWeighted {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::u8_elementwise::<2>(KIND, inputs)?;
        let [alpha, beta, gamma] = [self.alpha, self.beta, self.gamma].map(|number| number as f32);
        let gamma_last = u32::from(shape.bytes() < 16);
        Ok(Arc::new(BinaryPlan {
            operator: KIND,
            entry: KIND,
            shape,
            grid: |args: &AddWeightedArgs| sixteen_samples(&args.dst),
            host: Arc::new(HostPair(AddWeightedHost {
                level: Level::new(),
            })),
            args: move |[a, b]: [ImageParam; 2], dst| AddWeightedArgs {
                a,
                b,
                dst,
                alpha,
                beta,
                gamma,
                gamma_last,
            },
        }))
    }
}
