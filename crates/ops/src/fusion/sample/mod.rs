//! The planner of sampling chains: color, geometry, threshold and normalization in one pass from the source's pixels to the
//! output's type and layout.
//!
//! Every gather (crop, flip, pad, nearest neighbor) and every resize is separable: each column and each row of the output has
//! a tap, which is two positions of the source with their weights. Gathers are composed to one table of taps for each axis,
//! together with at most one resize that interpolates: a second one would round its intermediate result.

mod axis;
mod chain;
mod color;
#[cfg(test)]
mod model;
pub(crate) mod pixels;
mod resample;
#[cfg(test)]
mod tests;
mod words;

use crate::contract::stage::Tap;
use crate::contract::{Binding, Code, Plan, Stage, checks};
use crate::fusion::LongestChain;
use crate::image::{ImageShape, SampleType};
use crate::kernels::{Cover, sample_grid};
use chain::{Chain, Weights};
use pixelflume_device::{Args, Device, DeviceError, KernelModule, Launch};
use pixelflume_kernels::args::{SampleArgs, SampleFlags};
use std::fmt;
use std::sync::Arc;
use words::WordsPlan;

/// The plan of a chain `[Color | Nv12]? Geometry* (Color | Threshold)* Normalize?`.
pub(super) fn plan(stages: &[Stage]) -> Result<Arc<dyn Plan>, String> {
    let chain = Chain::new(stages)?;
    if chain.resample.is_some() {
        return resample::plan(chain, stages);
    }
    Ok(match Sampling::new(chain, stages)? {
        Sampling::Words(plan) => Arc::new(plan),
        Sampling::Other(plan) => Arc::new(plan),
    })
}

/// The plan of a chain without a resample.
enum Sampling {
    Words(WordsPlan),
    Other(SamplePlan),
}

impl Sampling {
    fn new(mut chain: Chain, stages: &[Stage]) -> Result<Self, String> {
        let mode = choose_mode(&mut chain)?;
        if mode == Mode::Bilinear
            && let Some(plan) = WordsPlan::new(&chain, stages)
        {
            return Ok(Sampling::Words(plan));
        }
        Ok(Sampling::Other(SamplePlan::new(chain, mode, stages)?))
    }
}

/// Prepares the search for the longest chains. All chains end before the first stage that cannot follow the stages before it;
/// of the shorter ones, some may have no kernel.
pub(super) fn longest_chain(stages: &[Stage]) -> LongestChain<'_> {
    Box::new(move |from, to| {
        let most = Chain::most(&stages[from..to]);
        let plan = |count: usize| Some((count, plan(&stages[from..from + count]).ok()?));
        (2..=most).rev().find_map(plan)
    })
}

/// A chain of stages as one launch of one kernel.
struct SamplePlan {
    /// Kind of the first operator, for messages.
    operator: &'static str,
    input: ImageShape,
    output: ImageShape,
    module: &'static KernelModule,
    entry: &'static str,
    cover: Cover,
    /// Column and row of the source at which the rectangle begins that the kernel reads.
    corner: (u32, u32),
    /// The arguments except for the images and the address of the tables.
    args: SampleArgs,
    tables: Vec<u8>,
}

impl fmt::Debug for SamplePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SamplePlan")
            .field("operator", &self.operator)
            .field("input", &self.input)
            .field("output", &self.output)
            .field("kernel", &(self.module.name, self.entry))
            .finish_non_exhaustive()
    }
}

/// The method by which a kernel finds the source pixels of an output pixel.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Mode {
    /// The output is a rectangle of the source, which begins at this column and row.
    Rows((u32, u32)),
    /// Each tap is one pixel.
    Direct,
    /// The two pixels of each tap are side by side.
    Bilinear,
    /// Each output pixel is the mean of 2x2 pixels.
    Half,
    /// The pixels of a tap are anywhere in the source, or constants.
    Scattered,
}

impl SamplePlan {
    fn new(chain: Chain, mode: Mode, stages: &[Stage]) -> Result<Self, String> {
        let (first, last) = (&stages[0], &stages[stages.len() - 1]);
        let (input, output) = (first.input, last.output);
        let (module, entry, cover) = match mode {
            Mode::Rows(_) => rows_kernel(input.channels, output)?,
            _ => {
                let module = match input.channels {
                    _ if chain.nv12 => &pixelflume_kernels::SAMPLE_NV12.kernels,
                    1 => &pixelflume_kernels::SAMPLE_GRAY.kernels,
                    3 => &pixelflume_kernels::SAMPLE_RGB.kernels,
                    _ => &pixelflume_kernels::SAMPLE_RGBA.kernels,
                };
                match mode {
                    Mode::Bilinear => (module, "sample_bilinear", Cover::Frames(4)),
                    Mode::Half => (module, "sample_half", Cover::Frames(4)),
                    Mode::Scattered => (module, "sample_scattered", Cover::Frames(1)),
                    Mode::Rows(_) | Mode::Direct => (module, "sample_direct", Cover::Frames(4)),
                }
            }
        };
        let taps = |chain: &Chain| -> Vec<Tap> {
            chain.columns.packed().chain(chain.lines.packed()).collect()
        };
        let tables = match mode {
            Mode::Rows(_) => Vec::new(),
            _ => bytemuck::cast_slice(&taps(&chain)).to_vec(),
        };
        Ok(SamplePlan {
            operator: first.operator,
            input,
            output,
            module,
            entry,
            cover,
            corner: match mode {
                Mode::Rows(corner) => corner,
                _ => (0, 0),
            },
            args: arguments(&chain, output),
            tables,
        })
    }
}

