//! The word of a task: state, failure, references and generation, in one atomic, so that none of them can be read or changed
//! without the others.

use super::sync::{AtomicU64, Ordering};
use std::fmt;

const REFERENCE_BITS: u32 = 24;
const REFERENCES: u64 = (1 << REFERENCE_BITS) - 1;
const FAILED: u64 = 1 << REFERENCE_BITS;
const STATE_SHIFT: u32 = REFERENCE_BITS + 1;
const STATE: u64 = 0b11 << STATE_SHIFT;
const GENERATION_SHIFT: u32 = STATE_SHIFT + 2;
const GENERATION: u64 = u64::MAX >> GENERATION_SHIFT;

/// Largest number of references to one task.
pub const MAX_REFERENCES: u32 = REFERENCES as u32;

/// The state of a task in the rings.
///
/// A task is *completed* within the one call that releases it, and *consumed* as soon as it is released and has no
/// references: neither has a value of its own, so neither can disagree with the rest of the word.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Progress {
    /// The slot has not held a task yet.
    Free,
    /// Submitted, and waiting for its producers or its turn.
    Pending,
    /// The task was handed to the device.
    Issued,
    /// Its work is done (or was never begun, after a failure), the references to its producers are dropped and its consumers
    /// told. Nothing reads its descriptor and edges any more.
    Released,
}

/// A snapshot of a task's word.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Status {
    /// The state of the task.
    pub state: Progress,
    /// Whether the task failed, or depends on a task that failed.
    pub failed: bool,
    /// Number of references to its record and outputs: of its open batch, of unreleased consumers, and of leases.
    pub references: u32,
}

impl Status {
    /// Whether the task is consumed: released, and without references.
    pub fn is_consumed(&self) -> bool {
        self.state == Progress::Released && self.references == 0
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            Progress::Free => f.write_str("free")?,
            Progress::Pending => f.write_str("pending")?,
            Progress::Issued => f.write_str("issued and not complete")?,
            Progress::Released => f.write_str("released")?,
        }
        if self.failed {
            f.write_str(" as failed")?;
        }
        write!(f, ", held by {} references", self.references)
    }
}

/// A generation in the form of the word: the lap of a task around the consumed ring.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Generation(u64);

impl Generation {
    /// The generation of the task `id` in a ring of `1 << shift` slots. It repeats after 2^37 laps.
    pub(super) fn of(id: u64, shift: u32) -> Self {
        Generation((id >> shift) & GENERATION)
    }
}

/// The reason why a task could not be referenced.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// The task is consumed, or a later task has its slot.
    Gone,
    /// The task has [`MAX_REFERENCES`] references.
    Crowded,
}

pub(super) struct Word(AtomicU64);

fn status(bits: u64) -> Status {
    let state = match (bits & STATE) >> STATE_SHIFT {
        0 => Progress::Free,
        1 => Progress::Pending,
        2 => Progress::Issued,
        _ => Progress::Released,
    };
    Status {
        state,
        failed: bits & FAILED != 0,
        references: (bits & REFERENCES) as u32,
    }
}

impl Word {
    pub(super) fn free() -> Self {
        Word(AtomicU64::new(0))
    }

    /// Begins a task in a slot whose last task is consumed, so that no other thread can change the word.
    pub(super) fn open(&self, generation: Generation, references: u32) {
        let state = (Progress::Pending as u64) << STATE_SHIFT;
        let bits = generation.0 << GENERATION_SHIFT | state | u64::from(references);
        self.0.store(bits, Ordering::Release);
    }

    /// The status of the task with this generation; `None` when the word belongs to another task.
    pub(super) fn status(&self, generation: Generation) -> Option<Status> {
        let bits = self.0.load(Ordering::Acquire);
        (bits >> GENERATION_SHIFT == generation.0)
            .then(|| status(bits))
            .filter(|status| status.state != Progress::Free)
    }

    /// Takes a reference, unless the task is consumed already; a consumed task stays consumed.
    pub(super) fn claim(&self, generation: Generation) -> Result<(), Refusal> {
        let mut bits = self.0.load(Ordering::Relaxed);
        loop {
            let now = status(bits);
            if bits >> GENERATION_SHIFT != generation.0
                || now.state == Progress::Free
                || now.is_consumed()
            {
                return Err(Refusal::Gone);
            }
            if now.references == MAX_REFERENCES {
                return Err(Refusal::Crowded);
            }
            let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
            match self
                .0
                .compare_exchange_weak(bits, bits + 1, success, failure)
            {
                Ok(_) => return Ok(()),
                Err(newer) => bits = newer,
            }
        }
    }

    /// Gives a reference back. `true` for the one call after which the task is consumed. Neither the caller that gets `false`
    /// nor the one that gets `true` may touch the slot again: read before the call what is needed after it.
    pub(super) fn unclaim(&self) -> bool {
        let before = status(self.0.fetch_sub(1, Ordering::AcqRel));
        debug_assert_ne!(before.references, 0, "a reference given back twice");
        before.state == Progress::Released && before.references == 1
    }

    /// Changes the state from pending to issued. Only the completer changes states.
    pub(super) fn issue(&self) {
        let step = (Progress::Issued as u64 - Progress::Pending as u64) << STATE_SHIFT;
        let before = status(self.0.fetch_add(step, Ordering::AcqRel));
        debug_assert_eq!(before.state, Progress::Pending);
    }

    /// Marks the task as failed. Only the completer does.
    pub(super) fn fail(&self) {
        self.0.fetch_or(FAILED, Ordering::Relaxed);
    }

    /// Changes the state from `state` to released. `true` when that also consumed the task. Only the completer changes states.
    pub(super) fn release(&self, state: Progress) -> bool {
        let step = (Progress::Released as u64 - state as u64) << STATE_SHIFT;
        let before = status(self.0.fetch_add(step, Ordering::AcqRel));
        debug_assert_eq!(before.state, state);
        before.references == 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_fields_do_not_touch_each_other() {
        let (word, lap) = (Word::free(), Generation::of(u64::MAX, 2));
        assert_eq!(
            word.status(Generation::of(0, 2)),
            None,
            "a free slot has no task"
        );
        word.open(lap, 1);
        word.claim(lap).unwrap();
        word.issue();
        word.fail();
        let expected = Status {
            state: Progress::Issued,
            failed: true,
            references: 2,
        };
        assert_eq!(word.status(lap), Some(expected));
        assert_eq!(word.status(Generation::of(0, 2)), None);
        assert!(!word.unclaim() && !word.unclaim());
        assert!(word.release(Progress::Issued));
        assert_eq!(word.claim(lap), Err(Refusal::Gone));
    }

    #[test]
    fn references_are_refused_and_not_carried_over() {
        let (word, lap) = (Word::free(), Generation::of(7, 2));
        word.open(lap, MAX_REFERENCES);
        assert_eq!(word.claim(lap), Err(Refusal::Crowded));
        assert_eq!(word.status(lap).unwrap().state, Progress::Pending);
    }

    #[test]
    fn only_the_last_of_all_consumes() {
        let (word, lap) = (Word::free(), Generation::of(0, 2));
        word.open(lap, 2);
        assert!(!word.unclaim(), "not while it is pending");
        assert!(!word.release(Progress::Pending));
        assert!(word.unclaim());
        assert!(word.status(lap).unwrap().is_consumed());
    }
}
