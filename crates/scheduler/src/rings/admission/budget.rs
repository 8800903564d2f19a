//! Budgets of batches: resources set aside, so that batches of several submitters cannot block each
//! other halfway.

use super::{Admission, Check};
use crate::rings::core::Core;
use crate::rings::{BatchBudget, Ring, SubmitError};

/// The resources that are set aside for a batch.
pub(in crate::rings) struct Reserved {
    /// The number of the batch.
    pub(in crate::rings) batch: u64,
    /// The slot of its result, or [`crate::rings::exports::NONE`].
    pub(in crate::rings) export: u32,
    /// The offset of the result in its part of the arena.
    pub(in crate::rings) export_offset: u64,
}

impl Admission {
    /// The number of a new batch.
    pub(in crate::rings) fn next_batch(&mut self) -> u64 {
        self.batches += 1;
        self.batches
    }

    /// Sets aside the resources of the budget for a new batch: all of them or none.
    pub(in crate::rings) fn reserve(
        &mut self,
        core: &Core,
        budget: &BatchBudget,
    ) -> Result<Reserved, SubmitError> {
        let result = self.transient.round(budget.exported_bytes);
        let outputs = |largest| budget.transient_bytes.saturating_add(largest);
        let needs = |largest| {
            [
                (Ring::Task, budget.main_slots),
                (Ring::Consumed, budget.tasks),
                (Ring::Transient, outputs(largest)),
                (Ring::Exported, result),
            ]
        };
        // By itself: what other batches have set aside comes back.
        for (ring, needed) in needs(budget.largest_transient) {
            let capacity = self.capacity(ring);
            if needed > capacity && self.is_checked(Check::EverReserve(ring)) {
                return Err(SubmitError::TooLarge {
                    ring,
                    needed,
                    capacity,
                });
            }
        }
        self.reclaim(core, u32::MAX);
        let largest = budget
            .largest_transient
            .max(self.reserved.largest_transient);
        let bytes = outputs(largest);
        let slots = self.used(Ring::Task) + self.reserved.main_slots;
        let tasks = self.used(Ring::Consumed) + self.reserved.tasks;
        let taken = self.transient.used() + self.reserved.transient_bytes;
        let extent = (result > 0).then(|| self.exports.find(result)).flatten();
        let has_room = [
            slots + budget.main_slots <= self.task_window,
            tasks + budget.tasks <= self.consumed_window,
            budget.transient_bytes == 0 || taken + bytes <= self.transient.capacity(),
            result == 0 || extent.is_some(),
        ];
        for ((ring, needed), has_room) in needs(largest).into_iter().zip(has_room) {
            if !has_room && needed > 0 && self.is_checked(Check::Reserve(ring)) {
                return Err(self.full(core, ring, needed, 0).into());
            }
        }
        let no_slot = result > 0 && self.used(Ring::ExportSlot) == self.exports.slots();
        if no_slot && self.is_checked(Check::Reserve(Ring::ExportSlot)) {
            return Err(self.full(core, Ring::ExportSlot, 1, 0).into());
        }
        self.reserved = BatchBudget {
            tasks: self.reserved.tasks + budget.tasks,
            main_slots: self.reserved.main_slots + budget.main_slots,
            transient_bytes: self.reserved.transient_bytes + budget.transient_bytes,
            largest_transient: largest,
            exported_bytes: 0,
        };
        self.reservations += 1;
        let batch = self.next_batch();
        let (mut export, mut export_offset) = (crate::rings::exports::NONE, 0);
        if result > 0 {
            export = self
                .exports
                .take(&core.exports, extent, result, None, batch);
            export_offset = self.exports.held_offset(export);
        }
        for ring in Ring::ALL {
            let used = self.taken(ring);
            self.meters[ring as usize].saw(used);
        }
        Ok(Reserved {
            batch,
            export,
            export_offset,
        })
    }

    /// Gives back the rest of a budget. The result that was set aside goes its own way, through the exports.
    pub(in crate::rings) fn unreserve(&mut self, left: &BatchBudget) {
        self.reserved.tasks -= left.tasks;
        self.reserved.main_slots -= left.main_slots;
        self.reserved.transient_bytes -= left.transient_bytes;
        self.reservations -= 1;
        self.reservations_ended += 1;
        self.forget_largest();
    }

    /// Where no bytes are set aside anymore, nothing of the size of the largest extent comes.
    pub(super) fn forget_largest(&mut self) {
        if self.reserved.transient_bytes == 0 {
            self.reserved.largest_transient = 0;
        }
    }
}
