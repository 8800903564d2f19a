//! Blocks in, rows of pixels out.

use super::color::cmyk::Cmyk;
use super::color::{Conversion, Output, convert};
use super::geometry::{ComponentShape, MOST_COMPONENTS, Region};
use super::idct::{Block, Quantizer};
use super::upsample;
use super::window::Window;
use crate::file::color::ColorSpace;
use crate::memory::resize;
use fearless_simd::Level;
use std::ops::Range;

/// Makes the pixels of a region of an image, MCU row by MCU row.
///
/// [`Sampler::start`] begins an image. Then, for each of [`Sampler::mcu_rows`] in order: [`Sampler::transform`] for each component and
/// each of its block rows in the MCU row, and [`Sampler::emit`]. The memory is kept for the next image.
#[derive(Debug)]
pub(crate) struct Sampler {
    level: Level,
    windows: [Window; MOST_COMPONENTS],
    /// The rows that upsampling makes.
    made: [Vec<u8>; MOST_COMPONENTS],
    conversion: Conversion,
    region: Region,
    mcu_rows: Range<u32>,
    /// The next row of the image.
    next: u32,
}

impl Sampler {
    /// A sampler for this instruction set.
    pub(crate) fn with_level(level: Level) -> Self {
        Sampler {
            level,
            windows: Default::default(),
            made: Default::default(),
            conversion: Conversion {
                source: ColorSpace::Gray,
                output: Output::Gray,
                cmyk: Cmyk::OpenCv,
            },
            region: Region::default(),
            mcu_rows: 0..0,
            next: 0,
        }
    }

    /// The bytes of memory for an image.
    pub(crate) fn bytes(
        components: &[ComponentShape],
        region: &Region,
        conversion: Conversion,
    ) -> u64 {
        let of = |shape| Window::bytes(shape, region) + upsample::row_bytes(shape, region) as u64;
        let needed = components.iter().take(conversion.components());
        needed.map(of).sum()
    }

    /// The MCU rows that a region of an image needs.
    pub(crate) fn mcu_rows_of(
        components: &[ComponentShape],
        region: &Region,
        conversion: Conversion,
    ) -> Range<u32> {
        let rows = |shape: &ComponentShape| {
            let rows = shape.rows(&region.y);
            let of_mcu = 8 * u32::from(shape.block_rows);
            rows.start / of_mcu..rows.end.div_ceil(of_mcu)
        };
        let needed = components.iter().take(conversion.components());
        needed
            .map(rows)
            .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
            .unwrap_or(0..0)
    }

    /// Begins an image.
    ///
    /// # Panics
    /// Where there are fewer components than the conversion reads, or the region is empty.
    pub(crate) fn start(
        &mut self,
        components: &[ComponentShape],
        region: &Region,
        conversion: Conversion,
    ) {
        assert!(!region.x.is_empty() && !region.y.is_empty());
        let needed = &components[..conversion.components()];
        self.mcu_rows = Self::mcu_rows_of(components, region, conversion);
        for (i, window) in self.windows.iter_mut().enumerate() {
            match needed.get(i) {
                Some(shape) => {
                    window.start(shape, Some(region));
                    resize(&mut self.made[i], upsample::row_bytes(shape, region), 0);
                }
                None => {
                    window.start(&ComponentShape::default(), None);
                    self.made[i].clear();
                }
            }
        }
        self.conversion = conversion;
        self.region = region.clone();
        self.next = region.y.start;
    }

    /// The bytes of the rows that are held now.
    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        let windows = self.windows.iter().map(Window::held);
        let made = self.made.iter().map(Vec::len);
        windows.chain(made).sum::<usize>() as u64
    }

    /// The MCU rows that the region needs.
    pub(crate) fn mcu_rows(&self) -> Range<u32> {
        self.mcu_rows.clone()
    }

    /// The columns of blocks of a component that the region needs; none if the component is not read.
    pub(crate) fn blocks(&self, component: usize) -> Range<usize> {
        self.windows[component].blocks()
    }

    /// Takes the blocks of one block row of an MCU row: those of the columns [`Sampler::blocks`], with the last zigzag position of
    /// each at which a coefficient may be other than 0.
    ///
    /// # Panics
    /// Where there are fewer blocks or extents than columns.
    pub(crate) fn transform(
        &mut self,
        component: usize,
        block_row: usize,
        blocks: &[Block],
        extents: &[u8],
        quantizer: &Quantizer,
    ) {
        let window = &mut self.windows[component];
        window.transform(self.level, block_row, blocks, extents, quantizer);
    }

    /// Writes the rows of pixels that MCU row `mcu_row` completes. `target` is the region: its rows begin `pitch` bytes apart. The
    /// last row of an MCU row may have to wait for the next one.
    ///
    /// # Panics
    /// Where the target is too small for the region.
    pub(crate) fn emit(&mut self, mcu_row: u32, target: &mut [u8], pitch: usize) {
        let windows = &mut self.windows[..self.conversion.components()];
        let mut end = self.region.y.end;
        for window in windows.iter_mut() {
            window.complete(mcu_row);
            end = end.min(complete_rows(window));
        }
        let width = self.region.x.len() * self.conversion.channels();
        for y in self.next..end {
            let mut rows: [&[u8]; MOST_COMPONENTS] = [&[]; MOST_COMPONENTS];
            for ((row, window), made) in rows.iter_mut().zip(&*windows).zip(&mut self.made) {
                *row = upsample::row(self.level, window, y, &self.region.x, made);
            }
            let start = (y - self.region.y.start) as usize * pitch;
            let out = &mut target[start..start + width];
            convert(self.level, self.conversion, rows, out);
        }
        self.next = self.next.max(end);
        for window in windows {
            window.advance();
        }
    }
}

/// The rows of the image whose samples of a component are there.
fn complete_rows(window: &Window) -> u32 {
    let shape = window.shape();
    let end = window.end();
    if end == shape.samples.1 {
        return u32::MAX;
    }
    // The last row waits for its neighbor below.
    end * u32::from(shape.ratio.1) - u32::from(shape.upsampling().reads_rows())
}
