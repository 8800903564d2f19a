//! What the model says to a submit, and how it is compared.

use super::super::api::{
    Dependency, Full, OUTPUT_ALIGN, Placement, Progress, Request, RetainError, Ring, SubmitError,
};
use super::{Edge, Step, Task, World, round};

impl World<'_> {
    fn exported_place(&self, len: u64) -> Option<u64> {
        let part = self.sizes.exported * OUTPUT_ALIGN;
        (0..=part - len).step_by(OUTPUT_ALIGN as usize).find(|at| {
            self.exports
                .iter()
                .all(|(_, from, other)| at + len <= *from || from + other <= *at)
        })
    }

    pub(super) fn submit(&mut self, step: &Step) -> Result<(), String> {
        let Step::Submit {
            dependencies,
            transient,
            exported,
            lease,
            batch,
        } = step
        else {
            unreachable!("submit is called for submits")
        };
        let dependencies: Vec<(usize, Edge)> = match self.tasks.len() {
            0 => vec![],
            // Most of the time tasks that are still there.
            len => dependencies
                .iter()
                .map(|(which, edge)| (len - 1 - which.index(len.min(20)), *edge))
                .collect(),
        };
        let next = self.tasks.len();
        let batch = batch
            .map(usize::from)
            .filter(|&b| self.batches[b].is_some());

        // What the model says, in the order in which it is documented.
        self.reclaim();
        let (transient_len, exported_len) = (round(*transient), round(*exported));
        let edges = dependencies.len() as u64;
        let used_edges: usize = self.tasks[self.released..]
            .iter()
            .map(|t| t.dependencies.len())
            .sum();
        let never = [
            (Ring::Edge, edges, self.sizes.edges),
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
                self.outputs.place(transient_len),
                self.exported_place(exported_len),
            )
        });
        let full = places.and_then(|(transient, export)| {
            let room = [
                in_window(self.released, self.sizes.tasks),
                in_window(self.consumed, self.sizes.records),
                used_edges as u64 + edges <= self.sizes.edges,
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
                .map(|&(task, edge)| match edge {
                    Edge::Completed => Dependency::completed(self.handle(task)),
                    Edge::Settled => Dependency::settled(self.handle(task)),
                })
                .collect();
            let request = Request {
                dependencies: &wanted,
                transient_bytes: *transient,
                exported_bytes: *exported,
                lease: *lease,
            };
            let build = |place: &Placement| place.task.number();
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
        let (transient_at, export_at) = places.expect("not too large");
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
        for &(task, edge) in &dependencies {
            let producer = &self.tasks[task];
            let is_over = producer.failed && producer.state == Progress::Released;
            failed |= is_over && edge != Edge::Settled;
        }
        self.tasks.push(Task {
            dependencies,
            transient: (transient_len > 0).then_some((transient_at, transient_len)),
            export: exported_len > 0,
            state: Progress::Pending,
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

    pub(super) fn owns(&self, task: usize, at: u64, len: u64) -> Result<(), String> {
        let pieces = (at / OUTPUT_ALIGN) as usize..((at + len) / OUTPUT_ALIGN) as usize;
        let owner = self.arena[pieces].iter().find(|o| **o != Some(task));
        ensure!(
            owner.is_none(),
            "output of {task} was overwritten by {owner:?}"
        );
        Ok(())
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
            Ring::Task | Ring::Edge => (Some(self.released), false),
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
}
