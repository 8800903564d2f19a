//! The images on their way from the thread of Python that reads a source to the job.

use pixelflume::device::sync::{Condvar, Mutex};
use pixelflume::runtime::{BoxError, Dataset, Item, Position, Source};
use pyo3::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;
use thiserror::Error;

/// An exception of the source in the place of an image.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct Raised(pub(super) PyErr);

/// The source has ended before it gave an image that was asked for.
#[derive(Debug, Error)]
#[error("the stream is closed")]
pub(super) struct Ended;

/// What the thread that reads the source is to do.
pub(super) enum Wanted {
    /// To push the next image.
    Next,
    /// To push the image of this index.
    Index(u64),
}

/// The queue between them. It bounds how far the source is read.
pub(super) struct Queue {
    /// The most images that were read and that the caller does not have.
    most: usize,
    /// Whether the job asks for images by their index.
    is_indexed: bool,
    state: Mutex<State>,
    /// Told when an image may be read, or none is wanted anymore.
    room: Condvar,
    /// Told when an image is there, or none will be.
    pushed: Condvar,
}

#[derive(Default)]
struct State {
    images: VecDeque<Result<Item, Raised>>,
    /// Images that were read and that the caller does not have.
    held: usize,
    /// The index that the job waits for.
    wanted: Option<u64>,
    /// Whether the source gives no more.
    is_ended: bool,
    /// The exception that ended it.
    error: Option<PyErr>,
    is_closed: bool,
}

impl Queue {
    pub(super) fn new(most: usize, is_indexed: bool) -> Self {
        Queue {
            most,
            is_indexed,
            state: Mutex::default(),
            room: Condvar::new(),
            pushed: Condvar::new(),
        }
    }

    /// Waits until an image may be read; `None` where no more are wanted.
    pub(super) fn wait_for_room(&self) -> Option<Wanted> {
        let mut state = self.state.lock();
        loop {
            if state.is_closed || state.is_ended {
                return None;
            }
            if state.held < self.most {
                if !self.is_indexed {
                    return Some(Wanted::Next);
                }
                if let Some(index) = state.wanted.take() {
                    return Some(Wanted::Index(index));
                }
            }
            self.room.wait(&mut state);
        }
    }

    pub(super) fn push(&self, image: Result<Item, Raised>) {
        let mut state = self.state.lock();
        if state.is_closed {
            drop(state);
            return drop(image);
        }
        state.held += 1;
        state.images.push_back(image);
        drop(state);
        self.pushed.notify_all();
    }

    /// Notes that the source has ended, and by which exception.
    pub(super) fn end(&self, error: Option<PyErr>) {
        let mut state = self.state.lock();
        state.is_ended = true;
        state.error = error;
        drop(state);
        self.pushed.notify_all();
        self.room.notify_all();
    }

    /// The exception that ended the source.
    pub(super) fn take_error(&self) -> Option<PyErr> {
        self.state.lock().error.take()
    }

    /// Notes that the caller has so many images, or will never have them.
    pub(super) fn release(&self, images: usize) {
        let mut state = self.state.lock();
        state.held = state.held.saturating_sub(images);
        drop(state);
        self.room.notify_all();
    }

    /// Ends all waits, and drops what was not taken.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        let images = std::mem::take(&mut state.images);
        drop(state);
        self.room.notify_all();
        self.pushed.notify_all();
        drop(images);
    }

    /// The next image; waits for it. `None` where none comes.
    fn pop(&self, index: Option<u64>) -> Option<Result<Item, BoxError>> {
        let mut state = self.state.lock();
        state.wanted = index;
        if index.is_some() {
            self.room.notify_all();
        }
        loop {
            if let Some(image) = state.images.pop_front() {
                return Some(image.map_err(BoxError::from));
            }
            if state.is_ended || state.is_closed {
                return None;
            }
            self.pushed.wait(&mut state);
        }
    }
}

/// A source that is iterated.
pub(super) struct Iterated {
    pub(super) queue: Arc<Queue>,
    /// The images that an earlier stream gave: the job drops them.
    pub(super) taken: Option<Position>,
    pub(super) next: u64,
}

impl Source for Iterated {
    fn next_item(&mut self) -> Option<Result<Item, BoxError>> {
        let image = self.queue.pop(None)?;
        if self
            .taken
            .as_ref()
            .is_some_and(|taken| taken.has(self.next))
        {
            self.queue.release(1);
        }
        self.next += 1;
        Some(image)
    }
}

/// A source that is indexed.
pub(super) struct Indexed {
    pub(super) queue: Arc<Queue>,
    pub(super) len: u64,
}

impl Dataset for Indexed {
    fn len(&self) -> u64 {
        self.len
    }

    fn get(&self, index: u64) -> Result<Item, BoxError> {
        let image = self.queue.pop(Some(index));
        image.unwrap_or_else(|| Err(Ended.into()))
    }
}
