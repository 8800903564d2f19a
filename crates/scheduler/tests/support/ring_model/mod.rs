//! A sequential model of the task rings, and a run of both side by side that reports the first difference.
//!
//! The model knows tasks, who holds them and which bytes are taken, in plain vectors and numbers that count from 0; it has no
//! slots, laps, words or watermarks. The includer provides `super::api`, the rings.

use super::api::{
    Batch, Completer, ExportLease, Issue, OUTPUT_ALIGN, Progress, Status, Submitter, TaskId,
    TaskLease, TaskOutcome,
};
use fifo::Fifo;
use proptest::sample::Index;
use std::collections::BTreeMap;
use steps::Edge;
pub(super) use steps::{Sizes, Step, sizes, steps};

macro_rules! ensure {
    ($what:expr, $($text:tt)*) => {
        if !$what {
            return Err(format!($($text)*));
        }
    };
}

// After the macro that they use.
mod fifo;
mod steps;
mod submit;

#[derive(Clone)]
struct Task {
    dependencies: Vec<(usize, Edge)>,
    transient: Option<(u64, u64)>,
    export: bool,
    state: Progress,
    failed: bool,
    batch: bool,
    leases: u32,
    consumers: u32,
}

impl Task {
    fn references(&self) -> u32 {
        u32::from(self.batch) + self.leases + self.consumers
    }

    fn is_consumed(&self) -> bool {
        self.state == Progress::Released && self.references() == 0
    }
}

/// A run of rings and model side by side.
struct World<'a> {
    sizes: Sizes,
    submitter: &'a Submitter<u64>,
    completer: &'a mut Completer<u64>,
    tasks: Vec<Task>,
    /// The handles that the rings gave out.
    ids: Vec<TaskId>,
    released: usize,
    consumed: usize,
    outputs: Fifo,
    /// Exports that take memory: task, offset in the part, length. Held by a lease or an unconsumed task.
    exports: Vec<(usize, u64, u64)>,
    leases: Vec<TaskLease>,
    export_leases: BTreeMap<usize, ExportLease>,
    batches: [Option<(Batch<u64>, Vec<usize>)>; 2],
    /// Who wrote each piece of the arena last.
    arena: Vec<Option<usize>>,
}

/// Runs `steps` through rings of these sizes and through the model. An error says what was different, and when.
pub(super) fn run(
    sizes: Sizes,
    steps: &[Step],
    (submitter, mut completer): (Submitter<u64>, Completer<u64>),
) -> Result<(), String> {
    let mut world = World {
        sizes,
        submitter: &submitter,
        completer: &mut completer,
        tasks: Vec::new(),
        ids: Vec::new(),
        released: 0,
        consumed: 0,
        outputs: Fifo::new(sizes.transient * OUTPUT_ALIGN),
        exports: Vec::new(),
        leases: Vec::new(),
        export_leases: BTreeMap::new(),
        batches: [None, None],
        arena: vec![None; (sizes.transient + sizes.exported) as usize],
    };
    for (number, step) in steps.iter().enumerate() {
        world
            .step(step)
            .and_then(|()| world.compare())
            .map_err(|error| format!("step {number}, {step:?}: {error}"))?;
    }
    world.finish()
}

fn round(bytes: u64) -> u64 {
    bytes.next_multiple_of(OUTPUT_ALIGN)
}

