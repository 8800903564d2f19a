//! How long a run in strips can be: found without making the plans of all that are too long.
//!
//! A plan is refused for the bytes of its windows, and for stages that make few rows in a strip. Both follow from how many
//! rows each stage makes, which follows from the *last* stage backwards: a longer run asks other rows of all its stages, so
//! that nothing is known of it from a shorter one. What is the same for all runs is the least that a stage is ever asked for.
//! It bounds how long a run can be, and mostly that is how long it is. The lengths below the bound are looked at in turn, at a
//! few steps each: two runs that ask a stage for the same rows ask all stages before it for the same.

use super::{LIMITS, most_source_rows, planes};
use crate::contract::Stage;
use crate::fusion::Finder;
use crate::host::strips::{LINE, StripStage};
use std::collections::HashMap;
use std::sync::Arc;

/// Finds the longest runs of these stages that [`plan`](super::plan) takes.
pub(in crate::fusion) fn finder(stages: &[Stage]) -> Finder<'_> {
    let mut search = Search::new(stages);
    Box::new(move |from, to| {
        let longest = search.longest(from, to)?;
        // The search asks what the plan asks.
        Some((longest, super::plan(&stages[from..from + longest]).ok()?))
    })
}

/// What the search knows of a stage.
struct Part<'a> {
    stage: &'a Arc<dyn StripStage>,
    /// Rows of its output.
    height: usize,
    /// Bytes of a row in its window.
    pitch: usize,
    /// The fewest rows that it may make in a strip that does not hold all of its output.
    least_rows: usize,
}

struct Search<'a> {
    parts: Vec<Part<'a>>,
    /// By stage: the first one from it on that reads planes.
    planar: Vec<usize>,
    /// By stage: the bytes of the windows of all before it, with the fewest rows that runs of any length ask them for.
    least_bytes: Vec<usize>,
    /// By stage and rows asked for: the rows of its source. Only of stages for which it takes a while.
    needed: HashMap<(usize, usize), usize>,
    /// By number of rows and by stage, counted from the first of the run: what is known of the windows up to it.
    windows: [Vec<Option<Windows>>; SIZES],
}

/// How many numbers of rows a strip may have.
const SIZES: usize = 4;

/// The windows from the first stage of a run to one of which so many rows are asked.
#[derive(Copy, Clone)]
struct Windows {
    rows: usize,
    bytes: usize,
    /// Whether one of the stages would prepare too many rows again.
    is_refused: bool,
}

impl<'a> Search<'a> {
    fn new(stages: &'a [Stage]) -> Self {
        let part = |stage: &'a Stage| Part {
            stage: &stage.host,
            height: stage.output.height as usize,
            pitch: stage.output.row_bytes().next_multiple_of(LINE),
            least_rows: LIMITS.rows_per_shared_row * stage.host.shared_rows(),
        };
        let mut search = Search {
            parts: stages.iter().map(part).collect(),
            planar: vec![stages.len(); stages.len()],
            least_bytes: vec![0; stages.len()],
            needed: HashMap::new(),
            windows: Default::default(),
        };
        for (index, stage) in stages.iter().enumerate().rev() {
            search.planar[index] = match search.planar.get(index + 1) {
                _ if planes(&stage.input) > 1 => index,
                Some(&next) => next,
                None => stages.len(),
            };
        }
        search.bound();
        search
    }

    /// The fewest rows come from the run that ends next, or from the run that asks the next stage for its fewest.
    fn bound(&mut self) {
        let least = LIMITS.rows[SIZES - 1];
        let mut asked = usize::MAX;
        let mut bytes = vec![0; self.parts.len()];
        for index in (1..self.parts.len()).rev() {
            asked = asked.min(least.min(self.parts[index].height));
            asked = self.needed(index, asked);
            bytes[index - 1] = asked * self.parts[index - 1].pitch;
        }
        let mut sum = 0;
        for (before, bytes) in self.least_bytes.iter_mut().zip(bytes) {
            *before = sum;
            sum += bytes;
        }
    }

    /// The rows of its source that a stage is made from when so many of it are asked for.
    fn needed(&mut self, index: usize, asked: usize) -> usize {
        #[cfg(test)]
        super::cut_tests::STEPS.set(super::cut_tests::STEPS.get() + 1);
        let Part { stage, height, .. } = self.parts[index];
        let needed = || most_source_rows(&**stage, asked, height);
        match stage.reach() {
            Some(_) => needed(),
            None => *self.needed.entry((index, asked)).or_insert_with(needed),
        }
    }

    /// How many stages from `from` on, at least 2 and none of `to` and behind, are the longest run; `None` where there is none.
    fn longest(&mut self, from: usize, to: usize) -> Option<usize> {
        let first = *self.least_bytes.get(from)?;
        let to = to.min(self.planar[from]);
        let fits = |&before: &usize| before - first <= LIMITS.bytes_of_least;
        let most = self.least_bytes[from..to].partition_point(fits);
        for windows in &mut self.windows {
            windows.clear();
            windows.resize(most, None);
        }
        (from + 1..from + most)
            .rev()
            .find(|&last| self.takes(from, last))
            .map(|last| last + 1 - from)
    }

    /// Whether there is a plan for the run of these stages: the question of [`plan`](super::plan).
    fn takes(&mut self, from: usize, last: usize) -> bool {
        for (size, &rows) in LIMITS.rows.iter().enumerate() {
            let asked = rows.min(self.parts[last].height);
            let windows = self.before(size, from, last, asked);
            let most = match size + 1 {
                SIZES => LIMITS.bytes_of_least,
                _ => LIMITS.bytes,
            };
            if windows.bytes <= most {
                return !windows.is_refused && !self.is_refused(last, asked);
            }
        }
        false
    }

    /// The windows of the stages from `from` to the one before `last`, of which so many rows are asked.
    fn before(&mut self, size: usize, from: usize, last: usize, asked: usize) -> Windows {
        let mut rows = asked;
        let mut index = last;
        // Back to where another run has been, then forth again.
        let mut known = Windows {
            rows: 0,
            bytes: 0,
            is_refused: false,
        };
        while index > from {
            rows = self.needed(index, rows);
            index -= 1;
            match &mut self.windows[size][index - from] {
                Some(windows) if windows.rows == rows => {
                    known = *windows;
                    index += 1;
                    break;
                }
                place => {
                    *place = Some(Windows {
                        rows,
                        bytes: 0,
                        is_refused: false,
                    });
                }
            }
        }
        for index in index..last {
            let Some(Windows { rows, .. }) = self.windows[size][index - from] else {
                unreachable!("it was visited on the way back");
            };
            known = Windows {
                rows,
                bytes: known.bytes + rows * self.parts[index].pitch,
                is_refused: known.is_refused || self.is_refused(index, rows),
            };
            self.windows[size][index - from] = Some(known);
        }
        known
    }

    /// Whether a stage would prepare too many rows again where it makes so many.
    fn is_refused(&self, index: usize, rows: usize) -> bool {
        let part = &self.parts[index];
        rows < part.height && rows < part.least_rows
    }
}
