//! Where a resize reads, as data.

use std::sync::Arc;

pub(crate) use pixelflume_kernels::args::Tap;

/// How each output sample is found.
#[derive(Debug)]
pub(crate) enum ResizeTables {
    /// The taps of the columns, then those of the rows.
    Bilinear(Vec<Tap>),
    /// Exactly half the size on both axes needs none.
    Half,
    /// The source columns, then the source rows.
    Nearest(Arc<[u32]>),
}
