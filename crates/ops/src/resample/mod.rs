//! The operator `resample`.

mod cuda;
mod filter;
mod forms;
pub(crate) mod host;
mod like;
pub(crate) mod reference;
mod size;
pub(crate) mod spec;
mod tables;
#[cfg(feature = "testing")]
mod testing;

pub use filter::ResampleFilter;
pub use like::ResampleLike;
pub use size::ResampleSize;

use crate::contract::stage::{AxisWeights, ResampleAxis, ResampleTables};
use crate::contract::{
    Action, Binding, ChainStep, Code, ImageContext, Operator, OperatorError, Plan, Stage, checks,
};
use crate::fusion::as_chain;
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageShape};
use cuda::CudaPasses;
use fearless_simd::Level;
use host::{FixedHost, FloatHost, HostArgs};
use pixelflume_device::{Args, Device, DeviceError, DeviceKind, Launch};
use std::sync::Arc;

const KIND: &str = "resample";

/// Resizes 8-bit images with a low-pass filter, as the preprocessing of models does: bit for bit as Pillow or torchvision. Kind:
/// `resample`, parameters `like`, `filter`, and the size in one of the forms of [`ResampleSize`].
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels. A horizontal and a vertical pass
/// compute each sample as a weighted sum over a window of source samples. When shrinking, the window grows with the factor, so that
/// no source pixel is skipped (antialiasing); [`Resize`](crate::Resize) is OpenCV's resize without it. A pass that changes nothing
/// is left out.
///
/// [`ResampleLike`] says whose arithmetic it is:
/// - Pillow: weights of 22 fractional bits; samples are rounded to 8 bits after each pass. The colors of RGBA images are multiplied
///   with alpha before the passes and divided by it behind them. [`Resample::source_box`] takes a part of the image, with edges
///   between pixels.
/// - torchvision on CPUs: weights of as many fractional bits as the largest one leaves in 16 bits; samples are rounded to 8 bits after
///   each pass. All channels are alike.
/// - torchvision on CUDA: weights and sums in single precision, rounded to 8 bits behind both passes. All channels are alike.
///
/// Formulas: the page Numerics of the book (`docs/numerics.md`).
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, Resample, ResampleFilter, ResampleLike, ResampleSize};
///
/// let size = ResampleSize::ShortestEdge { edge: 224, max_size: None };
/// let resample = Resample::new(size, ResampleFilter::Bicubic, ResampleLike::Torchvision)?;
/// let plan = resample.plan(&[ImageShape::u8(1920, 1080, 3)])?;
/// assert_eq!(plan.output(), ImageShape::u8(398, 224, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Resample {
    size: ResampleSize,
    round_up_to: u32,
    filter: ResampleFilter,
    like: ResampleLike,
    source_box: Option<[f64; 4]>,
}

impl Resample {
    /// A resample of whole images to this size.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a number of the size is outside its range, or the library does not have the filter.
    pub fn new(
        size: ResampleSize,
        filter: ResampleFilter,
        like: ResampleLike,
    ) -> Result<Self, OperatorError> {
        size.check()?;
        like.check_filter(KIND, filter)?;
        Ok(Resample {
            size,
            round_up_to: 1,
            filter,
            like,
            source_box: None,
        })
    }

