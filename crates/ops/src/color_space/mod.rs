//! The operator `color_space`.

mod conversion;
mod cuda;
mod host;
mod pixel;
pub(crate) mod reference;
pub(crate) mod spec;
mod tables;
#[cfg(feature = "testing")]
mod testing;

pub use conversion::ColorSpaceConversion;

use crate::contract::{Action, Binding, Code, Operator, OperatorError, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use fearless_simd::Level;
use host::ColorSpaceHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::ColorSpaceArgs;
use std::sync::Arc;

const KIND: &str = "color_space";

/// Converts 8-bit images between RGB or BGR and HSV, HLS, YCrCb, YUV, XYZ and Lab. Kind: `color_space`, parameter `conversion`.
///
/// The results equal OpenCV's `cvtColor` for all 2^24 colors: hues are 0 to 179 (of HSV also 0 to 255, of HLS also 180), the
/// differences of YCrCb, YUV and Lab have 128 added, and L is scaled to 0 to 255. Where OpenCV has two formulas and chooses one of them
/// by the column of the pixel, one of the two is used everywhere:
/// - RGB of HSV is rounded to nearest, half to even; OpenCV truncates in the columns below 32 * (width / 32), integer division;
/// - HLS of RGB is that of the columns below 8 * (width / 8); the rest of OpenCV's row differs in the last bit of sums.
///
/// The formulas are in the documentation on numerics. The input is an interleaved u8 image of 3 channels; the output has the same
/// shape.
///
/// ```
/// use pixelflume_ops::{ColorSpaceConversion, ColorSpace, ImageShape, Operator};
///
/// let hsv = ColorSpace::new(ColorSpaceConversion::RgbToHsv);
/// let image = ImageShape::u8(640, 480, 3);
/// assert_eq!(hsv.plan(&[image])?.output(), image);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct ColorSpace {
    conversion: ColorSpaceConversion,
}

impl ColorSpace {
    /// Makes the operator with this conversion.
    pub const fn new(conversion: ColorSpaceConversion) -> Self {
        ColorSpace { conversion }
    }

    /// The conversion that was chosen.
    pub const fn conversion(&self) -> ColorSpaceConversion {
        self.conversion
    }
}

impl Operator for ColorSpace {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::u8_input(KIND, inputs)?;
        if shape.channels != 3 {
            return Err(OperatorError::Channels {
                operator: KIND,
                expected: "3",
                got: shape,
                hint: "convert gray or alpha with `color` first",
            });
        }
        let conversion = self.conversion;
        Ok(Arc::new(ColorSpacePlan { conversion, shape }))
    }
}

/// The plan of a conversion.
#[derive(Debug)]
struct ColorSpacePlan {
    conversion: ColorSpaceConversion,
    /// The shape of input and output.
    shape: ImageShape,
}

impl ColorSpacePlan {
    /// The arguments; `tables` is the address of the tables on CUDA.
    fn args(&self, src: ImageParam, dst: ImageParam, tables: u64) -> ColorSpaceArgs {
        ColorSpaceArgs {
            src,
            dst,
            tables,
            conversion: self.conversion.number(),
            blue_first: u32::from(self.conversion.blue_first()),
        }
    }

    fn host_code(&self) -> Arc<dyn StripCode> {
        Arc::new(HostCode(ColorSpaceHost {
            level: Level::new(),
            conversion: self.conversion,
        }))
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input and the tables, and write the rows of the output. The
// indices of the tables are samples and sums that samples bound: see `tables_hold_every_index`.
unsafe impl Plan for ColorSpacePlan {
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn tables(&self) -> &[u8] {
        let conversion = self.conversion;
        bytemuck::cast_slice(tables::tables(conversion.space(), conversion.makes_rgb()))
    }

    fn stage(&self) -> Option<Stage> {
        let shapes = (self.shape, self.shape);
        Some(Stage {
            operator: KIND,
            input: self.shape,
            output: self.shape,
            action: Action::Other,
            host: BoundStrips::stage(self.host_code(), shapes, ImageBatch::param, |src, dst| {
                self.args(src, dst, 0)
            }),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                let module = &pixelflume_kernels::COLOR_SPACE.kernels;
                Code::Kernel(device.kernel(module, KIND)?)
            }
            DeviceKind::Host => Code::Host(self.host_code()),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.shape, self.shape);
        let args = self.args(src, binding.output.param(), binding.tables.raw());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}

#[cfg(test)]
mod tests {
    use super::conversion::Space;
    use super::tables::{FIRST, tables};

    /// The CUDA kernel does not check its indices.
    #[test]
    fn tables_hold_every_index() {
        for space in [Space::Hsv, Space::HsvFull] {
            assert_eq!(tables(space, false).len(), FIRST + 256);
        }
        for space in [Space::Lab, Space::LinearLab] {
            // The weights of a row sum to 2^12, so that a sum is at most the largest linear sample.
            let to_lab = tables(space, false);
            let most = to_lab[..FIRST].iter().max().unwrap();
            assert!((*most as usize) < to_lab.len() - FIRST);
            // Numbers are clamped to 0 to 4095.
            assert_eq!(tables(space, true).len(), FIRST + 4096);
        }
        assert!(tables(Space::Hls, true).is_empty());
    }
}
