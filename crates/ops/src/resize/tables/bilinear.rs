//! The taps of bilinear resizes.

use super::Axis;
use crate::contract::stage::{ResizeTables, Tap};

/// The taps of columns and rows at these positions: for each index of the output the index of the source below it, and the
/// fraction above this index.
pub(super) fn tables(
    [across, down]: [Axis; 2],
    position: fn(Axis, u32) -> (i64, f32),
) -> ResizeTables {
    let columns = (0..across.dst).map(|d| column_tap(across, position(across, d)));
    let lines = (0..down.dst).map(|d| line_tap(down, position(down, d)));
    ResizeTables::Bilinear(columns.chain(lines).collect())
}

/// The tap of a column. Where it leaves the image, the border column has all the weight.
fn column_tap(axis: Axis, position: (i64, f32)) -> Tap {
    let last = axis.last();
    let (index, fraction) = match position {
        (index, _) if index < 0 => (0, 0.0),
        (index, _) if index >= last => (last, 0.0),
        inside => inside,
    };
    tap(index, (index + 1).min(last), fraction)
}

/// The tap of a row. Where it leaves the image, both indices are clamped and the weights are kept.
fn line_tap(axis: Axis, (index, fraction): (i64, f32)) -> Tap {
    let last = axis.last();
    tap(index.clamp(0, last), (index + 1).clamp(0, last), fraction)
}

/// The tap of two indices, which are at most [`MAX_SIDE`](crate::contract::checks::MAX_SIDE), so that they fit.
fn tap(index0: i64, index1: i64, fraction: f32) -> Tap {
    let fixed = |weight: f32| (weight * 2048.0).round_ties_even() as i32;
    Tap {
        index0: index0 as i32,
        index1: index1 as i32,
        weight0: fixed(1.0 - fraction),
        weight1: fixed(fraction),
    }
}
