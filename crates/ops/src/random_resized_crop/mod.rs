//! The operator `random_resized_crop`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::crop::CropBox;
use crate::image::ImageShape;
use crate::random::rectangles::{Ranges, TRIES};
use crate::random::{Draws, RandomOperator, Stream, stream_parameters};
use crate::resample::{ResampleFilter, ResampleLike};
use crate::resize::Interpolation;
use crate::resized_crop::{CropSampling, ResizedCrop};
use std::sync::Arc;

const KIND: &str = "random_resized_crop";

/// Crops each 8-bit image to a random rectangle and resizes that. Kind: `random_resized_crop`, parameters `width`, `height`,
/// `scale`, `ratio`, `interpolation`, `filter`, `like`, `seed`, `stream`.
///
/// The rectangle has the distribution of torchvision's `RandomResizedCrop`: its area is uniform between the two numbers of `scale`, in
/// areas of the image; the logarithm of width / height is uniform between the logarithms of the two numbers of `ratio`; the sides are
/// rounded to integers; and its place in the image is uniform. If 10 rectangles in a row do not fit into the image, it is the largest
/// rectangle in the middle whose width / height is in the range of `ratio`. What is done with it is
/// [`ResizedCrop`]'s: images of 1, 3 or 4 channels become images of `width` x `height` pixels.
///
/// The rectangle is a function of seed, stream, epoch, index and size of the image: [`RandomResizedCrop::draw`].
///
/// ```
/// use pixelflume_ops::RandomResizedCrop;
///
/// let crop = RandomResizedCrop::new(224, 224)?.seed(1);
/// let (epoch, index) = (0, 17);
/// let drawn = crop.draw(epoch, index, 640, 480);
/// assert!(drawn.x + drawn.width <= 640 && drawn.y + drawn.height <= 480);
/// assert_eq!(drawn, crop.draw(epoch, index, 640, 480));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct RandomResizedCrop {
    /// What is done with the rectangle.
    target: ResizedCrop,
    ranges: Ranges,
    stream: Stream,
}

stream_parameters!(RandomResizedCrop);

impl RandomResizedCrop {
    /// Random crops of 0.08 to 1 times the image's area and proportions of 3/4 to 4/3, resized (bilinear) to `width` x `height`
    /// pixels.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
    pub fn new(width: u32, height: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "width", width)?;
        checks::side(KIND, "height", height)?;
        Ok(RandomResizedCrop {
            target: ResizedCrop::given(width, height)?,
            ranges: Ranges {
                scale: [0.08, 1.0],
                ratio: [3.0 / 4.0, 4.0 / 3.0],
            },
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

    /// Sets the least and the largest width / height of the rectangle, each 0.001 to 1000.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn ratio(mut self, ratio: [f64; 2]) -> Result<Self, OperatorError> {
        self.ranges.ratio = ratio;
        self.ranges = self.ranges.check(KIND)?;
        Ok(self)
    }

    /// Sets the interpolation of [`Resize`](crate::Resize) that brings the crop to its size.
    #[must_use]
    pub const fn interpolation(mut self, interpolation: Interpolation) -> Self {
        self.target = self.target.interpolation(interpolation);
        self
    }

    /// Sets the filter and the library of the [`Resample`](crate::Resample) that brings the crop to its size.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the library does not have the filter.
    pub fn resample(
        self,
        filter: ResampleFilter,
        like: ResampleLike,
    ) -> Result<Self, OperatorError> {
        self.sampled(CropSampling::Resample(filter, like))
    }

    /// Sets the way in which the crop is brought to its size.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the library of a resample does not have the filter.
    pub fn sampled(mut self, sampling: CropSampling) -> Result<Self, OperatorError> {
        sampling.check(KIND)?;
        self.target = self.target.sampled(sampling)?;
        Ok(self)
    }

    /// Width and height of the output in pixels.
    pub const fn size(&self) -> (u32, u32) {
        self.target.size()
    }

    /// The least and the largest area, as parts of the area of the image.
    pub const fn areas(&self) -> [f64; 2] {
        self.ranges.scale
    }

    /// The least and the largest width / height.
    pub const fn proportions(&self) -> [f64; 2] {
        self.ranges.ratio
    }

    /// The way in which the crop is brought to its size.
    pub const fn sampling(&self) -> CropSampling {
        self.target.sampling()
    }

    /// The rectangle that is drawn for the image of this index in this epoch, of `width` x `height` pixels. Given to a [`ResizedCrop`],
    /// it makes the same output.
    ///
    /// For each try these numbers are drawn: area, width / height, and where the rectangle fits, its first row and its first column.
    pub fn draw(&self, epoch: u64, index: u64, width: u32, height: u32) -> CropBox {
        let mut draws = Draws::new(RandomOperator::ResizedCrop, self.stream, epoch, index);
        for _ in 0..TRIES {
            let (columns, rows) = self.ranges.draw(&mut draws, (width, height));
            if (1..=width).contains(&columns) && (1..=height).contains(&rows) {
                let y = draws.below((height - rows).saturating_add(1));
                let x = draws.below((width - columns).saturating_add(1));
                return CropBox::new(x, y, columns, rows);
            }
        }
        self.largest(width, height)
    }

    /// The largest rectangle in the middle of an image whose proportions are in the range.
    fn largest(&self, width: u32, height: u32) -> CropBox {
        let [least, most] = self.ranges.ratio;
        let (across, down) = (f64::from(width), f64::from(height));
        // At least one pixel, where torchvision's rounds to none.
        let pixels =
            |length: f64, side: u32| (length.round_ties_even() as u32).clamp(1, side.max(1));
        let (columns, rows) = if across / down < least {
            (width, pixels(across / least, height))
        } else if across / down > most {
            (pixels(down * most, width), height)
        } else {
            (width, height)
        };
        let (x, y) = (
            width.saturating_sub(columns) / 2,
            height.saturating_sub(rows) / 2,
        );
        CropBox::new(x, y, columns, rows)
    }

    fn drawn(&self, image: &ImageContext<'_>) -> CropBox {
        let ImageShape { width, height, .. } = image.shape;
        self.draw(image.epoch, image.index, width, height)
    }
}

impl Operator for RandomResizedCrop {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let drawn = self.drawn(&ImageContext::first(input));
        self.target.at(drawn).plan(inputs)
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        checks::u8_input(KIND, &[image.shape])?;
        Ok(Some(Arc::new(self.target.at(self.drawn(image)))))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        let input = checks::u8_input(KIND, &[image.shape])?;
        checks::gray_or_color(KIND, input)?;
        Ok(self.target.step_of(self.drawn(image), input))
    }
}
