//! A lane whose drop waits for nothing.

use crate::lane::Lane;
use crate::lane::watcher::{Then, Watched};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A lane of its own. Where it is dropped with batches in flight, it stays until they are complete, so that the device finds
/// the memory, graphs and streams that it uses.
pub(crate) struct LaneHandle(Option<Box<Lane>>);

impl LaneHandle {
    pub(crate) fn new(lane: Lane) -> Self {
        LaneHandle(Some(Box::new(lane)))
    }
}

impl Deref for LaneHandle {
    type Target = Lane;

    fn deref(&self) -> &Lane {
        let lane = self.0.as_ref();
        lane.expect("the lane is there until the handle is dropped")
    }
}

impl DerefMut for LaneHandle {
    fn deref_mut(&mut self) -> &mut Lane {
        let lane = self.0.as_mut();
        lane.expect("the lane is there until the handle is dropped")
    }
}

impl Drop for LaneHandle {
    fn drop(&mut self) {
        let Some(mut lane) = self.0.take() else {
            return;
        };
        if lane.device().is_inherited() {
            // In a forked child there is no thread that could drop it later, and nothing to wait for.
            return std::mem::forget(lane);
        }
        if !lane.has_submitted {
            // Only a batch can be left whose call has waited, in vain.
            return lane.give_up();
        }
        let Some(run) = lane.streams.newest().map(|newest| newest.run().clone()) else {
            return;
        };
        if run.is_complete().is_ok_and(|complete| complete) {
            return lane.give_up();
        }
        let watcher = Arc::clone(&lane.watcher);
        let then = Then::Drop(lane);
        if let Err((watched, error)) = watcher.watch(Watched { run, then }) {
            tracing::warn!(%error, "there is no thread to drop a pipeline in; its batches are waited for");
            watched.end_when_complete();
        }
    }
}
