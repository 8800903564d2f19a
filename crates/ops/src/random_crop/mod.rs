//! The operator `random_crop`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::stage::{BorderMode, GatherMap, GatherStep};
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::gather::{GatherOf, PadValue, constant};
use crate::image::ImageShape;
use crate::pad::PadMode;
use crate::random::{Draws, RandomOperator, Stream, stream_parameters};
use std::sync::Arc;

const KIND: &str = "random_crop";

/// Crops each image to a rectangle of a fixed size at a random place. Kind: `random_crop`, parameters `width`, `height`, `padding`,
/// `pad_if_needed`, `mode`, `value`, `seed`, `stream`.
///
/// As torchvision's `RandomCrop`: the image is padded by `padding` at its left, top, right and bottom; with `pad_if_needed`, what is
/// still less wide than the output is padded by the missing columns, at the left and again at the right, and likewise with rows; and
/// every place of the rectangle in the padded image is equally probable. The border is that of one [`Pad`](crate::Pad): where
/// torchvision pads twice by reflection, it reflects its own border. The input is an image of 1, 3 or 4 channels, of any sample type
/// and layout; the output has the same channels, type and layout.
///
/// The place is a function of seed, stream, epoch, index and size of the image: [`RandomCrop::draw`].
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct RandomCrop {
    width: u32,
    height: u32,
    /// Pixels at the left, top, right and bottom.
    padding: [u32; 4],
    pad_if_needed: bool,
    mode: PadMode,
    value: PadValue,
    stream: Stream,
}

stream_parameters!(RandomCrop);

impl RandomCrop {
    /// Crops to `width` x `height` pixels without padding.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
    pub fn new(width: u32, height: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "width", width)?;
        checks::side(KIND, "height", height)?;
        Ok(RandomCrop {
            width,
            height,
            padding: [0; 4],
            pad_if_needed: false,
            mode: PadMode::Constant,
            value: PadValue::default(),
            stream: Stream::default(),
        })
    }

    /// Sets the pixels that are added at the left, top, right and bottom before the crop, each 0 to 65536.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a number is larger.
    pub fn padding(self, padding: [u32; 4]) -> Result<Self, OperatorError> {
        match padding.iter().all(|&pixels| pixels <= checks::MAX_SIDE) {
            true => Ok(RandomCrop { padding, ..self }),
            false => Err(refused_padding(format!("{padding:?}"))),
        }
    }

    /// Sets whether images that are smaller than the output are padded.
    #[must_use]
    pub const fn pad_if_needed(self, pad_if_needed: bool) -> Self {
        RandomCrop {
            pad_if_needed,
            ..self
        }
    }

    /// Sets the border mode of the padding; constant by default.
    #[must_use]
    pub const fn mode(self, mode: PadMode) -> Self {
        RandomCrop { mode, ..self }
    }

    /// Sets the samples of a constant border, as [`Pad::value`](crate::Pad::value) takes them; 0 by default.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when there are not 1, 3 or 4 numbers, or one of them is not finite. Whether they are samples of
    /// an image's type is for [`Operator::plan`] to say.
    pub fn value(self, value: &[f64]) -> Result<Self, OperatorError> {
        let value = PadValue::new(KIND, value)?;
        Ok(RandomCrop { value, ..self })
    }

    /// Width and height of the output in pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The pixels that are added at the left, top, right and bottom, and whether smaller images are padded further.
    pub const fn padding_of(&self) -> ([u32; 4], bool) {
        (self.padding, self.pad_if_needed)
    }

    /// The border mode of the padding.
    pub const fn pad_mode(&self) -> PadMode {
        self.mode
    }

    /// The number of a constant border for each of four channels.
    pub const fn pad_value(&self) -> [f64; 4] {
        self.value.numbers()
    }

    /// The column and the row at which the rectangle begins that is drawn for the image of this index in this epoch, of `width` x
    /// `height` pixels. They count from the image's first pixel, so that they are negative in the padding.
    ///
    /// The row is drawn first.
    ///
    /// # Errors
    /// [`OperatorError::Shape`] where a side of the image is not 1 to 65536, or the image with its padding is smaller than the output.
    pub fn draw(
        &self,
        epoch: u64,
        index: u64,
        width: u32,
        height: u32,
    ) -> Result<(i32, i32), OperatorError> {
        let shape = ImageShape::u8(width, height, 1);
        checks::possible_sides(KIND, shape)?;
        self.place(epoch, index, shape)
    }

    /// The place of the rectangle in an image with possible sides.
    fn place(
        &self,
        epoch: u64,
        index: u64,
        image: ImageShape,
    ) -> Result<(i32, i32), OperatorError> {
        let [left, top, right, bottom] = self.padding;
        // The sum of three numbers of at most 65536, then of at most three times that.
        let axis = |side: u32, before: u32, after: u32, target: u32| {
            let padded = before + side + after;
            let missing = match self.pad_if_needed {
                true => target.saturating_sub(padded),
                false => 0,
            };
            (before + missing, padded + 2 * missing)
        };
        let (left, width) = axis(image.width, left, right, self.width);
        let (top, height) = axis(image.height, top, bottom, self.height);
        let (Some(columns), Some(rows)) = (
            width.checked_sub(self.width),
            height.checked_sub(self.height),
        ) else {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: image,
                reason: format!(
                    "with its padding it has {width}x{height} pixels, fewer than {}x{}; resize it first, or set `pad_if_needed`",
                    self.width, self.height
                ),
            });
        };
        let mut draws = Draws::new(RandomOperator::Crop, self.stream, epoch, index);
        let y = draws.below(rows + 1);
        let x = draws.below(columns + 1);
        Ok((x as i32 - left as i32, y as i32 - top as i32))
    }

    /// The crop of an image.
    fn step(&self, image: &ImageContext<'_>) -> Result<GatherStep, OperatorError> {
        let shape = checks::copied_input(KIND, &[image.shape])?;
        let (x, y) = self.place(image.epoch, image.index, shape)?;
        let map = GatherMap {
            left: -x,
            top: -y,
            border: match self.mode {
                PadMode::Constant => BorderMode::Constant,
                PadMode::Replicate => BorderMode::Replicate,
                PadMode::Reflect101 => BorderMode::Reflect101,
            },
            value: constant(KIND, shape, self.value)?,
            ..GatherMap::identity(shape)
        };
        Ok(GatherStep {
            map,
            output: (self.width, self.height),
        })
    }
}

fn refused_padding(got: String) -> OperatorError {
    OperatorError::Parameter {
        operator: KIND,
        parameter: "padding",
        got,
        expected: format!(
            "integers from 0 to {}: one for all sides, two for left and right, and for top and bottom, or four for left, top, right and bottom",
            checks::MAX_SIDE
        ),
    }
}

impl Operator for RandomCrop {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        GatherOf::first(KIND, inputs, |image| self.step(image))
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        Ok(Some(GatherOf::shared(KIND, image, self.step(image)?)))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        Ok(Some(ChainStep::Gather(self.step(image)?)))
    }
}
