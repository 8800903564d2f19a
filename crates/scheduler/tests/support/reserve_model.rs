//! A sequential model of what is set aside for batches, and a run of rings and model side by side that reports the first
//! difference.
//!
//! The model has plain counters and a map of the pieces of the exported part. The includer provides `super::api`, the rings.

use super::api::{
    Batch, BatchBudget, Completer, ExportLease, Issue, OUTPUT_ALIGN, Request, Ring, RingConfig,
    SubmitError, Submitter, TaskLease, TaskOutcome,
};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::VecDeque;

/// What can happen. Indexes choose among what there is at that time; a step without a choice is left out.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Begin(BatchBudget),
    /// Submits what is left of an open batch's budget, one task of it.
    Submit(Index),
    End(Index),
    /// Runs so many of the tasks that were submitted.
    Run(usize),
    /// Lets go of the record of a task.
    Take(Index),
    /// Lets go of a result.
    Drop(Index),
}

/// Sizes of the rings, parts in pieces of [`OUTPUT_ALIGN`].
#[derive(Copy, Clone, Debug)]
pub(super) struct Sizes {
    tasks: u64,
    records: u64,
    transient: u64,
    exported: u64,
    exports: u64,
}

impl Sizes {
    pub(super) fn config(&self) -> RingConfig {
        RingConfig::new()
            .task_window(self.tasks)
            .consumed_window(self.records)
            .edge_pool(2)
            .arena((self.transient + self.exported) * OUTPUT_ALIGN)
            .arena_exported(self.exported * OUTPUT_ALIGN)
            .export_slots(self.exports)
    }

    fn capacity(&self, ring: Ring) -> u64 {
        match ring {
            Ring::Task => self.tasks,
            Ring::Consumed => self.records,
            Ring::Transient => self.transient * OUTPUT_ALIGN,
            Ring::Exported => self.exported * OUTPUT_ALIGN,
            _ => self.exports,
        }
    }
}

pub(super) fn sizes() -> impl Strategy<Value = Sizes> {
    (1u32..=4, 0u32..=2, 1u64..12, 1u64..10, 1u64..7).prop_map(
        |(tasks, more, transient, exported, exports)| Sizes {
            tasks: 1 << tasks,
            records: 1 << (tasks + more),
            transient,
            exported,
            exports,
        },
    )
}

fn budget() -> impl Strategy<Value = BatchBudget> {
    (0u64..6, 0u64..6, 0u64..8, 0u64..4, 0u64..6).prop_map(
        |(tasks, slots, transient, largest, result)| BatchBudget {
            tasks,
            main_slots: slots.min(tasks),
            transient_bytes: transient * OUTPUT_ALIGN,
            largest_transient: largest.min(transient) * OUTPUT_ALIGN,
            // Not whole pieces: they are rounded up.
            exported_bytes: (result * OUTPUT_ALIGN).saturating_sub(result),
        },
    )
}

pub(super) fn steps(len: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => budget().prop_map(Step::Begin),
        8 => any::<Index>().prop_map(Step::Submit),
        3 => any::<Index>().prop_map(Step::End),
        4 => (1usize..4).prop_map(Step::Run),
        6 => any::<Index>().prop_map(Step::Take),
        5 => any::<Index>().prop_map(Step::Drop),
    ];
    prop::collection::vec(step, len)
}

struct Open {
    number: usize,
    batch: Batch<()>,
    left: BatchBudget,
    /// Pieces of the result that nobody has asked for yet.
    result: Option<(usize, usize)>,
}

#[derive(Default)]
struct Task {
    batch: usize,
    released: bool,
    lease: Option<TaskLease>,
    result: Option<(usize, usize)>,
    export: Option<ExportLease>,
    /// Where its transient output ends, counted since the beginning and with what was skipped.
    end: u64,
}

struct World {
    sizes: Sizes,
    open: Vec<Open>,
    batches: usize,
    tasks: Vec<Task>,
    running: VecDeque<usize>,
    /// The largest output that was set aside since no bytes were.
    largest: u64,
    /// How far the transient part is, in bytes since the beginning.
    head: u64,
    tail: u64,
}

type Rings = (Submitter<()>, Completer<()>);

