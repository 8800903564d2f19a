//! The operator `resize`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
mod tables;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::{side, text_by_name};
use crate::contract::stage::ResizeTables;
use crate::contract::{Action, Binding, Code, Operator, OperatorError, Plan, Stage, checks};
use crate::fusion::as_chain;
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use fearless_simd::Level;
use host::{BilinearHost, HalfHost, NearestHost};
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::ResizeArgs;
use std::sync::Arc;

const KIND: &str = "resize";

/// The interpolation of a [`Resize`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum Interpolation {
    /// Linear along each axis, between the four nearest samples.
    #[default]
    Bilinear,
    /// Nearest neighbor: every output sample is a sample of the input.
    Nearest,
}

impl Interpolation {
    /// All interpolations, in the order in which error messages list them.
    pub const ALL: [Interpolation; 2] = [Interpolation::Bilinear, Interpolation::Nearest];

    /// The name that pipeline files use, for example `bilinear`.
    pub const fn name(self) -> &'static str {
        match self {
            Interpolation::Bilinear => "bilinear",
            Interpolation::Nearest => "nearest",
        }
    }
}

text_by_name!(Interpolation, KIND, "interpolation");

/// Resizes 8-bit images to a fixed width and height. Kind: `resize`, parameters `width`, `height`, `interpolation`.
///
/// Formulas: OpenCV's `resize` for 8-bit samples.
/// - bilinear (`INTER_LINEAR`): half-pixel centers, weights with 11 fractional bits, horizontal pass exact, vertical
///   pass (((w0 * (H0 >> 4)) >> 16) + ((w1 * (H1 >> 4)) >> 16) + 2) >> 2. Exactly half the size on both axes is the
///   mean of 2x2 samples, (a + b + c + d + 2) >> 2.
/// - nearest (`INTER_NEAREST`): sample min(floor(d * (1 / (dst / src))), src - 1), in f64.
///
/// There is no low-pass filter: shrinking to less than half skips samples, as in OpenCV; blur first where aliasing matters. The
/// input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels.
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

    /// The plan with the host executor and, on CUDA, the oracle kernels.
    pub(crate) fn own_plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let output = ImageShape::u8(self.width, self.height, input.channels);
        Ok(Arc::new(ResizePlan {
            input,
            output,
            tables: Arc::new(ResizeTables::new(self.interpolation, &input, &output)),
        }))
    }
}

impl Operator for Resize {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(as_chain(self.own_plan(inputs)?))
    }
}

#[derive(Debug)]
struct ResizePlan {
    input: ImageShape,
    output: ImageShape,
    tables: Arc<ResizeTables>,
}

impl ResizePlan {
    fn args(&self, src: ImageParam, dst: ImageParam, tables: u64) -> ResizeArgs {
        ResizeArgs {
            src,
            dst,
            tables,
            mode: self.tables.mode(),
            reserved: 0,
        }
    }

    fn host_code(&self, level: Level) -> Arc<dyn StripCode> {
        match &*self.tables {
            ResizeTables::Bilinear(taps) => {
                let (columns, lines) = taps.split_at(self.output.width as usize);
                let (width, channels) = (self.input.width as usize, self.input.channels as usize);
                Arc::new(HostCode(BilinearHost::new(
                    level, width, channels, columns, lines,
                )))
            }
            ResizeTables::Half => Arc::new(HostCode(HalfHost { level })),
            ResizeTables::Nearest(indices) => Arc::new(HostCode(NearestHost {
                level,
                indices: indices.clone(),
            })),
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input and the tables of the plan, and write the rows of
// the output.
unsafe impl Plan for ResizePlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn tables(&self) -> &[u8] {
        self.tables.bytes()
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: KIND,
            input: self.input,
            output: self.output,
            action: Action::Resize(Arc::clone(&self.tables)),
            host: BoundStrips::stage(
                self.host_code(Level::new()),
                (self.input, self.output),
                ImageBatch::param,
                |src, dst| self.args(src, dst, 0),
            ),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let entry = match *self.tables {
            ResizeTables::Bilinear(_) => "resize_bilinear",
            ResizeTables::Half => "resize_half",
            ResizeTables::Nearest(_) => "resize_nearest",
        };
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::oracle::RESIZE.kernels, entry)?)
            }
            DeviceKind::Host => Code::Host(self.host_code(Level::new())),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.input, self.output);
        let args = self.args(src, binding.output.param(), binding.tables.raw());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
