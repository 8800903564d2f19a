//! One file to decode.

use crate::coefficients::BLOCK_BYTES;
use crate::decoder::options::{Options, Rect, Target};
use crate::error::JpegError;
use crate::file::frame::{Frame, Process};
use crate::file::header::{Header, Opened};
use crate::samples::color::{Conversion, Output};
use crate::samples::geometry::{ComponentShape, MOST_COMPONENTS, Region};
use crate::samples::sampler::Sampler;
use std::ops::Range;

/// The most bytes of the prepared Huffman tables: eight of about 5 KB.
const TABLE_BYTES: u64 = 8 * 5120;

/// A file whose header was read, and what is asked of it.
pub(super) struct Job<'a> {
    pub(super) opened: Opened<'a>,
    pub(super) header: Header,
    pub(super) geometry: Geometry,
}

/// What pixels are made of which components.
pub(super) struct Geometry {
    pub(super) region: Region,
    pub(super) conversion: Conversion,
    shapes: [ComponentShape; MOST_COMPONENTS],
    count: usize,
}

impl<'a> Job<'a> {
    pub(super) fn new(file: &'a [u8], options: &Options) -> Result<Self, JpegError> {
        let opened = Opened::read(file)?;
        if opened.reader.past_end() && !options.allow_truncated {
            return Err(JpegError::Truncated { offset: file.len() });
        }
        let header = opened.header();
        let geometry = Geometry::new(&header, options)?;
        Ok(Self {
            opened,
            header,
            geometry,
        })
    }

    /// Refuses a file whose decoding to pixels takes more memory than [`Options::max_bytes`].
    pub(super) fn check_bytes(&self, options: &Options) -> Result<(), JpegError> {
        check(self.geometry.bytes(&self.header), options)
    }

    /// Refuses a file whose coefficients take more memory than [`Options::max_bytes`].
    pub(super) fn check_stored_bytes(&self, options: &Options) -> Result<(), JpegError> {
        check(stored_bytes(self.header.frame()), options)
    }
}

fn check(bytes: u64, options: &Options) -> Result<(), JpegError> {
    let limit = options.max_bytes;
    if bytes > limit {
        Err(JpegError::TooManyBytes { bytes, limit })
    } else {
        Ok(())
    }
}

impl Geometry {
    pub(super) fn new(header: &Header, options: &Options) -> Result<Self, JpegError> {
        let frame = header.frame();
        let region = options.crop.unwrap_or(Rect::whole(frame)).region(frame)?;
        let output = match options.color.channels(header.color()) {
            1 => Output::Gray,
            _ => Output::Rgb,
        };
        let mut shapes = [ComponentShape::default(); MOST_COMPONENTS];
        for (index, component) in frame.components().iter().enumerate() {
            let ratio = frame.ratio(index);
            shapes[index] = ComponentShape {
                block_rows: component.v,
                ratio: (ratio.0 as u8, ratio.1 as u8),
                samples: frame.samples(index),
            };
        }
        Ok(Self {
            region,
            conversion: Conversion {
                source: header.color(),
                output,
                cmyk: options.cmyk,
            },
            shapes,
            count: frame.components().len(),
        })
    }

    /// Refuses a target that has no room for the pixels.
    pub(super) fn check(&self, target: &Target<'_>) -> Result<(), JpegError> {
        target.check(
            self.region.y.len(),
            self.region.x.len() * self.conversion.channels(),
        )
    }

    /// The components.
    pub(super) fn shapes(&self) -> &[ComponentShape] {
        &self.shapes[..self.count]
    }

    /// The MCU rows of which the pixels are made.
    pub(super) fn mcu_rows(&self) -> Range<u32> {
        Sampler::mcu_rows_of(self.shapes(), &self.region, self.conversion)
    }

    /// Bytes of memory for decoding to pixels.
    pub(super) fn bytes(&self, header: &Header) -> u64 {
        let frame = header.frame();
        let blocks = if header.single_scan() {
            let row = |component: usize| {
                let (columns, _) = frame.stored_blocks(component);
                u64::from(columns) * u64::from(frame.components()[component].v)
            };
            TABLE_BYTES + BLOCK_BYTES * (0..self.count).map(row).sum::<u64>()
        } else {
            stored_bytes(frame)
        };
        let widest = (0..self.count).map(|component| u64::from(frame.stored_blocks(component).0));
        blocks
            + widest.max().unwrap_or(0)
            + Sampler::bytes(self.shapes(), &self.region, self.conversion)
    }
}

/// Bytes of memory for all coefficients of a frame.
fn stored_bytes(frame: &Frame) -> u64 {
    // Smoothing keeps the DC coefficients of one component as they were.
    let smoothing = match frame.process() {
        Process::Sequential => 0,
        Process::Progressive => 2,
    };
    TABLE_BYTES + (BLOCK_BYTES + smoothing) * frame.all_stored_blocks()
}
