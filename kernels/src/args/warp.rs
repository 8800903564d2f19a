//! The argument struct of `warp.cu`.

use super::ImageParam;
use super::layout::{Argument, Constant, Constants, Field, Kind, Layout, arguments, constants};

arguments! {
    /// Arguments of the kernels of `warp.cu`: `dst` has the channels (1, 3 or 4) and batch of `src`.
    WarpArgs in "warp" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Positions of the output to positions of the source, three numbers for each row of the matrix. An affine one has two rows,
        /// and zeros follow. Those of the `GRID` positions have the middle of an image as their origin (an affine one) and give
        /// positions from -1 to 1 inside the source.
        map: [f32; 9],
        /// One sample for each channel, for positions outside the source.
        value: [u8; 4],
        /// How positions of the source are computed: a number of `WarpPositions`.
        positions: u32,
        /// What is outside the source: a number of `WarpOutside`.
        outside: u32,
    }
}

constants! {
    /// How positions of the source are computed; `WarpArgs::positions`.
    WarpPositions in "warp" {
        /// By an affine matrix, as by OpenCV.
        AFFINE = 0,
        /// By a matrix of three rows, as by OpenCV.
        PERSPECTIVE = 1,
        /// By an affine matrix, as by torchvision, where every operation rounds.
        GRID_AFFINE = 2,
        /// The same with fused multiply-adds.
        GRID_AFFINE_FUSED = 3,
        /// By a matrix of three rows, as by torchvision, where every operation rounds.
        GRID_PERSPECTIVE = 4,
        /// The same with fused multiply-adds.
        GRID_PERSPECTIVE_FUSED = 5,
    }

    /// What the pixels outside the source are; `WarpArgs::outside`.
    WarpOutside in "warp" {
        /// `value`.
        CONSTANT = 0,
        /// The nearest pixel of the source.
        REPLICATE = 1,
        /// The source mirrored, with its border pixels repeated.
        REFLECT = 2,
        /// The source mirrored at its border pixels.
        REFLECT_101 = 3,
        /// The source repeated.
        WRAP = 4,
        /// 0, also where `value` is not, for `warp_grid` alone: `value` is not mixed into pixels at the border.
        NOTHING = 5,
    }
}
