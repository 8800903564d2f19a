//! The part of the arena for exported results, each of which the user may keep for any time.

use super::TaskId;
use super::sync::{AtomicU32, Ordering};

/// The slot number that stands for no export.
pub(super) const NONE: u32 = u32::MAX;

const RUNNING: u32 = 0;
const SUCCEEDED: u32 = 1;
const FAILED: u32 = 2;

/// The shared state of an export: its references and its outcome.
struct ExportSlot {
    /// The references: one of the lease, and one of the task's record until the task is consumed.
    references: AtomicU32,
    outcome: AtomicU32,
    /// The next slot in the stack of slots that were given back.
    next: AtomicU32,
}

/// The state of exports that leases and tasks share. Nothing here is locked: a slot that is given back goes on a stack, which the
/// admission empties in one swap, so that no entry can be popped and pushed again while another thread pops it (no ABA problem).
pub(super) struct Exports {
    slots: Box<[ExportSlot]>,
    given_back: AtomicU32,
}

impl Exports {
    pub(super) fn new(slots: usize) -> Self {
        let slot = || ExportSlot {
            references: AtomicU32::new(0),
            outcome: AtomicU32::new(RUNNING),
            next: AtomicU32::new(NONE),
        };
        Exports {
            slots: (0..slots).map(|_| slot()).collect(),
            given_back: AtomicU32::new(NONE),
        }
    }

    /// Bytes of one slot, for the count of metadata bytes.
    pub(super) const SLOT_BYTES: usize = size_of::<ExportSlot>();

    fn open(&self, slot: u32) {
        self.slots[slot as usize]
            .outcome
            .store(RUNNING, Ordering::Relaxed);
        self.slots[slot as usize]
            .references
            .store(2, Ordering::Relaxed);
    }

    pub(super) fn finish(&self, slot: u32, failed: bool) {
        let outcome = if failed { FAILED } else { SUCCEEDED };
        self.slots[slot as usize]
            .outcome
            .store(outcome, Ordering::Release);
    }

    /// Whether the task succeeded; `None` before it is released.
    pub(super) fn outcome(&self, slot: u32) -> Option<bool> {
        match self.slots[slot as usize].outcome.load(Ordering::Acquire) {
            RUNNING => None,
            outcome => Some(outcome == SUCCEEDED),
        }
    }

    /// Gives back one of the two references. `true` for the last.
    pub(super) fn drop_reference(&self, slot: u32) -> bool {
        let entry = &self.slots[slot as usize];
        if entry.references.fetch_sub(1, Ordering::AcqRel) != 1 {
            return false;
        }
        let mut top = self.given_back.load(Ordering::Relaxed);
        loop {
            entry.next.store(top, Ordering::Relaxed);
            let (success, failure) = (Ordering::Release, Ordering::Relaxed);
            match self
                .given_back
                .compare_exchange_weak(top, slot, success, failure)
            {
                Ok(_) => return true,
                Err(newer) => top = newer,
            }
        }
    }
}

/// An extent that is given out.
#[derive(Copy, Clone, Debug)]
struct LentExtent {
    offset: u64,
    len: u64,
    /// The task; `None` where the extent is set aside for a batch that has not submitted its task.
    task: Option<TaskId>,
    batch: u64,
}

/// The admission's part: the free bytes and slots. First fit over extents sorted by offset, neighbors merged.
pub(super) struct ExportAllocator {
    capacity: u64,
    free: Vec<(u64, u64)>,
    free_slots: Vec<u32>,
    lent: Box<[Option<LentExtent>]>,
    used: u64,
    freed: u64,
}

impl ExportAllocator {
    pub(super) fn new(capacity: u64, slots: usize) -> Self {
        // Between `slots` extents there are at most `slots + 1` gaps: neither list ever grows.
        let mut free = Vec::with_capacity(slots + 1);
        free.extend((capacity > 0).then_some((0, capacity)));
        ExportAllocator {
            capacity,
            free,
            free_slots: (0..slots as u32).rev().collect(),
            lent: vec![None; slots].into(),
            used: 0,
            freed: 0,
        }
    }

    pub(super) fn capacity(&self) -> u64 {
        self.capacity
    }

    pub(super) fn slots(&self) -> u64 {
        self.lent.len() as u64
    }

    pub(super) fn used(&self) -> u64 {
        self.used
    }

    /// The number of exports that were given back since the rings were opened.
    pub(super) fn freed(&self) -> u64 {
        self.freed
    }

    pub(super) fn used_slots(&self) -> u64 {
        self.slots() - self.free_slots.len() as u64
    }

    /// The free extent to take `len` bytes from.
    pub(super) fn find(&self, len: u64) -> Option<usize> {
        self.free.iter().position(|&(_, free)| free >= len)
    }

    /// The offset at which [`ExportAllocator::take`] will put an export into this extent.
    pub(super) fn offset(&self, extent: Option<usize>) -> u64 {
        extent.map_or(0, |extent| self.free[extent].0)
    }

