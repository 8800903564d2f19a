//! Admission: checks everything, then takes everything. One thread at a time, behind the submitters' lock.

mod budget;
mod fill;

pub(super) use budget::Reserved;

use super::byte_fifo::{ByteFifo, Extent};
use super::core::Core;
use super::exports::ExportAllocator;
use super::record::{field, set, set_small};
use super::statistics::Meter;
use super::submit::Scope;
use super::sync::Ordering;
use super::{BatchBudget, EffectiveConfig, Full, OUTPUT_ALIGN, Request, Ring, SubmitError, TaskId};

/// The most records that one submit looks at to take the consumed prefix back, which bounds the slowest submit. One
/// that finds a ring full looks at all.
const RECLAIM_STEP: u32 = 32;

/// The submitters' side of the rings: the marks of used resources, and the owner of `last_consumed`.
pub(super) struct Admission {
    /// The number of the next task.
    pub(super) next: u64,
    /// The released prefix as it was last read; main slots and edges before it are taken back.
    released: u64,
    /// `last_consumed`.
    pub(super) consumed: u64,
    edges: EdgePool,
    transient: ByteFifo,
    exports: ExportAllocator,
    batches: u64,
    /// The rest of all budgets of open batches, in the consumed ring and the transient part.
    reserved: BatchBudget,
    reservations: u64,
    /// The number of reservations that have ended.
    reservations_ended: u64,
    task_window: u64,
    consumed_window: u64,
    pub(super) meters: [Meter; Ring::ALL.len()],
    /// A check that tests turn off, to see that its absence is noticed.
    #[cfg(test)]
    pub(super) unchecked: Option<Check>,
}

/// The checks of the admission.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Check {
    /// Whether a ring can hold a task of this size at all.
    Ever(Ring),
    /// Whether a ring has room for a task now.
    Now(Ring),
    /// Whether a ring can hold the budget of a batch at all.
    EverReserve(Ring),
    /// Whether a ring has room for the budget of a batch now.
    Reserve(Ring),
    /// Whether more batches can be begun.
    OpenReserve,
}

/// A bounded pool of consecutive numbers.
struct EdgePool {
    capacity: u64,
    head: u64,
    tail: u64,
}

/// The resources that a task will take, found but not taken.
pub(super) struct Plan {
    transient: Extent,
    exported: Option<usize>,
    exported_len: u64,
    /// The export slot that was set aside for the batch and is taken now, or
    /// [`super::exports::NONE`].
    set_aside: u32,
    edges: u64,
    /// The part of the resources that comes out of the batch's reservation.
    pub(super) covered: BatchBudget,
}

/// A ring without room, and how much of it was needed.
type NoRoom = (Ring, u64);

impl Admission {
    pub(super) fn new(config: &EffectiveConfig) -> Self {
        let exported = config.arena_exported.value;
        let edges = config.edge_pool.value;
        Admission {
            next: config.first_task,
            released: config.first_task,
            consumed: config.first_task,
            edges: EdgePool {
                capacity: edges,
                head: 0,
                tail: 0,
            },
            transient: ByteFifo::new(config.transient_bytes(), OUTPUT_ALIGN),
            exports: ExportAllocator::new(exported, config.export_slots.value as usize),
            batches: 0,
            reserved: BatchBudget::default(),
            reservations: 0,
            reservations_ended: 0,
            task_window: config.task_window.value,
            consumed_window: config.consumed_window.value,
            meters: Default::default(),
            #[cfg(test)]
            unchecked: None,
        }
    }

    /// Refuses a task that even empty rings could not hold.
    pub(super) fn can_ever_hold(&self, request: &Request<'_>) -> Result<(), SubmitError> {
        let needs = [
            (Ring::Edge, request.dependencies.len() as u64),
            (
                Ring::Transient,
                self.transient.round(request.transient_bytes),
            ),
            (Ring::Exported, self.transient.round(request.exported_bytes)),
        ];
        for (ring, needed) in needs {
            let capacity = self.capacity(ring);
            if needed > capacity && self.is_checked(Check::Ever(ring)) {
                return Err(SubmitError::TooLarge {
                    ring,
                    needed,
                    capacity,
                });
            }
        }
        Ok(())
    }

    /// Finds room for a task that [`Admission::can_ever_hold`] accepted, and takes back free resources as far as
    /// needed. Nothing is taken.
    pub(super) fn plan(
        &mut self,
        core: &Core,
        request: &Request<'_>,
        scope: &Scope,
    ) -> Result<Plan, Full> {
        self.reclaim(core, RECLAIM_STEP);
        if let Ok(plan) = self.find(request, scope) {
            return Ok(plan);
        }
        self.reclaim(core, u32::MAX);
        self.find(request, scope)
            .map_err(|(ring, needed)| self.full(core, ring, needed, scope.batch))
    }

