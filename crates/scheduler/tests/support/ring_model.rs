//! A sequential model of the task rings, and a run of both side by side that reports the first difference.
//!
//! The model knows tasks, who holds them and which bytes are taken, in plain vectors and numbers that count from 0; it has no
//! slots, laps, words or watermarks. The includer provides `super::api`, the rings.

use super::api::{
    Batch, Completer, Dependency, ExportLease, Full, Issue, OUTPUT_ALIGN, Outcome, Payload,
    PayloadWriter, Placement, Request, RetainError, Ring, RingConfig, State, Status, SubmitError,
    Submitter, TaskId, TaskLease,
};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, VecDeque};

macro_rules! ensure {
    ($what:expr, $($text:tt)*) => {
        if !$what {
            return Err(format!($($text)*));
        }
    };
}

/// One step. Indexes choose among what there is at that time; a step without a choice is left out.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Submit {
        dependencies: Vec<(Index, bool)>,
        payload: u64,
        transient: u64,
        exported: u64,
        lease: bool,
        batch: Option<bool>,
    },
    Issue {
        refuse: bool,
    },
    Complete(Index, bool),
    Retain(Index),
    DropLease(Index),
    DropExport(Index),
    /// Closes the batch that is open there, or opens one.
    Batch(bool),
    Cancel,
}

/// Sizes of the rings, outputs in pieces of [`OUTPUT_ALIGN`].
#[derive(Copy, Clone, Debug)]
pub(super) struct Sizes {
    pub tasks: u64,
    pub records: u64,
    pub edges: u64,
    pub payload: u64,
    pub transient: u64,
    pub exported: u64,
    pub exports: u64,
    pub first: u64,
}

impl Sizes {
    pub(super) fn config(&self) -> RingConfig {
        RingConfig::new()
            .task_window(self.tasks)
            .consumed_window(self.records)
            .edge_pool(self.edges)
            .payload_ring(self.payload)
            .arena((self.transient + self.exported) * OUTPUT_ALIGN)
            .arena_exported(self.exported * OUTPUT_ALIGN)
            .export_slots(self.exports)
            .first_task(self.first)
    }
}

pub(super) fn sizes() -> impl Strategy<Value = Sizes> {
    let first = prop_oneof![Just(0), 0u64..200, (0u64..200).prop_map(|n| u64::MAX - n)];
    let logs = (2u32..=6, 0u32..=4, 1u32..=6);
    (logs, 1u64..40, 2u64..20, 2u64..20, 1u64..12, first).prop_map(
        |((tasks, more, edges), payload, transient, exported, exports, first)| Sizes {
            tasks: 1 << tasks,
            records: 1 << (tasks + more).min(6),
            edges: 1 << edges,
            payload: 8 * payload,
            transient,
            exported,
            exports,
            first,
        },
    )
}

pub(super) fn steps(len: usize) -> impl Strategy<Value = Vec<Step>> {
    let bytes = || prop_oneof![3 => Just(0), 3 => 1u64..600, 1 => 600u64..3000];
    let batch = prop_oneof![Just(None), any::<bool>().prop_map(Some)];
    let dependencies = prop::collection::vec((any::<Index>(), any::<bool>()), 0..4);
    let submit = (
        dependencies,
        0u64..70,
        bytes(),
        bytes(),
        prop::bool::weighted(0.2),
        batch,
    );
    let submit = submit.prop_map(
        |(dependencies, payload, transient, exported, lease, batch)| Step::Submit {
            dependencies,
            payload,
            transient,
            exported,
            lease,
            batch,
        },
    );
    let step = prop_oneof![
        40 => submit,
        30 => prop::bool::weighted(0.05).prop_map(|refuse| Step::Issue { refuse }),
        30 => (any::<Index>(), prop::bool::weighted(0.1)).prop_map(|(i, f)| Step::Complete(i, f)),
        5 => any::<Index>().prop_map(Step::Retain),
        12 => any::<Index>().prop_map(Step::DropLease),
        20 => any::<Index>().prop_map(Step::DropExport),
        8 => any::<bool>().prop_map(Step::Batch),
        1 => Just(Step::Cancel),
    ];
    prop::collection::vec(step, len)
}

