//! Huffman tables prepared for decoding.

use crate::entropy::bits::{Bits, Window};
use crate::error::{Damage, Fault};
use crate::file::huffman::{HuffmanSlots, HuffmanTable};

/// Bits that index the table of a [`Lookup`]: 95 % of the symbols of photographs have their code and value in them.
const INDEX_BITS: u32 = 10;

/// A Huffman table prepared for decoding: the next bits of the data index a table of codes with their values.
#[derive(Clone)]
pub(crate) struct Lookup {
    entries: [Entry; 1 << INDEX_BITS],
    /// For the lengths 0 to 16: the code after the last one of this length or a shorter one, in the high bits of 16.
    ends: [u32; 17],
    /// For every length: what to add to a code of this length for its place in `symbols`.
    places: [u32; 17],
    symbols: [u8; 256],
    /// What it was prepared from.
    table: HuffmanTable,
}

/// What the bits that index the table begin with.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Entry(u32);

impl Entry {
    /// Set if code and value lie within the index.
    const WHOLE: u32 = 1 << 7;

    /// A code with its value: `bits` are those of both.
    fn whole(bits: u32, symbol: u8, value: i16) -> Self {
        Self(bits | Self::WHOLE | u32::from(symbol) << 8 | u32::from(value as u16) << 16)
    }

    /// A code without its value. 0 bits say that the code is longer than the index.
    fn code(bits: u32, symbol: u8) -> Self {
        Self(bits | u32::from(symbol) << 8)
    }

    /// Whether the entry has the value too.
    #[inline(always)]
    pub(crate) fn is_whole(self) -> bool {
        self.0 & Self::WHOLE != 0
    }

    /// Bits of the code, and of the value if the entry has it; 0 for a code that is longer than the index.
    #[inline(always)]
    pub(crate) fn bits(self) -> u32 {
        self.0 & 31
    }

    /// The symbol.
    #[inline(always)]
    pub(crate) fn symbol(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// The zero coefficients before the one that the symbol of an AC table stands for.
    #[inline(always)]
    pub(crate) fn run(self) -> usize {
        (self.0 >> 12) as usize & 15
    }

    /// The value, where the entry has it.
    #[inline(always)]
    pub(crate) fn value(self) -> i16 {
        (self.0 >> 16) as i16
    }
}

impl Lookup {
    /// Prepares a table that passed its check. The symbols of a table for DC coefficients are categories; those of one for AC
    /// coefficients are a run and a category, which has no value if it is 0.
    pub(crate) fn new(table: &HuffmanTable, dc: bool) -> Self {
        let mut lookup = Self {
            entries: [Entry::default(); 1 << INDEX_BITS],
            ends: [0; 17],
            places: [0; 17],
            symbols: [0; 256],
            table: *table,
        };
        lookup.symbols[..table.symbols().len()].copy_from_slice(table.symbols());
        let (mut code, mut place) = (0u32, 0u32);
        for length in 1..=16 {
            code <<= 1;
            lookup.places[length] = place.wrapping_sub(code);
            let count = u32::from(table.counts()[length - 1]);
            (code, place) = (code + count, place + count);
            lookup.ends[length] = code << (16 - length);
        }
        for code in table.codes() {
            let length = u32::from(code.length);
            if length > INDEX_BITS {
                break;
            }
            let first = usize::from(code.bits) << (INDEX_BITS - length);
            let category = u32::from(code.symbol & 15);
            let value_first = INDEX_BITS - length;
            for (rest, entry) in lookup.entries[first..first + (1 << value_first)]
                .iter_mut()
                .enumerate()
            {
                *entry = if (category == 0 && !dc) || category > value_first {
                    Entry::code(length, code.symbol)
                } else {
                    let bits = (rest >> (value_first - category)) as i32;
                    let value = match category {
                        0 => 0,
                        _ if bits < 1 << (category - 1) => bits - (1 << category) + 1,
                        _ => bits,
                    };
                    Entry::whole(length + category, code.symbol, value as i16)
                };
            }
        }
        lookup
    }

