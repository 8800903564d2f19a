//! The operator `canny`.

mod cuda;
mod host;
mod plan;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::totals::countable;
use plan::CannyPlan;
use std::sync::Arc;

const KIND: &str = "canny";

/// Finds the edges of an image as lines of one pixel. Kind: `canny`, parameters `low`, `high`, `aperture` and `l2_gradient`.
///
/// Formula: OpenCV's `Canny`, in integers. The gradient of a pixel is that of the Sobel kernels of `aperture` x `aperture` samples with
/// a replicated border, of the channel in which it is largest; its magnitude is the sum of the absolute derivatives, or with
/// `l2_gradient` the Euclidean length. A pixel whose magnitude is a local maximum across the edge is part of an edge where the magnitude is
/// above `high`, or where it is above `low` and the pixel is connected with an edge by its eight neighbors. The input is a u8 image of 1, 3
/// or 4 channels with at most 2^31 - 1 pixels; the output has one channel, with 255 on edges and 0 elsewhere.
///
/// ```
/// use pixelflume_ops::{Canny, ImageShape, Operator};
///
/// let canny = Canny::new(100.0, 200.0)?.with_aperture(5)?.with_l2_gradient(true);
/// let edges = canny.plan(&[ImageShape::u8(640, 480, 3)])?.output();
/// assert_eq!(edges, ImageShape::u8(640, 480, 1));
/// assert!(canny.with_aperture(9).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Canny {
    low: f64,
    high: f64,
    aperture: u32,
    l2_gradient: bool,
}

impl Canny {
    /// Finds edges with magnitudes above `low` that are connected with one above `high`, each 0 to a million. The larger of the two is the upper
    /// threshold.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other numbers.
    pub fn new(low: f64, high: f64) -> Result<Self, OperatorError> {
        Ok(Canny {
            low: checks::factor(KIND, "low", low)?,
            high: checks::factor(KIND, "high", high)?,
            aperture: 3,
            l2_gradient: false,
        })
    }

    /// Sets the width and height of the Sobel kernels: 3, which is the default, 5 or 7.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn with_aperture(self, aperture: u32) -> Result<Self, OperatorError> {
        match aperture {
            3 | 5 | 7 => Ok(Canny { aperture, ..self }),
            _ => Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "aperture",
                got: aperture.to_string(),
                expected: "3, 5 or 7 samples".to_owned(),
            }),
        }
    }

    /// Sets whether magnitudes are Euclidean lengths, and not sums of absolute derivatives; `false` by default.
    #[must_use]
    pub const fn with_l2_gradient(self, l2_gradient: bool) -> Self {
        Canny {
            l2_gradient,
            ..self
        }
    }

    /// The first threshold.
    pub const fn low(&self) -> f64 {
        self.low
    }

    /// The second threshold.
    pub const fn high(&self) -> f64 {
        self.high
    }

    /// The width and height of the Sobel kernels.
    pub const fn aperture(&self) -> u32 {
        self.aperture
    }

    /// Whether magnitudes are Euclidean lengths.
    pub const fn l2_gradient(&self) -> bool {
        self.l2_gradient
    }

    /// The lower and the upper threshold of the magnitudes that the kernels compute: squares with `l2_gradient`, and with an aperture of 7 those
    /// of gradients divided by 16.
    fn thresholds(&self) -> [i32; 2] {
        [self.low.min(self.high), self.low.max(self.high)].map(|mut threshold| {
            if self.aperture == 7 {
                threshold /= 16.0;
            }
            if self.l2_gradient {
                threshold = threshold.min(32767.0).powi(2);
            }
            // Below 2^31, so that nothing is lost but the fraction.
            threshold.floor() as i32
        })
    }
}

impl Operator for Canny {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        countable(KIND, input)?;
        let [low, high] = self.thresholds();
        Ok(Arc::new(CannyPlan {
            input,
            low,
            high,
            aperture: self.aperture,
            l2_gradient: self.l2_gradient,
        }))
    }
}