#[derive(Clone)]
struct Task {
    dependencies: Vec<(usize, bool)>,
    payload: Vec<u8>,
    transient: Option<(u64, u64)>,
    export: bool,
    state: State,
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
        self.state == State::Released && self.references() == 0
    }
}

/// What a first-in-first-out buffer holds: task, where its part begins with what was skipped for it, length without that.
struct Fifo {
    capacity: u64,
    at: u64,
    held: VecDeque<(usize, u64)>,
}

impl Fifo {
    fn new(capacity: u64) -> Self {
        Fifo {
            capacity,
            at: 0,
            held: VecDeque::new(),
        }
    }

    /// Where `len` bytes go; `None` where they do not fit now.
    fn place(&self, len: u64) -> Option<u64> {
        let to_end = self.capacity - self.at;
        match self.held.front() {
            _ if len == 0 => Some(self.at),
            None => Some(if len <= to_end { self.at } else { 0 }),
            Some(&(_, from)) if self.at > from => {
                if len <= to_end {
                    Some(self.at)
                } else {
                    (len <= from).then_some(0)
                }
            }
            Some(&(_, from)) => (self.at + len <= from).then_some(self.at),
        }
    }

    fn take(&mut self, task: usize, place: u64, len: u64) {
        if len > 0 {
            let from = if self.held.is_empty() { place } else { self.at };
            self.held.push_back((task, from));
            self.at = (place + len) % self.capacity;
        }
    }

    fn free_to(&mut self, prefix: usize) {
        while self.held.front().is_some_and(|&(task, _)| task < prefix) {
            self.held.pop_front();
        }
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
    payloads: Fifo,
    outputs: Fifo,
    /// Exports that take memory: task, offset in the lane, length. Held by a lease or an unconsumed task.
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
        payloads: Fifo::new(sizes.payload),
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
            Step::Issue { refuse } => self.issue(*refuse).map(|_| ()),
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
                let pending = |t: &Task| t.state == State::Pending;
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
        let is_released = |t: &Task| t.state == State::Released;
        self.released = prefix(&self.tasks, self.released, is_released);
        self.consumed = prefix(&self.tasks, self.consumed, Task::is_consumed);
        self.payloads.free_to(self.released);
        self.outputs.free_to(self.consumed);
        let (tasks, leases) = (&self.tasks, &self.export_leases);
        self.exports
            .retain(|(task, ..)| leases.contains_key(task) || !tasks[*task].is_consumed());
    }

    fn exported_place(&self, len: u64) -> Option<u64> {
        let lane = self.sizes.exported * OUTPUT_ALIGN;
        (0..=lane - len).step_by(OUTPUT_ALIGN as usize).find(|at| {
            self.exports
                .iter()
                .all(|(_, from, other)| at + len <= *from || from + other <= *at)
        })
    }

