//! Arrays behind Python's buffer protocol: NumPy arrays, `memoryview`, `array.array`, and others.
#![expect(unsafe_code, reason = "reads buffers by address")]

use crate::frames::array::Array;
use crate::frames::axes::{Axes, ImageAxes, MAX_DIMENSIONS};
use crate::frames::error::{Problem, Refusal};
use crate::frames::owner::Owner;
use crate::frames::pixels::Pixels;
use pixelflume::ops::SampleType;
use pyo3::buffer::PyUntypedBuffer;

/// The images in a buffer of 2 to 4 dimensions, and whether they are one image without an axis of images.
pub(super) fn pixels(
    buffer: PyUntypedBuffer,
    axes: Option<Axes>,
) -> Result<(Pixels, bool), Refusal> {
    if buffer.suboffsets().is_some() {
        return Err(Problem::Suboffsets.into());
    }
    let sample = sample_type(buffer.format().to_bytes())?;
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

/// The sample type of a format of the module `struct`.
fn sample_type(format: &[u8]) -> Result<SampleType, Problem> {
    let (order, code) = match *format {
        [order @ (b'@' | b'=' | b'<' | b'>' | b'!'), ref code @ ..] => (order, code),
        ref code => (b'@', code),
    };
    let other_order = match cfg!(target_endian = "little") {
        true => matches!(order, b'>' | b'!'),
        false => order == b'<',
    };
    if other_order && !matches!(code, b"B" | b"c" | b"b" | b"?") {
        let format = String::from_utf8_lossy(format).into_owned();
        return Err(Problem::ByteOrder { format });
    }
    const TO_U8: &str = "convert them, for example with `array.astype(\"uint8\")`";
    const TO_F32: &str = "convert them, for example with `array.astype(\"float32\")`";
    let (name, advice) = match code {
        b"B" | b"c" => return Ok(SampleType::U8),
        b"h" => return Ok(SampleType::I16),
        b"e" => return Ok(SampleType::F16),
        b"f" => return Ok(SampleType::F32),
        b"?" => (
            "bool",
            "make 0 and 255 of a mask, with `array.astype(\"uint8\") * 255`",
        ),
        b"b" => ("int8", TO_U8),
        b"H" => (
            "uint16",
            "scale them to 8 bits, with `(array >> 8).astype(\"uint8\")`, or convert them to float32",
        ),
        b"i" | b"l" | b"q" | b"n" => ("int32 or int64", TO_U8),
        b"I" | b"L" | b"Q" | b"N" => ("uint32 or uint64", TO_U8),
        b"d" | b"g" => ("float64", TO_F32),
        other => {
            let name = String::from_utf8_lossy(&other[..other.len().min(40)]).into_owned();
            return Err(Problem::Sample {
                name,
                advice: TO_U8,
            });
        }
    };
    let name = name.to_owned();
    Err(Problem::Sample { name, advice })
}
