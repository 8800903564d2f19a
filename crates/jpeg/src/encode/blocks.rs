//! Quantized coefficients to Huffman symbols: the order of blocks in a scan, differences of DC, runs of zeros.

use crate::encode::bits::{BitWriter, Pending};
use crate::encode::codes::{Codes, Tables};
use crate::encode::layout::{COMPONENTS, Layout};
use crate::encode::markers::RST0;
use crate::encode::transform::Block;
use crate::file::zigzag::ZIGZAG;

/// Sixteen zeros.
const ZRL: u8 = 0xf0;
/// The rest of the block is 0.
const EOB: u8 = 0;

/// A receiver of the symbols of a scan. `table` is 0 for luma and 1 for color.
pub(super) trait Symbols {
    /// What is kept in registers from symbol to symbol of a block.
    type State: Copy;

    /// The state before a block.
    fn state(&self) -> Self::State;

    /// Keeps the state behind a block.
    fn keep(&mut self, state: Self::State);

    /// Takes the category of a DC difference, and as many bits of its value.
    fn dc(&mut self, state: &mut Self::State, table: usize, category: u8, bits: u32);

    /// Takes a run of zeros and the category of the coefficient behind it, and as many bits of its value as the lower half of the
    /// symbol says.
    fn ac(&mut self, state: &mut Self::State, table: usize, symbol: u8, bits: u32);

    /// Takes a restart marker, numbered from 0 to 7.
    fn restart(&mut self, number: u8);
}

/// Counts symbols, for optimal tables.
pub(super) struct Counts {
    pub(super) dc: [[u64; 256]; 2],
    pub(super) ac: [[u64; 256]; 2],
}

impl Counts {
    pub(super) fn new() -> Self {
        Counts {
            dc: [[0; 256]; 2],
            ac: [[0; 256]; 2],
        }
    }
}

impl Symbols for Counts {
    type State = ();

    #[inline(always)]
    fn state(&self) -> Self::State {}

    #[inline(always)]
    fn keep(&mut self, _state: Self::State) {}

    #[inline(always)]
    fn dc(&mut self, _state: &mut Self::State, table: usize, category: u8, _bits: u32) {
        self.dc[table][usize::from(category)] += 1;
    }

    #[inline(always)]
    fn ac(&mut self, _state: &mut Self::State, table: usize, symbol: u8, _bits: u32) {
        self.ac[table][usize::from(symbol)] += 1;
    }

    fn restart(&mut self, _number: u8) {}
}

/// Writes symbols with their codes.
pub(super) struct Coder<'a> {
    dc: [Codes; 2],
    ac: [Codes; 2],
    pub(super) out: &'a mut BitWriter,
}

impl<'a> Coder<'a> {
    pub(super) fn new(tables: &Tables, out: &'a mut BitWriter) -> Self {
        Coder {
            dc: tables.dc.each_ref().map(Codes::of),
            ac: tables.ac.each_ref().map(Codes::of),
            out,
        }
    }
}

impl Symbols for Coder<'_> {
    type State = Pending;

    #[inline(always)]
    fn state(&self) -> Self::State {
        self.out.pending
    }

    #[inline(always)]
    fn keep(&mut self, state: Self::State) {
        self.out.pending = state;
    }

    #[inline(always)]
    fn dc(&mut self, state: &mut Self::State, table: usize, category: u8, bits: u32) {
        // A code has up to 16 bits, and a DC difference up to 11.
        let (code, length) = self.dc[table].code(category);
        let count = u32::from(category);
        self.out.put(state, code << count | bits, length + count);
    }

    #[inline(always)]
    fn ac(&mut self, state: &mut Self::State, table: usize, symbol: u8, bits: u32) {
        // A code has up to 16 bits, and a coefficient up to 10.
        let (code, length) = self.ac[table].code(symbol);
        let count = u32::from(symbol & 15);
        self.out.put(state, code << count | bits, length + count);
    }

    fn restart(&mut self, number: u8) {
        self.out.align();
        self.out.marker(RST0 + number);
    }
}

/// The state of a scan: the DC of the blocks before, and the MCUs until the next restart.
pub(super) struct Scan {
    predictions: [i32; COMPONENTS],
    interval: u16,
    left: u16,
    next_restart: u8,
}

/// The coefficients of one row of MCUs.
pub(super) struct Coefficients<'a> {
    /// The blocks of each component, rows of `mcus_x * h`.
    pub(super) blocks: &'a [Vec<Block>; COMPONENTS],
    /// The zigzag positions of each block at which it is not 0, as bits.
    pub(super) nonzero: &'a [Vec<u64>; COMPONENTS],
}

impl Scan {
    pub(super) fn new(interval: u16) -> Self {
        Scan {
            predictions: [0; COMPONENTS],
            interval,
            left: interval,
            next_restart: 0,
        }
    }

    /// Gives the symbols of a row of MCUs.
    #[inline(always)]
    pub(super) fn row(
        &mut self,
        layout: &Layout,
        coefficients: &Coefficients<'_>,
        symbols: &mut impl Symbols,
    ) {
        for mcu in 0..layout.mcus_x {
            self.restart_if_due(symbols);
            for (c, component) in layout.components().iter().enumerate() {
                let stored = component.stored_x(layout);
                let (blocks, nonzero) = (&coefficients.blocks[c], &coefficients.nonzero[c]);
                for y in 0..component.v {
                    for x in 0..component.h {
                        let at = y * stored + mcu * component.h + x;
                        let before = &mut self.predictions[c];
                        block(&blocks[at], nonzero[at], before, component.table, symbols);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn restart_if_due(&mut self, symbols: &mut impl Symbols) {
        if self.interval == 0 {
            return;
        }
        if self.left == 0 {
            symbols.restart(self.next_restart);
            self.next_restart = (self.next_restart + 1) % 8;
            self.left = self.interval;
            self.predictions = [0; COMPONENTS];
        }
        self.left -= 1;
    }
}

/// The bits of a value, and their number: those of a negative one are those of the value less 1.
#[inline(always)]
fn bits_of(value: i32) -> (u32, u8) {
    let category = u32::BITS - value.unsigned_abs().leading_zeros();
    let bits = (value + (value >> 31)) as u32 & ((1 << category) - 1);
    (bits, category as u8)
}

#[inline(always)]
fn block(block: &Block, nonzero: u64, before: &mut i32, table: usize, symbols: &mut impl Symbols) {
    let mut state = symbols.state();
    let dc = i32::from(block[0]);
    let (bits, category) = bits_of(dc - *before);
    *before = dc;
    symbols.dc(&mut state, table, category, bits);

    let mut rest = nonzero & !1;
    let mut last = 0;
    while rest != 0 {
        let position = rest.trailing_zeros();
        rest &= rest - 1;
        let mut run = position - last - 1;
        last = position;
        while run > 15 {
            symbols.ac(&mut state, table, ZRL, 0);
            run -= 16;
        }
        let natural = ZIGZAG[position as usize & 127];
        let (bits, category) = bits_of(block[usize::from(natural) & 63].into());
        symbols.ac(&mut state, table, (run << 4) as u8 | category, bits);
    }
    if last != 63 {
        symbols.ac(&mut state, table, EOB, 0);
    }
    symbols.keep(state);
}
