//! The tables of a file: quantizers, Huffman tables, the restart interval.

use crate::testing::model::frame::ZIGZAG;
use crate::testing::model::huffman::{self, Table};
use crate::testing::model::refusal::{Refusal, refuse};

#[derive(Default)]
pub(super) struct Tables {
    /// In natural order.
    pub(super) quantizers: [Option<[u16; 64]>; 4],
    pub(super) dc: [Option<Table>; 4],
    pub(super) ac: [Option<Table>; 4],
    /// MCUs between restarts, 0 for none.
    pub(super) restart_interval: usize,
}

impl Tables {
    /// Reads the contents of DQT.
    pub(super) fn read_quantizers(&mut self, mut segment: &[u8]) -> Result<(), Refusal> {
        while let [head, rest @ ..] = segment {
            let (size, slot) = (if head >> 4 == 0 { 1 } else { 2 }, usize::from(head & 15));
            if slot > 3 || rest.len() < 64 * size {
                return refuse("the slot or the length of DQT");
            }
            let (values, behind) = rest.split_at(64 * size);
            let mut quantizer = [0; 64];
            for (k, value) in values.chunks(size).enumerate() {
                quantizer[ZIGZAG[k]] = value
                    .iter()
                    .fold(0, |high, low| high << 8 | u16::from(*low));
            }
            self.quantizers[slot] = Some(quantizer);
            segment = behind;
        }
        Ok(())
    }

    /// Reads the contents of DHT.
    pub(super) fn read_huffman(&mut self, mut segment: &[u8]) -> Result<(), Refusal> {
        while let [head, rest @ ..] = segment {
            let Some((counts, rest)) = rest.split_first_chunk::<16>() else {
                return refuse("DHT is too short");
            };
            let symbols: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let slot = usize::from(head & !0x10);
            if symbols > 256 || symbols > rest.len() || slot > 3 {
                return refuse("the slot or the length of DHT");
            }
            let table = Table {
                counts: *counts,
                symbols: rest[..symbols].to_vec(),
            };
            let tables = if head & 0x10 == 0 {
                &mut self.dc
            } else {
                &mut self.ac
            };
            tables[slot] = Some(table);
            segment = &rest[symbols..];
        }
        Ok(())
    }

    /// Reads the contents of DRI.
    pub(super) fn read_restart_interval(&mut self, segment: &[u8]) -> Result<(), Refusal> {
        let [high, low] = segment else {
            return refuse("the length of DRI");
        };
        self.restart_interval = usize::from(u16::from_be_bytes([*high, *low]));
        Ok(())
    }

    /// Gives the first two tables of either kind to a sequential file that has not got them.
    pub(super) fn complete(&mut self) {
        for (tables, is_dc) in [(&mut self.dc, true), (&mut self.ac, false)] {
            for (table, standard) in tables.iter_mut().zip(huffman::standard(is_dc)) {
                table.get_or_insert(standard);
            }
        }
    }
}

/// Refuses contents of DAC that are none. They are for arithmetic coding, and mean nothing here.
pub(super) fn check_conditioning(segment: &[u8]) -> Result<(), Refusal> {
    let is_right = |pair: &[u8]| match pair {
        [0..16, bounds] => bounds & 15 <= bounds >> 4,
        [16..32, _] => true,
        _ => false,
    };
    match segment.chunks(2).all(is_right) {
        true => Ok(()),
        false => refuse("the contents of DAC"),
    }
}
