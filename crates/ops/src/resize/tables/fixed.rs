//! The tables of resizes with integer weights: linear with exact sums, cubic, and Lanczos over eight pixels.

use super::Axis;
use crate::contract::stage::{ResizeAxis, ResizeTables};
use std::f64::consts::PI;

/// Two taps in 1/256 on each axis.
pub(super) fn linear_exact([across, down]: [Axis; 2]) -> ResizeTables {
    ResizeTables::Fixed {
        columns: axis(across, linear_taps),
        lines: axis(down, linear_taps),
        shift: 16,
    }
}

/// Four taps in 1/2048 on each axis.
pub(super) fn cubic([across, down]: [Axis; 2]) -> ResizeTables {
    let taps = |axis, d| centered(axis, d, cubic_weights);
    ResizeTables::Fixed {
        columns: axis(across, taps),
        lines: axis(down, taps),
        shift: 22,
    }
}

/// Eight taps in 1/2048 on each axis.
pub(super) fn lanczos4([across, down]: [Axis; 2]) -> ResizeTables {
    let taps = |axis, d| centered(axis, d, lanczos_weights);
    ResizeTables::Fixed {
        columns: axis(across, taps),
        lines: axis(down, taps),
        shift: 22,
    }
}

/// The table of taps that may lie outside the source: there they are the border pixel, whose weights are added up. The sums are
/// exact, so that this changes no result.
fn axis<const N: usize>(
    axis: Axis,
    taps_at: impl Fn(Axis, u32) -> (i64, [i32; N]),
) -> ResizeAxis<i32> {
    let (length, last) = (i64::from(axis.src), axis.last());
    let taps = length.min(N as i64);
    let mut weights = vec![0; taps as usize * axis.dst as usize];
    let mut first = Vec::with_capacity(axis.dst as usize);
    for (d, weights) in (0..axis.dst).zip(weights.chunks_exact_mut(taps as usize)) {
        let (position, all) = taps_at(axis, d);
        let begin = position.clamp(0, length - taps);
        for (position, weight) in (position..).zip(all) {
            weights[(position.clamp(0, last) - begin) as usize] += weight;
        }
        first.push(begin as u32);
    }
    ResizeAxis {
        taps: taps as usize,
        first,
        weights,
    }
}

/// The first tap of output index `d` and the weights by the distance of its position from the pixel before it. Half of the taps lie
/// before or at the position.
fn centered<const N: usize>(axis: Axis, d: u32, weights: fn(f32) -> [f32; N]) -> (i64, [i32; N]) {
    let (index, fraction) = axis.center(d);
    let fixed = |weight: f32| (weight * 2048.0).round_ties_even() as i32;
    (index - N as i64 / 2 + 1, weights(fraction).map(fixed))
}

/// The weights of two pixels by the distance from the first one in f64. Outside the centers of the border pixels the border pixel
/// has all the weight.
fn linear_taps(axis: Axis, d: u32) -> (i64, [i32; 2]) {
    let position = axis.scale() * (f64::from(d) + 0.5) - 0.5;
    let index = position.floor();
    if index < 0.0 || axis.src == 1 {
        return (0, [256, 0]);
    }
    if index as i64 >= axis.last() {
        return (axis.last(), [256, 0]);
    }
    let second = ((position - index) * 256.0).round_ties_even() as i32;
    (index as i64, [256 - second, second])
}

/// The weights of the four pixels around a position that is `x` behind the second one: Keys' kernel with a = -0.75.
fn cubic_weights(x: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = ((A * (x + 1.0) - 5.0 * A) * (x + 1.0) + 8.0 * A) * (x + 1.0) - 4.0 * A;
    let (second, third) = (near(x), near(1.0 - x));
    [far, second, third, 1.0 - far - second - third]
}

/// The weights of the eight pixels around a position that is `x` behind the fourth one: a sinc in a window of a sinc of four times
/// the width, scaled to the sum 1.
fn lanczos_weights(x: f32) -> [f32; 8] {
    const Q: f64 = std::f64::consts::FRAC_1_SQRT_2;
    /// The sine of the distance, from the sine and the cosine of the largest one.
    const TURNS: [(f64, f64); 8] = [
        (1.0, 0.0),
        (-Q, -Q),
        (0.0, 1.0),
        (Q, -Q),
        (-1.0, 0.0),
        (Q, Q),
        (0.0, -1.0),
        (-Q, Q),
    ];
    let (sine, cosine) = (-f64::from(x + 3.0) * PI * 0.25).sin_cos();
    let mut weights = [0.0f32; 8];
    let mut sum = 0.0f32;
    for (i, (weight, (a, b))) in weights.iter_mut().zip(TURNS).enumerate() {
        let distance = x + 3.0 - i as f32;
        *weight = if distance.abs() >= 1e-6 {
            let angle = -f64::from(distance) * PI * 0.25;
            ((a * sine + b * cosine) / (angle * angle)) as f32
        } else {
            // So much more than the others that it is 1 after the division by the sum, and they are 0.
            1e30
        };
        sum += *weight;
    }
    let scale = 1.0 / sum;
    weights.map(|weight| weight * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All weights of an image of this length, and the largest sums of positive and of negative ones of an axis.
    fn extremes(tables: fn([Axis; 2]) -> ResizeTables, src: u32, dst: u32) -> (i64, i64) {
        let ResizeTables::Fixed { columns, shift, .. } = tables([Axis { src, dst }; 2]) else {
            panic!("weights are integers");
        };
        assert!(columns.first.is_sorted(), "{src} to {dst}");
        let mut most = (0, 0);
        for d in 0..dst as usize {
            assert!(columns.first(d) + columns.taps <= src as usize);
            let weights = columns.weights(d).iter().map(|&w| i64::from(w));
            let positive: i64 = weights.clone().filter(|&w| w > 0).sum();
            let negative: i64 = -weights.clone().filter(|&w| w < 0).sum::<i64>();
            let one = 1 << (shift / 2);
            assert!((one - 4..=one + 4).contains(&(positive - negative)));
            assert!(weights.clone().all(|w| i16::try_from(w).is_ok()));
            most = (most.0.max(positive), most.1.max(negative));
        }
        most
    }

    /// The products of an axis with the sums of the other one fit i32, whatever the samples are.
    #[test]
    fn sums_fit_32_bits() {
        for tables in [linear_exact, cubic, lanczos4] {
            for (src, dst) in [
                (1, 5),
                (2, 9),
                (3, 3),
                (7, 65_536),
                (8, 100),
                (9, 4096),
                (1000, 999),
                (65_536, 7),
            ] {
                let (positive, negative) = extremes(tables, src, dst);
                let most = 255 * (positive * positive + negative * negative) + (1 << 21);
                assert!(most <= i64::from(i32::MAX), "{src} to {dst}: {most}");
                let least = -2 * 255 * positive * negative;
                assert!(least >= i64::from(i32::MIN), "{src} to {dst}: {least}");
            }
        }
    }

    #[test]
    fn taps_outside_are_the_border_pixel() {
        let ResizeTables::Fixed { lines, .. } = cubic([Axis { src: 1, dst: 3 }; 2]) else {
            panic!("weights are integers");
        };
        assert_eq!((lines.taps, &lines.first[..]), (1, &[0, 0, 0][..]));
        assert!(lines.weights.iter().all(|w| (2047..=2049).contains(w)));
    }
}