    /// Gives out the beginning of a free extent that [`ExportAllocator::find`] found, and a slot. `None` for the extent or a
    /// missing slot are for tests without admission checks: the export then lies over another.
    pub(super) fn take(
        &mut self,
        exports: &Exports,
        extent: Option<usize>,
        len: u64,
        task: Option<TaskId>,
        batch: u64,
    ) -> u32 {
        let offset = self.offset(extent);
        if let Some(extent) = extent {
            let (at, free) = self.free[extent];
            if free == len {
                self.free.remove(extent);
            } else {
                self.free[extent] = (at + len, free - len);
            }
        }
        let slot = self.free_slots.pop().unwrap_or(0);
        let lent = LentExtent {
            offset,
            len,
            task,
            batch,
        };
        self.lent[slot as usize] = Some(lent);
        self.used += len;
        exports.open(slot);
        slot
    }

    /// Assigns an export that was set aside to its task.
    pub(super) fn assign(&mut self, slot: u32, task: TaskId) {
        if let Some(lent) = &mut self.lent[slot as usize] {
            lent.task = Some(task);
        }
    }

    /// The offset in the arena of the export of a slot in use.
    pub(super) fn held_offset(&self, slot: u32) -> u64 {
        self.lent[slot as usize].map_or(0, |lent| lent.offset)
    }

    /// Takes back the exports on the stack.
    pub(super) fn collect(&mut self, exports: &Exports) {
        if exports.given_back.load(Ordering::Relaxed) == NONE {
            return;
        }
        let mut slot = exports.given_back.swap(NONE, Ordering::Acquire);
        while slot != NONE {
            let next = exports.slots[slot as usize].next.load(Ordering::Relaxed);
            if let Some(lent) = self.lent[slot as usize].take() {
                self.used -= lent.len;
                self.freed += 1;
                self.give_back(lent.offset, lent.len);
            }
            self.free_slots.push(slot);
            slot = next;
        }
    }

    fn give_back(&mut self, offset: u64, len: u64) {
        let after = self.free.partition_point(|&(at, _)| at < offset);
        let joins_after = self.free.get(after).is_some_and(|f| f.0 == offset + len);
        let before = after
            .checked_sub(1)
            .filter(|&b| self.free[b].0 + self.free[b].1 == offset);
        match (before, joins_after) {
            (Some(before), true) => {
                self.free[before].1 += len + self.free[after].1;
                self.free.remove(after);
            }
            (Some(before), false) => self.free[before].1 += len,
            (None, true) => self.free[after] = (offset, len + self.free[after].1),
            (None, false) => self.free.insert(after, (offset, len)),
        }
    }

    /// The task with the oldest export that is lent; `None` where all are set aside. Walks all slots: for reports.
    pub(super) fn oldest(&self, newest: u64) -> Option<TaskId> {
        let tasks = self.lent.iter().flatten().filter_map(|lent| lent.task);
        tasks.max_by_key(|task| newest.wrapping_sub(task.number()))
    }

    /// The bytes and slots that `batch` holds. Walks all slots: for reports.
    pub(super) fn held_by(&self, batch: u64) -> (u64, u64) {
        let own = self.lent.iter().flatten().filter(|h| h.batch == batch);
        own.fold((0, 0), |(bytes, slots), lent| (bytes + lent.len, slots + 1))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a plain list of extents: no two overlap, and every free extent can be allocated.
        #[test]
        fn extents_are_apart_and_gaps_are_merged(
            steps in prop::collection::vec((1u64..9, any::<prop::sample::Index>(), any::<bool>()), 1..200),
        ) {
            let exports = Exports::new(6);
            let mut allocator = ExportAllocator::new(32, 6);
            let mut lent: Vec<(u32, u64, u64)> = Vec::new();
            for (n, (len, which, free)) in steps.into_iter().enumerate() {
                if free && !lent.is_empty() {
                    let (slot, ..) = lent.remove(which.index(lent.len()));
                    prop_assert!(!exports.drop_reference(slot));
                    prop_assert!(exports.drop_reference(slot));
                    allocator.collect(&exports);
                    continue;
                }
                let taken = |at: u64| lent.iter().any(|&(_, from, len)| (from..from + len).contains(&at));
                let gap = (0..=32 - len).find(|&from| !(from..from + len).any(taken));
                let extent = allocator.find(len);
                prop_assert_eq!(extent.map(|e| allocator.offset(Some(e))), gap);
                if extent.is_some() && allocator.used_slots() < allocator.slots() {
                    let offset = allocator.offset(extent);
                    let slot = allocator.take(&exports, extent, len, Some(TaskId(n as u64)), 0);
                    lent.push((slot, offset, len));
                }
                prop_assert_eq!(allocator.used(), lent.iter().map(|h| h.2).sum::<u64>());
                prop_assert_eq!(allocator.used_slots(), lent.len() as u64);
            }
        }
    }
}