impl World<'_> {
    fn task(&self, id: TaskId) -> usize {
        id.number().wrapping_sub(self.sizes.first) as usize
    }

    fn handle(&self, task: usize) -> TaskId {
        self.ids[task]
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Submit { .. } => self.submit(step),
            Step::Issue => self.issue().map(|_| ()),
            Step::Complete(which, fail) => self.complete(which, *fail),
            Step::Retain(which) if !self.tasks.is_empty() => {
                let task = which.index(self.tasks.len());
                let got = self.submitter.retain(self.handle(task));
                let gone = self.tasks[task].is_consumed();
                ensure!(got.is_err() == gone, "retain of {task} gave {got:?}");
                if let Ok(lease) = got {
                    self.tasks[task].leases += 1;
                    self.leases.push(lease);
                }
                Ok(())
            }
            Step::DropLease(which) if !self.leases.is_empty() => {
                let lease = self.leases.remove(which.index(self.leases.len()));
                let task = self.task(lease.task());
                self.outputs_are_intact(task)?;
                drop(lease);
                self.tasks[task].leases -= 1;
                Ok(())
            }
            Step::DropExport(which) if !self.export_leases.is_empty() => {
                let nth = which.index(self.export_leases.len());
                let task = *self.export_leases.keys().nth(nth).expect("within");
                self.drop_export(task)
            }
            Step::Batch(which) => {
                let which = usize::from(*which);
                match self.batches[which].take() {
                    Some((batch, tasks)) => {
                        ensure!(batch.tasks() == tasks.len() as u64, "{batch:?}");
                        batch.close();
                        tasks.iter().for_each(|&t| self.tasks[t].batch = false);
                    }
                    None => self.batches[which] = Some((self.submitter.begin_batch(), vec![])),
                }
                Ok(())
            }
            Step::Cancel => {
                let pending = |t: &Task| t.state == Progress::Pending;
                let expected = self.tasks.iter().filter(|t| pending(t)).count() as u64;
                let cancelled = self.completer.cancel_pending();
                ensure!(
                    cancelled == expected,
                    "{cancelled} cancelled, not {expected}"
                );
                for task in self.released..self.tasks.len() {
                    if pending(&self.tasks[task]) {
                        self.release(task, true);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What is taken back by the next admission.
    fn reclaim(&mut self) {
        let is_released = |t: &Task| t.state == Progress::Released;
        self.released = prefix(&self.tasks, self.released, is_released);
        self.consumed = prefix(&self.tasks, self.consumed, Task::is_consumed);
        self.outputs.free_to(self.consumed);
        let (tasks, leases) = (&self.tasks, &self.export_leases);
        self.exports
            .retain(|(task, ..)| leases.contains_key(task) || !tasks[*task].is_consumed());
    }

    /// Nobody wrote over what a task that is not consumed left.
    fn outputs_are_intact(&self, task: usize) -> Result<(), String> {
        let (at, len) = self.tasks[task].transient.unwrap_or((0, 0));
        self.owns(task, at, len)?;
        self.export_is_intact(task)
    }

    /// Nobody wrote over a result that is still held.
    fn export_is_intact(&self, task: usize) -> Result<(), String> {
        let base = self.sizes.transient * OUTPUT_ALIGN;
        let held = self.exports.iter().find(|(of, ..)| *of == task);
        held.map_or(Ok(()), |&(_, at, len)| self.owns(task, base + at, len))
    }

    /// Whether a task can be issued.
    fn is_ready(&self, task: usize) -> bool {
        let task = &self.tasks[task];
        task.state == Progress::Pending
            && task
                .dependencies
                .iter()
                .all(|&(producer, _)| self.tasks[producer].state == Progress::Released)
    }

    fn issue(&mut self) -> Result<bool, String> {
        let issue = self.completer.issue_next();
        let ready = (self.released..self.tasks.len()).find(|&task| self.is_ready(task));
        let (id, descriptor, is_skipped) = match issue {
            None => {
                ensure!(ready.is_none(), "nothing issued, but {ready:?} is ready");
                return Ok(false);
            }
            Some(Issue::Issued(id, descriptor)) => (id, descriptor, false),
            Some(Issue::Skipped(id, descriptor)) => (id, descriptor, true),
        };
        let task = self.task(id);
        ensure!(
            task < self.tasks.len() && self.is_ready(task),
            "{issue:?} is not ready"
        );
        let failed = self.tasks[task].failed;
        ensure!(is_skipped == failed, "{issue:?} with failed {failed}");
        ensure!(descriptor == id.number(), "{id} with {descriptor}");
        for &(producer, _) in &self.tasks[task].dependencies {
            self.outputs_are_intact(producer)?;
        }
        match is_skipped {
            false => self.tasks[task].state = Progress::Issued,
            true => self.release(task, true),
        }
        Ok(true)
    }

    fn complete(&mut self, which: &Index, fail: bool) -> Result<(), String> {
        let issued: Vec<usize> = (self.released..self.tasks.len())
            .filter(|&t| self.tasks[t].state == Progress::Issued)
            .collect();
        if issued.is_empty() {
            return Ok(());
        }
        self.complete_task(issued[which.index(issued.len())], fail)
    }

    fn complete_task(&mut self, task: usize, failed: bool) -> Result<(), String> {
        let outcome = if failed {
            TaskOutcome::Failed
        } else {
            TaskOutcome::Succeeded
        };
        let got = self.completer.complete(self.handle(task), outcome);
        ensure!(got.is_ok(), "complete of {task} gave {got:?}");
        for &(producer, _) in &self.tasks[task].dependencies {
            self.outputs_are_intact(producer)?;
        }
        self.release(task, failed);
        let again = self.completer.complete(self.handle(task), outcome);
        ensure!(again.is_err(), "{task} completed twice");
        Ok(())
    }

    fn release(&mut self, task: usize, failed: bool) {
        self.tasks[task].state = Progress::Released;
        self.tasks[task].failed |= failed;
        for (producer, _) in self.tasks[task].dependencies.clone() {
            self.tasks[producer].consumers -= 1;
        }
        if failed {
            for later in &mut self.tasks[task + 1..] {
                let fails = |&(p, edge): &(usize, Edge)| p == task && edge != Edge::Settled;
                later.failed |= later.dependencies.iter().any(fails);
            }
        }
    }

    fn drop_export(&mut self, task: usize) -> Result<(), String> {
        self.export_is_intact(task)?;
        let lease = self.export_leases.remove(&task).expect("held");
        let state = &self.tasks[task];
        let expected = (state.state == Progress::Released).then_some(match state.failed {
            true => TaskOutcome::Failed,
            false => TaskOutcome::Succeeded,
        });
        ensure!(
            lease.outcome() == expected,
            "{lease:?}: {:?}",
            lease.outcome()
        );
        ensure!(state.export, "{lease:?}");
        Ok(())
    }

    /// Every record that still has its task says what the model says.
    fn compare(&mut self) -> Result<(), String> {
        let next = self.tasks.len();
        let oldest = next.saturating_sub(self.sizes.records as usize);
        for (task, state) in self.tasks.iter().enumerate().skip(oldest.saturating_sub(2)) {
            let got = self.submitter.status(self.handle(task));
            let expected = (task >= oldest).then(|| Status {
                state: state.state,
                failed: state.failed,
                references: state.references(),
            });
            // A consumer that nobody has looked at yet does not know of an old failure.
            let same = got == expected
                || got.zip(expected).is_some_and(|(got, expected)| {
                    expected.state == Progress::Pending
                        && Status {
                            failed: true,
                            ..got
                        } == expected
                });
            ensure!(same, "{task} is {got:?}, not {expected:?}");
        }
        Ok(())
    }

    /// Lets everything end, and finds the rings empty.
    fn finish(mut self) -> Result<(), String> {
        self.batches = [None, None];
        self.tasks.iter_mut().for_each(|task| task.batch = false);
        loop {
            let issued = self.issue()?;
            let oldest = self.tasks.iter().position(|t| t.state == Progress::Issued);
            if let Some(oldest) = oldest {
                self.complete_task(oldest, false)?;
            } else if !issued {
                break;
            }
        }
        let left = self
            .tasks
            .iter()
            .position(|t| t.state != Progress::Released);
        ensure!(left.is_none(), "{left:?} was never issued");
        while let Some(lease) = self.leases.pop() {
            let task = self.task(lease.task());
            self.outputs_are_intact(task)?;
            drop(lease);
            self.tasks[task].leases -= 1;
        }
        while let Some(task) = self.export_leases.keys().next().copied() {
            self.drop_export(task)?;
        }
        self.compare()?;
        let statistics = self.submitter.statistics();
        ensure!(
            statistics.consumed == self.tasks.len() as u64
                && statistics.rings.iter().all(|ring| ring.used == 0),
            "something is left: {statistics}"
        );
        Ok(())
    }
}

fn prefix(tasks: &[Task], from: usize, holds: impl Fn(&Task) -> bool) -> usize {
    from + tasks[from..].iter().take_while(|task| holds(task)).count()
}
