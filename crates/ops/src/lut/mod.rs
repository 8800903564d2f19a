//! The operator `lut`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::point_table::{self, PointTable, table};
use std::sync::Arc;

const KIND: &str = "lut";

/// Replaces each sample by the entry of a table. Kind: `lut`, parameter `table`.
///
/// Formula: OpenCV's `LUT`: sample `p` becomes entry `p` of the table, or of the table of its channel. With one table of 256 numbers the
/// input is a u8 image with any channels, interleaved or planar; with three or four tables it is an interleaved u8 image with as many
/// channels. The output has the same shape.
///
/// ```
/// use pixelflume_ops::{ImageShape, Lut, Operator};
///
/// let halves = Lut::new(std::array::from_fn(|sample| sample as u8 / 2));
/// assert_eq!(halves.table()[255], 127.0);
/// let shape = ImageShape::u8(640, 480, 3);
/// assert_eq!(halves.plan(&[shape])?.output(), shape);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Hash)]
pub struct Lut {
    /// One table, three or four.
    tables: Arc<[PointTable]>,
}

impl Lut {
    /// The same table for all samples.
    pub fn new(table: [u8; 256]) -> Self {
        Lut {
            tables: Arc::new([table]),
        }
    }

    /// A table for all samples, of 1 to 256 numbers, or 768 or 1024 numbers: 256 for each of three or four channels, one table behind
    /// the other. Numbers are integers from 0 to 255. Samples that are not in a shorter table stay as they are.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for another count, and for other numbers.
    pub fn from_numbers(numbers: &[f64]) -> Result<Self, OperatorError> {
        let refused = |got: String, expected: &str| OperatorError::Parameter {
            operator: KIND,
            parameter: "table",
            got,
            expected: expected.to_owned(),
        };
        let count = numbers.len();
        if !matches!(count, 1..=256 | 768 | 1024) {
            return Err(refused(
                format!("{count} number(s)"),
                "1 to 256 numbers for all samples, or 768 or 1024: 256 for each of 3 or 4 channels",
            ));
        }
        let mut tables = vec![table(|sample| sample); count.div_ceil(256)];
        for (entry, &number) in tables.as_flattened_mut().iter_mut().zip(numbers) {
            // Saturates, so that other numbers are not equal to what they become.
            *entry = number as u8;
            if f64::from(*entry) != number {
                return Err(refused(checks::number(number), "integers from 0 to 255"));
            }
        }
        Ok(Lut {
            tables: tables.into(),
        })
    }

    /// The entries of all tables, one behind the other.
    pub fn table(&self) -> Vec<f64> {
        let entries = self.tables.as_flattened().iter();
        entries.copied().map(f64::from).collect()
    }
}

impl Operator for Lut {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        if let [table] = *self.tables {
            return point_table::elementwise(KIND, inputs, table);
        }
        let shape = checks::u8_input(KIND, inputs)?;
        if shape.channels as usize != self.tables.len() {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: shape,
                reason: format!(
                    "there are tables of {} channels; give one table for all, or one for each channel",
                    self.tables.len()
                ),
            });
        }
        Ok(point_table::plan(KIND, shape, Arc::clone(&self.tables)))
    }
}
