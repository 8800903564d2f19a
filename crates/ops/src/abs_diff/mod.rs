//! The operator `abs_diff`.

pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::{self, BinaryPlan};
use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::host::view::HostPair;
use crate::image::{ImageParam, ImageShape};
use fearless_simd::Level;
use host::AbsDiffHost;
use pixelflume_kernels::args::BinaryArgs;
use std::sync::Arc;

const KIND: &str = "abs_diff";

/// The absolute difference of two images, `|a - b|` of each sample. Kind: `abs_diff`.
///
/// Formula: OpenCV's `absdiff` for 8-bit samples. The inputs are two u8 images of one shape, with any channels, interleaved or
/// planar; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{AbsDiff, ImageShape, Operator};
///
/// let shape = ImageShape::u8(640, 480, 3);
/// assert_eq!(AbsDiff::new().plan(&[shape, shape])?.output(), shape);
/// assert!(AbsDiff::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct AbsDiff {
    _private: (),
}

impl AbsDiff {
    /// Makes the operator, which has no parameters.
    pub const fn new() -> Self {
        AbsDiff { _private: () }
    }
}

impl Operator for AbsDiff {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(Arc::new(BinaryPlan {
            operator: KIND,
            shape: checks::u8_elementwise::<2>(KIND, inputs)?,
            grid: binary::grid,
            host: Arc::new(HostPair(AbsDiffHost {
                level: Level::new(),
            })),
            args: |[a, b]: [ImageParam; 2], dst| BinaryArgs {
                a,
                b,
                dst,
                weight: 0,
                reserved: 0,
            },
        }))
    }
}
