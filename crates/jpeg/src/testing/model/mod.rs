//! A plain, slow decoder that is easily seen to be right: the model that fast decoders are compared with.
//!
//! It reads a file as libjpeg-turbo does that may be cut off or damaged, holds all coefficients, and computes one sample at a time.
//! Nothing of it is shared with the decoder of this crate.

mod bits;
mod block;
mod color;
mod exif;
pub(in crate::testing) mod frame;
pub(in crate::testing) mod huffman;
pub(in crate::testing) mod order;
mod refusal;
mod scan;
mod smoothing;
mod tables;
mod transform;
mod upsample;

pub use crate::testing::model::color::{Inks, Space};
pub use crate::testing::model::refusal::Refusal;

use crate::testing::model::bits::Reader;
use crate::testing::model::color::Hints;
use crate::testing::model::frame::Frame;
use crate::testing::model::refusal::refuse;
use crate::testing::model::scan::Scan;
use crate::testing::model::tables::Tables;

/// A decoded image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Columns of pixels.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// What the components are.
    pub space: Space,
    /// The orientation of EXIF, 1 to 8. It is not applied.
    pub orientation: u8,
    /// Whether the entropy-coded data is cut off or damaged in a way of which libjpeg-turbo warns.
    pub is_damaged: bool,
    /// What the file has of each component, in the order of the frame.
    pub components: Vec<Coefficients>,
    /// The samples of each component at the size of the image.
    planes: Vec<Vec<u8>>,
}

/// The coefficients of a component, with the block smoothing of incomplete progressive files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coefficients {
    /// Columns and rows of blocks that have samples of the image.
    pub real: (usize, usize),
    /// Blocks in a row of `blocks`.
    pub columns: usize,
    /// Stored blocks, row by row, each in natural order.
    pub blocks: Vec<[i16; 64]>,
    /// The quantizer in natural order, of zeros for a component that no scan has.
    pub quantizer: [u16; 64],
}

impl Model {
    /// Decodes a file, of which all scans together have at most `most_blocks` blocks.
    pub fn decode(file: &[u8], most_blocks: usize) -> Result<Self, Refusal> {
        if !file.starts_with(&[0xff, 0xd8, 0xff]) {
            return refuse("no FF D8 FF at the beginning");
        }
        let mut decoding = Decoding {
            reader: Reader::new(file),
            tables: Tables::default(),
            frame: None,
            hints: Hints::default(),
            orientation: None,
            scans: 0,
            last_good: 0,
            blocks_left: most_blocks,
        };
        decoding.reader.skip(2);
        while decoding.segment()? {}
        decoding.finish()
    }

    /// Interleaved red, green and blue.
    pub fn rgb(&self, inks: Inks) -> Vec<u8> {
        self.pixels(|samples| color::rgb(self.space, samples, inks))
            .concat()
    }

    /// Gray as OpenCV computes it, inks by OpenCV's formula.
    pub fn gray(&self) -> Vec<u8> {
        self.pixels(|samples| color::gray(self.space, samples, Inks::OpenCv))
    }

    fn pixels<T>(&self, of_samples: impl Fn(&[u8]) -> T) -> Vec<T> {
        let samples = |at: usize| self.planes.iter().map(move |plane| plane[at]);
        (0..self.width * self.height)
            .map(|at| of_samples(&samples(at).collect::<Vec<u8>>()))
            .collect()
    }
}

/// A file on its way.
struct Decoding<'a> {
    reader: Reader<'a>,
    tables: Tables,
    frame: Option<Frame>,
    hints: Hints,
    orientation: Option<u8>,
    scans: usize,
    last_good: usize,
    blocks_left: usize,
}

