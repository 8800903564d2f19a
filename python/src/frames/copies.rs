//! The memory of copies of images, some of which is kept from one call to the next.
//!
//! The system gives fresh memory page by page, each filled with zeros, which takes about twice as long as to copy pixels into memory
//! that was used before.

use pixelflume::device::PerProcess;
use std::collections::BTreeMap;
use std::collections::TryReserveError;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

/// Bytes from which on the memory of a copy is kept. Smaller pieces come from the allocator as fast.
const LEAST: usize = 64 << 10;

/// The most bytes that a process keeps while no copy is in them.
const MOST_KEPT: usize = 256 << 20;

/// How many times as large as a copy its memory may be, at most.
const MOST_LARGER: usize = 2;

/// The memory of this process that no copy is in. A forked child has its own.
static SPARE: PerProcess<Mutex<Spare>> = PerProcess::new();

/// Memory that no copy is in.
#[derive(Default)]
struct Spare {
    /// Empty vectors by their capacities.
    by_capacity: BTreeMap<usize, Vec<Vec<u8>>>,
    /// The sum of the capacities, at most [`MOST_KEPT`].
    bytes: usize,
}

impl Spare {
    /// The smallest memory that has room for `bytes`. Where none fits, others make place for the memory that is to be allocated.
    fn take(&mut self, bytes: usize) -> Option<Vec<u8>> {
        let fitting = bytes..=bytes.saturating_mul(MOST_LARGER);
        let found = self.by_capacity.range(fitting).next();
        if let Some(capacity) = found.map(|(&capacity, _)| capacity) {
            return self.remove(capacity);
        }
        while self.bytes > MOST_KEPT.saturating_sub(bytes) {
            let (&largest, _) = self.by_capacity.last_key_value()?;
            self.remove(largest);
        }
        None
    }

    fn remove(&mut self, capacity: usize) -> Option<Vec<u8>> {
        let of_capacity = self.by_capacity.get_mut(&capacity)?;
        let memory = of_capacity.pop();
        if of_capacity.is_empty() {
            self.by_capacity.remove(&capacity);
        }
        self.bytes -= memory.as_ref().map_or(0, Vec::capacity);
        memory
    }

    /// Keeps memory, or frees it where too much is kept.
    fn put(&mut self, memory: Vec<u8>) {
        let capacity = memory.capacity();
        if self.bytes.saturating_add(capacity) <= MOST_KEPT {
            self.bytes += capacity;
            self.by_capacity.entry(capacity).or_default().push(memory);
        }
    }
}

/// Calls a function with the memory that is kept.
fn with_spare<R>(act: impl FnOnce(&mut Spare) -> R) -> R {
    let spare = SPARE.get_or_init(Mutex::default);
    // Nothing panics while it is locked.
    act(&mut spare.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The bytes of a copy. Their memory is kept at the drop.
pub(super) struct CopyBytes(Vec<u8>);

impl CopyBytes {
    /// Memory for `bytes` bytes, with none in it yet.
    ///
    /// # Errors
    /// There is not enough memory.
    pub(super) fn with_room(bytes: usize) -> Result<Self, TryReserveError> {
        let kept = match bytes >= LEAST {
            true => with_spare(|spare| spare.take(bytes)),
            false => None,
        };
        let mut memory = kept.unwrap_or_default();
        memory.try_reserve_exact(bytes)?;
        Ok(CopyBytes(memory))
    }

    /// The vector, to write the bytes.
    pub(super) fn vector(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Deref for CopyBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for CopyBytes {
    fn drop(&mut self) {
        if self.0.capacity() >= LEAST {
            let mut memory = std::mem::take(&mut self.0);
            memory.clear();
            with_spare(|spare| spare.put(memory));
        }
    }
}
