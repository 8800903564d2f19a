//! The memory that a lossless image takes: its structure up to the prefix codes, read as the decoder reads it.
//!
//! [Specification](https://developers.google.com/speed/webp/docs/webp_lossless_bitstream_specification). No pixel is kept: the number
//! of groups of codes is the largest literal of the image that tells where each is used, since copies and cached colors are no others.

use crate::decode::webp::{damaged, of_io};
use crate::error::DecodeError;
use std::io::Read;

/// Code lengths have this order in the file.
const LENGTH_ORDER: [usize; 19] = [
    17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
];

/// Symbols of the five codes of a group: green with lengths of copies, red, blue, alpha, distances of copies.
const ALPHABETS: [u32; 5] = [256 + 24, 256, 256, 256, 40];

/// Bytes of a group in a vector that grows, while it grows: three times five codes of 56 bytes.
const GROUP_BYTES: u64 = 3 * 5 * 56;

/// Bytes of what does not depend on the image: a palette, caches of colors, code lengths.
const FIXED_BYTES: u64 = 64 << 10;

/// Reads an image up to its pixels. Gives its width and height, which are `size` where the image has no header, and the bytes that the
/// decoder takes beside pixels.
pub(super) fn measure(
    source: impl Read,
    size: Option<(u32, u32)>,
) -> Result<((u32, u32), u64), DecodeError> {
    let mut bits = Bits {
        source,
        bits: 0,
        count: 0,
    };
    let size = match size {
        Some(size) => size,
        None => {
            if bits.read(8)? != 0x2f {
                return Err(damaged("its lossless image does not begin as one does"));
            }
            let size = (bits.read(14)? + 1, bits.read(14)? + 1);
            // Whether alpha is used, and the version.
            bits.read(1)?;
            if bits.read(3)? != 0 {
                return Err(damaged("its lossless image has an unknown version"));
            }
            size
        }
    };
    let (mut width, height) = size;
    let mut seen = [false; 4];
    while bits.read(1)? == 1 {
        let transform = bits.read(2)? as usize;
        if std::mem::replace(&mut seen[transform], true) {
            return Err(damaged("it has a transform twice"));
        }
        match transform {
            0 | 1 => {
                let block = bits.read(3)? + 2;
                bits.sub_image(blocks(width, block), blocks(height, block))?;
            }
            2 => {}
            _ => {
                let colors = bits.read(8)? + 1;
                bits.sub_image(colors, 1)?;
                let shift = match colors {
                    ..=2 => 3,
                    3..=4 => 2,
                    5..=16 => 1,
                    _ => 0,
                };
                width = blocks(width, shift);
            }
        }
    }
    let green = ALPHABETS[0] + bits.cache()?;
    let mut groups = 1;
    if bits.read(1)? == 1 {
        let block = bits.read(3)? + 2;
        groups += u64::from(bits.sub_image(blocks(width, block), blocks(height, block))?);
    }
    let mut tables = groups * GROUP_BYTES;
    for _ in 0..groups {
        for alphabet in [green].into_iter().chain(ALPHABETS[1..].iter().copied()) {
            tables += bits.code(alphabet)?.table_bytes();
        }
    }
    // Two transforms have 4 bytes for each of their blocks of 4x4 pixels or more, and the groups of blocks 6.
    let blocks = u64::from(size.0.div_ceil(4)) * u64::from(size.1.div_ceil(4));
    Ok((size, FIXED_BYTES + 14 * blocks + tables))
}

/// Blocks of `1 << shift` pixels along a side.
fn blocks(side: u32, shift: u32) -> u32 {
    side.div_ceil(1 << shift)
}

/// Reads bits, of each byte the lowest first.
struct Bits<R> {
    source: R,
    /// Bits that were read and not used.
    bits: u64,
    count: u32,
}

impl<R: Read> Bits<R> {
    /// The next bits, at most 32.
    fn read(&mut self, count: u32) -> Result<u32, DecodeError> {
        while self.count < count {
            let mut byte = [0];
            self.source.read_exact(&mut byte).map_err(of_io)?;
            self.bits |= u64::from(byte[0]) << self.count;
            self.count += 8;
        }
        let value = self.bits & ((1 << count) - 1);
        self.bits >>= count;
        self.count -= count;
        Ok(value as u32)
    }

    /// The symbols of a cache of colors; 0 where there is none.
    fn cache(&mut self) -> Result<u32, DecodeError> {
        if self.read(1)? == 0 {
            return Ok(0);
        }
        match self.read(4)? {
            bits @ 1..=11 => Ok(1 << bits),
            _ => Err(damaged("its cache of colors has no possible size")),
        }
    }

    /// Passes over an image within the image, of which all pixels have one group of codes. Gives the largest number that red and green of
    /// a pixel are.
    fn sub_image(&mut self, width: u32, height: u32) -> Result<u32, DecodeError> {
        let green = ALPHABETS[0] + self.cache()?;
        let mut codes = Vec::with_capacity(5);
        for alphabet in [green].into_iter().chain(ALPHABETS[1..].iter().copied()) {
            codes.push(self.code(alphabet)?);
        }
        let [green, red, blue, alpha, distance] = codes.as_slice() else {
            unreachable!("five codes were read");
        };
        let is_one_color = codes[..4].iter().all(Code::is_single);
        let pixels = u64::from(width) * u64::from(height);
        let (mut index, mut largest) = (0, 0);
        while index < pixels {
            match green.read(self)? {
                symbol @ ..256 => {
                    let red = red.read(self)?;
                    blue.read(self)?;
                    alpha.read(self)?;
                    largest = largest.max(red << 8 | symbol);
                    index = if is_one_color { pixels } else { index + 1 };
                }
                symbol @ 256..280 => {
                    let length = self.extended(symbol - 256)?;
                    let symbol = distance.read(self)?;
                    self.extended(symbol)?;
                    index += u64::from(length);
                    if index > pixels {
                        return Err(damaged("a copy ends behind its image"));
                    }
                }
                _ => index += 1,
            }
        }
        Ok(largest)
    }

