//! A scan: its header, its order of blocks, its restarts.

use crate::testing::model::bits::Reader;
use crate::testing::model::block::{self, Band};
use crate::testing::model::frame::Frame;
use crate::testing::model::huffman::Table;
use crate::testing::model::order;
use crate::testing::model::refusal::{Refusal, refuse};

/// A header SOS, with the tables and the restart interval that are in effect at it.
pub(super) struct Scan<'t> {
    /// Which components of the frame, with the numbers of their DC and AC tables.
    pub(super) components: Vec<(usize, usize, usize)>,
    pub(super) ss: usize,
    pub(super) se: usize,
    pub(super) ah: u32,
    pub(super) al: u32,
    pub(super) dc: &'t [Option<Table>],
    pub(super) ac: &'t [Option<Table>],
    pub(super) restart_interval: usize,
}

/// What is carried from block to block, and forgotten at a restart.
#[derive(Default)]
struct Carried {
    predictions: [i32; 4],
    end_run: u32,
}

/// What happens to each block of a scan.
enum Step {
    Sequential,
    DcFirst,
    DcRefine,
    AcFirst,
    AcRefine,
}

fn table(tables: &[Option<Table>], number: usize) -> Result<&Table, Refusal> {
    match tables.get(number) {
        Some(Some(table)) => Ok(table),
        _ => refuse("a Huffman table is missing"),
    }
}

impl Scan<'_> {
    /// Reads the contents of SOS: (component, DC table, AC table) of each, then Ss, Se, Ah, Al.
    pub(super) fn components(
        segment: &[u8],
        frame: &Frame,
    ) -> Result<Vec<(usize, usize, usize)>, Refusal> {
        let count = usize::from(*segment.first().unwrap_or(&0));
        if !(1..=4).contains(&count) || segment.len() != 4 + 2 * count {
            return refuse("the length of SOS does not fit");
        }
        let mut components: Vec<(usize, usize, usize)> = Vec::new();
        for pair in segment[1..].chunks(2).take(count) {
            // Components come in the order of the frame: the n-th is not before the n-th of the frame.
            let is_named = |place: &usize| frame.components[*place].id == pair[0];
            let place = (components.len()..frame.components.len()).find(is_named);
            let Some(place) = place.filter(|place| components.iter().all(|c| c.0 != *place)) else {
                return refuse("a component of SOS is unknown, named twice, or out of order");
            };
            components.push((place, usize::from(pair[1] >> 4), usize::from(pair[1] & 15)));
        }
        let blocks = components
            .iter()
            .map(|c| frame.components[c.0].h * frame.components[c.0].v);
        if count > 1 && blocks.sum::<usize>() > 10 {
            return refuse("an MCU has more than 10 blocks");
        }
        Ok(components)
    }

    /// Refuses what cannot be decoded, and says how.
    fn step(&self, is_progressive: bool) -> Result<Step, Refusal> {
        let (ss, se, ah, al) = (self.ss, self.se, self.ah, self.al);
        if is_progressive {
            let is_band = ss > 0 && ss <= se && se <= 63 && self.components.len() == 1;
            if !(ss == 0 && se == 0 || is_band) || ah != 0 && al + 1 != ah || al > 13 {
                return refuse("the header of a progressive scan");
            }
        }
        let step = match (is_progressive, ss, ah) {
            (false, ..) => Step::Sequential,
            (true, 0, 0) => Step::DcFirst,
            (true, 0, _) => Step::DcRefine,
            (true, _, 0) => Step::AcFirst,
            (true, ..) => Step::AcRefine,
        };
        for (_, dc, ac) in &self.components {
            if matches!(step, Step::Sequential | Step::DcFirst) {
                table(self.dc, *dc)?.check(true)?;
            }
            if matches!(step, Step::Sequential | Step::AcFirst | Step::AcRefine) {
                table(self.ac, *ac)?.check(false)?;
            }
        }
        Ok(step)
    }

    /// Decodes the data into the frame's store. `last_good` becomes the MCU row, counted in the interleaved way, of the last MCU
    /// before which, and before whose restart, there were bits.
    pub(super) fn decode(
        &self,
        reader: &mut Reader<'_>,
        frame: &mut Frame,
        last_good: &mut usize,
    ) -> Result<(), Refusal> {
        let step = self.step(frame.is_progressive)?;
        reader.start_scan();
        let components: Vec<usize> = self.components.iter().map(|c| c.0).collect();
        let mut carried = Carried::default();
        let mut restarts = 0;
        for (index, mcu) in order::mcus(frame, &components).into_iter().enumerate() {
            // Before a restart, which may bring bits again.
            if !reader.starved {
                *last_good = mcu.row;
            }
            if self.restart_interval > 0 && index > 0 && index % self.restart_interval == 0 {
                carried = Carried::default();
                restart(reader, restarts);
                restarts = (restarts + 1) % 8;
            }
            if reader.starved && !matches!(step, Step::DcRefine) {
                continue;
            }
            for (place, block) in mcu.blocks {
                let (component, dc, ac) = self.components[place];
                let block = &mut frame.components[component].blocks[block];
                self.block(&step, reader, [dc, ac], &mut carried, place, block)?;
            }
        }
        Ok(())
    }

    fn block(
        &self,
        step: &Step,
        reader: &mut Reader<'_>,
        [dc, ac]: [usize; 2],
        carried: &mut Carried,
        place: usize,
        block: &mut [i16; 64],
    ) -> Result<(), Refusal> {
        let band = Band {
            ss: self.ss,
            se: self.se,
            al: self.al,
        };
        let prediction = &mut carried.predictions[place];
        let end_run = &mut carried.end_run;
        match step {
            Step::Sequential => {
                block::sequential(
                    reader,
                    table(self.dc, dc)?,
                    table(self.ac, ac)?,
                    prediction,
                    block,
                );
            }
            Step::DcFirst => {
                block::dc_first(reader, table(self.dc, dc)?, self.al, prediction, block)?;
            }
            Step::DcRefine => block::dc_refine(reader, self.al, block),
            Step::AcFirst => block::ac_first(reader, table(self.ac, ac)?, band, end_run, block),
            Step::AcRefine => block::ac_refine(reader, table(self.ac, ac)?, band, end_run, block),
        }
        Ok(())
    }

    /// How many blocks the scan has.
    pub(super) fn work(&self, frame: &Frame) -> usize {
        let stored = |c: &(usize, usize, usize)| {
            let (columns, rows) = frame.stored_blocks(&frame.components[c.0]);
            columns * rows
        };
        self.components.iter().map(stored).sum()
    }
}

/// Goes to the next restart marker, or finds that it is missing. `expected` is its number.
fn restart(reader: &mut Reader<'_>, expected: u8) {
    reader.drop_bits();
    let mut marker = reader.next_marker();
    if marker != 0xd0 + expected {
        reader.damaged = true;
    }
    loop {
        let ahead = marker.wrapping_sub(0xd0 + expected) % 8;
        match (marker, ahead) {
            (0xd0..=0xd7, 0) => break,
            (0x00..=0xbf, _) | (0xd0..=0xd7, 6 | 7) => marker = reader.next_marker(),
            (0xd0..=0xd7, 3..=5) => break,
            _ => {
                reader.marker = Some(marker);
                return;
            }
        }
    }
    reader.starved = false;
}
