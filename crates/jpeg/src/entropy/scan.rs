//! The data of one scan.

use crate::entropy::bits::{Bits, Noted};
use crate::entropy::coding::Coding;
use crate::entropy::lookup::Lookups;
use crate::entropy::progressive::{AcFirst, AcRefine, Band, DcFirst, DcRefine};
use crate::entropy::restart::Restarts;
use crate::entropy::sequential::Sequential;
use crate::error::{Damage, Fault};
use crate::file::frame::{Frame, Process};
use crate::file::scan::Scan;
use crate::file::segments::Segments;

/// Rows of blocks of a component.
#[derive(Default)]
pub(crate) struct BlockRows<'b> {
    /// Blocks, row by row, in natural order of their coefficients.
    pub(crate) blocks: &'b mut [[i16; 64]],
    /// What each block has ([`Coding::block`]).
    pub(crate) marks: &'b mut [u64],
    /// Blocks of a row.
    pub(crate) columns: usize,
}

/// Decodes the data of a scan, MCU row by MCU row.
pub(crate) struct ScanDecoder<'a, 't> {
    bits: Bits<'a>,
    restarts: Restarts,
    coding: AnyCoding<'t>,
    /// Columns and rows of blocks of an MCU, for each component of the scan.
    factors: [(u8, u8); 4],
    count: usize,
    /// MCUs of a row.
    columns: u32,
    rows: u32,
}

/// One of the codings.
enum AnyCoding<'t> {
    /// Blocks of rows that are used once.
    Single(Sequential<'t, true>),
    /// Blocks that are stored.
    Stored(Sequential<'t, false>),
    DcFirst(DcFirst<'t>),
    DcRefine(DcRefine),
    AcFirst(AcFirst<'t>),
    AcRefine(AcRefine<'t>),
}

impl<'a, 't> ScanDecoder<'a, 't> {
    /// Begins a scan whose data are at byte `at` of the file. With `single`, blocks are cleared before they are decoded.
    pub(crate) fn new(
        (file, at): (&'a [u8], usize),
        (frame, segments, scan): (&Frame, &Segments, &Scan),
        lookups: &'t mut Lookups,
        single: bool,
    ) -> Result<Self, Fault> {
        let components = scan.components();
        let slots = &segments.huffman;
        let sequential = frame.process() == Process::Sequential;
        let (first, ac) = (scan.high == 0, scan.start > 0);
        for component in components {
            if sequential || (first && !ac) {
                lookups.prepare_dc(slots, component.dc)?;
            }
            if sequential || ac {
                lookups.prepare_ac(slots, component.ac)?;
            }
        }
        // The places behind the last component are never asked for.
        let of = |place: usize| components.get(place).unwrap_or(&components[0]);
        let lookups = &*lookups;
        let coding = match sequential {
            true => {
                let tables = std::array::from_fn(|place| {
                    (lookups.dc(of(place).dc), lookups.ac(of(place).ac))
                });
                match single {
                    true => AnyCoding::Single(Sequential::new(tables)),
                    false => AnyCoding::Stored(Sequential::new(tables)),
                }
            }
            false => {
                let band = Band {
                    start: scan.start,
                    end: scan.end,
                    low: scan.low,
                };
                match (first, ac) {
                    (true, false) => {
                        let tables = std::array::from_fn(|place| lookups.dc(of(place).dc));
                        AnyCoding::DcFirst(DcFirst::new(tables, scan.low))
                    }
                    (false, false) => AnyCoding::DcRefine(DcRefine::new(scan.low)),
                    (true, true) => AnyCoding::AcFirst(AcFirst::new(lookups.ac(of(0).ac), band)),
                    (false, true) => AnyCoding::AcRefine(AcRefine::new(lookups.ac(of(0).ac), band)),
                }
            }
        };
        let mut factors = [(1, 1); 4];
        let (columns, rows) = if scan.interleaved() {
            for (factors, component) in factors.iter_mut().zip(components) {
                let component = frame.components()[component.index];
                *factors = (component.h, component.v);
            }
            frame.mcus()
        } else {
            frame.blocks(components[0].index)
        };
        Ok(Self {
            bits: Bits::new(file, at),
            restarts: Restarts::new(segments.restart_interval),
            coding,
            factors,
            count: components.len(),
            columns,
            rows,
        })
    }

    /// MCU rows of the scan: block rows for a scan of one component.
    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// Decodes the next MCU row into the block rows of each component of the scan. Returns whether it has an MCU before
    /// which, and before whose restart, the data had not ended.
    pub(crate) fn row(&mut self, rows: &mut [BlockRows<'_>]) -> Result<bool, Fault> {
        let Self { bits, restarts, .. } = self;
        let factors = &self.factors[..self.count];
        let layout = Layout {
            factors,
            columns: self.columns,
        };
        Ok(match &mut self.coding {
            AnyCoding::Single(coding) => layout.row(coding, bits, restarts, rows),
            AnyCoding::Stored(coding) => layout.row(coding, bits, restarts, rows),
            AnyCoding::DcFirst(coding) => {
                let good = layout.row(coding, bits, restarts, rows);
                if coding.overflow() {
                    return Err(Fault::DcOverflow);
                }
                good
            }
            AnyCoding::DcRefine(coding) => layout.row(coding, bits, restarts, rows),
            AnyCoding::AcFirst(coding) => layout.row(coding, bits, restarts, rows),
            AnyCoding::AcRefine(coding) => layout.row(coding, bits, restarts, rows),
        })
    }

    /// Where the data were read to, in bytes of the file.
    pub(crate) fn position(&self) -> usize {
        self.bits.position()
    }

    /// The first damage.
    pub(crate) fn damage(&self) -> Option<Noted> {
        self.bits.damage()
    }
}

/// The blocks of an MCU row.
struct Layout<'l> {
    /// Columns and rows of blocks of an MCU, for each component of the scan.
    factors: &'l [(u8, u8)],
    /// MCUs of a row.
    columns: u32,
}

impl Layout<'_> {
    /// Decodes an MCU row. Returns whether it has an MCU before which, and before whose restart, the data had not ended.
    fn row<C: Coding>(
        &self,
        coding: &mut C,
        bits: &mut Bits<'_>,
        restarts: &mut Restarts,
        rows: &mut [BlockRows<'_>],
    ) -> bool {
        let mut good = false;
        for column in 0..self.columns as usize {
            // Before a restart, which may bring data again: libjpeg-turbo looks then, too.
            good |= !bits.starved();
            if restarts.due() {
                restarts.go(bits);
                coding.restart();
            }
            let starved = bits.starved();
            if starved && !C::READS_ON {
                continue;
            }
            for (component, (rows, &(h, v))) in rows.iter_mut().zip(self.factors).enumerate() {
                let (h, v) = (usize::from(h), usize::from(v));
                for y in 0..v {
                    let first = y * rows.columns + column * h;
                    let blocks = &mut rows.blocks[first..first + h];
                    let marks = &mut rows.marks[first..first + h];
                    for (block, mark) in blocks.iter_mut().zip(marks) {
                        coding.block(bits, component, block, mark);
                    }
                }
            }
            if !starved && bits.starved() {
                bits.note(Damage::EarlyMarker);
            }
        }
        good
    }
}
