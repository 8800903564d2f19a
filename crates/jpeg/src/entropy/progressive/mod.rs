//! Scans of progressive files: some coefficients, or some bits of them (T.81, annex G).

#[cfg(test)]
mod tests;

use crate::entropy::bits::{Bits, Window};
use crate::entropy::coding::Coding;
use crate::entropy::lookup::Lookup;
use crate::entropy::sequential::difference;
use crate::error::Damage;
use crate::file::zigzag::ZIGZAG;

/// Decodes the high bits of DC coefficients.
pub(crate) struct DcFirst<'t> {
    tables: [&'t Lookup; 4],
    predictions: [i32; 4],
    low: u8,
    overflow: bool,
}

impl<'t> DcFirst<'t> {
    /// A decoder with the table of each component of the scan. The scan leaves out the `low` low bits.
    pub(crate) fn new(tables: [&'t Lookup; 4], low: u8) -> Self {
        Self {
            tables,
            predictions: [0; 4],
            low,
            overflow: false,
        }
    }

    /// Whether a coefficient left 32 bits, at which libjpeg-turbo gives up.
    pub(crate) fn overflow(&self) -> bool {
        self.overflow
    }
}

impl Coding for DcFirst<'_> {
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
        let mut window = bits.window;
        bits.refill(&mut window);
        let difference = difference(bits, self.tables[component], &mut window);
        bits.window = window;
        let (sum, overflow) = self.predictions[component].overflowing_add(difference);
        self.overflow |= overflow;
        self.predictions[component] = sum;
        coefficients[0] = (sum << self.low) as i16;
        *mark |= 1;
    }
}

/// Decodes one more bit of DC coefficients.
pub(crate) struct DcRefine {
    bit: i16,
}

impl DcRefine {
    /// A decoder of bit `low`.
    pub(crate) fn new(low: u8) -> Self {
        Self { bit: 1 << low }
    }
}

impl Coding for DcRefine {
    const READS_ON: bool = true;

    fn restart(&mut self) {}

    #[inline(always)]
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        _: usize,
        coefficients: &mut [i16; 64],
        mark: &mut u64,
    ) {
        let mut window = bits.window;
        bits.refill(&mut window);
        if window.take(1) == 1 {
            coefficients[0] |= self.bit;
        }
        bits.window = window;
        *mark |= 1;
    }
}

/// Some AC coefficients.
#[derive(Clone, Copy)]
pub(crate) struct Band {
    /// First and last zigzag position, 1 to 63.
    pub(crate) start: u8,
    pub(crate) end: u8,
    /// The lowest bit of the coefficients that the scan has, 0 to 13.
    pub(crate) low: u8,
}

/// Decodes the high bits of AC coefficients, or, with `REFINES`, one more bit of them.
pub(crate) struct Ac<'t, const REFINES: bool> {
    table: &'t Lookup,
    band: Band,
    /// Blocks that follow without a new coefficient in the band.
    empty_blocks: u32,
}

/// Decodes the high bits of AC coefficients.
pub(crate) type AcFirst<'t> = Ac<'t, false>;

/// Decodes one more bit of AC coefficients.
pub(crate) type AcRefine<'t> = Ac<'t, true>;

impl<'t, const REFINES: bool> Ac<'t, REFINES> {
    pub(crate) fn new(table: &'t Lookup, band: Band) -> Self {
        Self {
            table,
            band,
            empty_blocks: 0,
        }
    }
}

impl Coding for AcFirst<'_> {
    const READS_ON: bool = false;

    fn restart(&mut self) {
        self.empty_blocks = 0;
    }

    #[inline(always)]
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        _: usize,
        coefficients: &mut [i16; 64],
        mark: &mut u64,
    ) {
        if self.empty_blocks > 0 {
            self.empty_blocks -= 1;
            return;
        }
        let mut window = bits.window;
        let mut nonzero = *mark;
        let mut position = usize::from(self.band.start);
        while position <= usize::from(self.band.end) {
            bits.refill(&mut window);
            let entry = self.table.entry(&window);
            let value = if entry.is_whole() {
                window.skip(entry.bits());
                position += entry.run();
                i32::from(entry.value())
            } else {
                let symbol = self.table.symbol(entry, bits, &mut window);
                let (run, category) = (symbol >> 4, u32::from(symbol & 15));
                if category == 0 {
                    if run == 15 {
                        position += 16;
                        continue;
                    }
                    self.empty_blocks = blocks_of_run(&mut window, run) - 1;
                    break;
                }
                position += usize::from(run);
                window.value(category)
            };
            let value = (value << self.band.low) as i16;
            coefficients[usize::from(ZIGZAG[position & 127] & 63)] = value;
            let bit = position.min(63);
            nonzero = nonzero & !(1 << bit) | u64::from(value != 0) << bit;
            position += 1;
        }
        *mark = nonzero;
        bits.window = window;
    }
}