    /// Whether this was prepared from the table.
    fn is_of(&self, table: &HuffmanTable) -> bool {
        self.table == *table
    }

    /// The entry for the next bits.
    #[inline(always)]
    pub(crate) fn entry(&self, window: &Window<'_>) -> Entry {
        self.entries[window.peek(INDEX_BITS) as usize]
    }

    /// The symbol of an entry without its value; its code is passed over. The window must have been refilled.
    #[inline(always)]
    pub(crate) fn symbol(&self, entry: Entry, bits: &mut Bits<'_>, window: &mut Window<'_>) -> u8 {
        if entry.bits() == 0 {
            let (length, symbol) = self.long_code(window.peek(16));
            if length > 16 {
                bits.note(Damage::BadCode);
            }
            window.skip(length);
            return symbol;
        }
        window.skip(entry.bits());
        entry.symbol()
    }

    /// Length and symbol of the code, longer than an index, that 16 bits begin with. Bits that are no code count as 17 bits that mean 0, as in
    /// libjpeg-turbo.
    fn long_code(&self, bits: u32) -> (u32, u8) {
        for length in INDEX_BITS + 1..=16 {
            if bits < self.ends[length as usize] {
                let code = bits >> (16 - length);
                let place = code.wrapping_add(self.places[length as usize]);
                return (length, self.symbols[(place & 255) as usize]);
            }
        }
        (17, 0)
    }
}

/// The prepared tables of a file. Those that the next file has too are not prepared again.
#[derive(Default)]
pub(crate) struct Lookups {
    dc: [Option<Box<Lookup>>; 4],
    ac: [Option<Box<Lookup>>; 4],
}

impl Lookups {
    /// Prepares the table for DC coefficients in a slot.
    pub(crate) fn prepare_dc(&mut self, slots: &HuffmanSlots, slot: u8) -> Result<(), Fault> {
        prepare(&mut self.dc, &slots.dc, slot, true)
    }

    /// Prepares the table for AC coefficients in a slot.
    pub(crate) fn prepare_ac(&mut self, slots: &HuffmanSlots, slot: u8) -> Result<(), Fault> {
        prepare(&mut self.ac, &slots.ac, slot, false)
    }

    /// A table for DC coefficients that was prepared.
    pub(crate) fn dc(&self, slot: u8) -> &Lookup {
        self.dc[usize::from(slot)]
            .as_ref()
            .expect("the scan prepared its tables")
    }

