//! The operator `center_crop`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::text_by_name;
use crate::contract::stage::{GatherMap, GatherStep};
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::gather::gather_plan;
use crate::image::ImageShape;
use std::sync::Arc;

const KIND: &str = "center_crop";

/// The library whose middle of an image a [`CenterCrop`] takes. They differ where the difference between the sides of the image
/// and of the output is odd, and where the image is too small.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum CenterCropLike {
    /// A NumPy slice that begins at half of the difference, rounded down. An image that is too small is refused.
    #[default]
    Numpy,
    /// torchvision's `CenterCrop`: half of the difference is rounded to the nearest integer, ties to even. An image that is too
    /// small is first padded with zeros, half of the missing pixels, rounded down, at the left and the top.
    Torchvision,
    /// The torchvision backend of transformers' image processors: half of the difference is rounded down; padding as torchvision.
    Transformers,
    /// The Pillow backend of transformers' image processors: half of the difference is rounded down; of the missing pixels of an
    /// image that is too small, half, rounded up, are at the left and the top.
    TransformersPillow,
}

impl CenterCropLike {
    /// All libraries, in the order in which error messages list them.
    pub const ALL: [CenterCropLike; 4] = [
        CenterCropLike::Numpy,
        CenterCropLike::Torchvision,
        CenterCropLike::Transformers,
        CenterCropLike::TransformersPillow,
    ];

    /// The name that pipeline files use, for example `torchvision`.
    pub const fn name(self) -> &'static str {
        match self {
            CenterCropLike::Numpy => "numpy",
            CenterCropLike::Torchvision => "torchvision",
            CenterCropLike::Transformers => "transformers",
            CenterCropLike::TransformersPillow => "transformers_pillow",
        }
    }

    /// The position of the source's first pixel in an output side of `crop` pixels, of a source with `side`: negative where
    /// pixels are cut off. Sides are at most 65536.
    const fn offset(self, side: u32, crop: u32) -> i32 {
        let (half, is_odd) = (side.abs_diff(crop) / 2, side.abs_diff(crop) % 2 == 1);
        let rounds_up = match self {
            CenterCropLike::Numpy | CenterCropLike::Transformers => false,
            CenterCropLike::Torchvision => side > crop && half % 2 == 1,
            CenterCropLike::TransformersPillow => side < crop,
        };
        let pixels = half + (is_odd && rounds_up) as u32;
        match side < crop {
            true => pixels as i32,
            false => -(pixels as i32),
        }
    }
}

text_by_name!(CenterCropLike, KIND, "like");

/// Crops images to a rectangle in their middle. Kind: `center_crop`, parameters `width`, `height`, `like`.
///
/// Formula: NumPy's `image[y:y + height, x:x + width]` with `x = (image_width - width) / 2` and `y = (image_height - height) / 2`,
/// rounded as the library of `like` does: see [`CenterCropLike`], which also says what becomes of an image that is too small. The
/// input is an image of 1, 3 or 4 channels, of any sample type and layout; the output has the same channels, type and layout.
///
/// ```
/// use pixelflume_ops::{CenterCrop, CenterCropLike, ImageShape, Operator};
///
/// let crop = CenterCrop::new(224, 224)?;
/// assert!(crop.plan(&[ImageShape::u8(300, 200, 3)]).is_err());
/// let crop = crop.like(CenterCropLike::Torchvision);
/// assert_eq!(crop.plan(&[ImageShape::u8(300, 200, 3)])?.output(), ImageShape::u8(224, 224, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct CenterCrop {
    width: u32,
    height: u32,
    like: CenterCropLike,
}

impl CenterCrop {
    /// A crop to the middle `width` x `height` pixels, each 1 to 65536, as a NumPy slice.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
    pub fn new(width: u32, height: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "width", width)?;
        checks::side(KIND, "height", height)?;
        let like = CenterCropLike::Numpy;
        Ok(CenterCrop {
            width,
            height,
            like,
        })
    }

    /// Sets the library whose middle is taken.
    #[must_use]
    pub const fn like(self, like: CenterCropLike) -> Self {
        CenterCrop { like, ..self }
    }

    /// Width of the output in pixels.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height of the output in pixels.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The library whose middle is taken.
    pub const fn convention(&self) -> CenterCropLike {
        self.like
    }
}

impl CenterCrop {
    /// The place of the source in the output.
    fn step(&self, inputs: &[ImageShape]) -> Result<GatherStep, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        let (width, height) = (self.width, self.height);
        let too_small = width > input.width || height > input.height;
        if too_small && self.like == CenterCropLike::Numpy {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason: format!(
                    "it is smaller than {width}x{height}; resize or pad it first, or set `like` to a library that pads"
                ),
            });
        }
        let map = GatherMap {
            left: self.like.offset(input.width, width),
            top: self.like.offset(input.height, height),
            ..GatherMap::identity(input)
        };
        Ok(GatherStep {
            map,
            output: (width, height),
        })
    }
}

impl Operator for CenterCrop {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(gather_plan(KIND, inputs, &self.step(inputs)?))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        Ok(Some(ChainStep::Gather(self.step(&[image.shape])?)))
    }
}
