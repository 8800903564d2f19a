//! The operator `threshold`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;
mod threshold_type;

use crate::contract::{Action, ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::point_table::{self, table};
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::ThresholdHost;
use pixelflume_kernels::args::ThresholdArgs;
use std::sync::Arc;

pub use threshold_type::ThresholdType;

const KIND: &str = "threshold";

/// Compares each sample with a threshold: by default `p > threshold ? maximum : 0`. Kind: `threshold`, parameters `threshold`,
/// `maximum` and `type`.
///
/// Formula: OpenCV's `threshold` for 8-bit samples; [`ThresholdType`] says what samples become. The input is a u8 image with any channels, interleaved or
/// planar; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{Threshold, ThresholdType};
///
/// let threshold = Threshold::new(127);
/// assert_eq!((threshold.threshold(), threshold.maximum()), (127, 255));
/// assert_eq!(threshold.with_maximum(1).maximum(), 1);
/// let truncated = threshold.with_type(ThresholdType::Trunc);
/// assert_eq!(truncated.threshold_type(), ThresholdType::Trunc);
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Threshold {
    threshold: u8,
    maximum: u8,
    threshold_type: ThresholdType,
}

impl Threshold {
    /// A threshold above which samples become 255; all others become 0.
    pub const fn new(threshold: u8) -> Self {
        Threshold {
            threshold,
            maximum: 255,
            threshold_type: ThresholdType::Binary,
        }
    }

    /// Sets the value of samples above the threshold, or of the others, where the type has it; 255 by default.
    #[must_use]
    pub const fn with_maximum(self, maximum: u8) -> Self {
        Threshold { maximum, ..self }
    }

    /// Sets what samples become; [`ThresholdType::Binary`] by default.
    #[must_use]
    pub const fn with_type(self, threshold_type: ThresholdType) -> Self {
        Threshold {
            threshold_type,
            ..self
        }
    }

    /// The largest sample value that is not above the threshold.
    pub const fn threshold(&self) -> u8 {
        self.threshold
    }

    /// The value of samples above the threshold, or of the others, where the type has it.
    pub const fn maximum(&self) -> u8 {
        self.maximum
    }

    /// What samples become.
    pub const fn threshold_type(&self) -> ThresholdType {
        self.threshold_type
    }
}

impl Operator for Threshold {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::u8_elementwise::<1>(KIND, inputs)?;
        let (threshold, maximum) = (self.threshold, self.maximum);
        let of = self.threshold_type;
        if of != ThresholdType::Binary {
            let table = table(|sample| of.of(sample, threshold, maximum));
            return point_table::elementwise(KIND, inputs, table);
        }
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::THRESHOLD.kernels,
            entry: "threshold",
            grid: cuda::grid,
            host: Arc::new(HostCode(ThresholdHost {
                level: Level::new(),
            })),
            input: shape,
            output: shape,
            elementwise: true,
            args: move |src, dst| ThresholdArgs {
                src,
                dst,
                threshold: threshold.into(),
                maximum: maximum.into(),
            },
            action: Some(Action::Threshold { threshold, maximum }),
        }))
    }
    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        checks::u8_elementwise::<1>(KIND, &[image.shape])?;
        // The kernels of mixed chains have the one type alone.
        Ok((self.threshold_type == ThresholdType::Binary).then_some(ChainStep::Pixels))
    }
}
