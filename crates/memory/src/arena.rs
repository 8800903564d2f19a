//! Page-locked memory that is lent in ranges.
#![expect(unsafe_code, reason = "lends parts of a buffer as buffers")]

use crate::block::Block;
use crate::error::MemoryError;
use crate::pinned::{Lender, PinnedBuffer};
use parking_lot::Mutex;
use pixelflume_device::ProcessBound;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// One piece of page-locked memory that lends disjoint ranges of itself, each as a [`PinnedBuffer`]. A range
/// that overlaps one that is lent is refused. Cloning gives another handle.
///
/// The memory goes back when the last handle and the last range are gone.
///
/// ```
/// use pixelflume_device::Device;
/// use pixelflume_memory::{MemoryConfig, MemoryError, MemoryManager, PinnedArena};
///
/// let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
/// let arena = PinnedArena::new(&memory, 1024)?;
/// let mut first = arena.lend(0..512)?;
/// let second = arena.lend(512..1024)?;
/// first.as_mut_slice()?.fill(1);
/// assert_eq!(second.as_slice()?, [0; 512]);
/// assert!(matches!(arena.lend(500..600), Err(MemoryError::Lent { lent_end: 512, .. })));
/// drop(first);
/// assert_eq!(arena.lend(256..512)?.as_slice()?, [1; 256]);
/// # Ok::<(), MemoryError>(())
/// ```
#[derive(Clone)]
pub struct PinnedArena(Arc<Shared>);

/// The state that the handles and the ranges share.
struct Shared {
    /// The memory of the arena; its bytes are touched only through the lent ranges.
    whole: PinnedBuffer,
    lent: ProcessBound<Mutex<Lent>>,
}

#[derive(Default)]
struct Lent {
    /// The lent ranges, sorted and disjoint.
    ranges: Vec<Range<usize>>,
    /// Blocks of ranges that came back, kept for their events.
    spare: Vec<Block>,
}

impl PinnedArena {
    /// Makes an arena of `bytes` bytes, which are zero or have the content of an earlier owner.
    ///
    /// # Errors
    /// There is not enough memory.
    #[track_caller]
    pub fn new(memory: &crate::manager::MemoryManager, bytes: usize) -> Result<Self, MemoryError> {
        Ok(PinnedArena(Arc::new(Shared {
            whole: memory.pinned(bytes)?,
            lent: ProcessBound::default(),
        })))
    }

    /// Size of the arena in bytes.
    pub fn len(&self) -> usize {
        self.0.whole.len()
    }

    /// Whether the arena has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of ranges that are lent now; 0 in a process that was forked since.
    pub fn lent(&self) -> usize {
        if ProcessBound::is_inherited(&self.0.lent) {
            return 0;
        }
        self.0.lent.lock().ranges.len()
    }

    /// Lends a range until the buffer is dropped. Allocates only where more ranges are lent at once than ever before.
    ///
    /// # Errors
    /// The range does not lie in the arena, or has bytes that are lent.
    pub fn lend(&self, range: Range<usize>) -> Result<PinnedBuffer, MemoryError> {
        let len = range.end.saturating_sub(range.start);
        if range.start > range.end || range.end > self.len() {
            return Err(MemoryError::OutOfRange {
                offset: range.start,
                bytes: len,
                len: self.len(),
            });
        }
        self.0.whole.pool().device().check_process()?;
        let address = self.0.whole.address().offset(range.start);
        let mut lent = self.0.lent.lock();
        let after = lent.ranges.partition_point(|held| held.end <= range.start);
        if len > 0
            && let Some(held) = lent.ranges.get(after)
            && held.start < range.end
        {
            return Err(MemoryError::Lent {
                begin: range.start,
                end: range.end,
                lent_begin: held.start,
                lent_end: held.end,
            });
        }
        let block = match lent.spare.pop() {
            Some(mut block) => {
                block.address = address;
                block
            }
            None => Block::new(address, self.0.whole.class()),
        };
        if len > 0 {
            lent.ranges.insert(after, range);
        }
        drop(lent);
        // SAFETY: the range lies inside `whole`, which has initialized bytes, is never touched itself, and lives as long as
        // the lender, which the piece holds. No range that is lent has a byte of it: ranges are apart and in order, so that
        // the first one that ends behind the beginning of the new one is the only one that could.
        Ok(unsafe { PinnedBuffer::lent(block, len, self.0.whole.pool(), self.0.clone()) })
    }
}

impl Lender for Shared {
    fn take_back(&self, mut block: Block, len: usize) {
        if let Err(error) = block.wait(self.whole.pool().device()) {
            // The device may still write there: the range is not lent again, and the arena's memory goes back to the driver,
            // and to no other buffer, when the device is idle.
            tracing::error!("{len} bytes of an arena of page-locked memory are given up: {error}");
            self.whole.mark_unordered();
            return;
        }
        let start =
            block.address.as_ptr::<u8>().addr() - self.whole.address().as_ptr::<u8>().addr();
        let mut lent = self.lent.lock();
        if len > 0
            && let Ok(at) = lent.ranges.binary_search_by_key(&start, |held| held.start)
        {
            lent.ranges.remove(at);
        }
        lent.spare.push(block);
    }
}

impl fmt::Debug for PinnedArena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, lent) = (self.len(), self.lent());
        write!(f, "PinnedArena({bytes} bytes, {lent} ranges lent)")
    }
}
