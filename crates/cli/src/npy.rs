//! Writes the NPY format, version 1.0: a header with type and shape, then the samples as they are in memory.
//!
//! The format is described in NumPy's documentation, `numpy.lib.format`.

use pixelflume::ops::{ImageShape, Layout, SampleType};
use std::io::{self, Write};

/// The header for an image of this shape: `(height, width)` for one channel, `(height, width, channels)` for interleaved and
/// `(channels, height, width)` for planar layout, in the byte order of this machine.
fn header(shape: &ImageShape) -> Vec<u8> {
    let order = if cfg!(target_endian = "little") {
        '<'
    } else {
        '>'
    };
    let descr = match shape.sample {
        SampleType::U8 => "|u1".to_owned(),
        SampleType::I16 => format!("{order}i2"),
        SampleType::F16 => format!("{order}f2"),
        SampleType::F32 => format!("{order}f4"),
        // NumPy has no bf16. The package `ml_dtypes` has, and this is how `numpy.save` writes its arrays.
        SampleType::Bf16 => format!("{order}V2"),
        other => format!("|V{}", other.bytes()),
    };
    let (height, width, channels) = (shape.height, shape.width, shape.channels);
    let dimensions = match (channels, shape.layout) {
        (1, _) => format!("({height}, {width})"),
        (_, Layout::Interleaved) => format!("({height}, {width}, {channels})"),
        (_, Layout::Planar) => format!("({channels}, {height}, {width})"),
    };
    let mut text =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {dimensions}, }}");
    // Magic, version and length take 10 bytes; the samples begin at a multiple of 64, after a newline.
    let unpadded = 10 + text.len() + 1;
    text.extend(std::iter::repeat_n(
        ' ',
        unpadded.next_multiple_of(64) - unpadded,
    ));
    text.push('\n');

    // The text is shorter than 200 bytes (three numbers of at most ten digits), so its length fits in 16 bits.
    let length = text.len() as u16;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend_from_slice(&length.to_le_bytes());
    header.extend_from_slice(text.as_bytes());
    header
}

/// Writes an array; `samples` are the `shape.bytes()` bytes of the image.
pub(crate) fn write(mut file: impl Write, shape: &ImageShape, samples: &[u8]) -> io::Result<()> {
    file.write_all(&header(shape))?;
    file.write_all(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(shape: &ImageShape) -> String {
        let header = header(shape);
        assert_eq!(header.len() % 64, 0);
        assert_eq!(&header[..8], b"\x93NUMPY\x01\x00");
        let length = usize::from(u16::from_le_bytes([header[8], header[9]]));
        assert_eq!(length + 10, header.len());
        assert_eq!(header.last(), Some(&b'\n'));
        let text = std::str::from_utf8(&header[10..]).unwrap();
        text.trim_end().to_owned()
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn headers_say_type_and_shape() {
        let mut shape = ImageShape::u8(320, 240, 1);
        shape.sample = SampleType::I16;
        assert_eq!(
            text(&shape),
            "{'descr': '<i2', 'fortran_order': False, 'shape': (240, 320), }"
        );
        shape.sample = SampleType::F32;
        shape.channels = 3;
        assert_eq!(
            text(&shape),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (240, 320, 3), }"
        );
        shape.layout = Layout::Planar;
        shape.sample = SampleType::F16;
        assert_eq!(
            text(&shape),
            "{'descr': '<f2', 'fortran_order': False, 'shape': (3, 240, 320), }"
        );
        shape.sample = SampleType::Bf16;
        assert_eq!(
            text(&shape),
            "{'descr': '<V2', 'fortran_order': False, 'shape': (3, 240, 320), }"
        );
        assert_eq!(
            text(&ImageShape::u8(u32::MAX, u32::MAX, 2)),
            "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967295, 4294967295, 2), }"
        );
    }

    #[test]
    fn samples_follow_the_header() {
        let shape = ImageShape::u8(3, 1, 2);
        let mut file = Vec::new();
        write(&mut file, &shape, &[1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(file.len(), header(&shape).len() + 6);
        assert!(file.ends_with(&[b'\n', 1, 2, 3, 4, 5, 6]));
    }
}
