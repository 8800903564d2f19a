//! The tables of a resize, as data.

use std::sync::Arc;

pub(crate) use pixelflume_kernels::args::Tap;

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
