//! The tables of a resize: the source indices and weights of each column and row of the output. They depend on the sizes alone
//! and are computed once per plan, for both executors.

use super::Interpolation;
use crate::contract::stage::{ResizeTables, Tap};
use crate::image::ImageShape;

impl ResizeTables {
    pub(super) fn new(
        interpolation: Interpolation,
        input: &ImageShape,
        output: &ImageShape,
    ) -> Self {
        let axes = [(input.width, output.width), (input.height, output.height)];
        match interpolation {
            Interpolation::Bilinear if axes.iter().all(|&(src, dst)| src == 2 * dst) => {
                ResizeTables::Half
            }
            Interpolation::Bilinear => {
                let [(width, columns), (height, lines)] = axes;
                let columns = (0..columns).map(|d| column_tap(d, width, columns));
                let lines = (0..lines).map(|d| line_tap(d, height, lines));
                ResizeTables::Bilinear(columns.chain(lines).collect())
            }
            Interpolation::Nearest => {
                let axis = |(src, dst)| (0..dst).map(move |d| nearest(d, src, dst));
                ResizeTables::Nearest(axes.into_iter().flat_map(axis).collect())
            }
        }
    }

    /// The tables as the CUDA kernel reads them: little-endian, as GPUs and their hosts are.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            ResizeTables::Bilinear(taps) => bytemuck::cast_slice(taps),
            ResizeTables::Half => &[],
            ResizeTables::Nearest(indices) => bytemuck::cast_slice(indices),
        }
    }

    /// The number of the mode in the argument struct.
    pub(super) fn mode(&self) -> u32 {
        match self {
            ResizeTables::Bilinear(_) => 0,
            ResizeTables::Half => 1,
            ResizeTables::Nearest(_) => 2,
        }
    }
}

/// The position of output index `d` in the source, by half-pixel centers: the index below it, which may be -1, and the fraction
/// above this index, 0 to 1. The position is computed in f64 and rounded to f32, as in OpenCV.
fn center(d: u32, src: u32, dst: u32) -> (i64, f32) {
    let scale = f64::from(src) / f64::from(dst);
    let center = ((f64::from(d) + 0.5) * scale - 0.5) as f32;
    let index = center.floor();
    (index as i64, center - index)
}

/// The tap of a column. Where it leaves the image, the border column has all the weight.
fn column_tap(d: u32, src: u32, dst: u32) -> Tap {
    let last = i64::from(src) - 1;
    let (index, fraction) = match center(d, src, dst) {
        (index, _) if index < 0 => (0, 0.0),
        (index, _) if index >= last => (last, 0.0),
        inside => inside,
    };
    tap(index, (index + 1).min(last), fraction)
}

/// The tap of a row. Where it leaves the image, both indices are clamped and the weights are kept.
fn line_tap(d: u32, src: u32, dst: u32) -> Tap {
    let last = i64::from(src) - 1;
    let (index, fraction) = center(d, src, dst);
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

/// The source index of output index `d` by nearest neighbor. `1 / (dst / src)` differs from `src / dst` in the last bit for some
/// sizes, and then the index differs as well.
fn nearest(d: u32, src: u32, dst: u32) -> u32 {
    let inverse = 1.0 / (f64::from(dst) / f64::from(src));
    ((f64::from(d) * inverse).floor() as u32).min(src - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(interpolation: Interpolation, src: (u32, u32), dst: (u32, u32)) -> ResizeTables {
        ResizeTables::new(
            interpolation,
            &ImageShape::u8(src.0, src.1, 1),
            &ImageShape::u8(dst.0, dst.1, 1),
        )
    }

    #[test]
    fn taps_stay_inside_and_their_weights_sum_to_one() {
        for (src, dst) in [
            (1, 1),
            (1, 7),
            (7, 1),
            (2, 3),
            (1920, 1280),
            (333, 1000),
            (65_536, 3),
            (5, 65_536),
        ] {
            let ResizeTables::Bilinear(taps) =
                tables(Interpolation::Bilinear, (src, src), (dst, dst))
            else {
                panic!("{src} to {dst} is not half");
            };
            assert_eq!(taps.len(), 2 * dst as usize);
            for (d, tap) in taps.iter().enumerate() {
                let indices = 0 <= tap.index0 && tap.index0 <= tap.index1;
                assert!(
                    indices && tap.index1 < src as i32,
                    "{src} to {dst}, {d}: {tap:?}"
                );
                let weights = [tap.weight0, tap.weight1];
                assert!(weights.iter().all(|w| (0..=2048).contains(w)), "{tap:?}");
                assert!((2047..=2049).contains(&weights.iter().sum()), "{tap:?}");
            }
        }
    }

    #[test]
    fn the_axes_differ_at_the_border() {
        let ResizeTables::Bilinear(taps) = tables(Interpolation::Bilinear, (2, 2), (4, 4)) else {
            panic!("not half");
        };
        let tap = |index0, index1, weight0, weight1| Tap {
            index0,
            index1,
            weight0,
            weight1,
        };
        assert_eq!(taps[0], tap(0, 1, 2048, 0));
        assert_eq!(taps[3], tap(1, 1, 2048, 0));
        assert_eq!(taps[4], tap(0, 0, 512, 1536));
        assert_eq!(taps[7], tap(1, 1, 1536, 512));
    }

    #[test]
    fn only_exactly_half_on_both_axes_is_half() {
        for (src, dst, half) in [
            ((8, 6), (4, 3), true),
            ((2, 2), (1, 1), true),
            ((8, 6), (4, 6), false),
            ((9, 6), (4, 3), false),
        ] {
            let found = matches!(
                tables(Interpolation::Bilinear, src, dst),
                ResizeTables::Half
            );
            assert_eq!(found, half, "{src:?} to {dst:?}");
        }
        assert!(!matches!(
            tables(Interpolation::Nearest, (8, 6), (4, 3)),
            ResizeTables::Half
        ));
    }

    #[test]
    fn bytes_are_little_endian_columns_before_rows() {
        let tables = tables(Interpolation::Nearest, (6, 2), (3, 1));
        assert_eq!(
            tables.bytes(),
            [0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]
        );
        assert_eq!(tables.mode(), 2);
    }
}
