//! Huffman tables: DHT segments, canonical codes and the tables of T.81 annex K.

use crate::error::Fault;
use crate::file::markers::{DHT, Segment};

/// A Huffman table as a file has it: how many codes there are of each length, and their symbols in the order of the codes.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct HuffmanTable {
    counts: [u8; 16],
    symbols: [u8; 256],
    length: u16,
}

/// A code of a Huffman table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Code {
    /// The bits of the code, in the low `length` bits.
    pub bits: u16,
    /// How many bits it has, 1 to 16.
    pub length: u8,
    /// What it means.
    pub symbol: u8,
}

impl HuffmanTable {
    /// A table of `counts[n]` codes of `n + 1` bits; `symbols` has one for each.
    ///
    /// # Panics
    /// If the counts add up to another number than there are symbols.
    #[must_use]
    pub(crate) const fn new(counts: [u8; 16], symbols: &[u8]) -> Self {
        let (mut sum, mut n) = (0, 0);
        while n < 16 {
            sum += counts[n] as usize;
            n += 1;
        }
        assert!(sum == symbols.len() && sum <= 256);
        let mut all = [0; 256];
        let mut n = 0;
        while n < sum {
            all[n] = symbols[n];
            n += 1;
        }
        Self {
            counts,
            symbols: all,
            length: sum as u16,
        }
    }

    /// How many codes there are of 1 to 16 bits.
    #[must_use]
    pub fn counts(&self) -> &[u8; 16] {
        &self.counts
    }

    /// The symbols in the order of the codes, at most 256.
    #[must_use]
    pub fn symbols(&self) -> &[u8] {
        &self.symbols[..usize::from(self.length)]
    }

    /// The canonical codes, shortest first (T.81 annex C).
    pub fn codes(&self) -> impl Iterator<Item = Code> + '_ {
        let lengths = (1..=16u8).zip(self.counts);
        let mut next = 0u32;
        let mut shift = 0;
        lengths
            .flat_map(|(length, count)| (0..count).map(move |_| length))
            .zip(self.symbols())
            .map(move |(length, &symbol)| {
                next <<= length - shift;
                shift = length;
                let bits = next as u16;
                next += 1;
                Code {
                    bits,
                    length,
                    symbol,
                }
            })
    }

    /// Refuses what libjpeg-turbo refuses of a table that a scan uses: codes that do not fit their lengths with the code of all ones
    /// left free, and with `dc` a symbol above 15.
    pub(crate) fn check(&self, dc: bool) -> Result<(), Fault> {
        let longest = self.counts.iter().rposition(|&count| count > 0);
        let shortest = self.counts.iter().position(|&count| count > 0);
        if let (Some(shortest), Some(longest)) = (shortest, longest) {
            let mut next = 0u32;
            for length in shortest..=longest {
                next += u32::from(self.counts[length]);
                if next >= 1 << (length + 1) {
                    return Err(Fault::HuffmanTable);
                }
                next <<= 1;
            }
        }
        if dc && self.symbols().iter().any(|&symbol| symbol > 15) {
            return Err(Fault::HuffmanTable);
        }
        Ok(())
    }
}

impl std::fmt::Debug for HuffmanTable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HuffmanTable")
            .field("counts", &self.counts)
            .field("symbols", &self.symbols())
            .finish()
    }
}

/// The Huffman tables of a file, by slot.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HuffmanSlots {
    pub(crate) dc: [Option<HuffmanTable>; 4],
    pub(crate) ac: [Option<HuffmanTable>; 4],
}

impl HuffmanSlots {
    /// Reads a DHT segment into the slots.
    pub(crate) fn read(&mut self, segment: &mut Segment<'_, '_>) -> Result<(), Fault> {
        while segment.left() > 16 {
            let head = segment.byte();
            let counts: [u8; 16] = std::array::from_fn(|_| segment.byte());
            let length: u16 = counts.iter().map(|&count| u16::from(count)).sum();
            if length > 256 || i32::from(length) > segment.left() {
                return Err(Fault::HuffmanTable);
            }
            let mut symbols = [0; 256];
            for symbol in &mut symbols[..usize::from(length)] {
                *symbol = segment.byte();
            }
            let (class, slot) = match head & 0x10 {
                0 => (&mut self.dc, head),
                _ => (&mut self.ac, head - 0x10),
            };
            *class
                .get_mut(usize::from(slot))
                .ok_or(Fault::Slot { slot })? = Some(HuffmanTable {
                counts,
                symbols,
                length,
            });
        }
        segment.end(DHT)
    }

    /// Fills the slots 0 and 1 that are empty with the tables of T.81 annex K, which the frames of motion JPEG leave out.
    pub(crate) fn fill_with_standard(&mut self) {
        self.dc[0].get_or_insert(DC_LUMA);
        self.ac[0].get_or_insert(AC_LUMA);
        self.dc[1].get_or_insert(DC_CHROMA);
        self.ac[1].get_or_insert(AC_CHROMA);
    }
}

