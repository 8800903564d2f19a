//! Huffman tables as the kernels read them: each of two levels, of entries that tell a code's length and its meaning.

use pixelflume_jpeg::HuffmanTable;
use pixelflume_kernels::args::JpegEntropySizes;

/// Codes of at most this many bits are found in the first level.
const FIRST_BITS: u32 = JpegEntropySizes::TABLE_ENTRIES.ilog2();
/// Bits behind those of the first level.
const SECOND_BITS: u32 = 16 - FIRST_BITS;
/// The most entries of the tables of one scan: what shared memory holds beside the other data of a block of `jpeg_write`, which are
/// the most of all kernels.
pub(super) const MOST_ENTRIES: usize =
    ((49_152 - JpegEntropySizes::WRITE_BYTES) / 2 / 8 * 8) as usize;
const _: () = assert!(JpegEntropySizes::SYNCHRONIZE_BYTES <= JpegEntropySizes::WRITE_BYTES);
/// The shift of the entries of the first level that lead to the second one: they have no bits of a code.
const LONGER_SHIFT: u32 = 5;
/// Coefficients to go on by at the end of a block, and for a pattern that is no code: numbers behind which all zigzag indices tell
/// that one of them came.
const END_STEP: u16 = 128;
const NO_CODE_STEP: u16 = 65;
/// The entry of a pattern that is no code. It takes 17 bits.
const NO_CODE: u16 = 17 | (NO_CODE_STEP - 1) << 9;

/// A Huffman table as a file has it: how many codes there are of 1 to 16 bits, and their symbols in the order of the codes.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Codes<'a> {
    /// Codes of each length, as many in all as there are symbols.
    pub(super) counts: &'a [u8; 16],
    /// The symbols, at most 256.
    pub(super) symbols: &'a [u8],
}

/// A table without codes.
pub(super) const NO_CODES: Codes<'static> = Codes {
    counts: &[0; 16],
    symbols: &[],
};

impl<'a> Codes<'a> {
    /// The codes of a table that passed the decoder's checks.
    pub(super) fn of(table: &'a HuffmanTable) -> Self {
        Codes {
            counts: table.counts(),
            symbols: table.symbols(),
        }
    }
}

/// What the symbols of a table mean.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Class {
    Dc,
    Ac,
}

impl Class {
    /// The entry of a symbol with a code of `length` bits.
    fn entry(self, symbol: u8, length: u16) -> u16 {
        let (size, step) = match (self, symbol >> 4, symbol & 15) {
            (Class::Dc, _, size) => (size, 1),
            (Class::Ac, 15, 0) => (0, 16),
            (Class::Ac, _, 0) => (0, END_STEP),
            (Class::Ac, run, size) => (size, u16::from(run) + 1),
        };
        let size = u16::from(size);
        (length + size) | (size << 5) | ((step - 1) << 9)
    }
}

/// Appends a table to `entries`, a multiple of 8 of them, and returns whether it fits. The table must be one that passed the decoder's
/// checks. One whose second level is too large leaves entries that are not to be used.
pub(super) fn append(codes: Codes<'_>, class: Class, entries: &mut Vec<u16>) -> bool {
    let table = entries.len();
    entries.resize(table + (1 << FIRST_BITS), NO_CODE);
    let lengths = (1..=16u32).zip(codes.counts);
    let lengths = lengths.flat_map(|(length, &count)| (0..count).map(move |_| length));
    // The next code in the order of codes, in the highest of 16 bits.
    let mut next = 0u32;
    let mut second_level = None;
    for (length, &symbol) in lengths.zip(codes.symbols) {
        let entry = class.entry(symbol, length as u16);
        let end = next + (1 << (16 - length));
        if end > 1 << 16 {
            return false;
        }
        if length <= FIRST_BITS {
            let of_code = (next >> SECOND_BITS) as usize..(end >> SECOND_BITS) as usize;
            entries[table..][of_code].fill(entry);
        } else {
            // The second level follows the first, for all prefixes from that of the first longer code on.
            let first_prefix = *second_level.get_or_insert(next >> SECOND_BITS);
            let prefix = next >> SECOND_BITS;
            let place = (1 << FIRST_BITS) + ((prefix - first_prefix) << SECOND_BITS);
            if place as usize >= MOST_ENTRIES {
                return false;
            }
            entries[table + prefix as usize] = (place >> SECOND_BITS << LONGER_SHIFT) as u16;
            let level_end = table + (place + (1 << SECOND_BITS)) as usize;
            if entries.len() < level_end {
                entries.resize(level_end, NO_CODE);
            }
            let low = next & ((1 << SECOND_BITS) - 1);
            let low_end = low + (end - next);
            let level = &mut entries[table + place as usize..];
            level[low as usize..low_end as usize].fill(entry);
        }
        next = end;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `code_entry` of `jpeg_stream.cuh` finds.
    fn found(table: &[u16], bits: u16) -> u16 {
        let first = table[usize::from(bits >> SECOND_BITS)];
        if first & 31 != 0 {
            return first;
        }
        let place = usize::from(first >> LONGER_SHIFT) << SECOND_BITS;
        table[place + usize::from(bits & ((1 << SECOND_BITS) - 1))]
    }

    fn check(counts: [u8; 16], symbols: &[u8], class: Class) {
        let codes = Codes {
            counts: &counts,
            symbols,
        };
        // Behind another table.
        let mut entries = vec![0; 1024];
        assert!(append(codes, class, &mut entries));
        assert_eq!(entries.len() % 8, 0);
        let mut next = 0u32;
        let mut of_codes = Vec::new();
        let lengths = (1..=16u32).flat_map(|n| (0..counts[n as usize - 1]).map(move |_| n));
        for (length, &symbol) in lengths.zip(symbols) {
            of_codes.push((
                next,
                next + (1 << (16 - length)),
                class.entry(symbol, length as u16),
            ));
            next += 1 << (16 - length);
        }
        for bits in 0..=u16::MAX {
            let code = of_codes
                .iter()
                .find(|(first, end, _)| (*first..*end).contains(&bits.into()));
            let expected = code.map_or(NO_CODE, |code| code.2);
            assert_eq!(found(&entries[1024..], bits), expected, "{bits:016b}");
        }
    }

    #[test]
    fn all_patterns_have_their_entries() {
        let dc = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
        check(dc, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], Class::Dc);
        let ac = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125];
        let symbols: Vec<u8> = (0..162).collect();
        check(ac, &symbols, Class::Ac);
        // Codes of 16 bits alone, a single code, and none.
        check(
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200],
            &[0xF1; 200],
            Class::Ac,
        );
        check(
            [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xF0],
            Class::Ac,
        );
        check([0; 16], &[], Class::Dc);
        // Lengths with gaps.
        check(
            [1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 2],
            &[1, 2, 3, 4, 5, 6, 7],
            Class::Ac,
        );
    }

    #[test]
    fn entries_fit_their_bits() {
        for symbol in 0..=255 {
            for length in 1..=16 {
                let entry = Class::Ac.entry(symbol, length);
                assert_ne!(entry & 31, 0);
                assert_eq!(entry & 31, length + (entry >> 5 & 15));
            }
        }
    }
}
