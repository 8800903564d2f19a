//! The planner of chains on the host: any operators, computed in strips of the last output so that the intermediates stay in
//! the cache.

mod search;

pub(super) use search::longest_chain;

use crate::contract::{Binding, Code, Plan, Stage, checks};
use crate::host::strips::{BufferedStage, StripStage, StripsArgs, StripsHost};
use crate::host::view::ROWS_PER_RECOMPUTED_ROW;
use crate::image::{ImageShape, Layout};
use pixelflume_device::{Args, Device, DeviceError, HostKernel, Launch};
use std::fmt;
use std::sync::Arc;

/// The limits of strips. The first number of rows whose row buffers fit the cache is taken: with fewer rows the start of each
/// operator is paid more often, with more rows the intermediates leave the cache. A chain is refused where fusion would cost
/// more than it gains: its buffers fit no cache, or its operators would recompute too many rows in every strip.
struct Limits {
    /// The numbers of rows of a strip of the last output, from the best to the smallest.
    rows: [usize; SIZES],
    /// The most bytes of all row buffers together: half of a second-level cache of 1 MiB.
    bytes: usize,
    /// The most bytes of all row buffers together for strips of the smallest number of rows: a
    /// share of a third-level cache.
    bytes_of_least: usize,
    /// The fewest rows that an operator makes in a strip for each row that it recomputes in the next strip.
    rows_per_recomputed_row: usize,
}

/// The number of candidates in [`Limits::rows`].
const SIZES: usize = 4;

static LIMITS: Limits = Limits {
    rows: [128, 64, 32, 16],
    bytes: 512 * 1024,
    bytes_of_least: 2 * 1024 * 1024,
    rows_per_recomputed_row: ROWS_PER_RECOMPUTED_ROW,
};

/// The plan of a chain of any operators.
pub(super) fn plan(stages: &[Stage]) -> Result<Arc<dyn Plan>, String> {
    let executors = executors(stages)?;
    let [more @ .., least] = LIMITS.rows;
    let fitting = more
        .into_iter()
        .map(|rows| StripsPlan::new(stages, &executors, rows))
        .find(|plan| plan.host.bytes <= LIMITS.bytes);
    let plan = fitting.unwrap_or_else(|| StripsPlan::new(stages, &executors, least));
    if plan.host.bytes > LIMITS.bytes_of_least {
        return Err(format!(
            "for {least} rows of the output there are {} bytes of what is between, more than the {} that stay in a cache",
            plan.host.bytes, LIMITS.bytes_of_least
        ));
    }
    for ((stage, executor), &rows) in stages.iter().zip(&executors).zip(&plan.most) {
        let shared = executor.recomputed_rows();
        let is_cut = rows < stage.output.height as usize;
        if is_cut && rows < LIMITS.rows_per_recomputed_row * shared {
            return Err(format!(
                "{} would prepare {shared} rows again for each {rows} that it makes",
                stage.operator
            ));
        }
    }
    Ok(Arc::new(plan))
}

/// The executor of a chain of any operators, for one image of a mixed batch: without the limits of [`plan`], since such a chain is
/// chosen for images of all sizes. It has the largest strips whose row buffers fit the cache, or strips of one row.
///
/// # Errors
/// A stage reads planes.
pub(crate) fn executor(stages: &[Stage]) -> Result<Arc<StripsHost>, String> {
    /// The numbers of rows of a strip for images whose buffers do not fit with the [`LIMITS`].
    const FEWER_ROWS: [usize; 3] = [8, 4, 2];
    let executors = executors(stages)?;
    let fitting = |rows: &[usize], bytes: usize| {
        let mut plans = rows
            .iter()
            .map(|&rows| StripsPlan::new(stages, &executors, rows));
        plans.find(|plan| plan.host.bytes <= bytes)
    };
    let plan = fitting(&LIMITS.rows, LIMITS.bytes)
        .or_else(|| fitting(&LIMITS.rows[SIZES - 1..], LIMITS.bytes_of_least))
        .or_else(|| fitting(&FEWER_ROWS, LIMITS.bytes_of_least))
        .unwrap_or_else(|| StripsPlan::new(stages, &executors, 1));
    Ok(plan.host)
}

