//! The tables of area resizes: each pixel of the output is the mean of the part of the source that it covers.

use super::{Axis, bilinear};
use crate::contract::stage::{ResizeAxis, ResizeTables};

/// The tables, which have another form where both axes shrink by whole factors, where both shrink by others, and where one of
/// them grows.
pub(super) fn tables(axes: [Axis; 2]) -> ResizeTables {
    if axes.iter().any(|axis| axis.scale() < 1.0) {
        return bilinear::tables(axes, enlarged);
    }
    match axes.map(whole_factor) {
        [Some(2), Some(2)] => ResizeTables::Half,
        [Some(columns), Some(lines)] => ResizeTables::Blocks { columns, lines },
        _ => {
            let [across, down] = axes;
            ResizeTables::Float {
                // Executors read the pixels of a row in groups of four.
                columns: shares(across, 4),
                lines: shares(down, 1),
            }
        }
    }
}

/// The number of source pixels of an output pixel, where OpenCV takes it for a whole number: for some multiples the quotient
/// of two f64 is none.
fn whole_factor(axis: Axis) -> Option<u32> {
    let factor = axis.scale().round_ties_even();
    ((axis.scale() - factor).abs() < f64::EPSILON).then_some(factor as u32)
}

/// The position of output index `d` where an axis grows, which may be the other one. Output pixels that lie inside one pixel of the
/// source have the fraction 0.
fn enlarged(axis: Axis, d: u32) -> (i64, f32) {
    let index = (f64::from(d) * axis.scale()).floor();
    let fraction = (f64::from(d + 1) - (index + 1.0) * axis.inverse()) as f32;
    let fraction = match fraction <= 0.0 {
        true => 0.0,
        false => fraction - fraction.floor(),
    };
    (index as i64, fraction)
}

/// The source pixels that each output pixel covers, with their shares in it. The number of taps is a multiple of `group` where the
/// source is long enough.
fn shares(axis: Axis, group: usize) -> ResizeAxis<f32> {
    let shares: Vec<_> = (0..axis.dst).map(|d| share(axis, d)).collect();
    let length = axis.src as usize;
    let most = shares.iter().map(|(_, shares)| shares.len()).max();
    let taps = most.unwrap_or(1).next_multiple_of(group).min(length);
    let mut weights = vec![0.0; taps * shares.len()];
    let mut first = Vec::with_capacity(shares.len());
    for ((start, shares), weights) in shares.iter().zip(weights.chunks_exact_mut(taps)) {
        let begin = (*start).min(length - taps);
        weights[start - begin..][..shares.len()].copy_from_slice(shares);
        first.push(begin as u32);
    }
    ResizeAxis {
        taps,
        first,
        weights,
    }
}

/// The first source pixel that output pixel `d` covers, and the shares of this one and the following ones. Shares below a
/// thousandth of a pixel are left out.
fn share(axis: Axis, d: u32) -> (usize, Vec<f32>) {
    let (scale, last) = (axis.scale(), axis.last());
    let begin = f64::from(d) * scale;
    let end = begin + scale;
    let covered = scale.min(f64::from(axis.src) - begin);
    // The pixels from `inner` to `rest` are covered as a whole, `rest` in part.
    let rest = (end.floor() as i64).min(last);
    let inner = (begin.ceil() as i64).min(rest);
    let mut shares = Vec::new();
    let mut start = inner;
    if inner as f64 - begin > 1e-3 {
        start -= 1;
        shares.push(((inner as f64 - begin) / covered) as f32);
    }
    shares.extend((inner..rest).map(|_| (1.0 / covered) as f32));
    if end - rest as f64 > 1e-3 {
        let part = (end - rest as f64).min(1.0).min(covered);
        shares.push((part / covered) as f32);
    }
    (start as usize, shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [(u32, u32); 9] = [
        (1, 1),
        (7, 7),
        (7, 6),
        (1920, 224),
        (49, 1),
        (333, 100),
        (65_536, 3),
        (65_536, 65_535),
        (5, 4),
    ];

    #[test]
    fn shares_lie_inside_and_sum_to_one() {
        for (src, dst) in SIZES {
            for group in [1, 4] {
                let axis = shares(Axis { src, dst }, group);
                assert!(axis.first.is_sorted(), "{src} to {dst}");
                assert!(
                    axis.taps.is_multiple_of(group) || axis.taps == src as usize,
                    "{src} to {dst}: {} taps",
                    axis.taps
                );
                for d in 0..dst as usize {
                    assert!(
                        axis.first(d) + axis.taps <= src as usize,
                        "{src} to {dst}, {d}"
                    );
                    let sum: f64 = axis.weights(d).iter().map(|&w| f64::from(w)).sum();
                    // What is left out is at most two thousandths of a pixel.
                    assert!((sum - 1.0).abs() < 3e-3, "{src} to {dst}, {d}: {sum}");
                }
            }
        }
    }

    /// 1 / (1 / 49) is 49 and a bit in f64, and OpenCV then takes the general formula.
    #[test]
    fn whole_factors_are_those_of_the_quotient() {
        let factor = |src, dst| whole_factor(Axis { src, dst });
        assert_eq!(factor(12, 4), Some(3));
        assert_eq!(factor(12, 5), None);
        assert_eq!(factor(9, 9), Some(1));
        assert_eq!(factor(49, 1), None);
    }
}
