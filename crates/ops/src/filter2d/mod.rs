//! The operator `filter2d`.

mod border;
mod cuda;
pub(crate) mod host;
mod kernel;
mod output;
mod plan;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
pub use border::FilterBorder;
use kernel::FilterKernel;
pub use output::FilterOutput;
use plan::Filter2dPlan;
use std::sync::Arc;

const KIND: &str = "filter2d";

/// The most numbers of a kernel.
pub(crate) const MAX_TAPS: u32 = 129;

/// A linear filter of 8-bit images with any kernel of up to 129 numbers. Kind: `filter2d`, parameters `kernel`, `columns`, `anchor_x`,
/// `anchor_y`, `delta`, `border`, `output`.
///
/// The results equal, bit for bit, OpenCV 5.0.0's `filter2D` on an x86-64 CPU with AVX2 and FMA, and those of kernels of integers on any
/// CPU. From 130 numbers on OpenCV filters by a Fourier transform, whose results depend on the machine; such kernels are refused.
///
/// Formula: the numbers of the kernel and `delta` are rounded to f32. A result begins with `delta`; for each number that is not zero, row
/// by row, the sample below it times the number is added, in f32. In the first `n / 4 * 4` samples of a row of `n` samples (pixels times
/// channels) product and sum round once (a fused multiply-add), in the rest each by itself. The sum is rounded half to even and clamped.
/// As in OpenCV the kernel is not mirrored.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels, computed separately, with samples of type
/// [`FilterOutput::sample`].
///
/// ```
/// use pixelflume_ops::{Filter2d, FilterBorder, FilterOutput, ImageShape, Operator, SampleType};
///
/// let sharper = Filter2d::new(&[0.0, -1.0, 0.0, -1.0, 5.0, -1.0, 0.0, -1.0, 0.0])?;
/// assert_eq!((sharper.size(), sharper.anchor()), ((3, 3), (1, 1)));
///
/// let difference = Filter2d::of_columns(&[-1.0, 1.0], 2)?
///     .with_anchor(Some(0), None)?
///     .with_border(FilterBorder::Replicate)
///     .with_output(FilterOutput::Signed);
/// assert_eq!(difference.plan(&[ImageShape::u8(640, 480, 3)])?.output().sample, SampleType::I16);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Filter2d {
    kernel: Arc<FilterKernel>,
    anchor_x: Option<u32>,
    anchor_y: Option<u32>,
    delta: f64,
    border: FilterBorder,
    output: FilterOutput,
}

impl Filter2d {
    /// A filter with a square kernel of 1, 4, 9, 16, ... 121 numbers, row by row. Its middle lies on the sample, of an even side the one
    /// right of and below the middle.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for another count, and where the magnitudes of the numbers sum to more than 8 million.
    pub fn new(kernel: &[f64]) -> Result<Self, OperatorError> {
        Filter2d::of(kernel, None)
    }

    /// A filter with a kernel of `columns` numbers a row, row by row, 1 to 129 numbers in all.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for another count, for an incomplete row, and where the magnitudes of the numbers sum to more
    /// than 8 million.
    pub fn of_columns(kernel: &[f64], columns: u32) -> Result<Self, OperatorError> {
        Filter2d::of(kernel, Some(columns))
    }

    fn of(kernel: &[f64], columns: Option<u32>) -> Result<Self, OperatorError> {
        Ok(Filter2d {
            kernel: Arc::new(FilterKernel::new(kernel, columns)?),
            anchor_x: None,
            anchor_y: None,
            delta: 0.0,
            border: FilterBorder::default(),
            output: FilterOutput::default(),
        })
    }

    /// Sets the column and the row of the kernel that lie on the sample whose result is computed, counted from 0; `None` stands for
    /// the middle, half of the columns or rows, rounded down.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for a column or row that the kernel does not have.
    pub fn with_anchor(self, x: Option<u32>, y: Option<u32>) -> Result<Self, OperatorError> {
        let (columns, rows) = self.size();
        for (parameter, anchor, side) in [("anchor_x", x, columns), ("anchor_y", y, rows)] {
            if let Some(anchor) = anchor.filter(|&anchor| anchor >= side) {
                return Err(OperatorError::Parameter {
                    operator: KIND,
                    parameter,
                    got: anchor.to_string(),
                    expected: format!(
                        "0 to {}, as the kernel has {columns}x{rows} numbers",
                        side - 1
                    ),
                });
            }
        }
        Ok(Filter2d {
            anchor_x: x,
            anchor_y: y,
            ..self
        })
    }

    /// Sets the number that is added to each weighted sum, -1000000 to 1000000; 0 by default.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn with_delta(self, delta: f64) -> Result<Self, OperatorError> {
        let delta = checks::coefficient(KIND, "delta", delta)?;
        Ok(Filter2d { delta, ..self })
    }

    /// Sets the pixels outside the image; [`FilterBorder::Reflect101`] by default.
    #[must_use]
    pub fn with_border(self, border: FilterBorder) -> Self {
        Filter2d { border, ..self }
    }

    /// Sets the type of the output samples; [`FilterOutput::Clamped`] by default.
    #[must_use]
    pub fn with_output(self, output: FilterOutput) -> Self {
        Filter2d { output, ..self }
    }

    /// The numbers of the kernel, row by row.
    pub fn kernel(&self) -> &[f64] {
        &self.kernel.numbers
    }

    /// The columns and rows of the kernel.
    pub fn size(&self) -> (u32, u32) {
        (self.kernel.columns, self.kernel.rows)
    }

    /// The column and the row of the kernel that lie on the sample whose result is computed.
    pub fn anchor(&self) -> (u32, u32) {
        let (columns, rows) = self.size();
        let (x, y) = (self.anchor_x, self.anchor_y);
        (x.unwrap_or(columns / 2), y.unwrap_or(rows / 2))
    }

    /// The number that is added to each weighted sum.
    pub const fn delta(&self) -> f64 {
        self.delta
    }

    /// The pixels outside the image.
    pub const fn border(&self) -> FilterBorder {
        self.border
    }

    /// The type of the output samples.
    pub const fn output(&self) -> FilterOutput {
        self.output
    }
}

impl Operator for Filter2d {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        Ok(Arc::new(Filter2dPlan::new(input, self)))
    }
}
