//! The items of single blocks: sequential ones, and those of progressive scans.

use crate::testing::model::frame::ZIGZAG;
use crate::testing::random::Random;
use crate::testing::stream::items::{Item, category};

/// Writes the blocks of one scan.
pub(super) struct BlockWriter {
    pub(super) items: Vec<Item>,
    pub(super) ss: usize,
    pub(super) se: usize,
    pub(super) ah: u32,
    pub(super) al: u32,
    /// Blocks without new coefficients that were not told of yet, and the bits that correct their coefficients.
    end_run: u32,
    corrections: Vec<u32>,
}

impl BlockWriter {
    pub(super) fn new(ss: usize, se: usize, ah: u32, al: u32) -> Self {
        Self {
            items: Vec::new(),
            ss,
            se,
            ah,
            al,
            end_run: 0,
            corrections: Vec::new(),
        }
    }

    fn symbol(&mut self, is_dc: bool, table: usize, symbol: u32) {
        self.items.push(Item::Symbol {
            is_dc,
            table,
            symbol: symbol as u8,
        });
    }

    fn bits(&mut self, bits: u32, count: u32) {
        self.items.push(Item::Bits { bits, count });
    }

    fn correct(&mut self, corrections: Vec<u32>) {
        for bit in corrections {
            self.bits(bit, 1);
        }
    }

    /// DC of a sequential block or of a first progressive scan. Predictions wrap so that a category is never above 15.
    pub(super) fn dc(&mut self, table: usize, value: i16, prediction: &mut i32) {
        let value = i32::from(value) >> self.al;
        let mut difference = value - *prediction;
        if difference.abs() > 32767 {
            difference = difference.signum() * 32767;
        }
        *prediction += difference;
        let (category, bits) = category(difference);
        self.symbol(true, table, category);
        self.bits(bits, category);
    }

    pub(super) fn dc_refine(&mut self, value: i16) {
        self.bits((i32::from(value) >> self.al) as u32 & 1, 1);
    }

    /// AC coefficients of a sequential block.
    pub(super) fn ac(&mut self, table: usize, block: &[i16; 64]) {
        let mut run = 0;
        for position in &ZIGZAG[1..64] {
            match i32::from(block[*position]).max(-32767) {
                0 => run += 1,
                value => {
                    self.coefficient(table, &mut run, value);
                }
            }
        }
        if run > 0 {
            self.symbol(false, table, 0);
        }
    }

    fn coefficient(&mut self, table: usize, run: &mut u32, value: i32) {
        while *run > 15 {
            self.symbol(false, table, 0xf0);
            *run -= 16;
        }
        let (category, bits) = category(value);
        self.symbol(false, table, *run << 4 | category);
        self.bits(bits, category);
        *run = 0;
    }

    fn shifted(&self, value: i16) -> i32 {
        let value = i32::from(value).max(-32767);
        value.signum() * (value.abs() >> self.al)
    }

    /// A band of AC coefficients in a first scan.
    pub(super) fn ac_first(&mut self, table: usize, block: &[i16; 64], random: &mut Random) {
        let mut run = 0;
        for k in self.ss..=self.se {
            match self.shifted(block[ZIGZAG[k]]) {
                0 => run += 1,
                value => {
                    self.flush(table);
                    self.coefficient(table, &mut run, value);
                }
            }
        }
        if run > 0 {
            self.end_of_block(table, random);
        }
    }

    /// A band of AC coefficients in a later scan.
    pub(super) fn ac_refine(&mut self, table: usize, block: &[i16; 64], random: &mut Random) {
        let values: Vec<i32> = (self.ss..=self.se)
            .map(|k| self.shifted(block[ZIGZAG[k]]))
            .collect();
        let new_until = values
            .iter()
            .rposition(|value| value.abs() == 1)
            .map_or(0, |last| last + 1);
        let (mut run, mut corrections) = (0, Vec::new());
        for (index, value) in values.iter().enumerate() {
            match value.abs() {
                0 => run += 1,
                size => {
                    while run > 15 && index < new_until {
                        self.flush(table);
                        self.symbol(false, table, 0xf0);
                        self.correct(std::mem::take(&mut corrections));
                        run -= 16;
                    }
                    if size > 1 {
                        corrections.push(size as u32 & 1);
                    } else {
                        self.flush(table);
                        self.symbol(false, table, run << 4 | 1);
                        self.bits(u32::from(*value > 0), 1);
                        self.correct(std::mem::take(&mut corrections));
                        run = 0;
                    }
                }
            }
        }
        if run > 0 || !corrections.is_empty() {
            self.corrections.append(&mut corrections);
            self.end_of_block(table, random);
        }
    }

    fn end_of_block(&mut self, table: usize, random: &mut Random) {
        self.end_run += 1;
        if self.end_run == 0x7fff || random.below(200) == 0 {
            self.flush(table);
        }
    }

    /// Writes the blocks that were not told of yet.
    pub(super) fn flush(&mut self, table: usize) {
        if self.end_run > 0 {
            let size = self.end_run.ilog2();
            self.symbol(false, table, size << 4);
            self.bits(self.end_run - (1 << size), size);
            self.end_run = 0;
        }
        let corrections = std::mem::take(&mut self.corrections);
        self.correct(corrections);
    }
}
