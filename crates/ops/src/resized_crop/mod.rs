//! The operator `resized_crop`.

mod plan;
pub(crate) mod reference;
pub(crate) mod sampling;
pub(crate) mod spec;
#[cfg(feature = "testing")]
pub(crate) mod testing;

use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::crop::CropBox;
use crate::fusion::as_chain;
use crate::image::ImageShape;
use crate::resample::{ResampleFilter, ResampleLike};
use crate::resize::Interpolation;
use plan::CroppedPlan;
pub use sampling::Sampling;
use std::sync::Arc;

const KIND: &str = "resized_crop";

/// Crops 8-bit images to a rectangle and resizes that. Kind: `resized_crop`, parameters `box`, `width`, `height`, `interpolation`,
/// `filter`, `like`.
///
/// Formula: [`Crop`](crate::Crop), then [`Resize`](crate::Resize) with the `interpolation`, or [`Resample`](crate::Resample) with
/// `filter` and `like`; pixels outside the rectangle do not count. torchvision's `resized_crop` is this with a filter and
/// [`ResampleLike::Torchvision`].
///
/// The rectangle is one for all images, or is given for each image beside the batch: the four numbers x, y, width, height (`box =
/// "input"` in a pipeline file). The input is an interleaved u8 image of 1, 3 or 4 channels that holds the whole rectangle; the
/// output has the same channels.
///
/// ```
/// use pixelflume_ops::{CropBox, ImageShape, Operator, ResampleFilter, ResampleLike, ResizedCrop};
///
/// let crop = ResizedCrop::new(CropBox::new(100, 50, 300, 200), 224, 224)?
///     .resample(ResampleFilter::Bilinear, ResampleLike::Torchvision)?;
/// assert_eq!(crop.plan(&[ImageShape::u8(640, 480, 3)])?.output(), ImageShape::u8(224, 224, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct ResizedCrop {
    /// The rectangle; `None` where it is given for each image.
    crop: Option<CropBox>,
    width: u32,
    height: u32,
    sampling: Sampling,
}

impl ResizedCrop {
    /// A crop of all images to this rectangle, resized (bilinear) to `width` x `height` pixels.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536, or the rectangle is empty or ends beyond 65536.
    pub fn new(crop: CropBox, width: u32, height: u32) -> Result<Self, OperatorError> {
        let crop = Some(crop.check(KIND, 1)?);
        Ok(ResizedCrop {
            crop,
            ..Self::given(width, height)?
        })
    }

    /// A crop of each image to a rectangle that is given for it, resized (bilinear) to `width` x `height` pixels.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
    pub fn given(width: u32, height: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "width", width)?;
        checks::side(KIND, "height", height)?;
        Ok(ResizedCrop {
            crop: None,
            width,
            height,
            sampling: Sampling::default(),
        })
    }

    /// Sets the interpolation of [`Resize`](crate::Resize) that brings the crop to its size.
    #[must_use]
    pub const fn interpolation(self, interpolation: Interpolation) -> Self {
        let sampling = Sampling::Resize(interpolation);
        ResizedCrop { sampling, ..self }
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
        self.sampled(Sampling::Resample(filter, like))
    }

    /// Sets the way in which the crop is brought to its size.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the library of a resample does not have the filter.
    pub fn sampled(self, sampling: Sampling) -> Result<Self, OperatorError> {
        sampling.check(KIND)?;
        Ok(ResizedCrop { sampling, ..self })
    }

    /// The rectangle of all images; `None` where it is given for each image.
    pub const fn crop_box(&self) -> Option<CropBox> {
        self.crop
    }

    /// Width and height of the output in pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The way in which the crop is brought to its size.
    pub const fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// The crop of all images to this rectangle, which is inside of them.
    pub(crate) const fn at(self, crop: CropBox) -> Self {
        let crop = Some(crop);
        ResizedCrop { crop, ..self }
    }

    /// The rectangle for an image.
    fn box_of(&self, image: &ImageContext<'_>) -> Result<CropBox, OperatorError> {
        match self.crop {
            Some(of_all) => Ok(of_all),
            None => CropBox::of_image(KIND, image, 1),
        }
    }

    /// The chain step of a crop to this rectangle and a resize; `None` for what is not bilinear.
    pub(crate) fn step_of(self, crop: CropBox, image: ImageShape) -> Option<ChainStep> {
        let is_bilinear = self.sampling == Sampling::Resize(Interpolation::Bilinear);
        let size = (self.width, self.height);
        is_bilinear.then_some(ChainStep::GatherBilinear(crop.step(image), size))
    }
}

impl Operator for ResizedCrop {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let crop = self.box_of(&ImageContext::first(input))?;
        crop.check_image(KIND, input)?;
        let part = ImageShape::u8(crop.width, crop.height, input.channels);
        let inner = self.sampling.plan(part, (self.width, self.height))?;
        Ok(as_chain(Arc::new(CroppedPlan { input, crop, inner })))
    }

    fn is_per_image(&self) -> bool {
        self.crop.is_none()
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        if self.crop.is_some() {
            return Ok(None);
        }
        Ok(Some(Arc::new(self.at(self.box_of(image)?))))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        let crop = self.box_of(image)?;
        crop.check_image(KIND, image.shape)?;
        Ok(self.step_of(crop, image.shape))
    }
}
