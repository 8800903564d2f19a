//! The host executor of `clahe`.

use super::grid::{Between, TileGrid};
use crate::host::border::reflect;
use crate::host::scratch;
use crate::host::view::{Source, Strip, check_images, for_each_strip};
use crate::image::{ImageParam, ImageShape};
use crate::point_table::PointTable;
use pixelflume_device::{Address, Args, HostKernel, TaskFailure, Workers};
use pixelflume_kernels::args::ClaheArgs;
use std::any::TypeId;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 16 * 1024;

/// The host executor of [`Clahe`](super::Clahe).
pub(super) struct ClaheHost {
    grid: TileGrid,
    /// The tiles of each column of an image.
    columns: Box<[Between]>,
}

impl HostKernel for ClaheHost {
    #[expect(unsafe_code, reason = "hands the promise of a launch on to the views")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<ClaheArgs>();
        check_images(&args.src, 1, &args.dst, 1).map_err(TaskFailure::new)?;
        // SAFETY: checked above; the caller promises that the image is good until this call returns, and `args` live no longer.
        let source = unsafe { Source::<u8>::of(&args.src) };
        let least = LEAST_BYTES.div_ceil(args.dst.width as usize);
        for frame in 0..args.dst.batch as usize {
            let target = ImageParam {
                base: args.dst.base + frame as u64 * args.dst.batch_stride,
                batch: 1,
                ..args.dst
            };
            scratch::with(self.grid.tiles() * 256, 0, |tables, _| {
                let rows = ImageParam {
                    base: Address::from_ptr(tables.as_mut_ptr()).raw(),
                    row_pitch: 256,
                    batch_stride: 0,
                    width: 256,
                    height: self.grid.tiles() as u32,
                    channels: 1,
                    batch: 1,
                };
                let fill = |strip: &mut Strip<'_, u8>| {
                    for tile in strip.rows() {
                        let table = self.table(&source, frame, tile);
                        strip.row(tile).copy_from_slice(&table);
                    }
                };
                // SAFETY: the rows, one for each tile, are those of the scratch memory, which is borrowed for this and used by nothing else
                // before the call returns. They do not overlap, and bytes need no alignment, so that `check_memory` would pass them.
                unsafe { for_each_strip(workers, &rows, 1, fill) };
                let tables: &[PointTable] = tables.as_chunks::<256>().0;
                let each = |strip: &mut Strip<'_, u8>| {
                    for y in strip.rows() {
                        self.row(tables, source.row(frame, y), y, strip.row(y));
                    }
                };
                // SAFETY: one image of those that were checked above; the source does not overlap it.
                unsafe { for_each_strip(workers, &target, least, each) };
            });
        }
        Ok(())
    }

    fn code(&self) -> Option<TypeId> {
        Some(TypeId::of::<Self>())
    }
}

impl ClaheHost {
    pub(super) fn new(shape: ImageShape, grid: TileGrid) -> Self {
        let column = |x| Between::at(x, grid.columns, grid.tile_width);
        let columns = (0..shape.width as usize).map(column).collect();
        ClaheHost { grid, columns }
    }

    /// The table of a tile.
    fn table(&self, source: &Source<'_, u8>, frame: usize, tile: usize) -> PointTable {
        let grid = &self.grid;
        let (width, height) = (self.columns.len(), source.height());
        let (tile_width, tile_height) = (grid.tile_width as usize, grid.tile_height as usize);
        let (row, column) = (tile / grid.columns as usize, tile % grid.columns as usize);
        let (left, right) = (column * tile_width, (column + 1) * tile_width);
        let mut counts = [0_u32; 256];
        for y in row * tile_height..(row + 1) * tile_height {
            let samples = source.row(frame, reflect(y as isize, height));
            for &sample in &samples[left.min(width)..right.min(width)] {
                counts[usize::from(sample)] += 1;
            }
            for x in left.max(width)..right {
                counts[usize::from(samples[reflect(x as isize, width)])] += 1;
            }
        }
        clip(&mut counts, grid.limit);
        let scale = 255.0 / grid.area() as f32;
        let mut sum = 0;
        counts.map(|count| {
            sum += count;
            (sum as f32 * scale).round_ties_even() as u8
        })
    }

    /// Row `y` of the output.
    fn row(&self, tables: &[PointTable], samples: &[u8], y: usize, out: &mut [u8]) {
        let across = self.grid.columns as usize;
        let rows = Between::at(y, self.grid.rows, self.grid.tile_height);
        let [above, below] = rows.tiles.map(|row| &tables[row * across..][..across]);
        for ((out, &sample), column) in out.iter_mut().zip(samples).zip(&self.columns) {
            let mix = |row: &[PointTable]| {
                let [left, right] = column
                    .tiles
                    .map(|tile| f32::from(row[tile][usize::from(sample)]));
                left * column.weights[0] + right * column.weights[1]
            };
            let sum = mix(above) * rows.weights[0] + mix(below) * rows.weights[1];
            *out = sum.round_ties_even() as u8;
        }
    }
}

/// Spreads counts above the limit over all values; those that are left over go to single values at equal distances.
fn clip(counts: &mut [u32; 256], limit: u32) {
    if limit == 0 {
        return;
    }
    let above: u32 = counts.iter().map(|count| count.saturating_sub(limit)).sum();
    let (each, left) = (above / 256, (above % 256) as usize);
    for count in counts.iter_mut() {
        *count = (*count).min(limit) + each;
    }
    let step = 256_usize.checked_div(left).unwrap_or(256);
    for count in counts.iter_mut().step_by(step).take(left) {
        *count += 1;
    }
}