    /// Rounds both edges of the output up to a multiple of `pixels`, 1 to 65536, as Mask2Former does with 32.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when `pixels` is not in its range, or not 1 with a [`source_box`](Self::source_box).
    pub fn round_up_to(self, pixels: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "round_up_to", pixels)?;
        if pixels != 1 && self.source_box.is_some() {
            return Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "round_up_to",
                got: pixels.to_string(),
                expected: "1, since a part of the image needs the size as width and height"
                    .to_owned(),
            });
        }
        Ok(Resample {
            round_up_to: pixels,
            ..self
        })
    }

    /// Sets the part of the input that is resampled: left, top, right and bottom edge in pixels, each 0 to 65536, which may lie
    /// between pixels. It is Pillow's `box`, for a size of width and height. Pixels around it count where the filter reaches over its
    /// edges.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when an edge is not a number from 0 to 65536, the box is empty in single precision, the library is
    /// not Pillow, the size is not [`ResampleSize::Exact`], or the size is rounded up. Whether the box lies inside the input is for
    /// [`Operator::plan`] to say.
    pub fn source_box(self, source_box: [f64; 4]) -> Result<Self, OperatorError> {
        let refuse = |expected: &str| {
            Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "box",
                got: format!("{source_box:?}"),
                expected: expected.to_owned(),
            })
        };
        let [left, top, right, bottom] = source_box.map(|edge| edge as f32);
        let limit = checks::MAX_SIDE as f32;
        if !source_box.iter().all(|edge| *edge >= 0.0) || right > limit || bottom > limit {
            return refuse("numbers of pixels from 0 to 65536: left, top, right, bottom");
        }
        if left >= right || top >= bottom {
            return refuse("left less than right, and top less than bottom");
        }
        if !self.like.is_pillow() {
            return refuse(
                "only like = \"pillow12\" and \"pillow13\" take a part of the image; crop it first",
            );
        }
        if !matches!(self.size, ResampleSize::Exact { .. }) || self.round_up_to != 1 {
            return refuse("a part of the image needs the size as width and height");
        }
        Ok(Resample {
            source_box: Some(source_box),
            ..self
        })
    }

    /// The rule for the size of the output.
    pub const fn size(&self) -> ResampleSize {
        self.size
    }

    /// The number of which both edges of the output are multiples; 1 by default.
    pub const fn multiple_of_edges(&self) -> u32 {
        self.round_up_to
    }

    /// The filter.
    pub const fn filter(&self) -> ResampleFilter {
        self.filter
    }

    /// The library whose samples the output equals.
    pub const fn convention(&self) -> ResampleLike {
        self.like
    }

    /// The part of the input that is resampled: left, top, right and bottom edge in pixels; `None` for all of it.
    pub const fn part(&self) -> Option<[f64; 4]> {
        self.source_box
    }

    /// Width and height of the output for an input of `width` x `height` pixels.
    ///
    /// # Errors
    /// [`OperatorError::Shape`] where a side of the input or of the output is not 1 to 65536, or the rule refuses the proportions of
    /// the input.
    pub fn target(&self, width: u32, height: u32) -> Result<(u32, u32), OperatorError> {
        let input = ImageShape::u8(width, height, 1);
        checks::possible_sides(KIND, input)?;
        self.size.target(input, self.round_up_to)
    }

    /// The shapes of the input and the output.
    fn shapes(&self, inputs: &[ImageShape]) -> Result<(ImageShape, ImageShape), OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let (width, height) = self.size.target(input, self.round_up_to)?;
        if let Some([.., right, bottom]) = self.source_box
            && (right as f32 > input.width as f32 || bottom as f32 > input.height as f32)
        {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason: format!("the box ends at {right}, {bottom}, outside of it"),
            });
        }
        Ok((input, ImageShape::u8(width, height, input.channels)))
    }

    /// The plan with the host executor.
    pub(crate) fn own_plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let (input, output) = self.shapes(inputs)?;
        let tables = ResampleTables::new(self.like, self.filter, self.source_box, &input, &output);
        Ok(Arc::new(ResamplePlan {
            input,
            output,
            cuda: CudaPasses::new(&tables, input, output),
            tables: Arc::new(tables),
        }))
    }
}

impl Operator for Resample {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(as_chain(self.own_plan(inputs)?))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        let (input, output) = self.shapes(&[image.shape])?;
        let step = tables::step(self.like, self.filter, self.source_box, &input, &output);
        Ok(step.map(ChainStep::Resample))
    }
}

#[derive(Debug)]
struct ResamplePlan {
    input: ImageShape,
    output: ImageShape,
    tables: Arc<ResampleTables>,
    cuda: CudaPasses,
}

impl ResamplePlan {
    fn host_code(&self) -> Arc<dyn StripCode> {
        let tables = || Arc::clone(&self.tables);
        let size = |shape: ImageShape| (shape.width as usize, shape.height as usize);
        let (channels, from, to) = (
            self.input.channels as usize,
            size(self.input),
            size(self.output),
        );
        let level = Level::new();
        match self.is_float() {
            true => {
                let host = FloatHost::new(level, tables(), channels, from, to);
                Arc::new(HostCode(host))
            }
            false => {
                let host = FixedHost::new(level, tables(), channels, from, to);
                Arc::new(HostCode(host))
            }
        }
    }

    /// Whether the passes are in single precision.
    fn is_float(&self) -> bool {
        let axes = [&self.tables.columns, &self.tables.lines];
        let is_float = |axis: &ResampleAxis| matches!(axis.weights, AxisWeights::Float(_));
        axes.into_iter().flatten().any(is_float)
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executor reads the rows of the input and the tables in the plan, and writes the rows of
// the output.
unsafe impl Plan for ResamplePlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn tables(&self) -> &[u8] {
        self.cuda.tables()
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        match device.kind() {
            DeviceKind::Cuda => self.cuda.workspace_bytes(batch),
            DeviceKind::Host => 0,
        }
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: KIND,
            input: self.input,
            output: self.output,
            action: Action::Resample(Arc::clone(&self.tables)),
            host: BoundStrips::stage(
                self.host_code(),
                (self.input, self.output),
                ImageBatch::param,
                |src, dst| HostArgs { src, dst },
            ),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        match device.kind() {
            DeviceKind::Cuda => self.cuda.code(device),
            DeviceKind::Host => Ok(vec![Code::Host(self.host_code())]),
        }
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.input, self.output);
        let dst = binding.output.param();
        match code {
            [Code::Host(kernel)] => {
                let args = Args::of(&HostArgs { src, dst });
                launches.push(Launch::host(Arc::clone(kernel), args));
            }
            _ => self.cuda.bind(code, (src, dst), binding, launches),
        }
    }
}
