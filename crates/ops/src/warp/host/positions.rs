//! The positions of the source that the pixels of a block read.

use crate::host::simd::BLOCK;
use pixelflume_kernels::args::{WarpArgs, WarpPositions};

/// The columns of a group: see the reference.
const GROUP: usize = 16;

/// A position of the source for each pixel of a block.
pub(super) struct Positions {
    pub(super) columns: [f32; BLOCK],
    pub(super) rows: [f32; BLOCK],
}

impl Positions {
    /// The positions of nearest and bilinear warps, for the pixels of row `y` from column `first` on.
    #[inline(always)]
    pub(super) fn fused(args: &WarpArgs, first: usize, y: usize) -> Self {
        let grouped = args.dst.width as usize / GROUP * GROUP;
        let [a, b, c, d, e, f, g, h, i] = args.map;
        let mut at = Positions {
            columns: fused_row(first, y, [a, b, c], grouped),
            rows: fused_row(first, y, [d, e, f], grouped),
        };
        if args.positions == WarpPositions::PERSPECTIVE {
            let divisors = fused_row(first, y, [g, h, i], grouped);
            for (lane, divisor) in divisors.into_iter().enumerate() {
                at.columns[lane] /= divisor;
                at.rows[lane] /= divisor;
            }
        }
        at
    }

    /// The positions of cubic warps: every operation rounds, and those of a perspective warp are f64. They are clamped to where
    /// others read the same of an image with a constant border, as OpenCV does with all borders.
    #[inline(always)]
    pub(super) fn plain(args: &WarpArgs, first: usize, y: usize) -> Self {
        let [a, b, c, d, e, f, g, h, i] = args.map;
        let row = y as f32;
        let (sum_x, sum_y) = (row * b + c, row * e + f);
        let (mut columns, mut rows) = ([0.0; BLOCK], [0.0; BLOCK]);
        if args.positions == WarpPositions::PERSPECTIVE {
            let sum = f64::from(row * h + i);
            for lane in 0..BLOCK {
                let x = (first + lane) as f64;
                let factor = 1.0 / (sum + f64::from(g) * x);
                columns[lane] = ((f64::from(sum_x) + f64::from(a) * x) * factor) as f32;
                rows[lane] = ((f64::from(sum_y) + f64::from(d) * x) * factor) as f32;
            }
        } else {
            for lane in 0..BLOCK {
                let x = (first + lane) as f32;
                columns[lane] = sum_x + a * x;
                rows[lane] = sum_y + d * x;
            }
        }
        let (width, height) = (
            args.src.width.max(16) as f32,
            args.src.height.max(16) as f32,
        );
        for lane in 0..BLOCK {
            // A NaN becomes the lower bound.
            columns[lane] = columns[lane].max(-width).min(2.0 * width);
            rows[lane] = rows[lane].max(-height).min(2.0 * height);
        }
        Positions { columns, rows }
    }

    /// The positions of torchvision.
    #[inline(always)]
    pub(super) fn grid(args: &WarpArgs, first: usize, y: usize) -> Self {
        let [a, b, c, d, e, f, g, h, i] = args.map;
        let fused = matches!(
            args.positions,
            WarpPositions::GRID_AFFINE_FUSED | WarpPositions::GRID_PERSPECTIVE_FUSED
        );
        let (mut columns, mut rows);
        if args.positions >= WarpPositions::GRID_PERSPECTIVE {
            let (x, y) = (first as f32 + 0.5, y as f32 + 0.5);
            columns = grid_row(x, y, [a, b, c], fused);
            rows = grid_row(x, y, [d, e, f], fused);
            let divisors = grid_row(x, y, [g, h, i], fused);
            for lane in 0..BLOCK {
                columns[lane] = columns[lane] / divisors[lane] - 1.0;
                rows[lane] = rows[lane] / divisors[lane] - 1.0;
            }
        } else {
            // Sides are at most 65536, so that halves are exact.
            let x = first as f32 - 0.5 * (args.dst.width - 1) as f32;
            let y = y as f32 - 0.5 * (args.dst.height - 1) as f32;
            columns = grid_row(x, y, [a, b, c], fused);
            rows = grid_row(x, y, [d, e, f], fused);
        }
        let half = [args.src.width, args.src.height].map(|side| 0.5 * side as f32);
        for lane in 0..BLOCK {
            columns[lane] = (columns[lane] + 1.0).mul_add(half[0], -0.5);
            rows[lane] = (rows[lane] + 1.0).mul_add(half[1], -0.5);
        }
        Positions { columns, rows }
    }
}

/// One row of the matrix at `y` for the columns from `x` on, as a product of matrices computes it.
#[inline(always)]
fn grid_row(x: f32, y: f32, [a, b, c]: [f32; 3], fused: bool) -> [f32; BLOCK] {
    let mut at = [0.0; BLOCK];
    let yb = y * b;
    for (lane, at) in at.iter_mut().enumerate() {
        let xa = (x + lane as f32) * a;
        *at = if fused { y.mul_add(b, xa) } else { xa + yb } + c;
    }
    at
}

/// One row of the matrix for the columns of row `y` from `first` on.
#[inline(always)]
fn fused_row(first: usize, y: usize, [a, b, c]: [f32; 3], grouped: usize) -> [f32; BLOCK] {
    let product = y as f32 * b;
    let sum = product + c;
    let mut at = [0.0; BLOCK];
    for (lane, at) in at.iter_mut().enumerate() {
        let x = first + lane;
        *at = if x < grouped {
            (x as f32).mul_add(a, sum)
        } else {
            (x as f32).mul_add(a, product) + c
        };
    }
    at
}

/// An integer number as an `i32`; the smallest one where it does not fit, and for NaN, as x86 converts it.
#[inline(always)]
pub(super) fn to_int(number: f32) -> i32 {
    let fits = (-2_147_483_648.0..2_147_483_648.0).contains(&number);
    if fits { number as i32 } else { i32::MIN }
}