/// The table of T.81, K.3.
pub(crate) const DC_LUMA: HuffmanTable = HuffmanTable::new(
    [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
);

/// The table of T.81, K.4.
pub(crate) const DC_CHROMA: HuffmanTable = HuffmanTable::new(
    [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
    &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
);

/// The table of T.81, K.5.
pub(crate) const AC_LUMA: HuffmanTable = HuffmanTable::new(
    [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
    &AC_LUMA_SYMBOLS,
);

/// The table of T.81, K.6.
pub(crate) const AC_CHROMA: HuffmanTable = HuffmanTable::new(
    [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
    &AC_CHROMA_SYMBOLS,
);

#[rustfmt::skip]
const AC_LUMA_SYMBOLS: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71,
    0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72,
    0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37,
    0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
    0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83,
    0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3,
    0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3,
    0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
    0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
];

#[rustfmt::skip]
const AC_CHROMA_SYMBOLS: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22,
    0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1,
    0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x35, 0x36,
    0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58,
    0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A,
    0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A,
    0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA,
    0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
    0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::markers::Reader;

    fn counts(of: &[(usize, u8)]) -> [u8; 16] {
        let mut counts = [0; 16];
        for &(length, count) in of {
            counts[length - 1] = count;
        }
        counts
    }

    #[test]
    fn codes_are_canonical() {
        let table = HuffmanTable::new(counts(&[(2, 2), (4, 3)]), &[5, 6, 7, 8, 9]);
        let codes: Vec<_> = table
            .codes()
            .map(|code| (code.bits, code.length, code.symbol))
            .collect();
        let expected = [
            (0b00, 2, 5),
            (0b01, 2, 6),
            (0b1000, 4, 7),
            (0b1001, 4, 8),
            (0b1010, 4, 9),
        ];
        assert_eq!(codes, expected);
        // T.81, table K.5: EOB is 1010, and run 15 without a value 1111 1111 001.
        let of = |symbol| AC_LUMA.codes().find(|code| code.symbol == symbol).unwrap();
        assert_eq!((of(0).bits, of(0).length), (0b1010, 4));
        assert_eq!((of(0xF0).bits, of(0xF0).length), (0b111_1111_1001, 11));
    }

    #[test]
    fn the_code_of_all_ones_is_never_taken() {
        let check = |of: &[(usize, u8)]| {
            let counts = counts(of);
            let length = counts.iter().map(|&count| usize::from(count)).sum();
            HuffmanTable::new(counts, &vec![0; length]).check(true)
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[(1, 1)]), Ok(()));
        assert_eq!(check(&[(1, 2)]), Err(Fault::HuffmanTable));
        assert_eq!(check(&[(1, 1), (2, 1), (3, 1)]), Ok(()));
        assert_eq!(check(&[(1, 1), (2, 1), (3, 2)]), Err(Fault::HuffmanTable));
        assert_eq!(check(&[(1, 1), (16, 255)]), Ok(()));
        for table in [DC_LUMA, DC_CHROMA] {
            assert_eq!(table.check(true), Ok(()));
        }
        for table in [AC_LUMA, AC_CHROMA] {
            assert_eq!(table.check(false), Ok(()));
            assert_eq!(
                table.check(true),
                Err(Fault::HuffmanTable),
                "a category above 15"
            );
        }
    }

    /// Reads a DHT segment with these contents.
    fn read(contents: &[u8]) -> Result<HuffmanSlots, Fault> {
        let length = (contents.len() as u16 + 2).to_be_bytes();
        let file = [&length, contents].concat();
        let mut slots = HuffmanSlots::default();
        slots.read(&mut Reader::new(&file, 0).segment())?;
        Ok(slots)
    }

    #[test]
    fn a_segment_may_have_several_tables() {
        let table = |head: u8, symbols: &[u8]| {
            let counts = counts(&[(4, symbols.len() as u8)]);
            [&[head], &counts[..], symbols].concat()
        };
        let slots = read(&[table(0x13, &[1, 2]), table(0x02, &[3])].concat()).unwrap();
        assert_eq!(slots.ac[3].unwrap().symbols(), [1, 2]);
        assert_eq!(slots.dc[2].unwrap().symbols(), [3]);
        assert!(slots.dc[0].is_none() && slots.ac[0].is_none());
        assert_eq!(
            read(&table(0x04, &[3])).err(),
            Some(Fault::Slot { slot: 4 })
        );
        assert_eq!(
            read(&table(0x14, &[3])).err(),
            Some(Fault::Slot { slot: 4 })
        );
        assert_eq!(
            read(&table(0x20, &[3])).err(),
            Some(Fault::Slot { slot: 0x20 })
        );
        let mut cut = table(0x00, &[1, 2, 3]);
        cut.pop();
        assert_eq!(read(&cut).err(), Some(Fault::HuffmanTable));
        cut = table(0x00, &[1, 2, 3]);
        cut.push(0);
        assert_eq!(
            read(&cut).err(),
            Some(Fault::Length {
                marker: DHT,
                length: 23
            })
        );
    }

    #[test]
    fn only_missing_tables_are_replaced_by_the_standard_ones() {
        let mut slots = HuffmanSlots::default();
        slots.ac[1] = Some(AC_LUMA);
        slots.fill_with_standard();
        assert_eq!(slots.dc, [Some(DC_LUMA), Some(DC_CHROMA), None, None]);
        assert_eq!(slots.ac, [Some(AC_LUMA), Some(AC_LUMA), None, None]);
    }
}