/// The blocks of a run of category `category`, at most 14, with the one where it begins.
#[inline(always)]
fn blocks_of_run(window: &mut Window<'_>, category: u8) -> u32 {
    match u32::from(category) {
        0 => 1,
        bits => (1 << bits) + window.take(bits),
    }
}

impl Coding for AcRefine<'_> {
    const READS_ON: bool = false;

    fn restart(&mut self) {
        self.empty_blocks = 0;
    }

    #[inline(always)]
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        _: usize,
        coefficients: &mut [i16; 64],
        mark: &mut u64,
    ) {
        let Band { start, end, low } = self.band;
        let mut position = u32::from(start);
        let end = u32::from(end);
        let bit = 1 << low;
        let in_band = u64::MAX >> (63 - end);
        if self.empty_blocks > 0 && *mark & in_band & (u64::MAX << position) == 0 {
            self.empty_blocks -= 1;
            return;
        }
        let mut window = bits.window;
        if self.empty_blocks == 0 {
            while position <= end {
                bits.refill(&mut window);
                let entry = self.table.entry(&window);
                let (run, category) = if entry.is_whole() {
                    // A value is one bit here, whatever its category.
                    window.skip(entry.bits() - u32::from(entry.symbol() & 15));
                    (entry.run() as u32, entry.symbol() & 15)
                } else {
                    let symbol = self.table.symbol(entry, bits, &mut window);
                    (u32::from(symbol >> 4), symbol & 15)
                };
                let new = if category != 0 {
                    if category > 1 {
                        // libjpeg-turbo warns and takes one bit all the same.
                        bits.note(Damage::BadCode);
                    }
                    if window.take(1) == 1 { bit } else { -bit }
                } else if run < 15 {
                    self.empty_blocks = blocks_of_run(&mut window, run as u8);
                    break;
                } else {
                    0
                };
                // Passes over `run` coefficients that are 0, and refines the others.
                let mut run = run;
                while position <= end {
                    let gap = (*mark >> position).trailing_zeros();
                    if gap > run {
                        position += run;
                        break;
                    }
                    run -= gap;
                    position += gap;
                    if position <= end {
                        refine(bits, &mut window, coefficients, position, bit);
                        position += 1;
                    }
                }
                position = position.min(end + 1);
                if new != 0 {
                    coefficients[usize::from(ZIGZAG[(position & 127) as usize] & 63)] = new;
                    *mark |= 1 << position.min(63);
                }
                position += 1;
            }
        }
        if self.empty_blocks > 0 {
            if position <= end {
                let mut nonzero = *mark & in_band & (u64::MAX << position);
                while nonzero != 0 {
                    refine(
                        bits,
                        &mut window,
                        coefficients,
                        nonzero.trailing_zeros(),
                        bit,
                    );
                    nonzero &= nonzero - 1;
                }
            }
            self.empty_blocks -= 1;
        }
        bits.window = window;
    }
}

/// Reads the next bit of a coefficient that is not 0.
#[inline(always)]
fn refine<'a>(
    bits: &mut Bits<'a>,
    window: &mut Window<'a>,
    coefficients: &mut [i16; 64],
    position: u32,
    bit: i16,
) {
    bits.refill(window);
    let coefficient = &mut coefficients[usize::from(ZIGZAG[(position & 127) as usize] & 63)];
    if window.take(1) == 1 && *coefficient & bit == 0 {
        let step = if *coefficient >= 0 { bit } else { -bit };
        *coefficient = coefficient.wrapping_add(step);
    }
}
