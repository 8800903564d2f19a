//! Items that the source gave and that are not admitted yet: their headers are read ahead, in any order, and they are admitted in theirs.

use crate::task::ItemState;
use pixelflume_device::sync::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Why the thread that admits items is called.
pub(crate) enum Next {
    /// There are items whose headers were read.
    Items,
    /// The time has come, or a device has taken a batch.
    Late,
    /// There are no more items.
    End,
}

pub(crate) struct Ahead {
    state: Mutex<AheadState>,
    /// Signaled when an item was looked at, or none comes anymore, or a device has taken a batch.
    changed: Condvar,
    /// The number of batches that devices have taken, where that is told.
    turns: AtomicU64,
    /// Signaled when there is room for a further item.
    room: Condvar,
    looks: usize,
    most_bytes: u64,
}

#[derive(Default)]
struct AheadState {
    items: VecDeque<Arc<ItemState>>,
    /// The number of these items, and of those that are being admitted.
    count: usize,
    /// Bytes that all of them brought along.
    bytes: u64,
    /// The most that these were at one time.
    high_water: u64,
    /// Whether the source gives no more.
    is_complete: bool,
    /// Whether nothing more is wanted.
    is_ended: bool,
}

impl Ahead {
    pub(crate) fn new(looks: usize, most_bytes: u64) -> Self {
        Ahead {
            state: Mutex::default(),
            changed: Condvar::new(),
            room: Condvar::new(),
            turns: AtomicU64::new(0),
            looks,
            most_bytes,
        }
    }

    /// The bytes that an item brings along, as they are counted.
    fn counted(&self, bytes: u64) -> u64 {
        bytes.min(self.most_bytes)
    }

    /// Waits until a further item may be read. `false` where none is wanted anymore.
    pub(crate) fn wait_for_room(&self) -> bool {
        let mut state = self.state.lock();
        while state.count >= self.looks && !state.is_ended {
            self.room.wait(&mut state);
        }
        !state.is_ended
    }

    /// Waits until an item may come that brings so many bytes along: one that brings more than there may be waits until it is alone.
    pub(crate) fn wait_for_bytes(&self, bytes: u64) -> bool {
        let bytes = self.counted(bytes);
        let mut state = self.state.lock();
        while state.bytes + bytes > self.most_bytes && !state.is_ended {
            self.room.wait(&mut state);
        }
        !state.is_ended
    }

    pub(crate) fn push(&self, item: Arc<ItemState>) {
        let bytes = self.counted(item.bytes);
        let mut state = self.state.lock();
        state.count += 1;
        state.bytes += bytes;
        state.high_water = state.high_water.max(state.bytes);
        state.items.push_back(item);
    }

    /// The most bytes that items that were not admitted had brought along at one time.
    pub(crate) fn high_water(&self) -> u64 {
        self.state.lock().high_water
    }

    /// Notes that the header of an item was read.
    pub(crate) fn looked(&self) {
        // Who looked before has gone to wait by now.
        drop(self.state.lock());
        self.changed.notify_all();
    }

    /// Notes that the source gives no more.
    pub(crate) fn complete(&self) {
        self.state.lock().is_complete = true;
        self.changed.notify_all();
    }

    /// Ends all waits: nothing more is wanted.
    pub(crate) fn end(&self) {
        self.state.lock().is_ended = true;
        self.changed.notify_all();
        self.room.notify_all();
    }

    /// The number of turns so far.
    pub(crate) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Acquire)
    }

    /// Notes that a device has taken a batch.
    pub(crate) fn turn(&self) {
        self.turns.fetch_add(1, Ordering::Release);
        // Who looked before has gone to wait by now.
        drop(self.state.lock());
        self.changed.notify_all();
    }

    /// Moves the next items to `ready`, all that can be admitted now; where there are none, waits for them, at most until `deadline`, and until there
    /// were more than `turns` turns. They are still counted here, until [`Ahead::admitted`].
    pub(crate) fn next(
        &self,
        ready: &mut VecDeque<Arc<ItemState>>,
        deadline: Option<Instant>,
        turns: u64,
    ) -> Next {
        let mut state = self.state.lock();
        loop {
            if state.is_ended {
                return Next::End;
            }
            let is_looked_at = |item: &mut Arc<ItemState>| item.looked.get().is_some();
            while let Some(item) = state.items.pop_front_if(is_looked_at) {
                ready.push_back(item);
            }
            if !ready.is_empty() {
                return Next::Items;
            }
            if state.items.is_empty() && state.is_complete {
                return Next::End;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) || self.turns() != turns {
                return Next::Late;
            }
            match left {
                None => self.changed.wait(&mut state),
                Some(left) => self.changed.wait_for(&mut state, left),
            }
        }
    }

    /// Notes that an item, and what it brought along, is counted with its batch now. `false` where nothing more is wanted.
    pub(crate) fn admitted(&self, bytes: u64) -> bool {
        let mut state = self.state.lock();
        state.count -= 1;
        state.bytes -= self.counted(bytes);
        let is_ended = state.is_ended;
        drop(state);
        self.room.notify_all();
        !is_ended
    }

    /// Drops the items that were not admitted.
    pub(crate) fn clear(&self) {
        let items = std::mem::take(&mut self.state.lock().items);
        drop(items);
    }
}
