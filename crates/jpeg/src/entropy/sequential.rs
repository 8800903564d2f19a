//! Scans of sequential files: whole blocks, one after the other.

use crate::entropy::bits::{Bits, Window};
use crate::entropy::coding::Coding;
use crate::entropy::lookup::Lookup;
use crate::file::zigzag::ZIGZAG;

/// Decodes the blocks of a sequential scan. With `CLEAR` they are cleared before; otherwise their coefficients are overwritten, those
/// that are 0 are not, as in libjpeg-turbo.
pub(crate) struct Sequential<'t, const CLEAR: bool> {
    tables: [(&'t Lookup, &'t Lookup); 4],
    predictions: [i32; 4],
}

impl<'t, const CLEAR: bool> Sequential<'t, CLEAR> {
    /// A decoder with the tables for DC and AC coefficients of each component of the scan.
    pub(crate) fn new(tables: [(&'t Lookup, &'t Lookup); 4]) -> Self {
        Self {
            tables,
            predictions: [0; 4],
        }
    }
}

impl<const CLEAR: bool> Coding for Sequential<'_, CLEAR> {
    const READS_ON: bool = false;

    fn restart(&mut self) {
        self.predictions = [0; 4];
    }

    #[inline(always)]
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        component: usize,
        coefficients: &mut [i16; 64],
        mark: &mut u64,
    ) {
        if CLEAR {
            *coefficients = [0; 64];
        }
        let tables = self.tables[component];
        let last = block(bits, tables, &mut self.predictions[component], coefficients);
        *mark |= 1 << last;
    }
}

/// Symbols with their values that are decoded before the window is filled again: an index has 10 bits, and a filled window 56.
const SYMBOLS: usize = 4;

/// Decodes a block into `block` (T.81, F.2.2). Returns the last zigzag position that it writes.
#[inline]
fn block(
    bits: &mut Bits<'_>,
    (dc, ac): (&Lookup, &Lookup),
    prediction: &mut i32,
    block: &mut [i16; 64],
) -> u8 {
    let mut window = bits.window;
    bits.refill(&mut window);
    *prediction = prediction.wrapping_add(difference(bits, dc, &mut window));
    block[0] = *prediction as i16;
    let (mut position, mut last) = (1, 0);
    'block: while position < 64 {
        bits.fill(&mut window);
        for _ in 0..SYMBOLS {
            let entry = ac.entry(&window);
            if !entry.is_whole() {
                bits.refill(&mut window);
                let symbol = ac.symbol(entry, bits, &mut window);
                let (run, category) = (usize::from(symbol >> 4), u32::from(symbol & 15));
                if category == 0 {
                    if run < 15 {
                        break 'block;
                    }
                    position += 16;
                    continue 'block;
                }
                position += run;
                let value = window.value(category) as i16;
                block[usize::from(ZIGZAG[position & 127] & 63)] = value;
                last = position;
                position += 1;
                continue 'block;
            }
            window.skip(entry.bits());
            position += entry.run();
            block[usize::from(ZIGZAG[position & 127] & 63)] = entry.value();
            last = position;
            position += 1;
            if position >= 64 {
                break 'block;
            }
        }
    }
    bits.window = window;
    last.min(63) as u8
}

/// The difference of a DC coefficient to the one before. The window must have been refilled.
#[inline(always)]
pub(crate) fn difference<'a>(bits: &mut Bits<'a>, dc: &Lookup, window: &mut Window<'a>) -> i32 {
    let entry = dc.entry(window);
    if entry.is_whole() {
        window.skip(entry.bits());
        return entry.value().into();
    }
    match u32::from(dc.symbol(entry, bits, window)) {
        0 => 0,
        category => window.value(category),
    }
}
