//! Files that a device decodes from their bytes on.

use crate::file::header::{Header, Opened};
use crate::file::huffman::HuffmanTable;
use crate::file::quantizers::Quantizer;
use std::ops::Range;

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
    /// the range goes on to the end of the file.
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
