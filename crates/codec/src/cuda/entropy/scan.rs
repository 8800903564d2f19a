//! The descriptor of a scan, without its tables and its places in the lists of a batch.

use bytemuck::Zeroable;
use pixelflume_jpeg::Baseline;
use pixelflume_kernels::args::{JpegEntropySizes, JpegScan, JpegScanBlock};
use std::fmt;

/// The most bytes of entropy-coded data of an image: their bits are counted with 31 bits.
const MOST_BYTES: usize = 1 << 28;

/// Why the kernels do not take a file.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Refused {
    /// Its Huffman tables have so many long codes that they do not fit into shared memory.
    Tables,
    /// It has more than 2^28 bytes, or the batch has more bytes, blocks or restart intervals than numbers of 32 bits tell.
    Size,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Tables => "its Huffman tables have too many long codes for the GPU",
            Refused::Size => "the file or its batch is too large for the GPU",
        })
    }
}

/// The descriptor of a file that begins at the byte `file` of the batch, with coefficients from the block `first_block` of the batch on:
/// the components one behind the other, each as its stored blocks, row by row.
pub(super) fn described(
    baseline: &Baseline,
    file: u64,
    first_block: u64,
) -> Result<JpegScan, Refused> {
    let frame = baseline.header.frame();
    if baseline.data.len() > MOST_BYTES {
        return Err(Refused::Size);
    }
    let place = |offset: usize| u32::try_from(file + offset as u64).map_err(|_| Refused::Size);
    let single = frame.components().len() == 1;
    // The MCUs of a single component are its blocks.
    let (columns, rows) = if single {
        frame.blocks(0)
    } else {
        frame.mcus()
    };
    let mut described = JpegScan::zeroed();
    let mut blocks = described.blocks.iter_mut();
    let mut plane = first_block;
    for (index, component) in frame.components().iter().enumerate() {
        let (pitch, stored_rows) = frame.stored_blocks(index);
        let (h, v) = if single {
            (1, 1)
        } else {
            (component.h.into(), component.v.into())
        };
        let first = u32::try_from(plane).map_err(|_| Refused::Size)?;
        plane += u64::from(pitch) * u64::from(stored_rows);
        // The last block of a plane has a number, too.
        let _end = u32::try_from(plane).map_err(|_| Refused::Size)?;
        for (y, x) in (0..v).flat_map(|y| (0..h).map(move |x| (y, x))) {
            let block = blocks
                .next()
                .expect("a frame has at most 10 blocks in an MCU");
            *block = JpegScanBlock {
                first: first + y * pitch + x,
                step_y: pitch * v,
                kind: h | (index as u32) << 8,
                tables: 0,
            };
            described.mcu_blocks += 1;
        }
    }
    let last = described.mcu_blocks as usize - 1;
    for (number, block) in described.blocks[..last].iter_mut().enumerate() {
        block.kind |= (number as u32 + 1) << 16;
    }
    // Sides are below 2^16, so that there are less than 2^26 MCUs.
    let mcus = columns * rows;
    described.data = place(baseline.data.start)?;
    described.data_end = place(baseline.data.end)?;
    described.segment_mcus = match u32::from(baseline.restart_interval) {
        0 => mcus,
        interval => interval.min(mcus),
    };
    described.segment_count = mcus.div_ceil(described.segment_mcus);
    described.mcus = mcus;
    described.mcu_columns = columns;
    debug_assert!(described.mcu_blocks <= JpegEntropySizes::MCU_BLOCKS);
    Ok(described)
}
