//! Where a resize reads, as data.

use bytemuck::{Pod, Zeroable};
use std::sync::Arc;

/// The two samples of one axis between which an output sample lies; the kernels have the same struct.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Tap {
    /// Index of the first sample, inside the image.
    pub(crate) index0: i32,
    /// Index of the second sample, inside the image.
    pub(crate) index1: i32,
    /// Weight of the first sample in 1/2048.
    pub(crate) weight0: i32,
    /// Weight of the second sample in 1/2048.
    pub(crate) weight1: i32,
}

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
