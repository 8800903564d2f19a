//! What is set aside for batches, so that those of several submitters cannot catch each other halfway.

use super::Admission;
use crate::rings::core::Core;
use crate::rings::{BatchBudget, Ring, SubmitError};

impl Admission {
    /// The number of a new batch.
    pub(in crate::rings) fn next_batch(&mut self) -> u64 {
        self.batches += 1;
        self.batches
    }

    /// Sets aside what the budget says, for a new batch.
    pub(in crate::rings) fn reserve(
        &mut self,
        core: &Core,
        budget: &BatchBudget,
    ) -> Result<u64, SubmitError> {
        let largest = budget
            .largest_transient
            .max(self.reserved.largest_transient);
        let bytes = budget.transient_bytes.saturating_add(largest);
        for (ring, needed) in [(Ring::Consumed, budget.tasks), (Ring::Transient, bytes)] {
            let capacity = self.capacity(ring);
            if needed > capacity {
                return Err(SubmitError::TooLarge {
                    ring,
                    needed,
                    capacity,
                });
            }
        }
        self.reclaim(core, u32::MAX);
        let tasks = self.used(Ring::Consumed) + self.reserved.tasks;
        if tasks + budget.tasks > self.consumed_window {
            return Err(self.full(core, Ring::Consumed, budget.tasks, 0).into());
        }
        let taken = self.transient.used() + self.reserved.transient_bytes;
        if budget.transient_bytes > 0 && taken + bytes > self.transient.capacity() {
            return Err(self.full(core, Ring::Transient, bytes, 0).into());
        }
        self.reserved = BatchBudget {
            tasks: self.reserved.tasks + budget.tasks,
            transient_bytes: self.reserved.transient_bytes + budget.transient_bytes,
            largest_transient: largest,
        };
        self.reservations += 1;
        Ok(self.next_batch())
    }

    /// Gives back what is left of a budget.
    pub(in crate::rings) fn unreserve(&mut self, left: &BatchBudget) {
        self.reserved.tasks -= left.tasks;
        self.reserved.transient_bytes -= left.transient_bytes;
        self.reservations -= 1;
        self.reservations_ended += 1;
        if self.reservations == 0 {
            self.reserved.largest_transient = 0;
        }
    }
}
