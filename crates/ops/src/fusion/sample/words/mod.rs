//! The plan of bilinear resizes of bytes that enlarge: one launch of a kernel of `sample_words.cu`.

mod geometry;
mod lines;
#[cfg(test)]
pub(super) mod model;
mod tables;
#[cfg(test)]
mod tests;

use super::chain::Chain;
use crate::contract::{Binding, Code, Plan, Stage, checks};
use crate::image::{ImageParam, ImageShape};
use geometry::Geometry;
use pixelflume_device::{Args, Device, DeviceError, Launch};
use pixelflume_kernels::args::SampleWordsArgs;
use std::fmt;
use std::sync::Arc;
use tables::Tables;

/// The kernels, by the frames that a thread makes at a time.
const ENTRIES: [&str; 2] = ["sample_words", "sample_words_2"];

/// A chain of stages as one launch.
pub(super) struct WordsPlan {
    /// Kind of the first operator, for messages.
    operator: &'static str,
    input: ImageShape,
    output: ImageShape,
    tables: Tables,
}

impl fmt::Debug for WordsPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordsPlan")
            .field("operator", &self.operator)
            .field("input", &self.input)
            .field("output", &self.output)
            .field(
                "kernel",
                &(pixelflume_kernels::SAMPLE_WORDS.kernels.name, ENTRIES),
            )
            .field("geometry", &self.tables.geometry)
            .finish_non_exhaustive()
    }
}

impl WordsPlan {
    /// The plan of a chain that is in the form for `sample_bilinear`. `None` where the kernels do not take it, or would interpolate
    /// more source rows than there are output rows.
    pub(super) fn new(chain: &Chain, stages: &[Stage]) -> Option<Self> {
        let (first, last) = (stages.first()?, stages.last()?);
        let (input, output) = (first.input, last.output);
        Some(WordsPlan {
            operator: first.operator,
            input,
            output,
            tables: Tables::new(chain, input.channels, output)?,
        })
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The kernels read the tables of the plan and the bytes of source rows that these name: the rows
// from `low` to `high`, which are rows of the input, and of them only bytes of the row. They write the rows of the output.
unsafe impl Plan for WordsPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn tables(&self) -> &[u8] {
        &self.tables.bytes
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let module = &pixelflume_kernels::SAMPLE_WORDS.kernels;
        let code = |entry| Ok(Code::Kernel(device.kernel(module, entry)?));
        ENTRIES.into_iter().map(code).collect()
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(self.operator, binding, self.input, self.output);
        let [Code::Kernel(one), Code::Kernel(two)] = code else {
            panic!("{} was bound to the code of another plan", self.operator);
        };
        let dst = binding.output.param();
        let geometry: &Geometry = &self.tables.geometry;
        let (frames, function) = match dst.batch {
            0 | 1 => (1, one),
            _ => (2, two),
        };
        let (strip, grid) = geometry.grid(dst.batch, frames, function.residency());
        // A launch makes as many frames as its grid can have.
        let most = grid.blocks[2] * frames;
        for first in (0..dst.batch).step_by(most as usize) {
            let part = |image: ImageParam| ImageParam {
                base: image.base + u64::from(first) * image.batch_stride,
                batch: (dst.batch - first).min(most),
                ..image
            };
            let mut grid = grid;
            let args = SampleWordsArgs {
                src: part(src),
                dst: part(dst),
                tables: binding.tables.raw(),
                strip,
                ..self.tables.args
            };
            grid.blocks[2] = args.dst.batch.div_ceil(frames);
            launches.push(Launch::kernel(function.clone(), grid, Args::of(&args)));
        }
    }
}