/// The strip executors of the stages.
fn executors(stages: &[Stage]) -> Result<Vec<Arc<dyn StripStage>>, String> {
    let of = |stage: &Stage| {
        if planes(&stage.input) > 1 {
            return Err(format!("{} reads planes ({})", stage.operator, stage.input));
        }
        Ok(Arc::clone(&stage.host))
    };
    stages.iter().map(of).collect()
}

/// The number of planes of an image in memory.
fn planes(shape: &ImageShape) -> usize {
    match shape.layout {
        Layout::Planar => shape.channels as usize,
        Layout::Interleaved => 1,
    }
}

/// The most source rows that any `asked` consecutive rows of a stage's output are made from; the output has `height` rows. It
/// never decreases with `asked`.
fn most_source_rows(stage: &dyn StripStage, asked: usize, height: usize) -> usize {
    let needed = |start| stage.source_rows(start..start + asked).len();
    match stage.halo() {
        _ if asked == 0 => 0,
        // Rows in the middle of the image have the halo on both sides; otherwise the whole image is read.
        Some(halo) => (asked + 2 * halo).min(height),
        None => (0..=height - asked).map(needed).max().unwrap_or(0),
    }
}

/// For each stage, the most rows that it makes for any strip of `rows` rows.
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

/// All stages but the last one with their buffers, for `most` rows of each, and the bytes of the buffers together.
fn buffered_stages(
    stages: &[Stage],
    executors: &[Arc<dyn StripStage>],
    most: &[usize],
) -> (Vec<BufferedStage>, usize) {
    let last = stages.len() - 1;
    let mut bytes = 0;
    let buffered = stages[..last].iter().zip(executors).zip(most);
    let buffered = buffered.map(|((stage, executor), &rows)| {
        let stage = BufferedStage {
            stage: Arc::clone(executor),
            offset: bytes,
            height: stage.output.rows(),
            row_bytes: stage.output.row_bytes(),
        };
        bytes += rows * stage.pitch();
        stage
    });
    (buffered.collect(), bytes)
}

/// A chain as one launch on the host.
struct StripsPlan {
    stages: Box<[Stage]>,
    input: ImageShape,
    output: ImageShape,
    /// The most rows that each stage makes for a strip.
    most: Box<[usize]>,
    host: Arc<StripsHost>,
}

impl StripsPlan {
    /// The plan with strips of `rows` rows. There is at least one stage, and an executor for each.
    fn new(stages: &[Stage], executors: &[Arc<dyn StripStage>], rows: usize) -> Self {
        let last = stages.len() - 1;
        let most = most_rows(stages, executors, rows);
        let (buffered, bytes) = buffered_stages(stages, executors, &most);
        StripsPlan {
            stages: stages.into(),
            input: stages[0].input,
            output: stages[last].output,
            most: most.into(),
            host: Arc::new(StripsHost {
                buffered: buffered.into(),
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

#[expect(unsafe_code, reason = "promises what its launches touch")]
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
        checks::check_binding("a fused chain", binding, &[self.input], self.output);
        let args = Args::of(&StripsArgs {
            src: binding.inputs[0].byte_param(),
            dst: binding.output.byte_param(),
        });
        match &code[0] {
            Code::Host(kernel) => launches.push(Launch::host(Arc::clone(kernel), args)),
            Code::Kernel(_) => panic!("a fused chain was bound to the code of another plan"),
        }
    }
}

#[cfg(test)]
#[path = "strips_tests.rs"]
pub(super) mod tests;

#[cfg(test)]
#[path = "partition_tests.rs"]
mod partition_tests;
