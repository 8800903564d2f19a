//! The size that an image is padded to, and the place of the image in it: the parameters that `pad_to` and `pad_mask` share.

use crate::contract::checks::MAX_SIDE;
use crate::contract::{ImageContext, OperatorError, checks};
use crate::image::ImageShape;

/// The place of an image in its padding.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum PadPosition {
    /// The image is at the top left: the padding is at the right and the bottom.
    #[default]
    TopLeft,
    /// The image is in the middle: half of the padding, rounded down, is at the left and the top.
    Center,
}

impl PadPosition {
    /// All positions, in the order in which error messages list them.
    pub const ALL: [PadPosition; 2] = [PadPosition::TopLeft, PadPosition::Center];

    /// The name that pipeline files use, for example `top_left`.
    pub const fn name(self) -> &'static str {
        match self {
            PadPosition::TopLeft => "top_left",
            PadPosition::Center => "center",
        }
    }
}

checks::text_by_name!(PadPosition, "pad_to", "position");

/// The size that images are padded to.
///
/// Each side is first the one that is given, that of the largest image of the batch where `largest` is set, or that of the image. With `square`, both sides then become the larger
/// of the two. At last, each side is rounded up to a multiple of `multiple`.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub(crate) struct PadSize {
    pub(crate) width: Option<u32>,
    pub(crate) height: Option<u32>,
    pub(crate) largest: bool,
    pub(crate) square: bool,
    pub(crate) multiple: u32,
    pub(crate) position: PadPosition,
}

impl Default for PadSize {
    fn default() -> Self {
        PadSize {
            width: None,
            height: None,
            largest: false,
            square: false,
            multiple: 1,
            position: PadPosition::TopLeft,
        }
    }
}

impl PadSize {
    /// The same with this width and height.
    pub(crate) fn sides(
        self,
        operator: &'static str,
        width: Option<u32>,
        height: Option<u32>,
    ) -> Result<Self, OperatorError> {
        for (parameter, side) in [("width", width), ("height", height)] {
            if let Some(side) = side {
                checks::side(operator, parameter, side)?;
            }
        }
        Ok(PadSize {
            width,
            height,
            ..self
        })
    }

    /// The same with sides that are multiples of this number.
    pub(crate) fn multiple(
        self,
        operator: &'static str,
        multiple: u32,
    ) -> Result<Self, OperatorError> {
        checks::side(operator, "multiple", multiple)?;
        Ok(PadSize { multiple, ..self })
    }

    /// The size for one image of a batch: the sides of the largest image are given.
    pub(crate) fn of_image(self, image: &ImageContext<'_>) -> Self {
        let (width, height) = image.largest;
        match self.largest {
            true => PadSize {
                width: Some(self.width.unwrap_or(width)),
                height: Some(self.height.unwrap_or(height)),
                largest: false,
                ..self
            },
            false => self,
        }
    }

    /// Width and height of the padded image, and the column and row of its pixel at which the image begins.
    ///
    /// # Errors
    /// [`OperatorError::Shape`] when the image is larger than the sides that are given, or a side would be longer than
    /// [`MAX_SIDE`] pixels.
    pub(crate) fn place(
        &self,
        operator: &'static str,
        image: ImageShape,
    ) -> Result<Place, OperatorError> {
        let refuse = |reason: String| OperatorError::Shape {
            operator,
            got: image,
            reason,
        };
        let sides = [(self.width, image.width), (self.height, image.height)];
        if sides
            .iter()
            .any(|&(to, side)| to.is_some_and(|to| side > to))
        {
            let [width, height] = sides.map(|(to, side)| to.unwrap_or(side));
            return Err(refuse(format!(
                "it is larger than {width}x{height}; resize it first"
            )));
        }
        let mut size = sides.map(|(to, side)| to.unwrap_or(side));
        if self.square {
            size = [size[0].max(size[1]); 2];
        }
        // Both are at most 65536, so that the sum fits.
        let size = size.map(|side| side.next_multiple_of(self.multiple));
        if size[0].max(size[1]) > MAX_SIDE {
            return Err(refuse(format!(
                "its output would have {}x{} pixels; {MAX_SIDE} a side are possible",
                size[0], size[1]
            )));
        }
        let [left, top] =
            [size[0] - image.width, size[1] - image.height].map(|rest| match self.position {
                PadPosition::TopLeft => 0,
                PadPosition::Center => rest / 2,
            });
        let [width, height] = size;
        Ok(Place {
            width,
            height,
            left,
            top,
        })
    }
}

/// The place of an image in its padding.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    /// Width of the padded image.
    pub(crate) width: u32,
    /// Height of the padded image.
    pub(crate) height: u32,
    /// Columns left of the image.
    pub(crate) left: u32,
    /// Rows above the image.
    pub(crate) top: u32,
}