    /// The length or distance of a copy, from its symbol and the bits behind that.
    fn extended(&mut self, symbol: u32) -> Result<u32, DecodeError> {
        if symbol < 4 {
            return Ok(symbol + 1);
        }
        let extra = (symbol - 2) >> 1;
        let offset = (2 + (symbol & 1)) << extra;
        Ok(offset + self.read(extra)? + 1)
    }

    /// Reads a prefix code of an alphabet.
    fn code(&mut self, alphabet: u32) -> Result<Code, DecodeError> {
        if self.read(1)? == 1 {
            let has_two = self.read(1)? == 1;
            let wide = self.read(1)?;
            let mut symbols = vec![self.read(1 + 7 * wide)? as u16];
            if has_two {
                symbols.push(self.read(8)? as u16);
            }
            if symbols.iter().any(|&symbol| u32::from(symbol) >= alphabet) {
                return Err(damaged("a code has a symbol that there is not"));
            }
            let mut counts = [0; 16];
            counts[1] = 2;
            return Ok(Code { counts, symbols });
        }
        let mut lengths = [0; 19];
        let count = 4 + self.read(4)? as usize;
        for &place in &LENGTH_ORDER[..count] {
            lengths[place] = self.read(3)? as u8;
        }
        let lengths = self.lengths(&Code::new(&lengths)?, alphabet)?;
        Code::new(&lengths)
    }

    /// The lengths of the codes of an alphabet, which are written by a code of their own.
    fn lengths(&mut self, code: &Code, alphabet: u32) -> Result<Vec<u8>, DecodeError> {
        let mut left = alphabet;
        if self.read(1)? == 1 {
            let count = 2 + 2 * self.read(3)?;
            left = 2 + self.read(count)?;
            if left > alphabet {
                return Err(damaged("it has more code lengths than symbols"));
            }
        }
        let alphabet = alphabet as usize;
        let mut lengths = Vec::with_capacity(alphabet);
        let mut before = 8;
        while lengths.len() < alphabet && left > 0 {
            left -= 1;
            let (length, repeat) = match code.read(self)? {
                length @ ..16 => {
                    let length = length as u8;
                    before = if length == 0 { before } else { length };
                    (length, 1)
                }
                16 => (before, 3 + self.read(2)?),
                17 => (0, 3 + self.read(3)?),
                _ => (0, 11 + self.read(7)?),
            };
            let end = lengths.len() + repeat as usize;
            if end > alphabet {
                return Err(damaged("it has more code lengths than symbols"));
            }
            lengths.resize(end, length);
        }
        lengths.resize(alphabet, 0);
        Ok(lengths)
    }
}

/// A prefix code.
struct Code {
    /// How many codes there are of each length in bits. Of a single symbol the code has no bit.
    counts: [u16; 16],
    /// The symbols in the order of their codes.
    symbols: Vec<u16>,
}

impl Code {
    /// The code of symbols from 0 on with these lengths; 0 for one that is not used.
    fn new(lengths: &[u8]) -> Result<Self, DecodeError> {
        let mut counts = [0_u16; 16];
        let mut symbols: Vec<u16> = (0..).take(lengths.len()).collect();
        symbols.retain(|&symbol| lengths[usize::from(symbol)] > 0);
        symbols.sort_by_key(|&symbol| lengths[usize::from(symbol)]);
        for &symbol in &symbols {
            counts[usize::from(lengths[usize::from(symbol)])] += 1;
        }
        let share = |(length, &count): (usize, &u16)| u32::from(count) << (15 - length);
        let whole: u32 = counts.iter().enumerate().map(share).sum();
        match symbols.len() == 1 || whole == 1 << 15 {
            true => Ok(Code { counts, symbols }),
            false => Err(damaged("a code is not complete")),
        }
    }

    fn is_single(&self) -> bool {
        self.symbols.len() == 1
    }

    /// Bytes of the tables of the decoder: an entry of 4 bytes for each pattern of up to 10 bits, and two nodes of 16 bytes for each longer
    /// code.
    fn table_bytes(&self) -> u64 {
        if self.is_single() {
            return 0;
        }
        let longest = self.counts.iter().rposition(|&count| count > 0);
        let entries = 4 << longest.unwrap_or(0).min(10);
        let longer: u64 = self.counts[11..]
            .iter()
            .map(|&count| u64::from(count))
            .sum();
        // A code of two symbols has three nodes as well.
        entries + 32 * longer + 48
    }

    /// Reads a symbol.
    fn read<R: Read>(&self, bits: &mut Bits<R>) -> Result<u32, DecodeError> {
        if let [symbol] = *self.symbols {
            return Ok(symbol.into());
        }
        // Codes of one length are numbers one behind the other.
        let (mut code, mut first, mut index) = (0, 0, 0);
        for &count in &self.counts[1..] {
            code |= bits.read(1)?;
            let count = u32::from(count);
            if code < first + count {
                return Ok(self.symbols[(index + code - first) as usize].into());
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err(damaged("a code is not complete"))
    }
}
