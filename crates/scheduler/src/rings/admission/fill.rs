//! The fill of the rings, and the reports of rings without room.

use super::Admission;
use crate::rings::core::Core;
use crate::rings::record::field;
use crate::rings::statistics::RingStatistics;
use crate::rings::{Full, Ring, TaskId};

impl Admission {
    pub(super) fn capacity(&self, ring: Ring) -> u64 {
        match ring {
            Ring::Task => self.task_window,
            Ring::Consumed => self.consumed_window,
            Ring::Edge => self.edges.capacity,
            Ring::Transient => self.transient.capacity(),
            Ring::Exported => self.exports.capacity(),
            Ring::ExportSlot => self.exports.slots(),
        }
    }

    pub(super) fn used(&self, ring: Ring) -> u64 {
        match ring {
            Ring::Task => self.next.wrapping_sub(self.released),
            Ring::Consumed => self.next.wrapping_sub(self.consumed),
            Ring::Edge => self.edges.head - self.edges.tail,
            Ring::Transient => self.transient.used(),
            Ring::Exported => self.exports.used(),
            Ring::ExportSlot => self.exports.used_slots(),
        }
    }

    /// The amount of a ring that is in use, or set aside for batches with a budget.
    pub(super) fn taken(&self, ring: Ring) -> u64 {
        self.used(ring)
            + match ring {
                Ring::Task => self.reserved.main_slots,
                Ring::Consumed => self.reserved.tasks,
                Ring::Transient => self.reserved.transient_bytes,
                _ => 0,
            }
    }

    /// Makes the report of a ring without room; this is the slow path.
    #[cold]
    pub(super) fn full(&mut self, core: &Core, ring: Ring, needed: u64, batch: u64) -> Full {
        let by_consumed = matches!(ring, Ring::Consumed | Ring::Transient);
        let exported = matches!(ring, Ring::Exported | Ring::ExportSlot);
        let head = match ring {
            _ if exported => self.exports.oldest(self.next),
            _ if by_consumed => (self.consumed != self.next).then_some(TaskId(self.consumed)),
            _ => (self.released != self.next).then_some(TaskId(self.released)),
        };
        let own = |id: TaskId| batch != 0 && field(&core.record(id.0).batch) == batch;
        let own_batch = if exported {
            // Exports of an open batch stay at least until it is closed, and only they are sure to stay.
            let (bytes, slots) = self.exports.held_by(batch);
            let held = if ring == Ring::Exported { bytes } else { slots };
            batch != 0 && self.capacity(ring) - held < needed
        } else {
            by_consumed && head.is_some_and(own)
        };
        self.meters[ring as usize].was_full();
        Full {
            ring,
            needed,
            used: self.taken(ring),
            capacity: self.capacity(ring),
            head,
            head_status: head.and_then(|head| core.status(head.0)),
            progress: match ring {
                Ring::Exported | Ring::ExportSlot => self.exports.freed(),
                Ring::Consumed => self.consumed.wrapping_add(self.reservations_ended),
                Ring::Transient => self.transient.freed() + self.reservations_ended,
                Ring::Task => self.released.wrapping_add(self.reservations_ended),
                _ => self.released,
            },
            own_batch,
        }
    }

    pub(in crate::rings) fn statistics(&self, ring: Ring) -> RingStatistics {
        self.meters[ring as usize].statistics(ring, self.taken(ring), self.capacity(ring))
    }
}
