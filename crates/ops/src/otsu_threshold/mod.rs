//! The operator `otsu_threshold`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::measured_table::{self, Measured};
use crate::threshold::ThresholdType;
use std::sync::Arc;

const KIND: &str = "otsu_threshold";

/// Compares the samples of a gray image with the threshold that separates them best. Kind: `otsu_threshold`, parameters `maximum` and
/// `type`.
///
/// Formula: OpenCV's `threshold` with `THRESH_OTSU`. Each image has its own threshold: the value for which the samples up to it and those
/// above it have the largest variance between them, in f64 by the operations of OpenCV, and the first of several. [`ThresholdType`] says
/// what samples become. The input is a u8 image of one channel with at most 2^31 - 1 pixels; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, OtsuThreshold, ThresholdType};
///
/// let threshold = OtsuThreshold::new().with_type(ThresholdType::BinaryInv);
/// let shape = ImageShape::u8(640, 480, 1);
/// assert_eq!(threshold.plan(&[shape])?.output(), shape);
/// assert!(threshold.plan(&[ImageShape::u8(640, 480, 3)]).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct OtsuThreshold {
    maximum: u8,
    threshold_type: ThresholdType,
}

impl OtsuThreshold {
    /// A threshold above which samples become 255; all others become 0.
    pub const fn new() -> Self {
        OtsuThreshold {
            maximum: 255,
            threshold_type: ThresholdType::Binary,
        }
    }

    /// Sets the value of samples above the threshold, or of the others, where the type has it; 255 by default.
    #[must_use]
    pub const fn with_maximum(self, maximum: u8) -> Self {
        OtsuThreshold { maximum, ..self }
    }

    /// Sets what samples become; [`ThresholdType::Binary`] by default.
    #[must_use]
    pub const fn with_type(self, threshold_type: ThresholdType) -> Self {
        OtsuThreshold {
            threshold_type,
            ..self
        }
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

impl Default for OtsuThreshold {
    fn default() -> Self {
        OtsuThreshold::new()
    }
}

impl Operator for OtsuThreshold {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::u8_input(KIND, inputs)?;
        checks::gray(KIND, shape)?;
        let measured = Measured::Otsu {
            threshold_type: self.threshold_type,
            maximum: self.maximum,
        };
        measured_table::plan(KIND, shape, measured)
    }
}
