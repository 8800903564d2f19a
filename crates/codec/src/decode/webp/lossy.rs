//! The memory that a lossy image takes: its header up to the sizes of its parts.
//!
//! [Specification](https://www.rfc-editor.org/rfc/rfc6386), sections 9.2 to 9.6.

use crate::decode::webp::chunks::Chunk;
use crate::decode::webp::{damaged, of_io};
use crate::error::DecodeError;
use crate::source::Source;
use std::io::{ErrorKind, Read, SeekFrom};

/// Bytes of the header before the first part.
const HEADER: u64 = 10;

/// Bytes of the first part that are read. The number of the other parts is known after fewer than 300 bits.
const BEGIN: u64 = 64;

/// Bytes for each macroblock of 16x16 pixels: luma, chroma, and how it is predicted in a vector that grows.
const BLOCK_BYTES: u64 = 256 + 128 + 256;

/// Reads the header of the image in a chunk. Gives its width and height, and the bytes that the decoder takes beside pixels.
///
/// The decoder takes memory for each part as large as the file says before it reads the part, so that a part behind the end is an error.
pub(super) fn measure<R: Source>(
    chunk: Chunk,
    source: &mut R,
) -> Result<((u32, u32), u64), DecodeError> {
    let mut header = [0; HEADER as usize];
    let mut reader = chunk.reader(source)?;
    reader.read_exact(&mut header).map_err(of_io)?;
    let [t0, t1, t2, m0, m1, m2, w0, w1, h0, h1] = header;
    let tag = u32::from_le_bytes([t0, t1, t2, 0]);
    if tag & 1 != 0 || [m0, m1, m2] != [0x9d, 0x01, 0x2a] {
        return Err(damaged("its lossy image does not begin as one does"));
    }
    let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
    let size = (side([w0, w1]), side([h0, h1]));
    let first = u64::from(tag >> 5);
    let end = |start: u64, bytes: u64| match start + bytes <= chunk.bytes {
        true => Ok(start + bytes),
        false => Err(of_io(ErrorKind::UnexpectedEof.into())),
    };
    let mut at = end(HEADER, first)?;
    let mut begin = Vec::new();
    let begin_bytes = first.min(BEGIN);
    reader
        .take(begin_bytes)
        .read_to_end(&mut begin)
        .map_err(of_io)?;
    let others = Flags::new(&begin).parts() - 1;
    let sizes_at = SeekFrom::Start(chunk.start + at);
    source.seek(sizes_at).map_err(of_io)?;
    let mut sizes = [[0; 3]; 7];
    let sizes = &mut sizes[..others];
    at = end(at, 3 * others as u64)?;
    source.read_exact(sizes.as_flattened_mut()).map_err(of_io)?;
    for &mut [a, b, c] in sizes {
        at = end(at, u32::from_le_bytes([a, b, c, 0]).into())?;
    }
    let blocks = u64::from(size.0.div_ceil(16)) * u64::from(size.1.div_ceil(16));
    let row = u64::from(size.0) * 16 + (8 << 10);
    // The last part is read to memory that grows, and then copied.
    Ok((size, BLOCK_BYTES * blocks + row + 4 * chunk.bytes))
}

/// Flags and numbers of the first part, each bit of which is as likely to be 0 as 1 for the arithmetic decoder.
struct Flags<'a> {
    /// What follows; zeros behind the end.
    rest: &'a [u8],
    value: u32,
    range: u32,
    /// Bits that were shifted out of the byte read last.
    shifted: u32,
}

impl<'a> Flags<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut flags = Flags {
            rest: bytes,
            value: 0,
            range: 255,
            shifted: 0,
        };
        flags.value = flags.byte() << 8;
        flags.value |= flags.byte();
        flags
    }

    fn byte(&mut self) -> u32 {
        let Some((&byte, rest)) = self.rest.split_first() else {
            return 0;
        };
        self.rest = rest;
        byte.into()
    }

    fn flag(&mut self) -> bool {
        let split = 1 + (((self.range - 1) * 128) >> 8);
        let is_set = self.value >= split << 8;
        if is_set {
            self.range -= split;
            self.value -= split << 8;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.value <<= 1;
            self.range <<= 1;
            self.shifted += 1;
            if self.shifted == 8 {
                self.shifted = 0;
                self.value |= self.byte();
            }
        }
        is_set
    }

    fn number(&mut self, bits: u32) -> u32 {
        (0..bits).fold(0, |number, _| number << 1 | u32::from(self.flag()))
    }

    /// Passes over `count` values that may be left out, of so many bits.
    fn optional(&mut self, count: u32, bits: u32) {
        for _ in 0..count {
            if self.flag() {
                self.number(bits);
            }
        }
    }

    /// Reads the header up to the number of parts behind the first one: 1, 2, 4 or 8.
    fn parts(mut self) -> usize {
        // The color space, and whether samples are clamped.
        self.number(2);
        // Segments.
        if self.flag() {
            let (has_map, has_values) = (self.flag(), self.flag());
            if has_values {
                self.flag();
                // Values have a sign.
                self.optional(4, 7 + 1);
                self.optional(4, 6 + 1);
            }
            if has_map {
                self.optional(3, 8);
            }
        }
        // The filter: its kind, level and sharpness.
        self.number(1 + 6 + 3);
        if self.flag() && self.flag() {
            self.optional(8, 6 + 1);
        }
        1 << self.number(2)
    }
}
