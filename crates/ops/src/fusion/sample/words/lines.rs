//! The source rows of `sample_words.cu`: which two of them each row of the output is made of.

use crate::contract::stage::Tap;
use pixelflume_kernels::args::LineTap;

/// The weight of a row that is taken as it is.
const ONE: i32 = 2048;

/// The rows of an image as steps: step k is row `row + row_step * k` of the source, or the nearest one from `low` to `high`. Each
/// row of the output is made of a step and of the one before it.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    pub(super) taps: Vec<LineTap>,
    pub(super) row: i32,
    pub(super) row_step: i32,
    pub(super) low: i32,
    pub(super) high: i32,
}

impl Lines {
    /// The steps of the rows with these taps; `None` where the rows of a tap are no neighbors, or the taps go back and forth.
    pub(super) fn new(taps: &[Tap]) -> Option<Self> {
        let rows = || {
            taps.iter()
                .flat_map(|tap| weighted(tap).into_iter().flatten())
        };
        let (low, high) = (rows().min()?.0, rows().max()?.0);
        let ascending = weighted_row(taps.first()?)? <= weighted_row(taps.last()?)?;
        // Each row of the output is made of rows `upper` and `upper + 1`, where the image goes on beyond its first and last row.
        let mut uppers = Vec::with_capacity(taps.len());
        for tap in taps {
            let upper = match weighted(tap) {
                // Which of the rows beside a single one has no weight is free: they stay where they were.
                [Some((row, _)), None] | [None, Some((row, _))] => match uppers.last() {
                    Some(&last) => row.min((row - 1).max(last)),
                    None if ascending => row,
                    None => row - 1,
                },
                [Some((a, _)), Some((b, _))] if a == b && a == low => low - 1,
                [Some((a, _)), Some((b, _))] if a == b && a == high => high,
                [Some((a, _)), Some((b, _))] if a.abs_diff(b) == 1 => a.min(b),
                _ => return None,
            };
            uppers.push(upper);
        }
        let first = *uppers.first()?;
        let row_step = if ascending { 1 } else { -1 };
        let row = if ascending { first } else { first + 1 };
        let mut previous = 1;
        let taps = taps.iter().zip(&uppers).map(|(tap, &upper)| {
            let step = 1 + row_step * (upper - first);
            if step < previous {
                return None;
            }
            previous = step;
            // The step at which the lower row of the two is.
            let at = |lower: bool| if lower == ascending { step } else { step - 1 };
            let mut weights = [0, 0];
            for (place, (source, weight)) in weighted(tap).into_iter().flatten().enumerate() {
                // Two equal rows have a weight each, in any order.
                let doubled = tap.index0 == tap.index1 && tap.weight0 != 0 && tap.weight1 != 0;
                let lower = if doubled { place == 1 } else { source > upper };
                weights[(at(lower) & 1) as usize] = weight;
            }
            Some(line_tap(step, weights))
        });
        let taps = taps.collect::<Option<Vec<_>>>()?;
        Some(Lines {
            taps,
            row,
            row_step,
            low,
            high,
        })
    }

    /// Source rows that a block stages for these rows of the output.
    pub(super) fn staged(&self, first: usize, last: usize) -> u32 {
        // Steps grow from 1.
        (self.taps[last].step - self.taps[first].step + 2) as u32
    }
}

/// The rows of a tap that have weights, with these.
fn weighted(tap: &Tap) -> [Option<(i32, i32)>; 2] {
    let kept = |row: i32, weight: i32| (weight != 0).then_some((row, weight));
    [kept(tap.index0, tap.weight0), kept(tap.index1, tap.weight1)]
}

/// A row of a tap that has a weight.
fn weighted_row(tap: &Tap) -> Option<i32> {
    let (row, _) = weighted(tap).into_iter().flatten().next()?;
    Some(row)
}

/// The tap of a row of the output; `weights` are those of the even and of the odd step, in 1/2048.
fn line_tap(step: i32, weights: [i32; 2]) -> LineTap {
    // Exact, as `start` is: integers below 2^24, and a power of two.
    let weight = |weight: i32| weight as f32 / (512 * ONE) as f32;
    let start = (3 << 22) + 2 - (weights[0] + weights[1]) * 128;
    LineTap {
        step,
        even: weight(weights[0]),
        odd: weight(weights[1]),
        start: start as f32,
    }
}
