//! Files that a device decodes from their bytes on.

use crate::file::header::{Header, Opened};
use crate::file::huffman::HuffmanTable;
use crate::file::markers::{RST0, RST7, SOF0};
use crate::file::quantizers::Quantizer;
use std::ops::Range;

/// The most bytes of entropy-coded data that a block has. It has a DC coefficient and at most 63 symbols for AC ones, since each goes on
/// by one coefficient at least; each of the 64 is a code of at most 16 bits, and at most 15 bits behind it (T.81, F.1.2: a category
/// of a file that is decoded is at most 15). These are 64 * 31 bits or 248 bytes, each of which may be FF and have a zero byte behind.
/// Bits that fill the last byte before a marker are in the bytes of the blocks before, since 248 is whole.
const MOST_BLOCK_BYTES: u64 = 2 * 64 * (16 + 15) / 8;

/// Bytes of a marker.
const MARKER_BYTES: u64 = 2;

/// What a device needs to decode an ordinary file from its bytes on: a sequential file of one scan with all components.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// Size, components, color space and orientation.
    pub header: Header,
    /// The components, in the order of the frame, which is that of the scan.
    components: [BaselineComponent; 4],
    count: usize,
    /// MCUs from one restart marker to the next, 0 for no restart markers.
    pub restart_interval: u16,
    /// The entropy-coded data in the file, with stuffed bytes and restart markers. The first marker that is no restart marker ends them;
    /// the range goes on to the end of the file, or to [the end of the data](Self::end_data).
    pub data: Range<usize>,
    dc: [HuffmanTable; 4],
    ac: [HuffmanTable; 4],
}

/// What the blocks of a component are decoded with.
#[derive(Clone, Copy, Debug)]
pub struct BaselineComponent {
    /// Slot of its Huffman table for DC coefficients, 0 to 3.
    pub dc_slot: u8,
    /// Slot of its Huffman table for AC coefficients, 0 to 3.
    pub ac_slot: u8,
    /// The factors of its coefficients in natural order.
    pub quantizer: Quantizer,
}

impl Baseline {
    /// What a device needs to decode this file; `None` if the header is not valid, or a host has to decode the file or its coefficients:
    /// it is progressive or has several scans.
    ///
    /// The data may be damaged or cut all the same.
    #[must_use]
    pub fn of(file: &[u8]) -> Option<Self> {
        let opened = Opened::read(file).ok()?;
        let header = opened.header();
        if !header.single_scan() || opened.reader.past_end() {
            return None;
        }
        let Opened {
            reader,
            mut segments,
            frame,
            scan,
        } = opened;
        segments.huffman.fill_with_standard();
        let empty = BaselineComponent {
            dc_slot: 0,
            ac_slot: 0,
            quantizer: [0; 64],
        };
        let mut baseline = Self {
            header,
            components: [empty; 4],
            count: scan.components().len(),
            restart_interval: segments.restart_interval,
            data: reader.at()..file.len(),
            dc: [NO_TABLE; 4],
            ac: [NO_TABLE; 4],
        };
        for (component, of_scan) in baseline.components.iter_mut().zip(scan.components()) {
            let quantizer = usize::from(frame.components()[of_scan.index].quantizer);
            let (dc, ac) = (usize::from(of_scan.dc), usize::from(of_scan.ac));
            *component = BaselineComponent {
                dc_slot: of_scan.dc,
                ac_slot: of_scan.ac,
                quantizer: *segments.quantizers.get(quantizer)?.as_ref()?,
            };
            baseline.dc[dc] = checked(segments.huffman.dc.get(dc)?, true)?;
            baseline.ac[ac] = checked(segments.huffman.ac.get(ac)?, false)?;
        }
        Some(baseline)
    }

    /// The most bytes that the entropy-coded data of the image have, with the markers in them and behind them, and without fill bytes.
    #[must_use]
    pub fn most_data_bytes(&self) -> u64 {
        let frame = self.header.frame();
        let product = |(columns, rows): (u32, u32)| u64::from(columns) * u64::from(rows);
        // The MCUs of a single component are its blocks.
        let (mcus, blocks) = match self.count {
            1 => (product(frame.blocks(0)), product(frame.blocks(0))),
            _ => (product(frame.mcus()), frame.all_stored_blocks()),
        };
        let segments = match u64::from(self.restart_interval) {
            0 => 1,
            interval => mcus.div_ceil(interval),
        };
        MOST_BLOCK_BYTES * blocks + MARKER_BYTES * segments
    }

    /// Ends [`data`](Self::data) behind the marker at which every decoder of the scan stops, if more bytes follow than the image can
    /// use ([`most_data_bytes`](Self::most_data_bytes)). Returns `false`, and changes nothing, if the marker is not among those that
    /// it can use. `file` is the one that this was made of.
    ///
    /// The file up to there gives the same image, or the same damage, as the whole file.
    #[must_use]
    pub fn end_data(&mut self, file: &[u8]) -> bool {
        let most = usize::try_from(self.most_data_bytes()).unwrap_or(usize::MAX);
        if self.data.len() <= most {
            return true;
        }
        let begin = self.data.start;
        let Some(data) = file.get(begin..begin.saturating_add(most)) else {
            return false;
        };
        match end_of_data(data) {
            Some(end) => {
                self.data.end = begin + end;
                true
            }
            None => false,
        }
    }

    /// The components, 1, 3 or 4, in the order of the frame.
    #[must_use]
    pub fn components(&self) -> &[BaselineComponent] {
        &self.components[..self.count]
    }

    /// The Huffman table for DC coefficients in a slot, 0 to 3; it has no codes if no component uses it.
    ///
    /// # Panics
    /// For another slot.
    #[must_use]
    pub fn dc(&self, slot: u8) -> &HuffmanTable {
        &self.dc[usize::from(slot)]
    }

    /// The Huffman table for AC coefficients in a slot, 0 to 3; it has no codes if no component uses it.
    ///
    /// # Panics
    /// For another slot.
    #[must_use]
    pub fn ac(&self, slot: u8) -> &HuffmanTable {
        &self.ac[usize::from(slot)]
    }
}

/// A table without codes.
const NO_TABLE: HuffmanTable = HuffmanTable::new([0; 16], &[]);

/// A table that can be decoded with.
fn checked(table: &Option<HuffmanTable>, dc: bool) -> Option<HuffmanTable> {
    table.filter(|table| table.check(dc).is_ok())
}

/// Where the marker ends at which all decoders stop. Restart markers and those below C0, behind which damaged data may go on, are not
/// such ones.
fn end_of_data(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr(0xFF, &data[at..])?;
        at += data[at..].iter().position(|&byte| byte != 0xFF)?;
        let code = data[at];
        at += 1;
        if code >= SOF0 && !(RST0..=RST7).contains(&code) {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_end_behind_a_marker_that_no_decoder_passes() {
        let end = |data: &[u8]| end_of_data(data);
        assert_eq!(end(&[1, 0xFF, 0, 0xFF, 0xD3, 2, 0xFF, 0xD9, 3]), Some(8));
        assert_eq!(end(&[0xFF, 0xFF, 0, 0xFF, 1, 0xFF, 0xFF, 0xC4]), Some(8));
        assert_eq!(end(&[1, 2, 0xFF]), None);
        assert_eq!(end(&[0xFF, 0xFF]), None);
        assert_eq!(end(&[]), None);
    }
}