    fn find(&self, request: &Request<'_>, scope: &Scope) -> Result<Plan, NoRoom> {
        let budget = &scope.budget;
        let edges = request.dependencies.len() as u64;
        let transient = self.transient.place(request.transient_bytes);
        let exported_len = self.transient.round(request.exported_bytes);
        let from_budget = exported_len > 0
            && scope.export != super::exports::NONE
            && request.exported_bytes <= budget.exported_bytes;
        let wants_export = exported_len > 0 && !from_budget;
        let len = self.transient.round(request.transient_bytes);
        let is_covered = len <= budget.transient_bytes && len <= budget.largest_transient;
        let covered = BatchBudget {
            tasks: budget.tasks.min(1),
            main_slots: budget.main_slots.min(1),
            transient_bytes: if is_covered { len } else { 0 },
            largest_transient: 0,
            exported_bytes: if from_budget { exported_len } else { 0 },
        };
        let has_slot = self.used(Ring::Task) + self.reserved.main_slots - covered.main_slots
            < self.task_window;
        let has_record =
            self.used(Ring::Consumed) + self.reserved.tasks - covered.tasks < self.consumed_window;
        let has_transient = if is_covered {
            self.transient.fits(&transient)
        } else {
            self.transient.fits_beside(&transient, &self.reserved)
        };
        let exported = wants_export
            .then(|| self.exports.find(exported_len))
            .flatten();

        // In the order of `Ring::ALL`.
        let checks = [
            (1, has_slot),
            (1, has_record),
            (edges, self.used(Ring::Edge) + edges <= self.edges.capacity),
            (transient.needed, has_transient),
            (exported_len, exported.is_some() || !wants_export),
            (
                1,
                !wants_export || self.used(Ring::ExportSlot) < self.exports.slots(),
            ),
        ];
        for (ring, (needed, has_room)) in Ring::ALL.into_iter().zip(checks) {
            if !has_room && self.is_checked(Check::Now(ring)) {
                return Err((ring, needed));
            }
        }
        Ok(Plan {
            transient,
            exported,
            exported_len,
            set_aside: if from_budget {
                scope.export
            } else {
                super::exports::NONE
            },
            edges,
            covered,
        })
    }

    #[cfg(not(test))]
    pub(super) fn is_checked(&self, _: Check) -> bool {
        true
    }

    #[cfg(test)]
    pub(super) fn is_checked(&self, check: Check) -> bool {
        self.unchecked != Some(check)
    }

    /// Takes the resources of the plan, and writes the record and the header of the task. The
    /// caller publishes it.
    pub(super) fn commit(&mut self, core: &Core, plan: &Plan, batch: u64) -> u32 {
        let id = self.next;
        self.reserved.tasks -= plan.covered.tasks;
        self.reserved.main_slots -= plan.covered.main_slots;
        self.reserved.transient_bytes -= plan.covered.transient_bytes;
        self.forget_largest();
        self.transient.take(&plan.transient);
        let edges_begin = self.edges.head;
        self.edges.head += plan.edges;
        let export = if plan.set_aside != super::exports::NONE {
            self.exports.assign(plan.set_aside, TaskId(id));
            plan.set_aside
        } else if plan.exported_len > 0 {
            let (extent, len) = (plan.exported, plan.exported_len);
            self.exports
                .take(&core.exports, extent, len, Some(TaskId(id)), batch)
        } else {
            super::exports::NONE
        };

        let record = core.record(id);
        set(&record.arena_end, self.transient.mark());
        set(&record.batch, batch);
        set_small(&record.export, export);
        let header = core.header(id);
        set(&header.edges_begin, edges_begin);
        set(&header.edges_end, self.edges.head);

        self.next = id.wrapping_add(1);
        for ring in Ring::ALL {
            let used = self.taken(ring);
            self.meters[ring as usize].saw(used);
        }
        export
    }

    /// The number of the first edge of the next task.
    pub(super) fn next_edge(&self) -> u64 {
        self.edges.head
    }

    /// The offset in the arena of an export that was planned.
    pub(super) fn export_offset(&self, plan: &Plan) -> u64 {
        match plan.set_aside {
            super::exports::NONE => self.exports.offset(plan.exported),
            slot => self.exports.held_offset(slot),
        }
    }

    /// Takes back the resources of released tasks, and those of at most `limit` consumed tasks. Never passes a gap: a
    /// record counts only if it is of the task that is looked for, and consumed; and never passes `last_released`, so
    /// that the completer still finds its own records.
    pub(super) fn reclaim(&mut self, core: &Core, limit: u32) {
        let released = core.released.load(Ordering::Acquire);
        let before = self.consumed;
        for _ in 0..limit {
            let id = self.consumed;
            if id == released || !core.status(id).is_some_and(|s| s.is_consumed()) {
                break;
            }
            self.consumed = id.wrapping_add(1);
        }
        if self.consumed != before {
            let last = self.consumed.wrapping_sub(1);
            self.transient.free_to(field(&core.record(last).arena_end));
            core.consumed.store(self.consumed, Ordering::Release);
        }
        if released != self.released {
            let header = core.header(released.wrapping_sub(1));
            self.edges.tail = field(&header.edges_end);
            self.released = released;
        }
        self.exports.collect(&core.exports);
    }
}

impl Plan {
    pub(super) fn transient_offset(&self) -> u64 {
        self.transient.offset
    }
}
