//! Block smoothing of incomplete progressive files.
//!
//! Where scans are missing, low AC coefficients are estimated from the DC coefficients of the blocks around, so that the first scans of
//! a file do not show their blocks. Complete files have nothing to estimate.

mod precision;
#[cfg(test)]
mod tests;
mod weights;

pub(crate) use precision::Precision;

use super::idct::Block;
use precision::ESTIMATED;
use weights::{PARTLY_KNOWN, UNKNOWN, Weights};

/// The natural positions of the first ten zigzag positions.
const NATURAL: [usize; ESTIMATED] = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24];

/// The coefficients of a component of a progressive file, after its last scan.
pub(crate) struct Smoothed<'a> {
    /// All stored blocks, row by row.
    pub(crate) blocks: &'a mut [Block],
    /// The blocks of a stored row.
    pub(crate) stored_columns: usize,
    /// The columns and rows of blocks that have samples of the image.
    pub(crate) real: (usize, usize),
    /// The block rows of an MCU row: the vertical sampling factor.
    pub(crate) block_rows: usize,
    /// The divisors, in natural order.
    pub(crate) divisors: &'a [u16; 64],
    /// What the scans of the component gave.
    pub(crate) precision: &'a Precision,
}

/// Estimates coefficients of an incomplete file, in place; blocks then have coefficients up to zigzag position 9 at least. Nothing
/// changes where a component has had no scan, or the low coefficients of all components are exact.
///
/// `last_good` is the MCU row up to which the last scan has data: that of the last MCU of the file at whose beginning the data had not
/// yet ended. `scans` is the number of scan headers in the file. Returns whether the file was smoothed.
pub(crate) fn smooth(components: &mut [Smoothed<'_>], last_good: u32, scans: u32) -> bool {
    let usable = |component: &Smoothed<'_>| {
        let nonzero = |&position: &usize| component.divisors[position] != 0;
        component.precision.now()[0] >= 0 && NATURAL.iter().all(nonzero)
    };
    let inexact = |component: &Smoothed<'_>| component.precision.now()[1..] != [0; ESTIMATED - 1];
    if !components.iter().all(usable) || !components.iter().any(inexact) {
        return false;
    }
    for component in components {
        component.smooth(last_good as usize, scans);
    }
    true
}

impl Smoothed<'_> {
    fn smooth(&mut self, last_good: usize, scans: u32) {
        let dcs: Vec<i16> = self.blocks.iter().map(|block| block[0]).collect();
        let stored_rows = self.blocks.len() / self.stored_columns;
        let mcu_rows = stored_rows / self.block_rows;
        let (columns, rows) = self.real;
        for y in 0..rows {
            let mcu_row = y / self.block_rows;
            let missing = match (mcu_row <= last_good, scans) {
                (true, _) => *self.precision.now(),
                (false, 0 | 1) => [-1; ESTIMATED],
                (false, _) => *self.precision.before(),
            };
            let around = self.rows_around(y, mcu_rows);
            for x in 0..columns {
                let block = &mut self.blocks[y * self.stored_columns + x];
                let mut near = [0; 25];
                for (near, row) in near.as_chunks_mut::<5>().0.iter_mut().zip(around) {
                    let row = &dcs[row * self.stored_columns..];
                    for (i, dc) in near.iter_mut().enumerate() {
                        *dc = row[(x + i).saturating_sub(2).min(columns - 1)];
                    }
                }
                estimate(block, &near, &missing, self.divisors);
            }
        }
    }

    /// The block rows of the 5x5 blocks around those of row `y`.
    ///
    /// libjpeg-turbo counts rows as if all MCU rows had as many block rows as the one that it is in. The last MCU row may have fewer,
    /// so that rows that are there count as outside.
    fn rows_around(&self, y: usize, mcu_rows: usize) -> [usize; 5] {
        let (mcu_row, row) = (y / self.block_rows, y % self.block_rows);
        let rest = self.real.1 % self.block_rows;
        let rows = match mcu_row + 1 == mcu_rows && rest != 0 {
            true => rest,
            false => self.block_rows,
        };
        let above = (mcu_row * rows + row).min(2);
        let below = (mcu_rows * rows - 1 - (mcu_row * rows + row)).min(2);
        [y - above, y - above.min(1), y, y + below.min(1), y + below]
    }
}

/// Estimates the coefficients of a block from the DC coefficients `near` it.
fn estimate(block: &mut Block, near: &[i16; 25], missing: &[i8; ESTIMATED], divisors: &[u16; 64]) {
    let nothing_known = missing[1..] == [-1; ESTIMATED - 1];
    let weights: &[Weights] = match nothing_known {
        true => &UNKNOWN[1..],
        false => &PARTLY_KNOWN,
    };
    let product = |weights: &Weights| {
        let products = weights.iter().zip(near);
        let sum: i64 = products.map(|(&w, &dc)| i64::from(w) * i64::from(dc)).sum();
        i64::from(divisors[0]) * sum
    };
    for (k, weights) in (1..).zip(weights) {
        let position = NATURAL[k];
        if missing[k] == 0 || block[position] != 0 {
            continue;
        }
        let limit = match missing[k] {
            bits @ 1.. => (1 << bits) - 1,
            _ => i64::MAX,
        };
        block[position] = divide(product(weights), divisors[position], limit);
    }
    if nothing_known {
        block[0] = divide(product(&UNKNOWN[0]), divisors[0], i64::MAX);
    }
}

/// A 256th of `product / divisor`, rounded, and at most `limit` in magnitude.
fn divide(product: i64, divisor: u16, limit: i64) -> i16 {
    let divisor = i64::from(divisor);
    let magnitude = (((divisor << 7) + product.abs()) / (divisor << 8)).min(limit);
    (magnitude * product.signum()) as i16
}
