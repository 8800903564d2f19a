//! The encoder: one or two passes over the image, a row of MCUs at a time.

use crate::encode::bits::BitWriter;
use crate::encode::blocks::{Coder, Coefficients, Counts, Scan, Symbols};
use crate::encode::codes::Tables;
use crate::encode::error::EncodeError;
use crate::encode::layout::{COMPONENTS, Component, Layout, SIDE};
use crate::encode::markers::{self, EOI};
use crate::encode::optimal::table_for;
use crate::encode::options::{EncodeOptions, Source};
use crate::encode::quantizers::Quantizer;
use crate::encode::rows::Rows;
use crate::encode::transform::{Block, transform};
use fearless_simd::{Level, dispatch};
use std::io::Write;

/// Bytes of the file that are collected before they are written.
const COLLECTED: usize = 64 << 10;

/// An encoder of JPEG files. It keeps its memory from image to image: some bytes per sample of one row of MCUs, and the encoded
/// bytes of one.
///
/// ```
/// use pixelflume_jpeg::{EncodeOptions, Encoder, Source};
///
/// let data = [200; 20 * 10 * 3];
/// let image = Source { data: &data, pitch: 60, width: 20, height: 10, channels: 3 };
/// let mut file = Vec::new();
/// Encoder::new().encode(&image, &EncodeOptions::default(), &mut file)?;
/// assert_eq!(file[..3], [0xff, 0xd8, 0xff]);
/// # Ok::<(), pixelflume_jpeg::EncodeError>(())
/// ```
pub struct Encoder {
    level: Level,
    rows: Rows,
    blocks: [Vec<Block>; COMPONENTS],
    nonzero: [Vec<u64>; COMPONENTS],
    bits: BitWriter,
}

impl Default for Encoder {
    fn default() -> Self {
        Encoder::new()
    }
}

impl Encoder {
    /// An encoder that uses the best instruction set of this machine. All give the same bytes.
    pub fn new() -> Self {
        Encoder::with_level(Level::new())
    }

    fn with_level(level: Level) -> Self {
        Encoder {
            level,
            rows: Rows::default(),
            blocks: Default::default(),
            nonzero: Default::default(),
            bits: BitWriter::default(),
        }
    }

    /// Encodes an image and writes the file to `target`, in pieces of about 64 KiB.
    ///
    /// The file is the one that libjpeg-turbo 3 writes for the same pixels and options, byte for byte: it is what OpenCV 5 and
    /// Pillow 12 and 13 write.
    ///
    /// # Errors
    /// The quality, the size, the channels, the pitch or the length of the data is wrong; then nothing is written. Or `target`
    /// cannot be written.
    pub fn encode(
        &mut self,
        source: &Source<'_>,
        options: &EncodeOptions,
        target: &mut dyn Write,
    ) -> Result<(), EncodeError> {
        source.check()?;
        let quality = options.quality;
        if !(1..=100).contains(&quality) {
            return Err(EncodeError::Quality { quality });
        }
        let image = Image {
            source,
            layout: Layout::of(source, options),
            quantizers: [0, 1].map(|table| Quantizer::of(table, quality)),
            interval: options.restart_interval,
        };
        self.prepare(&image.layout);
        let tables = match options.optimize {
            false => Tables::standard(),
            true => self.optimal_tables(&image),
        };
        self.write(&image, &tables, target)
            .map_err(EncodeError::Write)
    }

    /// Takes the memory for an image.
    fn prepare(&mut self, layout: &Layout) {
        self.rows.prepare(layout);
        let components = layout.components().iter();
        let memory = self.blocks.iter_mut().zip(&mut self.nonzero);
        for (component, (blocks, nonzero)) in components.zip(memory) {
            let count = component.stored_x(layout) * component.v;
            blocks.clear();
            blocks.resize(count, [0; 64]);
            nonzero.clear();
            nonzero.resize(count, 0);
        }
        self.bits.clear();
    }

    /// The Huffman tables for the symbols of the image.
    fn optimal_tables(&mut self, image: &Image<'_>) -> Tables {
        let mut counts = Counts::new();
        let mut scan = Scan::new(image.interval);
        for mcu_y in 0..image.layout.mcus_y {
            self.transform_row(image, mcu_y);
            self.symbols(image, &mut scan, &mut counts);
        }
        Tables {
            dc: counts.dc.each_ref().map(table_for),
            ac: counts.ac.each_ref().map(table_for),
        }
    }

