//! The tables of a resize: the source indices and weights of each column and row of the output. They depend on the sizes alone
//! and are computed once per plan, for both executors.

mod area;
mod bilinear;
mod fixed;

use super::Interpolation;
use crate::contract::stage::{ResizeAxis, ResizeTables};
use crate::image::ImageShape;
use bytemuck::Pod;

/// An axis of a resize.
#[derive(Copy, Clone, Debug)]
struct Axis {
    /// The length of the source, 1 to [`MAX_SIDE`](crate::contract::checks::MAX_SIDE).
    src: u32,
    /// The length of the output, 1 to [`MAX_SIDE`](crate::contract::checks::MAX_SIDE).
    dst: u32,
}

impl Axis {
    /// The length of the output in lengths of the source.
    fn inverse(self) -> f64 {
        f64::from(self.dst) / f64::from(self.src)
    }

    /// The length of the source in lengths of the output.
    fn scale(self) -> f64 {
        scale(self.src, self.dst)
    }

    /// The position of output index `d` in the source, by half-pixel centers: the index below it, which may be negative, and the
    /// fraction above this index, 0 to 1. The position is computed in f64 and rounded to f32, as in OpenCV.
    fn center(self, d: u32) -> (i64, f32) {
        let center = ((f64::from(d) + 0.5) * self.scale() - 0.5) as f32;
        let index = center.floor();
        (index as i64, center - index)
    }

    /// The last index of the source.
    fn last(self) -> i64 {
        i64::from(self.src) - 1
    }
}

/// The length of the source in lengths of the output, as OpenCV computes it: `1 / (dst / src)` differs from `src / dst` in the last
/// bit for some lengths, and then weights and indices differ as well.
pub(crate) fn scale(src: u32, dst: u32) -> f64 {
    1.0 / Axis { src, dst }.inverse()
}

impl ResizeTables {
    pub(in crate::resize) fn new(
        interpolation: Interpolation,
        input: &ImageShape,
        output: &ImageShape,
    ) -> Self {
        let axes = [(input.width, output.width), (input.height, output.height)];
        let axes = axes.map(|(src, dst)| Axis { src, dst });
        let half = axes.iter().all(|axis| axis.src == 2 * axis.dst);
        match interpolation {
            Interpolation::Bilinear | Interpolation::LinearExact if half => ResizeTables::Half,
            Interpolation::Bilinear => bilinear::tables(axes, Axis::center),
            Interpolation::Nearest => {
                let indices = axes.into_iter().flat_map(nearest);
                ResizeTables::Nearest(indices.collect())
            }
            Interpolation::NearestExact => {
                let indices = axes.into_iter().flat_map(nearest_exact);
                ResizeTables::Nearest(indices.collect())
            }
            Interpolation::Area => area::tables(axes),
            Interpolation::LinearExact => fixed::linear_exact(axes),
            Interpolation::Cubic => fixed::cubic(axes),
            Interpolation::Lanczos4 => fixed::lanczos4(axes),
        }
    }

    /// The tables as the CUDA kernels read them (`ResizeArgs::tables`): little-endian, as GPUs and their hosts are.
    pub(in crate::resize) fn bytes(&self) -> Vec<u8> {
        match self {
            ResizeTables::Bilinear(taps) => bytemuck::cast_slice(taps).to_vec(),
            ResizeTables::Nearest(indices) => bytemuck::cast_slice(indices).to_vec(),
            ResizeTables::Fixed { columns, lines, .. } => packed(columns, lines),
            ResizeTables::Float { columns, lines } => packed(columns, lines),
            ResizeTables::Half | ResizeTables::Blocks { .. } => Vec::new(),
        }
    }

    /// The numbers of the kernels' arguments: the taps of a column, the taps of a row, and the fractional bits of a sum. They are
    /// 0 for kernels that do not read them.
    pub(in crate::resize) fn numbers(&self) -> (u32, u32, u32) {
        match self {
            ResizeTables::Fixed {
                columns,
                lines,
                shift,
            } => (columns.taps as u32, lines.taps as u32, *shift),
            ResizeTables::Float { columns, lines } => (columns.taps as u32, lines.taps as u32, 0),
            ResizeTables::Blocks { columns, lines } => (*columns, *lines, 0),
            ResizeTables::Bilinear(_) | ResizeTables::Half | ResizeTables::Nearest(_) => (0, 0, 0),
        }
    }
}

/// The first positions of the columns and of the rows, then the weights of the columns, tap by tap, so that threads of
/// neighboring columns read neighboring weights, and the weights of the rows, row by row.
fn packed<W: Pod>(columns: &ResizeAxis<W>, lines: &ResizeAxis<W>) -> Vec<u8> {
    let tap = |tap: usize| columns.weights.iter().skip(tap).step_by(columns.taps);
    let by_tap: Vec<W> = (0..columns.taps).flat_map(tap).copied().collect();
    let mut bytes = bytemuck::cast_slice::<u32, u8>(&columns.first).to_vec();
    bytes.extend_from_slice(bytemuck::cast_slice(&lines.first));
    bytes.extend_from_slice(bytemuck::cast_slice(&by_tap));
    bytes.extend_from_slice(bytemuck::cast_slice(&lines.weights));
    bytes
}

/// The source indices by nearest neighbor.
fn nearest(axis: Axis) -> impl Iterator<Item = u32> {
    let scale = axis.scale();
    (0..axis.dst).map(move |d| ((f64::from(d) * scale).floor() as u32).min(axis.src - 1))
}

/// The source indices by nearest neighbor of the pixel centers. The position is a running sum, as in OpenCV and Pillow.
fn nearest_exact(axis: Axis) -> impl Iterator<Item = u32> {
    let step = f64::from(axis.src) / f64::from(axis.dst);
    let mut position = step * 0.5;
    (0..axis.dst).map(move |_| {
        let index = (position.floor() as u32).min(axis.src - 1);
        position += step;
        index
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::stage::Tap;

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
        assert_eq!(tables.numbers(), (0, 0, 0));
    }

    #[test]
    fn weights_of_columns_are_tap_by_tap_and_those_of_rows_row_by_row() {
        let tables = tables(Interpolation::LinearExact, (2, 2), (2, 3));
        let bytes = tables.bytes();
        let numbers = bytes.as_chunks::<4>().0.iter();
        let numbers: Vec<i32> = numbers.map(|&bytes| i32::from_ne_bytes(bytes)).collect();
        let columns = [256, 0, 0, 256];
        let lines = [256, 0, 128, 128, 0, 256];
        assert_eq!(numbers[..5], [0; 5]);
        assert_eq!(numbers[5..], [&columns[..], &lines[..]].concat());
        assert_eq!(tables.numbers(), (2, 2, 16));
    }
}
