//! The way from coefficients to pixels by itself, for measurements.

use crate::file::color::ColorSpace;
use crate::samples::color::cmyk::Cmyk;
use crate::samples::color::{Conversion, Output};
use crate::samples::geometry::{ComponentShape, Region};
use crate::samples::idct::{Quantizer, transform_row};
use crate::samples::sampler::Sampler;
use fearless_simd::Level;

/// The coefficients of one component: rows of blocks in natural order, and the last zigzag position of each block at which a coefficient
/// may be other than 0.
#[derive(Clone, Debug)]
pub struct Coefficients {
    /// Blocks in a row.
    pub columns: usize,
    /// All blocks, row by row.
    pub blocks: Vec<[i16; 64]>,
    /// An entry for each block.
    pub extents: Vec<u8>,
}

/// The transform from YCbCr coefficients to RGB, with an instruction set of choice.
#[derive(Debug)]
pub struct Pixels {
    level: Level,
    sampler: Sampler,
    shapes: [ComponentShape; 3],
    region: Region,
    quantizer: Quantizer,
    samples: Vec<u8>,
}

impl Pixels {
    /// The transform for an image of `width` x `height` pixels, at least 1x1, whose chroma has a sample for each `ratio` pixels (1x1, 2x1 or
    /// 2x2), with the same divisors for all components.
    #[must_use]
    pub fn new(
        level: Level,
        width: u32,
        height: u32,
        ratio: (u8, u8),
        divisors: &[u16; 64],
    ) -> Self {
        let shape = |block_rows, ratio: (u8, u8)| ComponentShape {
            block_rows,
            ratio,
            samples: (
                width.div_ceil(ratio.0.into()),
                height.div_ceil(ratio.1.into()),
            ),
        };
        let chroma = shape(1, ratio);
        Pixels {
            level,
            sampler: Sampler::with_level(level),
            shapes: [shape(ratio.1, (1, 1)), chroma, chroma],
            region: Region {
                x: 0..width,
                y: 0..height,
            },
            quantizer: Quantizer::new(divisors),
            samples: vec![0; 8 * (width as usize + 64)],
        }
    }

    /// Transforms all blocks to samples, and makes no pixels.
    ///
    /// # Panics
    /// Where a row of blocks is longer than the image is wide.
    pub fn transform(&mut self, components: &[Coefficients; 3]) {
        for component in components {
            let rows = component.blocks.chunks_exact(component.columns);
            let extents = component.extents.chunks_exact(component.columns);
            for (blocks, extents) in rows.zip(extents) {
                let pitch = self.samples.len() / 8;
                let (quantizer, out) = (&self.quantizer, &mut self.samples);
                transform_row(self.level, blocks, extents, quantizer, out, pitch);
            }
        }
    }

    /// Makes tight rows of RGB of all blocks. Without `transforms` the samples are whatever they were.
    ///
    /// # Panics
    /// Where there are fewer blocks than the image needs, or `target` is too small.
    pub fn convert(&mut self, components: &[Coefficients; 3], transforms: bool, target: &mut [u8]) {
        let conversion = Conversion {
            source: ColorSpace::YCbCr,
            output: Output::Rgb,
            cmyk: Cmyk::OpenCv,
        };
        let sampler = &mut self.sampler;
        sampler.start(&self.shapes, &self.region, conversion);
        for mcu_row in sampler.mcu_rows() {
            for (n, (component, shape)) in components.iter().zip(&self.shapes).enumerate() {
                let block_rows = usize::from(shape.block_rows);
                for row in 0..block_rows {
                    if !transforms {
                        break;
                    }
                    let first = (mcu_row as usize * block_rows + row) * component.columns;
                    let of_row = first..first + component.columns;
                    sampler.transform(
                        n,
                        row,
                        &component.blocks[of_row.clone()],
                        &component.extents[of_row],
                        &self.quantizer,
                    );
                }
            }
            sampler.emit(mcu_row, target, self.region.x.len() * 3);
        }
    }
}
