//! The operator `transpose`.

mod cuda;
mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::text_by_name;
use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::gather::Bits;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageShape, Layout};
use crate::unary::UnaryPlan;
use host::TransposeHost;
use pixelflume_kernels::args::TransposeArgs;
use std::sync::Arc;

const KIND: &str = "transpose";

/// How a [`Transpose`] makes rows of columns.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum TransposeMethod {
    /// Mirrored at the diagonal from the top left (OpenCV's `transpose`).
    #[default]
    Transpose,
    /// Mirrored at the diagonal from the top right.
    Transverse,
    /// Turned by 90 degrees clockwise (`ROTATE_90_CLOCKWISE`).
    Clockwise,
    /// Turned by 90 degrees counterclockwise (`ROTATE_90_COUNTERCLOCKWISE`).
    Counterclockwise,
}

impl TransposeMethod {
    /// All methods, in the order in which error messages list them.
    pub const ALL: [TransposeMethod; 4] = [
        TransposeMethod::Transpose,
        TransposeMethod::Transverse,
        TransposeMethod::Clockwise,
        TransposeMethod::Counterclockwise,
    ];

    /// The name that pipeline files use, for example `clockwise`.
    pub const fn name(self) -> &'static str {
        match self {
            TransposeMethod::Transpose => "transpose",
            TransposeMethod::Transverse => "transverse",
            TransposeMethod::Clockwise => "clockwise",
            TransposeMethod::Counterclockwise => "counterclockwise",
        }
    }

    /// Whether the source is mirrored along x before rows become columns, and whether it is along y: bits 0 and 1.
    const fn flips(self) -> u32 {
        match self {
            TransposeMethod::Transpose => 0,
            TransposeMethod::Counterclockwise => 1,
            TransposeMethod::Clockwise => 2,
            TransposeMethod::Transverse => 3,
        }
    }
}

text_by_name!(TransposeMethod, KIND, "method");

/// Makes rows of the columns of images: mirrors them at a diagonal, or turns them by 90 degrees. Kind: `transpose`, parameter
/// `method`. A half turn is [`Flip`](crate::Flip) with both axes.
///
/// Formula: sample (x, y) of the output is sample (y, x) of the source (`transpose`), (w - 1 - y, h - 1 - x) (`transverse`), (y, h - 1 - x)
/// (`clockwise`) or (w - 1 - y, x) (`counterclockwise`), as in OpenCV's `transpose` and `rotate`, for a source of w x h pixels. The input
/// is an image of 1, 3 or 4 channels, of any sample type and layout; the output has h x w pixels of the same type and layout.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, Transpose, TransposeMethod};
///
/// let turn = Transpose::new(TransposeMethod::Clockwise);
/// assert_eq!(turn.plan(&[ImageShape::u8(640, 480, 3)])?.output(), ImageShape::u8(480, 640, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Transpose {
    method: TransposeMethod,
}

impl Transpose {
    /// A transposition by this method.
    pub const fn new(method: TransposeMethod) -> Self {
        Transpose { method }
    }

    /// How rows are made of columns.
    pub const fn method(&self) -> TransposeMethod {
        self.method
    }
}

impl Operator for Transpose {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        let (entry, host) = match input.sample.bytes() {
            1 => ("transpose_1", host_code::<u8>()),
            2 => ("transpose_2", host_code::<u16>()),
            _ => ("transpose_4", host_code::<u32>()),
        };
        // Planar images are rows of samples, one plane after the other.
        let planar = input.layout == Layout::Planar;
        let planes = if planar { input.channels } else { 1 };
        let flip = self.method.flips();
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::TRANSPOSE.kernels,
            entry,
            grid: cuda::grid,
            host,
            input,
            output: ImageShape {
                width: input.height,
                height: input.width,
                ..input
            },
            elementwise: planar,
            args: move |src, dst| TransposeArgs {
                src,
                dst,
                flip,
                planes,
            },
            // Each strip reads a column of the whole source, so that a chain would not stay in the cache.
            action: None,
        }))
    }
}

fn host_code<T: Bits>() -> Arc<dyn StripCode> {
    Arc::new(HostCode(TransposeHost::<T>::new()))
}
