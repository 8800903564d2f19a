//! The numbers of a filter, checked, with the place of each.

use super::{KIND, MAX_TAPS};
use crate::contract::{OperatorError, checks};
use pixelflume_kernels::args::FilterTap;

/// The largest sum of the magnitudes of a kernel. Sums of 8-bit samples and an addend of at most a million then fit 32-bit integers,
/// to which they are rounded.
const MAX_MAGNITUDE: f64 = 8e6;

/// A kernel, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FilterKernel {
    pub(super) numbers: Box<[f64]>,
    /// As given; `None` for a square kernel.
    pub(super) given_columns: Option<u32>,
    pub(super) columns: u32,
    pub(super) rows: u32,
}

impl FilterKernel {
    pub(super) fn new(numbers: &[f64], columns: Option<u32>) -> Result<Self, OperatorError> {
        let refused = |parameter, got: String, expected: String| OperatorError::Parameter {
            operator: KIND,
            parameter,
            got,
            expected,
        };
        let count = numbers.len();
        if !(1..=MAX_TAPS as usize).contains(&count) {
            let expected = format!(
                "1 to {MAX_TAPS} numbers, row by row; the results of OpenCV for larger kernels depend on the machine"
            );
            return Err(refused("kernel", format!("{count} number(s)"), expected));
        }
        // What OpenCV filters with. Where a number is not finite, the sum is not.
        let sum: f64 = numbers.iter().map(|&n| f64::from(n as f32).abs()).sum();
        // A NaN is in no range.
        if !(0.0..=MAX_MAGNITUDE).contains(&sum) {
            let got = format!("numbers whose magnitudes sum to {}", checks::number(sum));
            let expected = format!("a sum of at most {MAX_MAGNITUDE}");
            return Err(refused("kernel", got, expected));
        }
        let count = count as u32;
        let of_rows = match columns {
            None => {
                let side = count.isqrt();
                if side * side != count {
                    let expected = format!(
                        "a number of columns, since the {count} numbers of the kernel are no square"
                    );
                    return Err(refused("columns", "default".to_owned(), expected));
                }
                side
            }
            Some(columns) if !(1..=MAX_TAPS).contains(&columns) => {
                let expected = format!("a number of columns from 1 to {MAX_TAPS}");
                return Err(refused("columns", columns.to_string(), expected));
            }
            Some(columns) if !count.is_multiple_of(columns) => {
                let expected = format!("rows of {columns} numbers each");
                return Err(refused("kernel", format!("{count} number(s)"), expected));
            }
            Some(columns) => columns,
        };
        Ok(FilterKernel {
            numbers: numbers.into(),
            given_columns: columns,
            columns: of_rows,
            rows: count / of_rows,
        })
    }

    /// The numbers that are not zero, row by row, with their places as seen from the anchor.
    pub(super) fn taps(&self, (anchor_x, anchor_y): (u32, u32)) -> Vec<FilterTap> {
        let places = (0..self.rows).flat_map(|y| (0..self.columns).map(move |x| (x, y)));
        let taps = places
            .zip(&self.numbers)
            .map(|((x, y), &number)| FilterTap {
                x: x as i32 - anchor_x as i32,
                y: y as i32 - anchor_y as i32,
                weight: number as f32,
            });
        taps.filter(|tap| tap.weight != 0.0).collect()
    }
}
