//! Scan headers: SOS segments.

use crate::error::Fault;
use crate::file::frame::{Frame, Process};
use crate::file::markers::{SOS, Segment};

/// A component of a scan.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct ScanComponent {
    /// Position of the component in the frame.
    pub(crate) index: usize,
    /// Slot of its Huffman table for DC coefficients.
    pub(crate) dc: u8,
    /// Slot of its Huffman table for AC coefficients.
    pub(crate) ac: u8,
}

/// What a scan has: which components, which coefficients and which bits of them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Scan {
    components: [ScanComponent; 4],
    count: u8,
    /// First and last coefficient in zigzag order (progressive).
    pub(crate) start: u8,
    pub(crate) end: u8,
    /// Bits below which the scans before have the coefficients, 0 for a first scan, and below which this one has them (progressive).
    pub(crate) high: u8,
    pub(crate) low: u8,
}

impl Scan {
    /// Reads an SOS segment.
    pub(crate) fn read(segment: &mut Segment<'_, '_>, frame: &Frame) -> Result<Self, Fault> {
        let count = segment.byte();
        if !(1..=4).contains(&count) || segment.left() != i32::from(count) * 2 + 3 {
            return Err(segment.wrong_length(SOS));
        }
        let mut scan = Self::default();
        for position in 0..usize::from(count) {
            let (id, tables) = (segment.byte(), segment.byte());
            // libjpeg-turbo takes no component for place n of a scan whose place in the frame is below n.
            let index = (position..frame.components().len())
                .find(|&index| frame.components()[index].id == id)
                .filter(|index| scan.components().iter().all(|other| other.index != *index))
                .ok_or(Fault::Component { id })?;
            scan.components[position] = ScanComponent {
                index,
                dc: tables >> 4,
                ac: tables & 15,
            };
            scan.count += 1;
        }
        scan.start = segment.byte();
        scan.end = segment.byte();
        let bits = segment.byte();
        (scan.high, scan.low) = (bits >> 4, bits & 15);
        scan.check(frame)?;
        Ok(scan)
    }

    fn check(&self, frame: &Frame) -> Result<(), Fault> {
        let &Self {
            start,
            end,
            high,
            low,
            ..
        } = self;
        if self.interleaved() {
            let blocks = self.components().iter().map(|component| {
                let component = frame.components()[component.index];
                u32::from(component.h) * u32::from(component.v)
            });
            let blocks = blocks.sum();
            if blocks > 10 {
                return Err(Fault::Mcu { blocks });
            }
        }
        let possible = match (start, end) {
            (0, end) => end == 0,
            _ => !self.interleaved() && start <= end && end <= 63,
        };
        if frame.process() == Process::Progressive
            && (!possible || (high != 0 && high != low + 1) || low > 13)
        {
            return Err(Fault::Progression {
                start,
                end,
                high,
                low,
            });
        }
        Ok(())
    }

    /// The components, 1 to 4, in the order of the scan.
    pub(crate) fn components(&self) -> &[ScanComponent] {
        &self.components[..usize::from(self.count)]
    }

    /// Whether the scan has whole MCUs of several components, and not the blocks of one.
    pub(crate) fn interleaved(&self) -> bool {
        self.count > 1
    }

    /// The rows of MCUs of the scan that a row of MCUs of the frame has: in a scan of one component they are rows of blocks.
    pub(crate) fn rows_of_mcu(&self, frame: &Frame) -> u32 {
        match self.interleaved() {
            true => 1,
            false => frame.components()[self.components()[0].index].v.into(),
        }
    }

