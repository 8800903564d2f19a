//! The operator `random_erasing`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::crop::CropBox;
use crate::erase::Erase;
use crate::gather::{PadValue, constant};
use crate::image::ImageShape;
use crate::random::ranges::check_probability;
use crate::random::rectangles::{Ranges, TRIES};
use crate::random::{Draws, RandomOperator, Stream, stream_parameters};
use std::sync::Arc;

const KIND: &str = "random_erasing";

/// Replaces a random rectangle of each image by a constant. Kind: `random_erasing`, parameters `probability`, `scale`, `ratio`,
/// `value`, `seed`, `stream`.
///
/// As torchvision's `RandomErasing`: with the given probability a rectangle is drawn. Its area is uniform between the two numbers of
/// `scale`, in areas of the image; the logarithm of height / width is uniform between the logarithms of the two numbers of `ratio`; the
/// sides are rounded to integers; and its place in the image is uniform. If 10 rectangles in a row are not less wide and less high
/// than the image, it stays as it is. What is done is [`Erase`]'s: the input is an image of 1, 3 or 4 channels, of any sample type and
/// layout, and the output has the same shape.
///
/// The rectangle is a function of seed, stream, epoch, index and size of the image: [`RandomErasing::draw`].
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct RandomErasing {
    probability: f64,
    ranges: Ranges,
    value: PadValue,
    stream: Stream,
}

stream_parameters!(RandomErasing);

impl RandomErasing {
    /// Erases with this probability, 0 to 1, rectangles of 0.02 to 0.33 times the image's area and proportions of 0.3 to 3.3, with
    /// the value 0.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the number is no probability.
    pub fn new(probability: f64) -> Result<Self, OperatorError> {
        Ok(RandomErasing {
            probability: check_probability(KIND, "probability", probability)?,
            ranges: Ranges {
                scale: [0.02, 0.33],
                ratio: [0.3, 3.3],
            },
            value: PadValue::default(),
            stream: Stream::default(),
        })
    }

    /// Sets the least and the largest area of the rectangle, as parts of the area of the image, each 0 to 1.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn scale(mut self, scale: [f64; 2]) -> Result<Self, OperatorError> {
        self.ranges.scale = scale;
        self.ranges = self.ranges.check(KIND)?;
        Ok(self)
    }

    /// Sets the least and the largest height / width of the rectangle, each 0.001 to 1000.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn ratio(mut self, ratio: [f64; 2]) -> Result<Self, OperatorError> {
        self.ranges.ratio = ratio;
        self.ranges = self.ranges.check(KIND)?;
        Ok(self)
    }

    /// Sets the samples of the rectangle, as [`Pad::value`](crate::Pad::value) takes them; 0 by default.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when there are not 1, 3 or 4 numbers, or one of them is not finite. Whether they are samples of
    /// an image's type is for [`Operator::plan`] to say.
    pub fn value(self, value: &[f64]) -> Result<Self, OperatorError> {
        let value = PadValue::new(KIND, value)?;
        Ok(RandomErasing { value, ..self })
    }

    /// The probability with which something is erased.
    pub const fn probability(&self) -> f64 {
        self.probability
    }

    /// The least and the largest area, as parts of the area of the image.
    pub const fn areas(&self) -> [f64; 2] {
        self.ranges.scale
    }

    /// The least and the largest height / width.
    pub const fn proportions(&self) -> [f64; 2] {
        self.ranges.ratio
    }

    /// The number of the rectangle for each of four channels.
    pub const fn constant(&self) -> [f64; 4] {
        self.value.numbers()
    }

    /// The rectangle that is drawn for the image of this index in this epoch, of `width` x `height` pixels; one without pixels where
    /// nothing is erased. Given to an [`Erase`], it makes the same output.
    ///
    /// First a number from 0 to below 1 is drawn: something is erased where it is below the probability. Then for each try these
    /// numbers are drawn: area, height / width, and where the rectangle fits, its first row and its first column.
    pub fn draw(&self, epoch: u64, index: u64, width: u32, height: u32) -> CropBox {
        let mut draws = Draws::new(RandomOperator::Erasing, self.stream, epoch, index);
        if draws.unit() < self.probability {
            for _ in 0..TRIES {
                let (rows, columns) = self.ranges.draw(&mut draws, (width, height));
                if rows < height && columns < width {
                    // Below the sides, so that the sums fit.
                    let y = draws.below(height - rows + 1);
                    let x = draws.below(width - columns + 1);
                    return CropBox::new(x, y, columns, rows);
                }
            }
        }
        CropBox::default()
    }

    /// The replacement in an image.
    fn erase(&self, image: &ImageContext<'_>) -> Result<Erase, OperatorError> {
        let shape = checks::copied_input(KIND, &[image.shape])?;
        // Refused whether something is erased or not.
        constant(KIND, shape, self.value)?;
        let drawn = self.draw(image.epoch, image.index, shape.width, shape.height);
        Ok(Erase::at(drawn, self.value))
    }
}

impl Operator for RandomErasing {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        self.erase(&ImageContext::first(input))?.plan(inputs)
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        Ok(Some(Arc::new(self.erase(image)?)))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        self.erase(image)?.chain_step(image)
    }
}