    /// A table for AC coefficients that was prepared.
    pub(crate) fn ac(&self, slot: u8) -> &Lookup {
        self.ac[usize::from(slot)]
            .as_ref()
            .expect("the scan prepared its tables")
    }
}

fn prepare(
    lookups: &mut [Option<Box<Lookup>>; 4],
    tables: &[Option<HuffmanTable>; 4],
    slot: u8,
    dc: bool,
) -> Result<(), Fault> {
    let table = tables.get(usize::from(slot)).copied().flatten();
    let table = table.ok_or(Fault::NoHuffmanTable { slot })?;
    match &mut lookups[usize::from(slot)] {
        Some(lookup) if lookup.is_of(&table) => {}
        lookup => {
            table.check(dc)?;
            let new = Lookup::new(&table, dc);
            match lookup {
                Some(lookup) => **lookup = new,
                None => *lookup = Some(Box::new(new)),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::huffman::{AC_CHROMA, AC_LUMA, DC_CHROMA, DC_LUMA};
    use proptest::prelude::*;

    /// Symbol and value that bits begin with, and how many bits they have: code by code.
    fn model(table: &HuffmanTable, bits: u32) -> (u8, i32, u32) {
        let code = table
            .codes()
            .find(|code| bits >> (32 - u32::from(code.length)) == u32::from(code.bits));
        let Some(code) = code else { return (0, 0, 17) };
        let (length, category) = (u32::from(code.length), u32::from(code.symbol & 15));
        if category == 0 {
            return (code.symbol, 0, length);
        }
        let value = (bits << length >> (32 - category)) as i32;
        let negative = value < 1 << (category - 1);
        let value = if negative {
            value - (1 << category) + 1
        } else {
            value
        };
        (code.symbol, value, length + category)
    }

    fn check(table: &HuffmanTable, dc: bool, bits: u32) {
        // A stuffed byte behind each FF, and room behind the bits.
        let mut file = Vec::new();
        for byte in bits.to_be_bytes() {
            file.push(byte);
            file.extend((byte == 0xFF).then_some(0));
        }
        file.extend([0; 8]);
        let lookup = Lookup::new(table, dc);
        let mut reader = Bits::new(&file, 0);
        let mut window = reader.window;
        reader.refill(&mut window);
        let entry = lookup.entry(&window);
        let got = if entry.is_whole() {
            window.skip(entry.bits());
            (entry.symbol(), i32::from(entry.value()))
        } else {
            let symbol = lookup.symbol(entry, &mut reader, &mut window);
            let category = u32::from(symbol & 15);
            (
                symbol,
                if category == 0 {
                    0
                } else {
                    window.value(category)
                },
            )
        };
        let (symbol, value, length) = model(table, bits);
        assert_eq!(got, (symbol, value), "{bits:032b}");
        assert_eq!(window.peek(16), (bits << (length - 1) << 1) >> 16);
        let is_code = table
            .codes()
            .any(|code| bits >> (32 - u32::from(code.length)) == u32::from(code.bits));
        assert_eq!(reader.damage().is_some(), !is_code);
    }

    /// Any table that passes the check: codes of random lengths, as many as fit.
    fn tables() -> impl Strategy<Value = HuffmanTable> {
        (prop::collection::vec((0u32..=16, any::<u8>()), 1..=256)).prop_map(|wishes| {
            let mut counts = [0u8; 16];
            let mut symbols = Vec::new();
            let mut free = (1u32 << 16) - 1;
            for (length, symbol) in wishes {
                let length = length.max(1);
                let size = 1 << (16 - length);
                // One code of every length remains free, so that none is all ones.
                if free > size && counts[length as usize - 1] < 255 {
                    free -= size;
                    counts[length as usize - 1] += 1;
                    symbols.push(symbol);
                }
            }
            HuffmanTable::new(counts, &symbols)
        })
    }

    proptest! {
        #[test]
        fn symbols_and_values_are_those_of_the_codes(table in tables(), bits in any::<u32>()) {
            prop_assume!(table.check(false).is_ok());
            check(&table, false, bits);
        }

        #[test]
        fn the_standard_tables_decode_too(bits in any::<u32>()) {
            for table in [DC_LUMA, DC_CHROMA] {
                check(&table, true, bits);
            }
            for table in [AC_LUMA, AC_CHROMA] {
                check(&table, false, bits);
            }
        }
    }

    #[test]
    fn a_table_that_changes_is_prepared_again() {
        let mut slots = HuffmanSlots::default();
        let mut lookups = Lookups::default();
        let fault = lookups.prepare_dc(&slots, 0);
        assert_eq!(fault, Err(Fault::NoHuffmanTable { slot: 0 }));
        assert_eq!(
            lookups.prepare_ac(&slots, 9),
            Err(Fault::NoHuffmanTable { slot: 9 })
        );
        slots.fill_with_standard();
        lookups.prepare_dc(&slots, 0).unwrap();
        assert!(lookups.dc(0).is_of(&DC_LUMA));
        slots.dc[0] = Some(DC_CHROMA);
        lookups.prepare_dc(&slots, 0).unwrap();
        assert!(lookups.dc(0).is_of(&DC_CHROMA));
        slots.dc[0] = Some(AC_LUMA);
        assert_eq!(lookups.prepare_dc(&slots, 0), Err(Fault::HuffmanTable));
    }
}