    /// The blocks of the scan.
    pub(crate) fn blocks(&self, frame: &Frame) -> u64 {
        let of = |component: &ScanComponent| {
            let (columns, rows) = match self.interleaved() {
                true => frame.stored_blocks(component.index),
                false => frame.blocks(component.index),
            };
            u64::from(columns) * u64::from(rows)
        };
        self.components().iter().map(of).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::frame::Component;
    use crate::file::markers::Reader;

    fn frame(process: Process) -> Frame {
        let component = |id, h, v| Component {
            id,
            h,
            v,
            quantizer: 0,
        };
        let components = [component(1, 2, 2), component(2, 1, 1), component(3, 1, 1)];
        Frame::new(33, 17, process, &components).unwrap()
    }

    /// A scan of components with these identifiers.
    fn read(process: Process, ids: &[u8], rest: [u8; 3]) -> Result<Scan, Fault> {
        let mut file = vec![0, 6 + 2 * ids.len() as u8, ids.len() as u8];
        file.extend(ids.iter().flat_map(|&id| [id, id << 4 | 1]));
        file.extend(rest);
        Scan::read(&mut Reader::new(&file, 0).segment(), &frame(process))
    }

    #[test]
    fn components_are_found_by_their_identifiers() {
        let scan = read(Process::Sequential, &[1, 3], [0, 63, 0]).unwrap();
        let got: Vec<_> = scan
            .components()
            .iter()
            .map(|c| (c.index, c.dc, c.ac))
            .collect();
        assert_eq!(got, [(0, 1, 1), (2, 3, 1)]);
        // 3x2 MCUs with 4 blocks of the first component.
        assert_eq!(scan.blocks(&frame(Process::Sequential)), 6 * 5);
        let alone = read(Process::Sequential, &[1], [0, 63, 0]).unwrap();
        assert_eq!(alone.blocks(&frame(Process::Sequential)), 5 * 3);
    }

    #[test]
    fn components_out_of_order_are_refused_where_libjpeg_turbo_does() {
        let fault = |ids: &[u8]| read(Process::Sequential, ids, [0, 63, 0]).err();
        assert_eq!(fault(&[3]), None);
        // Component 2 has place 1 in the frame, and in the scan.
        assert_eq!(fault(&[3, 2]), None);
        assert_eq!(fault(&[2, 1]), Some(Fault::Component { id: 1 }));
        assert_eq!(fault(&[1, 1]), Some(Fault::Component { id: 1 }));
        assert_eq!(fault(&[3, 3]), Some(Fault::Component { id: 3 }));
        assert_eq!(fault(&[4]), Some(Fault::Component { id: 4 }));
        assert_eq!(
            fault(&[]),
            Some(Fault::Length {
                marker: SOS,
                length: 6
            })
        );
        assert_eq!(
            fault(&[1; 5]),
            Some(Fault::Length {
                marker: SOS,
                length: 16
            })
        );
    }

    #[test]
    fn an_mcu_has_ten_blocks_at_most() {
        let component = |id, h| Component {
            id,
            h,
            v: 2,
            quantizer: 0,
        };
        let frame = |h| {
            let components = [component(1, h), component(2, 1), component(3, 1)];
            Frame::new(8, 8, Process::Sequential, &components).unwrap()
        };
        let file = [0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0];
        let read = |h| Scan::read(&mut Reader::new(&file, 0).segment(), &frame(h));
        assert!(read(3).is_ok());
        assert_eq!(read(4).err(), Some(Fault::Mcu { blocks: 12 }));
    }

    #[test]
    fn progressive_scans_that_cannot_be_are_refused() {
        let ok = |ids: &[u8], start, end, bits| {
            read(Process::Progressive, ids, [start, end, bits]).is_ok()
        };
        assert!(ok(&[1, 2, 3], 0, 0, 0x01) && ok(&[1], 1, 63, 0x0D) && ok(&[1], 5, 5, 0x21));
        assert!(!ok(&[1], 0, 5, 0), "DC and AC in one scan");
        assert!(!ok(&[1, 2], 1, 5, 0), "AC of two components");
        assert!(!ok(&[1], 6, 5, 0) && !ok(&[1], 1, 64, 0));
        assert!(
            !ok(&[1], 0, 0, 0x20) && !ok(&[1], 0, 0, 0x11),
            "more or less than one bit"
        );
        assert!(!ok(&[1], 0, 0, 0x0E), "more than 13 bits");
        // Sequential scans have no such rules.
        assert!(read(Process::Sequential, &[1, 2, 3], [9, 3, 0xFF]).is_ok());
    }
}
