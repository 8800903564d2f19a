//! Arrays behind Python's buffer protocol: NumPy arrays, `memoryview`, `array.array`, and others.
#![expect(unsafe_code, reason = "reads buffers by address")]

use crate::frames::array::Array;
use crate::frames::axes::{Axes, ImageAxes, MAX_DIMENSIONS};
use crate::frames::error::{Problem, Refusal};
use crate::frames::owner::Owner;
use crate::frames::pixels::Pixels;
use crate::frames::sample;
use pyo3::buffer::PyUntypedBuffer;

/// The images in a buffer of 2 to 4 dimensions, and whether they are one image without an axis of images.
pub(super) fn pixels(
    buffer: PyUntypedBuffer,
    axes: Option<Axes>,
) -> Result<(Pixels, bool), Refusal> {
    if buffer.suboffsets().is_some() {
        return Err(Problem::Suboffsets.into());
    }
    let sample = sample::of_format(buffer.format().to_bytes())?;
    let dimensions = buffer.dimensions();
    let mut shape = [0; MAX_DIMENSIONS];
    let mut strides = [0; MAX_DIMENSIONS];
    if dimensions > MAX_DIMENSIONS {
        let shape = buffer.shape().iter().map(|&extent| extent as i64).collect();
        return Err(Problem::Dimensions { shape }.into());
    }
    for (axis, (&extent, &stride)) in buffer.shape().iter().zip(buffer.strides()).enumerate() {
        (shape[axis], strides[axis]) = (extent as i64, stride as i64);
    }
    let array = Array {
        first: buffer.buf_ptr().cast::<u8>(),
        sample,
        axes: ImageAxes::find(&shape[..dimensions], &strides[..dimensions], axes)?,
    };
    // SAFETY: a buffer has memory at the address of each element, by the protocol's contract, until it is released, which the
    // drop of the owner does. The bytes between the first and the last sample of interleaved images are memory of
    // the same allocation; objects that export buffers initialize them, or their user has left them undefined: NumPy's
    // `empty` gives memory whose bytes have some value.
    let pixels = unsafe { Pixels::of_array(array, Owner::Buffer(buffer)) }?;
    Ok((pixels, !array.axes.is_batch))
}