    fn write(
        &mut self,
        image: &Image<'_>,
        tables: &Tables,
        target: &mut dyn Write,
    ) -> std::io::Result<()> {
        let Image {
            source,
            layout,
            quantizers,
            interval,
        } = image;
        let mut bits = std::mem::take(&mut self.bits);
        markers::header(
            &mut bits.bytes,
            source,
            layout,
            quantizers,
            tables,
            *interval,
        );
        let mut coder = Coder::new(tables, &mut bits);
        let mut scan = Scan::new(*interval);
        for mcu_y in 0..layout.mcus_y {
            self.transform_row(image, mcu_y);
            self.symbols(image, &mut scan, &mut coder);
            if coder.out.bytes.len() >= COLLECTED {
                target.write_all(&coder.out.bytes)?;
                coder.out.bytes.clear();
            }
        }
        bits.align();
        bits.marker(EOI);
        target.write_all(&bits.bytes)?;
        self.bits = bits;
        Ok(())
    }

    /// Gives the symbols of the row of MCUs that was transformed last.
    fn symbols(&mut self, image: &Image<'_>, scan: &mut Scan, symbols: &mut impl Symbols) {
        let coefficients = Coefficients {
            blocks: &self.blocks,
            nonzero: &self.nonzero,
        };
        dispatch!(self.level, _ => scan.row(&image.layout, &coefficients, symbols));
    }

    /// Computes the coefficients of a row of MCUs.
    fn transform_row(&mut self, image: &Image<'_>, mcu_y: usize) {
        let layout = &image.layout;
        self.rows.fill(self.level, image.source, layout, mcu_y);
        for (c, component) in layout.components().iter().enumerate() {
            let stored = component.stored_x(layout);
            let (blocks, nonzero) = (&mut self.blocks[c], &mut self.nonzero[c]);
            let division = &image.quantizers[component.table].division;
            let strips = self.rows.planes[c].chunks_exact(SIDE * component.stride);
            let in_image = (component.blocks_y - mcu_y * component.v).min(component.v);
            for (y, strip) in strips.take(in_image).enumerate() {
                let range = y * stored..y * stored + component.blocks_x;
                let (blocks, nonzero) = (&mut blocks[range.clone()], &mut nonzero[range]);
                transform(
                    self.level,
                    strip,
                    component.stride,
                    division,
                    blocks,
                    nonzero,
                );
            }
            fill_beyond(layout, component, in_image, blocks, nonzero);
        }
    }
}

/// An image, and what is computed once for it.
struct Image<'a> {
    source: &'a Source<'a>,
    layout: Layout,
    quantizers: [Quantizer; 2],
    interval: u16,
}

/// Fills the blocks of MCUs at the border that are beyond the image: only DC, that of the block before in the MCU, so that they
/// take the fewest bits. `rows` of the component's rows of blocks are in the image.
fn fill_beyond(
    layout: &Layout,
    component: &Component,
    rows: usize,
    blocks: &mut [Block],
    nonzero: &mut [u64],
) {
    let stored = component.stored_x(layout);
    let mut repeat = |at: usize, before: usize| {
        blocks[at][0] = blocks[before][0];
        nonzero[at] = 0;
    };
    for y in 0..rows {
        for x in component.blocks_x..stored {
            repeat(y * stored + x, y * stored + x - 1);
        }
    }
    for y in rows..component.v {
        for x in 0..stored {
            // The last block of the MCU in the row before.
            let last = x / component.h * component.h + component.h - 1;
            repeat(y * stored + x, (y - 1) * stored + last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::options::Subsampling;
    use crate::testing::levels::levels;
    use std::io;

    fn noise(count: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bytes() {
        let (width, height) = (173, 45);
        let data = noise(width * height * 3);
        for subsampling in Subsampling::ALL {
            for channels in [1, 3] {
                let source = Source {
                    data: &data,
                    pitch: width * 3,
                    width: width as u32,
                    height: height as u32,
                    channels,
                };
                let options = EncodeOptions {
                    subsampling,
                    ..EncodeOptions::default()
                };
                let encoded = |level| {
                    let mut file = Vec::new();
                    let mut encoder = Encoder::with_level(level);
                    encoder.encode(&source, &options, &mut file).unwrap();
                    file
                };
                let baseline = encoded(Level::baseline());
                for level in levels() {
                    assert!(
                        encoded(level) == baseline,
                        "{subsampling:?} {channels} {level:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_target_that_breaks_is_an_error_and_the_encoder_stays_whole() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let data = noise(600 * 400);
        let source = Source {
            data: &data,
            pitch: 600,
            width: 600,
            height: 400,
            channels: 1,
        };
        let mut encoder = Encoder::new();
        let options = EncodeOptions::default();
        let mut first = Vec::new();
        encoder.encode(&source, &options, &mut first).unwrap();
        let error = encoder.encode(&source, &options, &mut Broken).unwrap_err();
        assert!(matches!(error, EncodeError::Write(_)), "{error:?}");
        let mut second = Vec::new();
        encoder.encode(&source, &options, &mut second).unwrap();
        assert!(first == second);
    }
}
