//! The planner of stencil chains: gray, blur, Sobel magnitude and threshold in one pass over the rows.
//!
//! Between two stages the kernels round as the single operators do. Only the source is extended at its borders, not the
//! intermediates: reflect-101 extends an image symmetrically about its first and last row and column, and a symmetric stencil
//! applied to this extension gives the same extension of its result.

use crate::contract::stage::ColorMap;
use crate::contract::{Action, Binding, Code, Plan, Stage, checks};
use crate::image::ImageShape;
use crate::kernels::{stencil_grid, stencil_takes};
use bytemuck::Zeroable;
use pixelflume_device::{Args, Device, DeviceError, Launch};
use pixelflume_kernels::args::{StencilArgs, StencilTaps};
use pixelflume_kernels::{Source, Stencil, stencils};
use std::sync::Arc;

/// The plan of a chain `ToGray? Blur? SobelMagnitude? Threshold?`.
pub(super) fn plan(stages: &[Stage]) -> Result<Arc<dyn Plan>, String> {
    Ok(Arc::new(StencilPlan::new(stages)?))
}

/// A chain of stages as one launch of one kernel.
#[derive(Debug)]
struct StencilPlan {
    /// Kind of the first operator, for messages.
    operator: &'static str,
    input: ImageShape,
    output: ImageShape,
    stencil: Stencil,
    /// The arguments except for the images and the rows of a warp.
    args: StencilArgs,
}

/// The computation of a chain, collected from its stages.
#[derive(Default)]
struct Chain<'a> {
    /// Weights of the first three channels in gray, in 1/65536, where the chain begins with gray.
    gray: Option<[u32; 3]>,
    taps: &'a [u16],
    sobel: bool,
    threshold: Option<(u8, u8)>,
}

/// The weights of a map that makes gray of the first three channels of a pixel; `None` for another one.
fn gray_weights(map: &ColorMap) -> Option<[u32; 3]> {
    let [w0, w1, w2, w3] = map.weights?.map(u32::from);
    (w3 == 0).then_some([w0, w1, w2])
}

impl<'a> Chain<'a> {
    fn new(stages: &'a [Stage]) -> Result<Self, String> {
        let mut chain = Chain::default();
        for (index, stage) in stages.iter().enumerate() {
            let refuse = |why: &str| Err(format!("{} {why}", stage.operator));
            match &stage.action {
                Action::Color(map) => match gray_weights(map) {
                    Some(weights) => chain.gray = Some(weights),
                    None => return refuse("makes no gray"),
                },
                Action::Blur { size, taps } => chain.taps = &taps[..*size as usize],
                Action::SobelMagnitude { gray } => {
                    if let Some(map) = gray {
                        if index > 0 {
                            return refuse("makes gray of what the stage before it gives");
                        }
                        chain.gray = gray_weights(map);
                    }
                    chain.sobel = true;
                }
                Action::Threshold { threshold, maximum } => {
                    chain.threshold = Some((*threshold, *maximum));
                }
                _ => return refuse("is no stencil"),
            }
        }
        Ok(chain)
    }

    /// The number of taps by which a kernel is chosen, 0 without a blur. The kernels for 3 and 5 taps have the default taps
    /// built in.
    fn blur(&self) -> u32 {
        match self.taps {
            [64, 128, 64] => 3,
            [16, 64, 96, 64, 16] => 5,
            [] => 0,
            taps => taps.len().max(7) as u32,
        }
    }
}

impl StencilPlan {
    fn new(stages: &[Stage]) -> Result<Self, String> {
        let chain = Chain::new(stages)?;
        let (first, last) = (&stages[0], &stages[stages.len() - 1]);
        let channels = first.input.channels;
        let source = match chain.gray {
            Some(_) => Source::Gray(channels),
            None => Source::Plain(channels),
        };
        let blur = chain.blur();
        if blur == 0 && !chain.sobel {
            return Err("there is neither a blur nor a Sobel magnitude".to_owned());
        }
        // The kernels multiply by bytes.
        let taps: Result<Vec<u8>, _> = chain.taps.iter().map(|&tap| tap.try_into()).collect();
        let taps = taps.map_err(|_| "the blur has one tap of 256: it is no blur".to_owned())?;
        let fits = |stencil: &Stencil| {
            let size = match blur {
                0 | 3 | 5 => stencil.blur == blur,
                _ => stencil.blur >= blur.max(7),
            };
            stencil.source == source && stencil.sobel == chain.sobel && size
        };
        let stencil = stencils().find(fits).ok_or_else(|| {
            format!(
                "there is no kernel for a blur of {} taps of {channels} channels",
                taps.len()
            )
        })?;
        let (threshold, maximum) = chain.threshold.unwrap_or((0, 0));
        let [w0, w1, w2] = chain.gray.unwrap_or_default();
        Ok(StencilPlan {
            operator: first.operator,
            input: first.input,
            output: last.output,
            stencil,
            args: StencilArgs {
                select: chain.threshold.is_some().into(),
                threshold: threshold.into(),
                maximum: maximum.into(),
                gray: [w0 | w1 << 16, w2, w0 << 16, w1 | w2 << 16],
                taps: match stencil.blur {
                    0 => StencilTaps::zeroed(),
                    size => StencilTaps::new(&taps, size as usize),
                },
                ..StencilArgs::zeroed()
            },
        })
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the kernels read the rows of the input, and write those of the output.
unsafe impl Plan for StencilPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let module = &self.stencil.module.kernels;
        let kernel = |entry| Ok(Code::Kernel(device.kernel(module, entry)?));
        self.stencil.entries.into_iter().map(kernel).collect()
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let [Code::Kernel(aligned), Code::Kernel(any)] = code else {
            panic!("{} was bound to the code of another plan", self.operator);
        };
        let src = checks::single_input(self.operator, binding, self.input, self.output);
        let mut args = StencilArgs {
            src,
            dst: binding.output.param(),
            ..self.args
        };
        let takes = stencil_takes(&self.stencil, &args.src, &args.dst);
        let function = if takes { aligned } else { any };
        let grid = stencil_grid(&self.stencil, &mut args, takes, function.residency());
        launches.push(Launch::kernel(function.clone(), grid, Args::of(&args)));
    }
}

#[cfg(test)]
#[path = "stencil_tests.rs"]
mod tests;
