//! Where the images of a call are wanted, and where they lie.

use crate::frames::axes::Axes;
use pixelflume::device::{Device, Stream};

/// What of a call its frames depend on.
#[derive(Copy, Clone)]
pub(crate) struct Place<'a> {
    /// The device that reads the frames.
    pub(crate) device: &'a Device,
    /// The stream, of that device, that orders memory of the device.
    pub(crate) stream: &'a Stream,
    /// The driver's handle of `stream` as other libraries take it; `None` on the host device.
    pub(crate) raw_stream: Option<isize>,
    /// The axes of arrays, where the caller named them.
    pub(crate) axes: Option<Axes>,
}

/// A GPU, and the stream in which a library works on it.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct GpuPlace {
    /// The number of the GPU, as the driver of this process counts.
    pub(crate) ordinal: usize,
    /// The handle of the stream (a `CUstream`; 1 is the legacy default stream, 2 that of the thread); `None` where the library
    /// does not tell.
    pub(crate) stream: Option<isize>,
}
