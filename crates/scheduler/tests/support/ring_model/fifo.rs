//! A first-in-first-out buffer, told by who holds what.

use std::collections::VecDeque;

/// What a first-in-first-out buffer holds: task, where its part begins with what was skipped for it, length without that.
pub(super) struct Fifo {
    capacity: u64,
    at: u64,
    held: VecDeque<(usize, u64)>,
}

impl Fifo {
    pub(super) fn new(capacity: u64) -> Self {
        Fifo {
            capacity,
            at: 0,
            held: VecDeque::new(),
        }
    }

    /// Where `len` bytes go; `None` where they do not fit now.
    pub(super) fn place(&self, len: u64) -> Option<u64> {
        let to_end = self.capacity - self.at;
        match self.held.front() {
            _ if len == 0 => Some(self.at),
            None => Some(if len <= to_end { self.at } else { 0 }),
            Some(&(_, from)) if self.at > from => {
                if len <= to_end {
                    Some(self.at)
                } else {
                    (len <= from).then_some(0)
                }
            }
            Some(&(_, from)) => (self.at + len <= from).then_some(self.at),
        }
    }

    pub(super) fn take(&mut self, task: usize, place: u64, len: u64) {
        if len > 0 {
            let from = if self.held.is_empty() { place } else { self.at };
            self.held.push_back((task, from));
            self.at = (place + len) % self.capacity;
        }
    }

    pub(super) fn free_to(&mut self, prefix: usize) {
        while self.held.front().is_some_and(|&(task, _)| task < prefix) {
            self.held.pop_front();
        }
    }
}
