//! The structure of a TIFF file, checked before the crate `tiff` reads it: that crate reserves memory for as many values as a file
//! claims to have.

use crate::decode::tiff::fault::{damaged, read_error};
use crate::error::DecodeError;
use crate::source::Source;
use std::io::{self, Read, SeekFrom};

/// The most values of one tag, and so the most strips or tiles. The crate `tiff` takes 32 bytes for each while it reads them.
const VALUES: u32 = 1 << 17;

/// The tags whose values the crate `tiff` reads while it opens a file, and those that this crate asks for.
const READ: [u16; 19] = [
    256, // ImageWidth
    257, // ImageLength
    258, // BitsPerSample
    259, // Compression
    262, // PhotometricInterpretation
    273, // StripOffsets
    274, // Orientation
    277, // SamplesPerPixel
    278, // RowsPerStrip
    279, // StripByteCounts
    284, // PlanarConfiguration
    317, // Predictor
    322, // TileWidth
    323, // TileLength
    324, // TileOffsets
    325, // TileByteCounts
    338, // ExtraSamples
    339, // SampleFormat
    530, // YCbCrSubSampling
];

/// The order of the bytes of numbers.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn short(self, bytes: [u8; 2]) -> u16 {
        match self {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        }
    }

    fn long(self, bytes: [u8; 4]) -> u32 {
        match self {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// Checks that the values of all tags that are read lie within the file, and are not too many. `source` is at the begin of the file
/// before and after.
pub(super) fn check(source: &mut impl Source) -> Result<(), DecodeError> {
    let checked = check_first(source);
    source.seek(SeekFrom::Start(0)).map_err(read_error)?;
    checked
}

fn check_first(source: &mut impl Source) -> Result<(), DecodeError> {
    let length = source.seek(SeekFrom::End(0)).map_err(read_error)?;
    source.seek(SeekFrom::Start(0)).map_err(read_error)?;
    let [a, b, c, d, offset @ ..] = bytes::<8>(source)?;
    let order = match [a, b] {
        [b'I', b'I'] => Order::Little,
        _ => Order::Big,
    };
    if order.short([c, d]) != 42 {
        return Err(damaged("it is a BigTIFF file, which is not read"));
    }
    let offset = order.long(offset).into();
    source.seek(SeekFrom::Start(offset)).map_err(read_error)?;
    let entries = order.short(bytes(source)?);
    for _ in 0..entries {
        let [a, b, c, d, rest @ ..] = bytes::<12>(source)?;
        let (tag, kind) = (order.short([a, b]), order.short([c, d]));
        let [a, b, c, d, value @ ..] = rest;
        let count = order.long([a, b, c, d]);
        if !READ.contains(&tag) {
            continue;
        }
        if count > VALUES {
            return Err(damaged(format!(
                "its tag {tag} has {count} values, and may have {VALUES}"
            )));
        }
        let size = u64::from(count) * size_of_kind(kind);
        let offset = u64::from(order.long(value));
        if size > 4 && offset + size > length {
            return Err(damaged(format!(
                "the values of its tag {tag} lie beyond the end of the file, at byte {offset}"
            )));
        }
    }
    Ok(())
}

/// The bytes of one value of a type; 8 are the most.
fn size_of_kind(kind: u16) -> u64 {
    match kind {
        // BYTE, ASCII, SBYTE, UNDEFINED
        1 | 2 | 6 | 7 => 1,
        // SHORT, SSHORT
        3 | 8 => 2,
        // LONG, SLONG, FLOAT, IFD
        4 | 9 | 11 | 13 => 4,
        _ => 8,
    }
}

/// The next bytes of the file.
fn bytes<const N: usize>(source: &mut impl Read) -> Result<[u8; N], DecodeError> {
    let mut bytes = [0; N];
    let read: io::Result<()> = source.read_exact(&mut bytes);
    read.map(|()| bytes).map_err(read_error)
}