    fn submit(&mut self, step: &Step) -> Result<(), String> {
        let Step::Submit {
            dependencies,
            payload,
            transient,
            exported,
            lease,
            batch,
        } = step
        else {
            unreachable!("submit is called for submits")
        };
        let dependencies: Vec<(usize, bool)> = match self.tasks.len() {
            0 => vec![],
            // Most of the time tasks that are still there.
            len => dependencies
                .iter()
                .map(|(which, gated)| (len - 1 - which.index(len.min(20)), *gated))
                .collect(),
        };
        let next = self.tasks.len();
        let bytes: Vec<u8> = (0..*payload)
            .map(|i| (next as u64 * 31 + i) as u8)
            .collect();
        let batch = batch
            .map(usize::from)
            .filter(|&b| self.batches[b].is_some());

        // What the model says, in the order in which it is documented.
        self.reclaim();
        let (payload_len, transient_len, exported_len) = (
            payload.next_multiple_of(8),
            round(*transient),
            round(*exported),
        );
        let edges = dependencies.len() as u64;
        let used_edges: usize = self.tasks[self.released..]
            .iter()
            .map(|t| t.dependencies.len())
            .sum();
        let never = [
            (Ring::Edge, edges, self.sizes.edges),
            (Ring::Payload, payload_len, self.sizes.payload),
            (
                Ring::Transient,
                transient_len,
                self.sizes.transient * OUTPUT_ALIGN,
            ),
            (
                Ring::Exported,
                exported_len,
                self.sizes.exported * OUTPUT_ALIGN,
            ),
        ];
        let never = never.iter().find(|(_, need, capacity)| need > capacity);
        let in_window = |from: usize, window: u64| ((next - from) as u64) < window;
        let too_large = never.is_some();
        let places = (!too_large).then(|| {
            (
                self.payloads.place(payload_len),
                self.outputs.place(transient_len),
                self.exported_place(exported_len),
            )
        });
        let full = places.and_then(|(payload, transient, export)| {
            let room = [
                in_window(self.released, self.sizes.tasks),
                in_window(self.consumed, self.sizes.records),
                used_edges as u64 + edges <= self.sizes.edges,
                payload.is_some(),
                transient.is_some(),
                exported_len == 0 || export.is_some(),
                exported_len == 0 || (self.exports.len() as u64) < self.sizes.exports,
            ];
            let first = room.iter().position(|room| !room)?;
            Some(Ring::ALL[first])
        });
        let stale = dependencies
            .iter()
            .find(|(task, _)| self.tasks[*task].is_consumed());

        let got = {
            let wanted: Vec<Dependency> = dependencies
                .iter()
                .map(|&(task, gated)| match gated {
                    true => Dependency::completed(self.handle(task)),
                    false => Dependency::issued(self.handle(task)),
                })
                .collect();
            let request = Request {
                dependencies: &wanted,
                payload_bytes: *payload,
                transient_bytes: *transient,
                exported_bytes: *exported,
                lease: *lease,
            };
            let build = |place: &Placement, writer: &mut PayloadWriter<'_>| {
                writer.append(&bytes);
                place.task.number()
            };
            match batch.and_then(|b| self.batches[b].as_mut()) {
                Some((batch, _)) => batch.try_submit(&request, build),
                None => self.submitter.try_submit(&request, build),
            }
        };
        let submitted = match got {
            Ok(submitted) => {
                ensure!(
                    !too_large && full.is_none() && stale.is_none(),
                    "admitted, but the model says {never:?}, {full:?} full, stale {stale:?}"
                );
                submitted
            }
            Err(SubmitError::TooLarge {
                ring,
                needed,
                capacity,
            }) => {
                ensure!(
                    never == Some(&(ring, needed, capacity)),
                    "too large for {ring}: {never:?}"
                );
                return Ok(());
            }
            Err(SubmitError::Full(report)) => {
                ensure!(
                    full == Some(report.ring),
                    "{report}, but the model says {full:?}"
                );
                return self.check_report(&report, false, batch);
            }
            Err(SubmitError::Deadlock { full: report, .. }) => {
                ensure!(
                    full == Some(report.ring),
                    "{report}, but the model says {full:?}"
                );
                return self.check_report(&report, true, batch);
            }
            Err(SubmitError::Dependency(RetainError::Stale(handle))) => {
                ensure!(!too_large && full.is_none(), "stale before full: {full:?}");
                let stale = stale.map(|&(task, _)| self.handle(task));
                ensure!(
                    stale == Some(handle.task),
                    "{handle}, but the model says {stale:?}"
                );
                return Ok(());
            }
            Err(other) => return Err(format!("unexpected: {other}")),
        };

