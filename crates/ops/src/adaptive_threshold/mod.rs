//! The operator `adaptive_threshold`.

mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use crate::window::grid_of;
use fearless_simd::Level;
use host::AdaptiveThresholdHost;
use pixelflume_kernels::args::AdaptiveThresholdArgs;
use std::sync::Arc;

const KIND: &str = "adaptive_threshold";

/// Compares each sample of a gray image with the mean of the window around it. Kind: `adaptive_threshold`, parameters `size`, `c`,
/// `maximum` and `inverse`.
///
/// Formula: OpenCV's `adaptiveThreshold` with `ADAPTIVE_THRESH_MEAN_C`. The mean of the `size` x `size` window, with the border
/// replicated, is rounded to the nearest integer; a sample is above where `p > mean - ceil(c)`, and with `inverse` where
/// `p > mean - floor(c)`. Samples above become `maximum` and the others 0, or the reverse with `inverse`. The input is a u8 image of one
/// channel; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{AdaptiveThreshold, ImageShape, Operator};
///
/// let threshold = AdaptiveThreshold::new(11, 2.0)?.with_inverse(true);
/// let shape = ImageShape::u8(640, 480, 1);
/// assert_eq!(threshold.plan(&[shape])?.output(), shape);
/// assert!(AdaptiveThreshold::new(4, 2.0).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct AdaptiveThreshold {
    size: u32,
    c: f64,
    maximum: u8,
    inverse: bool,
}

impl AdaptiveThreshold {
    /// A threshold that is the mean of `size` x `size` samples less `c`; `size` is odd, 3 to 31, and `c` -256 to 256.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other numbers.
    pub fn new(size: u32, c: f64) -> Result<Self, OperatorError> {
        checks::odd_size(KIND, size)?;
        // A NaN is in no range.
        if !(-256.0..=256.0).contains(&c) {
            return Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "c",
                got: checks::number(c),
                expected: "a number from -256 to 256".to_owned(),
            });
        }
        Ok(AdaptiveThreshold {
            size,
            c,
            maximum: 255,
            inverse: false,
        })
    }

    /// Sets the value of samples above the threshold, or with `inverse` of the others; 255 by default.
    #[must_use]
    pub const fn with_maximum(self, maximum: u8) -> Self {
        AdaptiveThreshold { maximum, ..self }
    }

    /// Sets whether samples above the threshold become 0 and the others the maximum; `false` by default.
    #[must_use]
    pub const fn with_inverse(self, inverse: bool) -> Self {
        AdaptiveThreshold { inverse, ..self }
    }

    /// The width and height of the window in samples.
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// The number that is subtracted from the mean.
    pub const fn c(&self) -> f64 {
        self.c
    }

    /// The value of samples above the threshold, or with `inverse` of the others.
    pub const fn maximum(&self) -> u8 {
        self.maximum
    }

    /// Whether samples above the threshold become 0 and the others the maximum.
    pub const fn is_inverse(&self) -> bool {
        self.inverse
    }
}

impl Operator for AdaptiveThreshold {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray(KIND, input)?;
        let (size, maximum) = (self.size, u32::from(self.maximum));
        let (offset, above, below) = match self.inverse {
            false => (-self.c.ceil() as i32, maximum, 0),
            true => (-self.c.floor() as i32, 0, maximum),
        };
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::WINDOW.kernels,
            entry: KIND,
            grid: |args: &AdaptiveThresholdArgs| grid_of(&args.dst, args.size),
            host: Arc::new(HostCode(AdaptiveThresholdHost {
                level: Level::new(),
            })),
            input,
            output: input,
            elementwise: false,
            args: move |src, dst| AdaptiveThresholdArgs {
                src,
                dst,
                size,
                offset,
                above,
                below,
            },
            action: Some(Action::Other),
        }))
    }
}