/// Runs `steps` through rings of these sizes and through the model. An error says what was different, and when.
pub(super) fn run(sizes: Sizes, steps: &[Step], rings: Rings) -> Result<(), String> {
    let (submitter, mut completer) = rings;
    let mut world = World {
        sizes,
        open: Vec::new(),
        batches: 0,
        tasks: Vec::new(),
        running: VecDeque::new(),
        largest: 0,
        head: 0,
        tail: 0,
    };
    for (number, step) in steps.iter().enumerate() {
        world
            .step(step, &submitter, &mut completer)
            .map_err(|error| format!("step {number}, {step:?}: {error}"))?;
    }
    submitter.close();
    match submitter.try_begin_batch_with(&BatchBudget::default()) {
        Err(SubmitError::Closed) => Ok(()),
        other => Err(format!("closed rings gave {other:?}")),
    }
}

impl World {
    fn step(
        &mut self,
        step: &Step,
        submitter: &Submitter<()>,
        completer: &mut Completer<()>,
    ) -> Result<(), String> {
        match step {
            Step::Begin(budget) => self.begin(budget, submitter),
            Step::Submit(which) if !self.open.is_empty() => {
                self.submit(which.index(self.open.len()))
            }
            Step::End(which) if !self.open.is_empty() => {
                drop(self.open.swap_remove(which.index(self.open.len())));
                self.forget_largest();
                Ok(())
            }
            Step::Run(count) => {
                for _ in 0..*count {
                    let Some(Issue::Issued(id, ())) = completer.issue_next() else {
                        break;
                    };
                    let done = completer.complete(id, TaskOutcome::Succeeded);
                    done.map_err(|error| error.to_string())?;
                    let task = self.running.pop_front().ok_or("a task too many")?;
                    self.tasks[task].released = true;
                }
                Ok(())
            }
            Step::Take(which) if !self.tasks.is_empty() => {
                let task = which.index(self.tasks.len());
                self.tasks[task].lease = None;
                Ok(())
            }
            Step::Drop(which) if !self.tasks.is_empty() => {
                let task = which.index(self.tasks.len());
                self.tasks[task].export = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn is_consumed(&self, task: &Task) -> bool {
        let in_batch = self.open.iter().any(|open| open.number == task.batch);
        task.released && task.lease.is_none() && !in_batch
    }

    /// Takes back what is consumed; how many tasks are not.
    fn reclaim(&mut self) -> u64 {
        let first = self.tasks.iter().position(|task| !self.is_consumed(task));
        let first = first.unwrap_or(self.tasks.len());
        if let Some(last) = first.checked_sub(1) {
            self.tail = self.tail.max(self.tasks[last].end);
        }
        (self.tasks.len() - first) as u64
    }

    /// The pieces of the exported part that somebody has, and how many results that is.
    fn results(&self) -> (Vec<bool>, u64) {
        let mut pieces = vec![false; self.sizes.exported as usize];
        let held = self
            .tasks
            .iter()
            .filter(|task| task.export.is_some() || !self.is_consumed(task))
            .filter_map(|task| task.result)
            .chain(self.open.iter().filter_map(|open| open.result));
        let mut count = 0;
        for (at, len) in held {
            count += 1;
            pieces[at..at + len].fill(true);
        }
        (pieces, count)
    }

    fn begin(&mut self, budget: &BatchBudget, submitter: &Submitter<()>) -> Result<(), String> {
        let records = self.reclaim();
        let slots = self.tasks.iter().filter(|task| !task.released).count() as u64;
        let set_aside = |of: fn(&BatchBudget) -> u64| -> u64 {
            self.open.iter().map(|open| of(&open.left)).sum()
        };
        let pieces = budget.exported_bytes.div_ceil(OUTPUT_ALIGN) as usize;
        let result = pieces as u64 * OUTPUT_ALIGN;
        let (held, results) = self.results();
        let place = (0..=held.len().saturating_sub(pieces))
            .find(|&at| held.len() >= at + pieces && !held[at..at + pieces].contains(&true));
        let largest = self.largest.max(budget.largest_transient);
        let outputs = self.head - self.tail + set_aside(|left| left.transient_bytes);
        let needs = [
            (Ring::Task, budget.main_slots),
            (Ring::Consumed, budget.tasks),
            (
                Ring::Transient,
                budget.transient_bytes + budget.largest_transient,
            ),
            (Ring::Exported, result),
        ];
        let never = needs.iter().find(|n| n.1 > self.sizes.capacity(n.0));
        let fits = [
            slots + set_aside(|left| left.main_slots) + budget.main_slots <= self.sizes.tasks,
            records + set_aside(|left| left.tasks) + budget.tasks <= self.sizes.records,
            budget.transient_bytes == 0
                || outputs + budget.transient_bytes + largest
                    <= self.sizes.capacity(Ring::Transient),
            pieces == 0 || place.is_some(),
        ];
        let full = needs
            .iter()
            .zip(fits)
            .find(|((_, n), fits)| *n > 0 && !fits);
        let full = full.map(|((ring, _), _)| *ring);
        let no_slot = pieces > 0 && results == self.sizes.exports;
        let full = full.or(no_slot.then_some(Ring::ExportSlot));

        let got = submitter.try_begin_batch_with(budget);
        match (never, full, got) {
            (Some((ring, _)), _, Err(SubmitError::TooLarge { ring: got, .. })) if got == *ring => {
                Ok(())
            }
            (None, Some(ring), Err(SubmitError::Full(got))) if got.ring == ring => Ok(()),
            (None, None, Ok(batch)) => {
                let result = place.filter(|_| pieces > 0).map(|at| (at, pieces));
                let part = self.sizes.capacity(Ring::Transient);
                let expected = result.map(|(at, _)| part + at as u64 * OUTPUT_ALIGN);
                let offset = batch.export().map(|output| output.offset);
                if offset != expected {
                    return Err(format!("the result is at {offset:?}, not {expected:?}"));
                }
                self.largest = largest;
                self.batches += 1;
                self.open.push(Open {
                    number: self.batches,
                    batch,
                    left: *budget,
                    result,
                });
                Ok(())
            }
            (never, full, got) => Err(format!("never {never:?}, full {full:?}, but {got:?}")),
        }
    }

    fn forget_largest(&mut self) {
        if self.open.iter().all(|open| open.left.transient_bytes == 0) {
            self.largest = 0;
        }
    }

    /// Submits a task that the budget covers, which cannot be refused.
    fn submit(&mut self, which: usize) -> Result<(), String> {
        let part = self.sizes.capacity(Ring::Transient);
        self.reclaim();
        let open = &mut self.open[which];
        if open.left.tasks == 0 || open.left.main_slots == 0 {
            return Ok(());
        }
        let output = open.left.largest_transient.min(open.left.transient_bytes);
        let result = open.result.take();
        let request = Request {
            transient_bytes: output,
            exported_bytes: result.map_or(0, |_| open.left.exported_bytes),
            lease: true,
            ..Request::default()
        };
        let mut at = None;
        let submitted = open.batch.try_submit(&request, |place| {
            at = place.transient.map(|output| output.offset);
        });
        let submitted = submitted.map_err(|error| format!("what was set aside: {error}"))?;
        let expected = result.map(|(at, _)| part + at as u64 * OUTPUT_ALIGN);
        let offset = submitted
            .export
            .as_ref()
            .map(|export| export.output().offset);
        if offset != expected {
            return Err(format!("the result is at {offset:?}, not {expected:?}"));
        }
        open.left.tasks -= 1;
        open.left.main_slots -= 1;
        open.left.transient_bytes -= output;
        if output > 0 {
            let from = self.head % part;
            let skip = if from + output > part { part - from } else { 0 };
            if self.head == self.tail {
                self.tail += skip;
            }
            self.head += skip + output;
            let expected = Some((self.head - output) % part);
            if at != expected || self.head - self.tail > part {
                return Err(format!("the output is at {at:?}, not {expected:?}"));
            }
        }
        self.running.push_back(self.tasks.len());
        self.tasks.push(Task {
            batch: self.open[which].number,
            released: false,
            lease: submitted.lease,
            result,
            export: submitted.export,
            end: self.head,
        });
        self.forget_largest();
        Ok(())
    }
}
