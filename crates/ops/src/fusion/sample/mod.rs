//! One pass from source pixels to the target's type and layout: color, geometry, threshold, normalisation.
//!
//! Every move (crop, flip, pad, nearest neighbour) and every resize is separable: for each column and each row of the output
//! there is a tap, two pixels of the source with their weights. Moves are put together to one table for each axis, and with at
//! most one resize that computes something, since a second would round in between.

mod axis;
mod chain;
mod color;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use crate::contract::stage::{ColorMap, Tap};
use crate::contract::{Binding, Code, Plan, Stage, checks};
use crate::fusion::Finder;
use crate::image::{ImageShape, Layout, SampleType};
use crate::kernels::flags::{AFTER, BEFORE, FLOATS, HALVED, HALVES, PLANAR, THRESHOLD};
use crate::kernels::{Cover, SampleArgs, sample_grid};
use bytemuck::Zeroable;
use chain::{Chain, Weights};
use pixelflume_device::{Args, Device, DeviceError, KernelModule, Launch};
use std::fmt;
use std::sync::Arc;

/// The plan of a run `[Color | Nv12]? Geometry* (Color | Threshold)* Normalize?`.
pub(super) fn plan(stages: &[Stage]) -> Result<Arc<dyn Plan>, String> {
    Ok(Arc::new(SamplePlan::new(stages)?))
}

/// Finds the longest runs. A stage that cannot be put behind those before it ends them all, so that what is left to try are
/// lengths for which there may be no kernel.
pub(super) fn finder(stages: &[Stage]) -> Finder<'_> {
    Box::new(move |from, to| {
        let most = Chain::most(&stages[from..to]);
        let plan = |count: usize| Some((count, plan(&stages[from..from + count]).ok()?));
        (2..=most).rev().find_map(plan)
    })
}

/// A chain of stages as one launch of one kernel.
struct SamplePlan {
    /// The first operator, for messages.
    operator: &'static str,
    input: ImageShape,
    output: ImageShape,
    module: &'static KernelModule,
    entry: &'static str,
    cover: Cover,
    /// Where a rectangle of the source begins, column and row.
    corner: (u32, u32),
    /// All but the images and the address of the tables.
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

/// How pixels are found, and which kernel does so.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Mode {
    /// In a rectangle of the source that begins there.
    Rows((u32, u32)),
    /// By taps that are single pixels.
    Direct,
    /// By taps side by side.
    Bilinear,
    /// By blocks of 2x2 pixels.
    Half,
    /// By taps that may lie anywhere, or be a constant.
    Scattered,
}

impl SamplePlan {
    fn new(stages: &[Stage]) -> Result<Self, String> {
        let mut chain = Chain::new(stages)?;
        let mode = settle(&mut chain)?;
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
        let tables: Vec<Tap> = match mode {
            Mode::Rows(_) => Vec::new(),
            _ => chain.columns.packed().chain(chain.lines.packed()).collect(),
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
            tables: bytemuck::cast_slice(&tables).to_vec(),
        })
    }
}

/// Brings the taps and colors of a chain into the form that the fastest kernel takes, and names it.
fn settle(chain: &mut Chain) -> Result<Mode, String> {
    chain.columns.sort();
    chain.lines.sort();
    let mode = match chain.weights {
        Weights::None => {
            // There is nothing between the two changes.
            chain.after = std::mem::replace(&mut chain.before, ColorMap::IDENTITY);
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
    };
    // A constant alpha may be another number after the resize, whose weights need not have the sum of one.
    if !chain.columns.is_adjacent() || !chain.lines.is_inside() || chain.before.has_opaque() {
        return Ok(Mode::Scattered);
    }
    let (sum, order) = chain.before.split();
    chain.before = sum;
    chain.after = order
        .then(&chain.after)
        .ok_or("the conversions around the resize are more than one change of colors")?;
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
    let (threshold, maximum) = chain.threshold.unwrap_or((0, 0));
    let factors = chain.factors.unwrap_or([(0.0, 0.0); 4]);
    let flag = |set: bool, flag: u32| if set { flag } else { 0 };
    SampleArgs {
        before: color::packed(&chain.before),
        after: color::packed(&chain.after),
        a: factors.map(|(a, _)| a),
        b: factors.map(|(_, b)| b),
        limits: u32::from_le_bytes([threshold; 4]),
        maxima: u32::from_le_bytes([maximum; 4]),
        flags: flag(!chain.before.is_identity(), BEFORE)
            | flag(!chain.after.is_identity(), AFTER)
            | flag(chain.threshold.is_some(), THRESHOLD)
            | flag(output.sample == SampleType::F32, FLOATS)
            | flag(output.sample == SampleType::F16, HALVES)
            | flag(output.layout == Layout::Planar, PLANAR)
            | flag(chain.weights == Weights::Half, HALVED),
        outside: u32::from_le_bytes(chain.outside),
        ..SampleArgs::zeroed()
    }
}

#[expect(unsafe_code, reason = "vouches for its launches")]
// SAFETY: `bind` checks the memory; the kernel reads the tables of the plan, whose places lie in the input, and rows of the
// input from the corner on, which lies in it, and writes the rows of the output.
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
