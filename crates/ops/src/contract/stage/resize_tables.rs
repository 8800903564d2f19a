//! The tables of a resize, as data.

use bytemuck::{Pod, Zeroable};
use std::sync::Arc;

/// The tap of an output column or row: two indices of the source with their weights. `Tap` in the CUDA sources has the same
/// fields.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Tap {
    /// Index of the first column or row, inside the image.
    pub(crate) index0: i32,
    /// Index of the second column or row, inside the image.
    pub(crate) index1: i32,
    /// Weight of the first index in 1/2048.
    pub(crate) weight0: i32,
    /// Weight of the second index in 1/2048.
    pub(crate) weight1: i32,
}

/// The source positions of all columns and rows of the output.
#[derive(Debug)]
pub(crate) enum ResizeTables {
    /// Bilinear: the taps of the columns, then the taps of the rows.
    Bilinear(Vec<Tap>),
    /// Bilinear to exactly half the width and height: each pixel is the mean of 2x2 pixels, without a table.
    Half,
    /// Nearest neighbor: the source column of each column, then the source row of each row.
    Nearest(Arc<[u32]>),
}
