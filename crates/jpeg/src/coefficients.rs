//! The coefficients of a whole image.

use crate::entropy::scan::BlockRows;
use crate::file::frame::Frame;
use crate::file::quantizers::Quantizer;
use crate::memory::resize;
use std::ops::Range;

/// The coefficients of a whole image, as all its scans together have them.
#[derive(Debug, Default)]
pub struct Coefficients {
    planes: [Plane; 4],
    count: usize,
}

/// The coefficients of one component.
#[derive(Debug, Default)]
pub(crate) struct Plane {
    pub(crate) blocks: Vec<[i16; 64]>,
    /// The zigzag positions of each block that may be other than 0; the highest is what counts.
    pub(crate) marks: Vec<u64>,
    /// Blocks of a row.
    pub(crate) columns: usize,
    /// The factors, from the first scan of the component on.
    pub(crate) quantizer: Option<Quantizer>,
}

/// The coefficients of one component of an image.
#[derive(Clone, Copy, Debug)]
pub struct ComponentCoefficients<'a> {
    /// The blocks, row by row, of 64 coefficients in natural order (row * 8 + column), not dequantized:
    /// [`Frame::stored_blocks`] of the component.
    pub blocks: &'a [[i16; 64]],
    /// Blocks of a row.
    pub columns: usize,
    /// The factors of the coefficients in natural order. All are 0 for a component that no scan has.
    pub quantizer: Quantizer,
}

impl Plane {
    /// Rows of blocks.
    pub(crate) fn rows(&mut self, rows: Range<usize>) -> BlockRows<'_> {
        let range = rows.start * self.columns..rows.end * self.columns;
        BlockRows {
            blocks: &mut self.blocks[range.clone()],
            marks: &mut self.marks[range],
            columns: self.columns,
        }
    }

    /// All rows of blocks.
    pub(crate) fn all_rows(&mut self) -> BlockRows<'_> {
        BlockRows {
            blocks: &mut self.blocks,
            marks: &mut self.marks,
            columns: self.columns,
        }
    }

    /// Clears the blocks without a mark.
    pub(crate) fn clear_unmarked(&mut self) {
        for (block, _) in self
            .blocks
            .iter_mut()
            .zip(&self.marks)
            .filter(|(_, mark)| **mark == 0)
        {
            *block = [0; 64];
        }
    }

    /// Resizes the plane to `rows` rows of `columns` blocks. Blocks of before keep their contents at their place in memory.
    fn resize(&mut self, columns: usize, rows: usize) {
        self.columns = columns;
        resize(&mut self.blocks, columns * rows, [0; 64]);
        resize(&mut self.marks, columns * rows, 0);
    }
}

/// Bytes of memory of a block.
pub(crate) const BLOCK_BYTES: u64 = 2 * 64 + 8;

impl Coefficients {
    /// The components, in the order of the frame.
    pub fn components(&self) -> impl ExactSizeIterator<Item = ComponentCoefficients<'_>> {
        self.planes[..self.count]
            .iter()
            .map(|plane| ComponentCoefficients {
                blocks: &plane.blocks,
                columns: plane.columns,
                quantizer: plane.quantizer.unwrap_or([0; 64]),
            })
    }

    /// Bytes of memory that it keeps.
    pub(crate) fn kept_bytes(&self) -> u64 {
        let of = |plane: &Plane| {
            size_of::<[i16; 64]>() * plane.blocks.capacity()
                + size_of::<u64>() * plane.marks.capacity()
        };
        self.planes.iter().map(of).sum::<usize>() as u64
    }

    pub(crate) fn planes(&mut self) -> &mut [Plane] {
        &mut self.planes[..self.count]
    }

    /// Begins an image whose coefficients are all 0.
    pub(crate) fn start(&mut self, frame: &Frame) {
        for plane in &mut self.planes {
            plane.blocks.clear();
            plane.marks.clear();
        }
        self.resize(frame, |component| frame.stored_blocks(component).1);
    }

    /// Begins an image of which one MCU row is held at a time, with any coefficients.
    pub(crate) fn start_rows(&mut self, frame: &Frame) {
        self.resize(frame, |component| frame.components()[component].v.into());
    }

    fn resize(&mut self, frame: &Frame, rows: impl Fn(usize) -> u32) {
        self.count = frame.components().len();
        for (component, plane) in self.planes.iter_mut().enumerate() {
            plane.quantizer = None;
            let (columns, rows) = match component < self.count {
                true => (frame.stored_blocks(component).0, rows(component)),
                false => (0, 0),
            };
            plane.resize(columns as usize, rows as usize);
        }
    }
}