/// Chooses the fastest kernel for a chain, and brings its taps and color maps into the form that this kernel takes.
fn choose_mode(chain: &mut Chain) -> Result<Mode, String> {
    chain.columns.sort();
    chain.lines.sort();
    let mode = match chain.weights {
        Weights::None => {
            // Without weighted sums between them, the two color maps are one.
            chain.pixels.merge();
            return Ok(match (chain.columns.start(), chain.lines.start()) {
                (Some(x), Some(y)) if !chain.nv12 => Mode::Rows((x, y)),
                _ => Mode::Direct,
            });
        }
        Weights::Bilinear => {
            chain.columns.merge();
            Mode::Bilinear
        }
        Weights::Half => Mode::Half,
        Weights::Resample => return Err("it has a resample".to_owned()),
    };
    // A constant alpha does not stay 255: the weights of a resize need not sum to one.
    if !chain.columns.is_adjacent() || !chain.lines.is_inside() || chain.pixels.before.has_opaque()
    {
        return Ok(Mode::Scattered);
    }
    chain.pixels.split()?;
    Ok(mode)
}

fn rows_kernel(
    channels: u32,
    output: ImageShape,
) -> Result<(&'static KernelModule, &'static str, Cover), String> {
    let bytes = output.sample == SampleType::U8;
    let entry = match (channels, output.channels, bytes) {
        (1, 1, true) => "rows_to_bytes_1_1",
        (1, 3, true) => "rows_to_bytes_1_3",
        (1, 4, true) => "rows_to_bytes_1_4",
        (3, 1, true) => "rows_to_bytes_3_1",
        (3, 3, true) => "rows_to_bytes_3_3",
        (3, 4, true) => "rows_to_bytes_3_4",
        (4, 1, true) => "rows_to_bytes_4_1",
        (4, 3, true) => "rows_to_bytes_4_3",
        (4, 4, true) => "rows_to_bytes_4_4",
        (1, 1, false) => "rows_to_floats_1_1",
        (1, 3, false) => "rows_to_floats_1_3",
        (1, 4, false) => "rows_to_floats_1_4",
        (3, 1, false) => "rows_to_floats_3_1",
        (3, 3, false) => "rows_to_floats_3_3",
        (3, 4, false) => "rows_to_floats_3_4",
        (4, 1, false) => "rows_to_floats_4_1",
        (4, 3, false) => "rows_to_floats_4_3",
        (4, 4, false) => "rows_to_floats_4_4",
        _ => return Err(format!("no kernel makes {output} of {channels} channels")),
    };
    let pixels = if bytes && output.channels == 1 { 16 } else { 4 };
    Ok((
        &pixelflume_kernels::SAMPLE_ROWS.kernels,
        entry,
        Cover::Pixels(pixels),
    ))
}

fn arguments(chain: &Chain, output: ImageShape) -> SampleArgs {
    let halved = match chain.weights {
        Weights::Half => SampleFlags::HALVED,
        _ => 0,
    };
    let args = chain.pixels.arguments(output);
    SampleArgs {
        flags: args.flags | halved,
        outside: u32::from_le_bytes(chain.outside),
        ..args
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The kernel reads the tables of the plan, whose positions lie in the input, or a rectangle
// of the input from the corner on, and writes the rows of the output.
unsafe impl Plan for SamplePlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn tables(&self) -> &[u8] {
        &self.tables
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![Code::Kernel(device.kernel(self.module, self.entry)?)])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let mut src = checks::single_input(self.operator, binding, self.input, self.output);
        let [Code::Kernel(function)] = code else {
            panic!("{} was bound to the code of another plan", self.operator);
        };
        let (x, y) = self.corner;
        src.base += u64::from(y) * src.row_pitch + u64::from(x) * u64::from(src.channels);
        let args = SampleArgs {
            src,
            dst: binding.output.param(),
            tables: binding.tables.raw(),
            ..self.args
        };
        let grid = sample_grid(&args, self.cover);
        launches.push(Launch::kernel(function.clone(), grid, Args::of(&args)));
    }
}
