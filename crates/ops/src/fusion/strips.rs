//! Any run on the host: strips of the last output, whose intermediates stay in the cache.

mod longest;

pub(super) use longest::finder;

use crate::contract::{Binding, Code, Plan, Stage, checks};
use crate::host::strips::{StripStage, StripStep, StripsArgs, StripsHost};
use crate::host::view::ROWS_PER_SHARED_ROW;
use crate::image::{ImageShape, Layout};
use pixelflume_device::{Args, Device, DeviceError, HostKernel, Launch};
use std::fmt;
use std::sync::Arc;

/// What a strip may be: the first number of rows whose windows fit is taken. Few rows cost the start of each operator more
/// often, many leave the cache. A run is refused where that start costs more than what is won: by windows that fit no
/// cache, or by operators that would prepare too many rows in every strip.
struct Limits {
    /// Rows of a strip of the last output, from the best to the least.
    rows: &'static [usize],
    /// The most bytes of all windows together: half of a second-level cache of 1 MiB.
    bytes: usize,
    /// The same for strips of the least rows: what a share of a third-level cache holds.
    bytes_of_least: usize,
    /// The fewest rows that an operator makes in a strip for each row that it prepares again in the next one.
    rows_per_shared_row: usize,
}

static LIMITS: Limits = Limits {
    rows: &[128, 64, 32, 16],
    bytes: 512 * 1024,
    bytes_of_least: 2 * 1024 * 1024,
    rows_per_shared_row: ROWS_PER_SHARED_ROW,
};

/// The plan of a run of any operators that have an executor in strips.
pub(super) fn plan(stages: &[Stage]) -> Result<Arc<dyn Plan>, String> {
    let executors = executors(stages)?;
    let (&least, more) = LIMITS.rows.split_last().expect("there are some");
    let fitting = more
        .iter()
        .map(|&rows| StripsPlan::new(stages, &executors, rows))
        .find(|plan| plan.host.bytes <= LIMITS.bytes);
    let plan = fitting.unwrap_or_else(|| StripsPlan::new(stages, &executors, least));
    if plan.host.bytes > LIMITS.bytes_of_least {
        return Err(format!(
            "for {least} rows of the output there are {} bytes of what is between, more than the {} that stay in a cache",
            plan.host.bytes, LIMITS.bytes_of_least
        ));
    }
    for ((stage, executor), &rows) in stages.iter().zip(&executors).zip(&plan.most) {
        let shared = executor.shared_rows();
        let is_cut = rows < stage.output.height as usize;
        if is_cut && rows < LIMITS.rows_per_shared_row * shared {
            return Err(format!(
                "{} would prepare {shared} rows again for each {rows} that it makes",
                stage.operator
            ));
        }
    }
    Ok(Arc::new(plan))
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

/// The most rows of the source that any `asked` rows of a stage's output, which has `height` of them and in which they follow
/// one another, are made from. More rows are never made from fewer.
fn most_source_rows(stage: &dyn StripStage, asked: usize, height: usize) -> usize {
    let needed = |start| stage.source_rows(start..start + asked).len();
    match stage.reach() {
        _ if asked == 0 => 0,
        // Somewhere there are as many rows on both sides, or else they are all that there is.
        Some(reach) => (asked + 2 * reach).min(height),
        None => (0..=height - asked).map(needed).max().unwrap_or(0),
    }
}

/// The most rows that each stage makes for any strip of so many rows.
fn most_rows(stages: &[Stage], executors: &[Arc<dyn StripStage>], rows: usize) -> Vec<usize> {
    let last = stages.len() - 1;
    let mut most = vec![0; stages.len()];
    most[last] = rows.min(stages[last].output.height as usize);
    for index in (1..=last).rev() {
        let height = stages[index].output.height as usize;
        most[index - 1] = most_source_rows(&*executors[index], most[index], height);
    }
    most
}

/// All stages but the last with their windows, for so many rows of each, and the bytes of the windows together.
fn steps(
    stages: &[Stage],
    executors: &[Arc<dyn StripStage>],
    most: &[usize],
) -> (Vec<StripStep>, usize) {
    let last = stages.len() - 1;
    let mut bytes = 0;
    let steps = stages[..last].iter().zip(executors).zip(most);
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
    /// The most rows that each stage makes for a strip.
    most: Box<[usize]>,
    host: Arc<StripsHost>,
}

impl StripsPlan {
    /// For strips of so many rows; there is at least one stage, and an executor for each.
    fn new(stages: &[Stage], executors: &[Arc<dyn StripStage>], rows: usize) -> Self {
        let last = stages.len() - 1;
        let most = most_rows(stages, executors, rows);
        let (steps, bytes) = steps(stages, executors, &most);
        StripsPlan {
            stages: stages.into(),
            input: stages[0].input,
            output: stages[last].output,
            most: most.into(),
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

#[expect(unsafe_code, reason = "vouches for its launches")]
// SAFETY: `bind` checks the memory; the executor reads the rows of the input, and writes those of the output.
unsafe impl Plan for StripsPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn code(self: Arc<Self>, _: &Device) -> Result<Vec<Code>, DeviceError> {
        let host: Arc<dyn HostKernel> = self.host.clone();
        Ok(vec![Code::Host(host)])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding("a fused run", binding, &[self.input], self.output);
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

#[cfg(test)]
#[path = "cut_tests.rs"]
mod cut_tests;
