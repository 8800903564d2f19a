//! The operator `resize`.

mod cuda;
pub(crate) mod host;
mod plan;
pub(crate) mod reference;
pub(crate) mod spec;
mod tables;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::{side, text_by_name};
use crate::contract::stage::ResizeTables;
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::fusion::as_chain;
use crate::image::ImageShape;
use plan::ResizePlan;
use std::sync::Arc;
pub(crate) use tables::scale as bilinear_scale;

const KIND: &str = "resize";

/// The interpolation of a [`Resize`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum Interpolation {
    /// Linear along each axis, between the four nearest samples, with intermediate roundings: OpenCV's `INTER_LINEAR`.
    #[default]
    Bilinear,
    /// Nearest neighbor: every output sample is a sample of the input. OpenCV's `INTER_NEAREST`, which takes the pixel at the upper left
    /// corner of each output pixel.
    Nearest,
    /// The mean of the part of the input that an output pixel covers: OpenCV's `INTER_AREA`, for shrinking without aliasing. Where an
    /// axis grows, it is linear between pixels and constant inside them.
    Area,
    /// Four by four samples, weighted by a cubic kernel with a = -0.75, in integers.
    ///
    /// OpenCV's `INTER_CUBIC` has three formulas. On x86, the packages of PyPI call Intel's closed IPP. Without it
    /// (`OPENCV_IPP=disabled`), the samples `x * channels + c` below `8 * (width * channels / 8)` (integer division) of each row are
    /// computed in f32, and the others in integers. Here all of them are computed by this last formula. In random images, one of 3000
    /// samples that OpenCV computes in f32 differs from it by 1, and one of 40 that IPP computes.
    Cubic,
    /// Eight by eight samples, weighted by Lanczos' kernel: OpenCV's `INTER_LANCZOS4`.
    Lanczos4,
    /// Linear along each axis, exact and rounded once: OpenCV's `INTER_LINEAR_EXACT`.
    LinearExact,
    /// Nearest neighbor of the center of each output pixel: OpenCV's `INTER_NEAREST_EXACT`, and Pillow's `NEAREST`.
    NearestExact,
}

impl Interpolation {
    /// All interpolations, in the order in which error messages list them.
    pub const ALL: [Interpolation; 7] = [
        Interpolation::Bilinear,
        Interpolation::Nearest,
        Interpolation::Area,
        Interpolation::Cubic,
        Interpolation::Lanczos4,
        Interpolation::LinearExact,
        Interpolation::NearestExact,
    ];

    /// The name that pipeline files use, for example `bilinear`.
    pub const fn name(self) -> &'static str {
        match self {
            Interpolation::Bilinear => "bilinear",
            Interpolation::Nearest => "nearest",
            Interpolation::Area => "area",
            Interpolation::Cubic => "cubic",
            Interpolation::Lanczos4 => "lanczos4",
            Interpolation::LinearExact => "linear_exact",
            Interpolation::NearestExact => "nearest_exact",
        }
    }
}

text_by_name!(Interpolation, KIND, "interpolation");

/// Resizes 8-bit images to a fixed width and height. Kind: `resize`, parameters `width`, `height`, `interpolation`.
///
/// Formulas: OpenCV's `resize` for 8-bit samples. With `scale = 1 / (dst / src)` in f64, half-pixel centers are the positions
/// `(d + 0.5) * scale - 0.5`, and positions outside the image are those of its border pixels.
/// - bilinear (`INTER_LINEAR`): half-pixel centers, weights with 11 fractional bits, horizontal pass exact, vertical
///   pass (((w0 * (H0 >> 4)) >> 16) + ((w1 * (H1 >> 4)) >> 16) + 2) >> 2. Exactly half the size on both axes is the
///   mean of 2x2 samples, (a + b + c + d + 2) >> 2.
/// - nearest (`INTER_NEAREST`): sample min(floor(d * scale), src - 1), in f64.
/// - nearest_exact (`INTER_NEAREST_EXACT`): the positions are sums of src / dst in f64, from its half on.
/// - linear_exact (`INTER_LINEAR_EXACT`): half-pixel centers, weights with 8 fractional bits, (sum + 2^15) >> 16; half as bilinear.
/// - cubic and lanczos4 (`INTER_CUBIC`, `INTER_LANCZOS4`): half-pixel centers, 4 and 8 taps on each axis with 11 fractional bits,
///   clamp((sum + 2^21) >> 22, 0, 255). [`Interpolation::Cubic`] says which samples of OpenCV these are.
/// - area (`INTER_AREA`): where both axes shrink or stay, sums of sample * share in f32, along rows and then over rows; for whole factors
///   f32(sum) * f32(1 / count), for half as bilinear. Where an axis grows, the roundings of bilinear at positions floor(d * scale) with
///   the fraction (d + 1) - (index + 1) * dst / src, or 0 where this is negative.
///
/// Only area has a low-pass filter: with the others, shrinking to less than half skips samples, as in OpenCV. The input is an
/// interleaved u8 image of 1, 3 or 4 channels; the output has the same channels.
///
/// ```
/// use pixelflume_ops::{ImageShape, Interpolation, Operator, Resize};
///
/// let resize = Resize::new(320, 240)?.interpolation(Interpolation::Nearest);
/// let plan = resize.plan(&[ImageShape::u8(1920, 1080, 3)])?;
/// assert_eq!(plan.output(), ImageShape::u8(320, 240, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Resize {
    width: u32,
    height: u32,
    interpolation: Interpolation,
}

impl Resize {
    /// A bilinear resize to `width` x `height` pixels, each 1 to 65536.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
    pub fn new(width: u32, height: u32) -> Result<Self, OperatorError> {
        side(KIND, "width", width)?;
        side(KIND, "height", height)?;
        Ok(Resize {
            width,
            height,
            interpolation: Interpolation::default(),
        })
    }

    /// Sets the interpolation; bilinear by default.
    #[must_use]
    pub const fn interpolation(self, interpolation: Interpolation) -> Self {
        Resize {
            interpolation,
            ..self
        }
    }

    /// Width of the output in pixels.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height of the output in pixels.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// The interpolation that was set; bilinear by default.
    pub const fn interpolation_mode(&self) -> Interpolation {
        self.interpolation
    }

    /// The shapes of the input and of the output.
    fn shapes(&self, inputs: &[ImageShape]) -> Result<(ImageShape, ImageShape), OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let output = ImageShape::u8(self.width, self.height, input.channels);
        Ok((input, output))
    }

    /// The plan with the host executor and, on CUDA, the kernels of this operator: oracle kernels, where fused chains have faster
    /// ones.
    pub(crate) fn own_plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let (input, output) = self.shapes(inputs)?;
        let tables = ResizeTables::new(self.interpolation, &input, &output);
        Ok(Arc::new(ResizePlan::new(input, output, tables)))
    }
}

impl Operator for Resize {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(as_chain(self.own_plan(inputs)?))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        let (_, output) = self.shapes(&[image.shape])?;
        let step = ChainStep::Bilinear(output.width, output.height);
        Ok((self.interpolation == Interpolation::Bilinear).then_some(step))
    }
}