impl Decoding<'_> {
    /// Reads a marker and what belongs to it. False at the end of the image.
    fn segment(&mut self) -> Result<bool, Refusal> {
        let marker = self.reader.next_marker();
        match marker {
            0xc0..=0xc2 => {
                if self.frame.is_some() {
                    return refuse("two frames");
                }
                let segment = self.contents();
                self.frame = Some(Frame::read(&segment, marker == 0xc2)?);
            }
            0xc4 => {
                let segment = self.table_contents()?;
                self.tables.read_huffman(&segment)?;
            }
            0xdb => {
                let segment = self.table_contents()?;
                self.tables.read_quantizers(&segment)?;
            }
            0xdd => {
                let segment = self.contents();
                self.tables.read_restart_interval(&segment)?;
            }
            0xda => return self.scan(),
            0xd9 => {
                self.reader.note_end();
                return Ok(false);
            }
            0xcc => {
                let segment = self.table_contents()?;
                tables::check_conditioning(&segment)?;
            }
            0xe0..=0xef | 0xfe | 0xdc => {
                let segment = self.contents();
                self.application(marker, &segment);
            }
            0xd0..=0xd7 | 0x01 => {}
            _ => return refuse("a marker that is not known"),
        }
        Ok(true)
    }

    /// The contents of a segment. A length below 2 means that there are none.
    fn contents(&mut self) -> Vec<u8> {
        let length = usize::from(self.reader.word());
        self.reader.bytes(length.saturating_sub(2))
    }

    /// The contents of a segment with tables, whose length must count its own two bytes.
    fn table_contents(&mut self) -> Result<Vec<u8>, Refusal> {
        match usize::from(self.reader.word()).checked_sub(2) {
            Some(length) => Ok(self.reader.bytes(length)),
            None => refuse("the length of a segment with tables"),
        }
    }

    /// Reads what a segment says of the image. Behind the first scan header it says nothing.
    fn application(&mut self, marker: u8, segment: &[u8]) {
        if self.scans > 0 {
            return;
        }
        match marker {
            0xe0 if segment.len() >= 14 && segment.starts_with(b"JFIF\0") => {
                self.hints.has_jfif = true
            }
            0xee if segment.len() >= 12 && segment.starts_with(b"Adobe") => {
                self.hints.adobe_transform = Some(segment[11]);
            }
            0xe1 if self.scans == 0
                && self.orientation.is_none()
                && segment.starts_with(b"Exif\0\0") =>
            {
                self.orientation = exif::orientation(segment);
            }
            _ => {}
        }
    }

    /// Reads a scan. False if the image is finished with it.
    fn scan(&mut self) -> Result<bool, Refusal> {
        let segment = self.contents();
        let Some(frame) = &mut self.frame else {
            return refuse("a scan before the frame");
        };
        let components = Scan::components(&segment, frame)?;
        if self.scans == 0 {
            if frame.all_blocks() > self.blocks_left {
                return Err(Refusal::TooMuchWork);
            }
            frame.allocate();
            if !frame.is_progressive {
                self.tables.complete();
            }
        }
        let parameters = &segment[segment.len() - 3..];
        let scan = Scan {
            components,
            ss: usize::from(parameters[0]),
            se: usize::from(parameters[1]),
            ah: u32::from(parameters[2] >> 4),
            al: u32::from(parameters[2] & 15),
            dc: &self.tables.dc,
            ac: &self.tables.ac,
            restart_interval: self.tables.restart_interval,
        };
        match self.blocks_left.checked_sub(scan.work(frame)) {
            Some(left) => self.blocks_left = left,
            None => return Err(Refusal::TooMuchWork),
        }
        for (component, ..) in &scan.components {
            let c = &mut frame.components[*component];
            if c.quantizer.is_none() {
                let Some(Some(quantizer)) = self.tables.quantizers.get(c.slot) else {
                    return refuse("a quantizer is missing");
                };
                c.quantizer = Some(*quantizer);
            }
            if frame.is_progressive {
                for k in scan.ss.min(1)..=scan.se.clamp(9, 63) {
                    c.bits_before[k] = if self.scans == 0 { 0 } else { c.bits[k] };
                }
            }
        }
        scan.decode(&mut self.reader, frame, &mut self.last_good)?;
        if frame.is_progressive {
            for (component, ..) in &scan.components {
                frame.components[*component].bits[scan.ss..=scan.se].fill(scan.al as i32);
            }
        }
        self.scans += 1;
        let is_single = !frame.is_progressive
            && self.scans == 1
            && scan.components.len() == frame.components.len();
        Ok(!is_single)
    }

    fn finish(mut self) -> Result<Model, Refusal> {
        let Some(mut frame) = self.frame.take() else {
            return refuse("no frame");
        };
        if self.scans == 0 {
            return refuse("no scan");
        }
        if self.scans == 1 {
            for component in &mut frame.components {
                component.bits_before = [-1; 64];
            }
        }
        smoothing::smooth(&mut frame, self.last_good);
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        Ok(Model {
            width: frame.width,
            height: frame.height,
            space: self.hints.space(&ids),
            orientation: self.orientation.unwrap_or(1),
            is_damaged: self.reader.damaged,
            components: frame
                .components
                .iter()
                .map(|c| Coefficients {
                    real: frame.real_blocks(c),
                    columns: frame.stored_blocks(c).0,
                    blocks: c.blocks.clone(),
                    quantizer: c.quantizer.unwrap_or([0; 64]),
                })
                .collect(),
            planes: frame
                .components
                .iter()
                .map(|c| upsample::full_size(&frame, c))
                .collect(),
        })
    }
}
