//! The operator `pyr_up`.

mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::MAX_SIDE;
use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::kernels::one_each;
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::PyrUpHost;
use pixelflume_kernels::args::PyrUpArgs;
use std::sync::Arc;

const KIND: &str = "pyr_up";

/// Doubles the sides of an 8-bit image, with a blur: one step up a Gaussian pyramid. Kind: `pyr_up`, no parameters.
///
/// Formula: OpenCV's `pyrUp` with its default size. On each axis pixel 2 i is p(i - 1) + 6 p(i) + p(i + 1) and pixel 2 i + 1 is
/// 4 p(i) + 4 p(i + 1), exact in integers on both axes, and (sum + 32) >> 6. Before the first pixel lies the second one, behind the last
/// pixel that pixel itself.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels with sides of at most 32768 pixels; the output has the same channels,
/// computed separately.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, PyrUp};
///
/// let output = PyrUp::new().plan(&[ImageShape::u8(320, 240, 3)])?.output();
/// assert_eq!(output, ImageShape::u8(640, 480, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct PyrUp;

impl PyrUp {
    /// The step.
    pub const fn new() -> Self {
        PyrUp
    }
}

impl Operator for PyrUp {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        if input.width.max(input.height) > MAX_SIDE / 2 {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason: format!(
                    "a side is longer than {} pixels, so that it cannot double; cut it into tiles",
                    MAX_SIDE / 2
                ),
            });
        }
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::PYRAMID.kernels,
            entry: KIND,
            // One sample for each thread.
            grid: |args: &PyrUpArgs| {
                let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
                one_each(samples, &args.dst)
            },
            host: Arc::new(HostCode(PyrUpHost {
                level: Level::new(),
            })),
            input,
            output: ImageShape {
                width: 2 * input.width,
                height: 2 * input.height,
                ..input
            },
            elementwise: false,
            args: |src, dst| PyrUpArgs { src, dst },
            action: Some(Action::Other),
        }))
    }
}
