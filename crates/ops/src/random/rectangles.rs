//! Random rectangles by area and proportions, as torchvision draws them.

use super::{Draws, ranges};
use crate::contract::OperatorError;
use crate::spec::ParameterSpec;

/// The number of rectangles that are drawn until one fits.
pub(crate) const TRIES: usize = 10;

/// The ranges from which rectangles are drawn.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct Ranges {
    /// The area, as a part of the area of the image.
    pub(crate) scale: [f64; 2],
    /// The quotient of the sides.
    pub(crate) ratio: [f64; 2],
}

impl Ranges {
    /// Checks both ranges.
    pub(crate) fn check(self, operator: &'static str) -> Result<Self, OperatorError> {
        ranges::check_range(operator, "scale", self.scale, [0.0, 1.0])?;
        ranges::check_range(operator, "ratio", self.ratio, [0.001, 1000.0])?;
        Ok(self)
    }

    /// Draws the area, in pixels, and the quotient of the sides of a rectangle in an image of this size: the area is uniform, and so
    /// is the logarithm of the quotient. The sides are `sqrt(area * quotient)` and `sqrt(area / quotient)`, rounded to the nearest
    /// integers, ties to even, as Python rounds; the result is these two.
    pub(crate) fn draw(&self, draws: &mut Draws, (width, height): (u32, u32)) -> (u32, u32) {
        let whole = f64::from(width) * f64::from(height);
        let area = whole * draws.between(self.scale);
        // The same on every machine, other than the functions of the standard library.
        let ratio = libm::exp(draws.between(self.ratio.map(libm::log)));
        let pixels = |length: f64| length.round_ties_even() as u32;
        (pixels((area * ratio).sqrt()), pixels((area / ratio).sqrt()))
    }
}

/// The entry of `scale` in the specs.
pub(crate) const fn scale(default: &'static [f64]) -> ParameterSpec {
    ranges::range(
        "scale",
        "the least and the largest, from 0 to 1",
        default,
        "The area of the rectangle, as a part of the area of the image.",
        "scale = [0.2, 0.5]",
    )
}

/// The entry of `ratio` in the specs.
pub(crate) const fn ratio(default: &'static [f64], doc: &'static str) -> ParameterSpec {
    ranges::range(
        "ratio",
        "the least and the largest, from 0.001 to 1000",
        default,
        doc,
        "ratio = [0.5, 2]",
    )
}
