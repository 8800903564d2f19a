//! Items that the source gave and that are not admitted yet: their headers are read ahead, in any order, and they are admitted in theirs.

use crate::task::ItemState;
use pixelflume_device::sync::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// Why the thread that admits items is called.
pub(crate) enum Next {
    /// The next item, whose header was read.
    Item(Arc<ItemState>),
    /// The time has come.
    Late,
    /// There are no more items.
    End,
}

pub(crate) struct Ahead {
    state: Mutex<AheadState>,
    /// Signaled when an item was looked at, or came, or none comes anymore.
    changed: Condvar,
    /// Signaled when there is room for a further item.
    room: Condvar,
    looks: usize,
    most_bytes: u64,
}

#[derive(Default)]
struct AheadState {
    items: VecDeque<Arc<ItemState>>,
    /// Bytes that these items, and the one that is being admitted, brought along.
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
        while state.items.len() >= self.looks && !state.is_ended {
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

    /// Waits for the next item, at most until `deadline`.
    pub(crate) fn next(&self, deadline: Option<Instant>) -> Next {
        let mut state = self.state.lock();
        loop {
            if state.is_ended {
                return Next::End;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Next::Late;
            }
            let is_looked_at = |item: &mut Arc<ItemState>| item.looked.get().is_some();
            if let Some(item) = state.items.pop_front_if(is_looked_at) {
                drop(state);
                self.room.notify_all();
                return Next::Item(item);
            }
            if state.items.is_empty() && state.is_complete {
                return Next::End;
            }
            match left {
                None => self.changed.wait(&mut state),
                Some(left) => self.changed.wait_for(&mut state, left),
            }
        }
    }

    /// Notes that what an item brought along is counted with its batch now.
    pub(crate) fn admitted(&self, bytes: u64) {
        if bytes > 0 {
            self.state.lock().bytes -= self.counted(bytes);
            self.room.notify_all();
        }
    }

    /// Drops the items that were not admitted.
    pub(crate) fn clear(&self) {
        let items = std::mem::take(&mut self.state.lock().items);
        drop(items);
    }
}
