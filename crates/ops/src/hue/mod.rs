//! The operator `hue`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::pixel_steps::{self, PixelStep};
use std::sync::Arc;

const KIND: &str = "hue";

/// Turns the hue of the colors. Kind: `hue`, parameter `turn`.
///
/// Formula: torchvision's `adjust_hue` of u8 tensors: samples times f32(1/255), to HSV and back in f32, every operation rounded, and the
/// channels times f32(255.999), truncated. The input is a gray image, which stays as it is, or an RGB u8
/// image; the output has the same shape.
///
/// ```
/// use pixelflume_ops::Hue;
///
/// assert_eq!(Hue::new(-0.1)?.turn(), -0.1);
/// assert!(Hue::new(0.6).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Hue {
    turn: f64,
}

impl Hue {
    /// Turns the hue by this part of the circle, -0.5 to 0.5: a third makes green of red.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn new(turn: f64) -> Result<Self, OperatorError> {
        Ok(Hue {
            turn: checks::within(KIND, "turn", turn, [-0.5, 0.5])?,
        })
    }

    /// The part of the circle.
    pub const fn turn(&self) -> f64 {
        self.turn
    }
}

impl Operator for Hue {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        pixel_steps::plan(KIND, inputs, &[PixelStep::Hue(self.turn)])
    }
}