        ensure!(
            self.task(submitted.task) == next,
            "number {}",
            submitted.task
        );
        self.ids.push(submitted.task);
        let (payload_at, transient_at, export_at) = places.expect("not too large");
        self.payloads
            .take(next, payload_at.unwrap_or(0), payload_len);
        let transient_at = transient_at.unwrap_or(0);
        self.outputs.take(next, transient_at, transient_len);
        if transient_len > 0 {
            self.write(next, transient_at, transient_len);
        }
        ensure!(
            submitted.export.is_some() == (exported_len > 0),
            "export lease"
        );
        if let Some(export) = submitted.export {
            let base = self.sizes.transient * OUTPUT_ALIGN;
            let at = export_at.unwrap_or(0);
            ensure!(
                export.output().offset == base + at && export.output().bytes == *exported,
                "{export:?}, but the model says {at}"
            );
            self.write(next, base + at, exported_len);
            self.exports.push((next, at, exported_len));
            self.export_leases.insert(next, export);
        }
        ensure!(submitted.lease.is_some() == *lease, "lease");
        self.leases.extend(submitted.lease);
        for &(task, _) in &dependencies {
            self.tasks[task].consumers += 1;
        }
        let mut failed = false;
        if let Some((_, tasks)) = batch.and_then(|b| self.batches[b].as_mut()) {
            tasks.push(next);
        }
        for &(task, _) in &dependencies {
            failed |= self.tasks[task].failed && self.tasks[task].state == State::Released;
        }
        self.tasks.push(Task {
            dependencies,
            payload: bytes,
            transient: (transient_len > 0).then_some((transient_at, transient_len)),
            export: exported_len > 0,
            state: State::Pending,
            failed,
            batch: batch.is_some(),
            leases: u32::from(*lease),
            consumers: 0,
        });
        Ok(())
    }

    /// Takes a piece of the arena, which nobody may have any more.
    fn write(&mut self, task: usize, at: u64, len: u64) {
        let pieces = (at / OUTPUT_ALIGN) as usize..((at + len) / OUTPUT_ALIGN) as usize;
        self.arena[pieces].fill(Some(task));
    }

    fn owns(&self, task: usize, at: u64, len: u64) -> Result<(), String> {
        let pieces = (at / OUTPUT_ALIGN) as usize..((at + len) / OUTPUT_ALIGN) as usize;
        let owner = self.arena[pieces].iter().find(|o| **o != Some(task));
        ensure!(
            owner.is_none(),
            "output of {task} was overwritten by {owner:?}"
        );
        Ok(())
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

    fn check_report(&self, report: &Full, dead: bool, batch: Option<usize>) -> Result<(), String> {
        ensure!(
            report.used + report.needed > report.capacity || report.ring == Ring::Exported,
            "full with room: {report}"
        );
        let own = |task: usize| {
            batch
                .and_then(|b| self.batches[b].as_ref())
                .is_some_and(|(_, tasks)| tasks.contains(&task))
        };
        let (head, expected_dead) = match report.ring {
            Ring::Task | Ring::Edge | Ring::Payload => (Some(self.released), false),
            Ring::Consumed | Ring::Transient => (Some(self.consumed), own(self.consumed)),
            Ring::Exported | Ring::ExportSlot => {
                let own: Vec<u64> = self
                    .exports
                    .iter()
                    .filter(|e| own(e.0))
                    .map(|e| e.2)
                    .collect();
                let held = match report.ring {
                    Ring::Exported => own.iter().sum(),
                    _ => own.len() as u64,
                };
                let oldest = self.exports.iter().map(|e| e.0).min();
                (oldest, report.capacity - held < report.needed)
            }
        };
        ensure!(
            report.head.map(|head| self.task(head)) == head,
            "{report}, but the model says {head:?}"
        );
        ensure!(dead == expected_dead, "dead end {dead}: {report}");
        Ok(())
    }

    /// Whether a task can be issued.
    fn is_ready(&self, task: usize) -> bool {
        let task = &self.tasks[task];
        task.state == State::Pending
            && task
                .dependencies
                .iter()
                .all(|&(producer, gated)| match self.tasks[producer].state {
                    State::Released => true,
                    State::Issued => !gated,
                    _ => false,
                })
    }

    fn issue(&mut self, refuse: bool) -> Result<bool, String> {
        let mut seen = Vec::new();
        let issue = self.completer.issue_next(
            &mut |id: TaskId, descriptor: &mut u64, payload: Payload<'_>| {
                let mut bytes = vec![0; payload.len()];
                payload.copy_to(&mut bytes);
                seen.push((id, *descriptor, bytes));
                if refuse { Err("refused") } else { Ok(()) }
            },
        );
        let ready = (self.released..self.tasks.len()).find(|&task| self.is_ready(task));
        let Some(issue) = issue else {
            ensure!(ready.is_none(), "nothing issued, but {ready:?} is ready");
            return Ok(false);
        };
        let (id, dispatched) = match issue {
            Issue::Issued(id) => (id, true),
            Issue::Refused(id, _) => (id, true),
            Issue::Skipped(id) => (id, false),
        };
        let task = self.task(id);
        ensure!(
            task < self.tasks.len() && self.is_ready(task),
            "{issue:?} is not ready"
        );
        ensure!(
            dispatched != self.tasks[task].failed,
            "{issue:?} with failed {}",
            self.tasks[task].failed
        );
        if dispatched {
            let payload = self.tasks[task].payload.clone();
            let expected = vec![(id, id.number(), payload)];
            ensure!(seen == expected, "dispatched {seen:?}, not {expected:?}");
        } else {
            ensure!(seen.is_empty(), "dispatched a skipped task");
        }
        for &(producer, _) in &self.tasks[task].dependencies {
            self.outputs_are_intact(producer)?;
        }
        match issue {
            Issue::Issued(_) => self.tasks[task].state = State::Issued,
            _ => self.release(task, true),
        }
        Ok(true)
    }

    fn complete(&mut self, which: &Index, fail: bool) -> Result<(), String> {
        let issued: Vec<usize> = (self.released..self.tasks.len())
            .filter(|&t| self.tasks[t].state == State::Issued)
            .collect();
        if issued.is_empty() {
            return Ok(());
        }
        self.complete_task(issued[which.index(issued.len())], fail)
    }

    fn complete_task(&mut self, task: usize, fail: bool) -> Result<(), String> {
        let late = self.tasks[task]
            .dependencies
            .iter()
            .any(|&(producer, _)| self.tasks[producer].state != State::Released);
        let outcome = if fail {
            Outcome::Failed
        } else {
            Outcome::Succeeded
        };
        let got = self.completer.complete(self.handle(task), outcome);
        ensure!(got.is_err() == late, "complete of {task} gave {got:?}");
        if let Ok(outcome) = got {
            let failed = fail || self.tasks[task].failed;
            ensure!(
                (outcome == Outcome::Failed) == failed,
                "{task} ended as {outcome:?}"
            );
            for &(producer, _) in &self.tasks[task].dependencies {
                self.outputs_are_intact(producer)?;
            }
            self.release(task, failed);
            let again = self.completer.complete(self.handle(task), outcome);
            ensure!(again.is_err(), "{task} completed twice");
        }
        Ok(())
    }

    fn release(&mut self, task: usize, failed: bool) {
        self.tasks[task].state = State::Released;
        self.tasks[task].failed |= failed;
        for (producer, _) in self.tasks[task].dependencies.clone() {
            self.tasks[producer].consumers -= 1;
        }
        if failed {
            for later in &mut self.tasks[task + 1..] {
                later.failed |= later.dependencies.iter().any(|&(p, _)| p == task);
            }
        }
    }

    fn drop_export(&mut self, task: usize) -> Result<(), String> {
        self.export_is_intact(task)?;
        let lease = self.export_leases.remove(&task).expect("held");
        let state = &self.tasks[task];
        let expected = (state.state == State::Released).then_some(match state.failed {
            true => Outcome::Failed,
            false => Outcome::Succeeded,
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
                    expected.state == State::Pending
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
            let issued = self.issue(false)?;
            let oldest = self.tasks.iter().position(|t| t.state == State::Issued);
            if let Some(oldest) = oldest {
                self.complete_task(oldest, false)?;
            } else if !issued {
                break;
            }
        }
        let left = self.tasks.iter().position(|t| t.state != State::Released);
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
