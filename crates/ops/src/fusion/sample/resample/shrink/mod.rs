//! The launch of a chain that resamples to a much smaller size, by a kernel of `shrink.cu`.

mod columns;
mod geometry;
mod lines;
mod tables;
#[cfg(test)]
mod tests;
mod weights;

use crate::contract::stage::ResampleAxis;
use crate::fusion::sample::chain::{Chain, ChainResample};
use geometry::Geometry;
use pixelflume_device::{Args, Function, KernelModule, Launch};
use pixelflume_kernels::args::{ImageParam, SampleArgs, ShrinkArgs};
use tables::Tables;

/// Pixels of the source for each of the output from which on the kernels are faster than those of `resample.cu`.
const LEAST_REDUCTION: u64 = 8;
/// The alignment of the rows of the source, in bytes.
const ALIGNMENT: u64 = 16;

/// A launch of a kernel of `shrink.cu`.
#[derive(Debug)]
pub(super) struct Shrink {
    pub(super) module: &'static KernelModule,
    pub(super) entry: &'static str,
    /// The arguments except for the images and the address of the tables.
    args: ShrinkArgs,
    geometry: Geometry,
    /// The place of its tables behind those of the plan.
    offset: u64,
}

impl Shrink {
    /// The launch of a chain and its tables; `None` for chains that it does not take, or that others are faster for.
    pub(super) fn new(
        chain: &Chain,
        resample: &ChainResample,
        channels: u32,
    ) -> Option<(Self, Vec<u8>)> {
        let plain =
            !chain.nv12 && chain.pixels.before.weights.is_none() && !resample.tables.premultiplied;
        if !plain || reduction(resample) < LEAST_REDUCTION {
            return None;
        }
        let module = match channels {
            1 => &pixelflume_kernels::SHRINK_GRAY.kernels,
            3 => &pixelflume_kernels::SHRINK_RGB.kernels,
            _ => &pixelflume_kernels::SHRINK_RGBA.kernels,
        };
        let tables = Tables::new(chain, resample, channels).ok()?;
        let shrink = Shrink {
            module,
            entry: if tables.planes == 2 {
                "shrink_2"
            } else {
                "shrink_3"
            },
            args: tables.args,
            geometry: tables.geometry,
            offset: 0,
        };
        Some((shrink, tables.bytes))
    }

    /// Adds the tables behind those of the plan.
    pub(super) fn append(&mut self, tables: &[u8], all: &mut Vec<u8>) {
        all.resize(all.len().next_multiple_of(16), 0);
        self.offset = all.len() as u64;
        all.extend_from_slice(tables);
    }

    /// Whether the kernel can read this source.
    pub(super) fn takes(&self, src: &ImageParam) -> bool {
        (src.base | src.row_pitch | src.batch_stride).is_multiple_of(ALIGNMENT)
    }

    /// The launch with these images.
    pub(super) fn launch(&self, function: &Function, sample: SampleArgs) -> Launch {
        let (strip, grid) = self.geometry.grid(sample.dst.batch, function.residency());
        let args = ShrinkArgs {
            sample: SampleArgs {
                tables: sample.tables + self.offset,
                ..sample
            },
            strip,
            ..self.args
        };
        Launch::kernel(function.clone(), grid, Args::of(&args))
    }
}

/// Pixels of the source for each of the output.
fn reduction(resample: &ChainResample) -> u64 {
    let (width, height) = resample.size;
    let target = |axis: &Option<ResampleAxis>, source: u32| match axis {
        Some(axis) => axis.spans.len() as u64,
        None => u64::from(source),
    };
    let made = target(&resample.tables.columns, width) * target(&resample.tables.lines, height);
    u64::from(width) * u64::from(height) / made.max(1)
}
