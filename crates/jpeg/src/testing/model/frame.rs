//! The frame of a file as the model holds it, with the store of all its coefficients.

use crate::testing::model::refusal::{Refusal, refuse};

/// Natural position of each zigzag position. Positions from 64 on are the last coefficient: there lands what overruns a block.
pub(in crate::testing) const ZIGZAG: [usize; 80] = {
    let mut order = [63; 80];
    let (mut k, mut diagonal) = (0, 0);
    while diagonal < 15 {
        let mut step = 0;
        while step <= diagonal {
            // Even diagonals go up, odd ones down.
            let y = if diagonal % 2 == 0 {
                diagonal - step
            } else {
                step
            };
            let x = diagonal - y;
            if x < 8 && y < 8 {
                order[k] = 8 * y + x;
                k += 1;
            }
            step += 1;
        }
        diagonal += 1;
    }
    order
};

/// A component with all that decoding learns of it.
pub(in crate::testing) struct Component {
    pub(in crate::testing) id: u8,
    pub(in crate::testing) h: usize,
    pub(in crate::testing) v: usize,
    pub(in crate::testing) slot: usize,
    /// The quantizer in natural order, from the component's first scan on.
    pub(in crate::testing) quantizer: Option<[u16; 64]>,
    /// Stored blocks in raster order, each in natural order.
    pub(in crate::testing) blocks: Vec<[i16; 64]>,
    /// Accuracy of each coefficient by zigzag position: -1 or the `Al` of its last scan; and the same before the last scan.
    pub(in crate::testing) bits: [i32; 64],
    pub(in crate::testing) bits_before: [i32; 64],
}

impl Component {
    pub(in crate::testing) fn new(id: u8, h: usize, v: usize, slot: usize) -> Self {
        Self {
            id,
            h,
            v,
            slot,
            quantizer: None,
            blocks: Vec::new(),
            bits: [-1; 64],
            bits_before: [-1; 64],
        }
    }
}

pub(in crate::testing) struct Frame {
    pub(in crate::testing) width: usize,
    pub(in crate::testing) height: usize,
    pub(in crate::testing) is_progressive: bool,
    pub(in crate::testing) components: Vec<Component>,
}

impl Frame {
    /// Reads the contents of a segment SOF0, SOF1 or SOF2.
    pub(in crate::testing) fn read(segment: &[u8], is_progressive: bool) -> Result<Self, Refusal> {
        let [precision, y0, y1, x0, x1, count, components @ ..] = segment else {
            return refuse("SOF is too short");
        };
        let height = usize::from(u16::from_be_bytes([*y0, *y1]));
        let width = usize::from(u16::from_be_bytes([*x0, *x1]));
        if components.len() != 3 * usize::from(*count) {
            return refuse("the length of SOF does not fit");
        }
        if *precision != 8 || !matches!(count, 1 | 3 | 4) {
            return refuse("not 8 bits, or not 1, 3 or 4 components");
        }
        if width == 0 || height == 0 || width > 65500 || height > 65500 {
            return refuse("width or height");
        }
        let components: Vec<Component> = components
            .chunks(3)
            .map(|bytes| {
                let (h, v) = (usize::from(bytes[1] >> 4), usize::from(bytes[1] & 15));
                Component::new(bytes[0], h, v, usize::from(bytes[2]))
            })
            .collect();
        let frame = Self {
            width,
            height,
            is_progressive,
            components,
        };
        for c in &frame.components {
            if !(1..=4).contains(&c.h) || !(1..=4).contains(&c.v) {
                return refuse("a sampling factor is not 1 to 4");
            }
        }
        for c in &frame.components {
            if !frame.hmax().is_multiple_of(c.h) || !frame.vmax().is_multiple_of(c.v) {
                return refuse("a sampling factor does not divide the largest");
            }
        }
        Ok(frame)
    }

    pub(in crate::testing) fn hmax(&self) -> usize {
        self.components.iter().map(|c| c.h).max().unwrap_or(1)
    }

    pub(in crate::testing) fn vmax(&self) -> usize {
        self.components.iter().map(|c| c.v).max().unwrap_or(1)
    }

    pub(in crate::testing) fn mcus(&self) -> (usize, usize) {
        (
            self.width.div_ceil(8 * self.hmax()),
            self.height.div_ceil(8 * self.vmax()),
        )
    }

    /// Columns and rows of real samples of a component.
    pub(in crate::testing) fn samples(&self, c: &Component) -> (usize, usize) {
        (
            (self.width * c.h).div_ceil(self.hmax()),
            (self.height * c.v).div_ceil(self.vmax()),
        )
    }

    /// Columns and rows of real blocks of a component.
    pub(in crate::testing) fn real_blocks(&self, c: &Component) -> (usize, usize) {
        (
            (self.width * c.h).div_ceil(8 * self.hmax()),
            (self.height * c.v).div_ceil(8 * self.vmax()),
        )
    }

    /// Columns and rows of stored blocks of a component.
    pub(in crate::testing) fn stored_blocks(&self, c: &Component) -> (usize, usize) {
        let (columns, rows) = self.mcus();
        (columns * c.h, rows * c.v)
    }

    /// The number of stored blocks of all components.
    pub(in crate::testing) fn all_blocks(&self) -> usize {
        let sizes = self.components.iter().map(|c| self.stored_blocks(c));
        sizes.map(|(columns, rows)| columns * rows).sum()
    }

    /// Makes the store, of zeros.
    pub(in crate::testing) fn allocate(&mut self) {
        let (columns, rows) = self.mcus();
        for component in &mut self.components {
            component.blocks = vec![[0; 64]; columns * component.h * rows * component.v];
        }
    }
}
