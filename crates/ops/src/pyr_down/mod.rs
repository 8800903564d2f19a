//! The operator `pyr_down`.

mod border;
mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::kernels::one_each;
use crate::unary::UnaryPlan;
pub use border::PyrDownBorder;
use fearless_simd::Level;
use host::PyrDownHost;
use pixelflume_kernels::args::PyrDownArgs;
use std::sync::Arc;

const KIND: &str = "pyr_down";

/// Blurs an 8-bit image and takes every second pixel of every second row: one step down a Gaussian pyramid. Kind: `pyr_down`, parameter
/// `border`.
///
/// Formula: OpenCV's `pyrDown` with its default size. An image of width x height pixels becomes one of (width + 1) / 2 x (height + 1) / 2,
/// rounded down. Pixel (x, y) is the sum of the 5x5 pixels around pixel (2 x, 2 y) with the weights [1 4 6 4 1] on both axes, exact in
/// integers, and (sum + 128) >> 8.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels, computed separately.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, PyrDown};
///
/// let output = PyrDown::default().plan(&[ImageShape::u8(641, 480, 3)])?.output();
/// assert_eq!(output, ImageShape::u8(321, 240, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct PyrDown {
    border: PyrDownBorder,
}

impl PyrDown {
    /// The step with these pixels outside the image.
    pub const fn new(border: PyrDownBorder) -> Self {
        PyrDown { border }
    }

    /// The pixels outside the image.
    pub const fn border(&self) -> PyrDownBorder {
        self.border
    }
}

impl Operator for PyrDown {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let outside = self.border.outside();
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::PYRAMID.kernels,
            entry: KIND,
            // One sample for each thread.
            grid: |args: &PyrDownArgs| {
                let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
                one_each(samples, &args.dst)
            },
            host: Arc::new(HostCode(PyrDownHost {
                level: Level::new(),
            })),
            input,
            output: ImageShape {
                width: input.width.div_ceil(2),
                height: input.height.div_ceil(2),
                ..input
            },
            elementwise: false,
            args: move |src, dst| PyrDownArgs {
                src,
                dst,
                outside,
                reserved: 0,
            },
            action: Some(Action::Other),
        }))
    }
}
