//! The search for the longest chain that fits the limits of strips, without making a plan for each length.
//!
//! A chain is refused because its row buffers are too large, or because a stage makes too few rows in a strip. Both depend on
//! the number of rows that each stage makes, which is computed from the *last* stage backwards. A chain with another last stage
//! therefore needs other rows of all its stages, and the result for a shorter chain says nothing about a longer one.
//!
//! The search takes two shortcuts. The fewest rows that any chain can need of a stage give a lower bound of the buffers, and so
//! an upper bound of the length, which mostly is the length. The lengths below it are tried one after the other with a few
//! steps each: two chains that need the same rows of one stage need the same rows of all stages before it.

use super::{LIMITS, SIZES, most_source_rows, planes};
use crate::contract::Stage;
use crate::fusion::LongestChain;
use crate::host::scratch::CACHE_LINE;
use crate::host::strips::StripStage;
use std::collections::HashMap;
use std::sync::Arc;

/// Prepares the search for the longest chains of these stages that [`plan`](super::plan) takes.
pub(in crate::fusion) fn longest_chain(stages: &[Stage]) -> LongestChain<'_> {
    let mut search = Search::new(stages);
    Box::new(move |from, to| {
        let longest = search.longest(from, to)?;
        // The search and the planner have the same conditions.
        Some((longest, super::plan(&stages[from..from + longest]).ok()?))
    })
}

/// The numbers of a stage that the search needs.
struct StageRows<'a> {
    stage: &'a Arc<dyn StripStage>,
    /// Rows of the stage's output.
    height: usize,
    /// Bytes of a row in the stage's buffer.
    pitch: usize,
    /// The fewest rows that the stage may make in a strip that is not all of its output.
    least_rows: usize,
}

/// The state of the search over one sequence of stages.
struct Search<'a> {
    stages: Vec<StageRows<'a>>,
    /// For each stage: the first stage from this one on that reads planes.
    planar: Vec<usize>,
    /// For each stage: the bytes of the buffers of all stages before it, with the fewest rows that a chain of any length needs
    /// of them.
    least_bytes: Vec<usize>,
    /// The most source rows of `(stage, rows of its output)`, for stages for which this takes long to
    /// compute.
    source_rows: HashMap<(usize, usize), usize>,
    /// For each number of rows of a strip and each stage, counted from the first one of the chain: the buffers up to this stage
    /// as they were last computed.
    buffers: [Vec<Option<Buffers>>; SIZES],
}

/// The buffers of the stages from the first one of a chain to one of which `rows` rows are needed.
#[derive(Copy, Clone)]
struct Buffers {
    rows: usize,
    /// Bytes of the buffers together.
    bytes: usize,
    /// Whether one of the stages would recompute too many rows.
    is_refused: bool,
}

impl<'a> Search<'a> {
    fn new(stages: &'a [Stage]) -> Self {
        let rows = |stage: &'a Stage| StageRows {
            stage: &stage.host,
            height: stage.output.height as usize,
            pitch: stage.output.row_bytes().next_multiple_of(CACHE_LINE),
            least_rows: LIMITS.rows_per_recomputed_row * stage.host.recomputed_rows(),
        };
        let mut search = Search {
            stages: stages.iter().map(rows).collect(),
            planar: vec![stages.len(); stages.len()],
            least_bytes: vec![0; stages.len()],
            source_rows: HashMap::new(),
            buffers: Default::default(),
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

    /// Computes `least_bytes`. The fewest rows of a stage are needed by the chain that ends with the next stage, or by the chain
    /// that needs the fewest rows of the next stage.
    fn bound(&mut self) {
        let least = LIMITS.rows[SIZES - 1];
        let mut asked = usize::MAX;
        let mut bytes = vec![0; self.stages.len()];
        for index in (1..self.stages.len()).rev() {
            asked = asked.min(least.min(self.stages[index].height));
            asked = self.source_rows(index, asked);
            bytes[index - 1] = asked * self.stages[index - 1].pitch;
        }
        let mut sum = 0;
        for (before, bytes) in self.least_bytes.iter_mut().zip(bytes) {
            *before = sum;
            sum += bytes;
        }
    }

    /// The most source rows that `asked` rows of a stage are made from.
    fn source_rows(&mut self, index: usize, asked: usize) -> usize {
        #[cfg(test)]
        super::partition_tests::STEPS.set(super::partition_tests::STEPS.get() + 1);
        let StageRows { stage, height, .. } = self.stages[index];
        let source_rows = || most_source_rows(&**stage, asked, height);
        match stage.halo() {
            Some(_) => source_rows(),
            None => *self
                .source_rows
                .entry((index, asked))
                .or_insert_with(source_rows),
        }
    }

    /// The number of stages of the longest chain that begins at `from` and ends before `to`, at least 2; `None` where there is
    /// no chain.
    fn longest(&mut self, from: usize, to: usize) -> Option<usize> {
        let first = *self.least_bytes.get(from)?;
        let to = to.min(self.planar[from]);
        let fits = |&before: &usize| before - first <= LIMITS.bytes_of_least;
        let most = self.least_bytes[from..to].partition_point(fits);
        for buffers in &mut self.buffers {
            buffers.clear();
            buffers.resize(most, None);
        }
        (from + 1..from + most)
            .rev()
            .find(|&last| self.takes(from, last))
            .map(|last| last + 1 - from)
    }

    /// Whether [`plan`](super::plan) takes the chain of the stages `from` to `last`.
    fn takes(&mut self, from: usize, last: usize) -> bool {
        for (size, &rows) in LIMITS.rows.iter().enumerate() {
            let asked = rows.min(self.stages[last].height);
            let buffers = self.buffers_before(size, from, last, asked);
            let most = match size + 1 {
                SIZES => LIMITS.bytes_of_least,
                _ => LIMITS.bytes,
            };
            if buffers.bytes <= most {
                return !buffers.is_refused && !self.is_refused(last, asked);
            }
        }
        false
    }

    /// The buffers of the stages from `from` to the one before `last`, where `asked` rows of `last` are needed.
    fn buffers_before(&mut self, size: usize, from: usize, last: usize, asked: usize) -> Buffers {
        let mut rows = asked;
        let mut index = last;
        // Backwards to a stage of which another chain needed as many rows, then forwards again.
        let mut known = Buffers {
            rows: 0,
            bytes: 0,
            is_refused: false,
        };
        while index > from {
            rows = self.source_rows(index, rows);
            index -= 1;
            match &mut self.buffers[size][index - from] {
                Some(buffers) if buffers.rows == rows => {
                    known = *buffers;
                    index += 1;
                    break;
                }
                place => {
                    *place = Some(Buffers {
                        rows,
                        bytes: 0,
                        is_refused: false,
                    });
                }
            }
        }
        for index in index..last {
            let Some(Buffers { rows, .. }) = self.buffers[size][index - from] else {
                unreachable!("it was visited on the way back");
            };
            known = Buffers {
                rows,
                bytes: known.bytes + rows * self.stages[index].pitch,
                is_refused: known.is_refused || self.is_refused(index, rows),
            };
            self.buffers[size][index - from] = Some(known);
        }
        known
    }

    /// Whether a stage that makes `rows` rows in a strip would recompute too many.
    fn is_refused(&self, index: usize, rows: usize) -> bool {
        let stage = &self.stages[index];
        rows < stage.height && rows < stage.least_rows
    }
}
