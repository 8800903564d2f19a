//! Any run on the host: strips of the last output, whose intermediates stay in the cache.

use super::Stage;
use crate::host::{StripStage, StripStep, StripsArgs, StripsHost};
use crate::{Binding, Code, ImageShape, Layout, Plan, plan};
use pixelflume_device::{Args, Device, DeviceError, HostKernel, Launch};
use std::fmt;
use std::sync::Arc;

/// What a strip may be: the first number of rows whose windows fit is taken. Few rows cost the start of each operator more
/// often, many leave the cache.
struct Limits {
    /// Rows of a strip of the last output, from the best to the least.
    rows: &'static [usize],
    /// Bytes of all windows together; the second number is for the least rows.
    bytes: (usize, usize),
}

/// Half of a second-level cache of 1 MiB; with the least rows, what a second-level cache and a share of the third hold.
static LIMITS: Limits = Limits {
    rows: &[64, 32, 16],
    bytes: (512 * 1024, 2 * 1024 * 1024),
};

/// The plan of a run of any operators that have an executor in strips.
pub(super) fn plan(stages: &[Stage]) -> Result<Arc<dyn Plan>, String> {
    let executors = executors(stages)?;
    let (&least, more) = LIMITS.rows.split_last().expect("there are some");
    let (most_bytes, most_with_least) = LIMITS.bytes;
    for &rows in more {
        let plan = StripsPlan::new(stages, &executors, rows);
        if plan.host.bytes <= most_bytes {
            return Ok(Arc::new(plan));
        }
    }
    let plan = StripsPlan::new(stages, &executors, least);
    match plan.host.bytes {
        bytes if bytes <= most_with_least => Ok(Arc::new(plan)),
        bytes => Err(format!(
            "for {least} rows of the output there are {bytes} bytes of what is between, more than the {most_with_least} \
             that stay in a cache"
        )),
    }
}

/// What makes strips of each stage.
fn executors(stages: &[Stage]) -> Result<Vec<Arc<dyn StripStage>>, String> {
    let of = |stage: &Stage| {
        if planes(&stage.input) > 1 {
            return Err(format!("{} reads planes ({})", stage.operator, stage.input));
        }
        Ok(Arc::clone(&stage.host))
    };
    stages.iter().map(of).collect()
}

fn planes(shape: &ImageShape) -> usize {
    match shape.layout {
        Layout::Planar => shape.channels as usize,
        Layout::Interleaved => 1,
    }
}

/// The windows of all stages but the last, for strips of so many rows, and their bytes together.
fn steps(
    stages: &[Stage],
    executors: &[Arc<dyn StripStage>],
    rows: usize,
) -> (Vec<StripStep>, usize) {
    // Of each window the most rows that any strip needs, from the last to the first.
    let mut most = vec![0; stages.len()];
    let last = stages.len() - 1;
    most[last] = rows.min(stages[last].output.height as usize);
    for index in (1..=last).rev() {
        let (height, asked) = (stages[index].output.height as usize, most[index]);
        let needed = |start| executors[index].source_rows(start..start + asked).len();
        most[index - 1] = match asked {
            0 => 0,
            _ => (0..=height - asked).map(needed).max().unwrap_or(0),
        };
    }
    let mut bytes = 0;
    let steps = stages[..last].iter().zip(executors).zip(&most);
    let steps = steps.map(|((stage, executor), &rows)| {
        let step = StripStep {
            stage: Arc::clone(executor),
            offset: bytes,
            height: stage.output.rows(),
            row_bytes: stage.output.row_bytes(),
        };
        bytes += rows * step.pitch();
        step
    });
    (steps.collect(), bytes)
}

struct StripsPlan {
    stages: Box<[Stage]>,
    input: ImageShape,
    output: ImageShape,
    host: Arc<StripsHost>,
}

impl StripsPlan {
    /// For strips of so many rows; there is at least one stage, and an executor for each.
    fn new(stages: &[Stage], executors: &[Arc<dyn StripStage>], rows: usize) -> Self {
        let last = stages.len() - 1;
        let (steps, bytes) = steps(stages, executors, rows);
        StripsPlan {
            stages: stages.into(),
            input: stages[0].input,
            output: stages[last].output,
            host: Arc::new(StripsHost {
                steps: steps.into(),
                last: Arc::clone(&executors[last]),
                planes: planes(&stages[last].output),
                rows,
                bytes,
            }),
        }
    }
}

impl fmt::Debug for StripsPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripsPlan")
            .field("stages", &self.stages)
            .field("rows", &self.host.rows)
            .field("bytes", &self.host.bytes)
            .finish_non_exhaustive()
    }
}

impl Plan for StripsPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn code(self: Arc<Self>, _: &Device) -> Result<Vec<Code>, DeviceError> {
        let host: Arc<dyn HostKernel> = self.host.clone();
        Ok(vec![Code::Host(host)])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        plan::check_binding("a fused run", binding, &[self.input], self.output);
        let args = Args::of(&StripsArgs {
            src: binding.inputs[0].byte_param(),
            dst: binding.output.byte_param(),
        });
        match &code[0] {
            Code::Host(kernel) => launches.push(Launch::host(Arc::clone(kernel), args)),
            Code::Kernel(_) => panic!("a fused run was bound to the code of another plan"),
        }
    }
}

#[cfg(test)]
#[path = "strips_tests.rs"]
mod tests;
