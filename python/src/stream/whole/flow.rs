//! The images and batches of a stream on their way between its threads.

use crate::frames::Frames;
use crate::stream::fault::Fault;
use crate::stream::whole::executor::Ready;
use pixelflume::device::sync::{Condvar, Mutex, MutexGuard};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What a stream does with the images of its source.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Settings {
    /// The images of a batch.
    pub(crate) batch: usize,
    /// The most images that were read of the source and are in no batch that the caller has taken.
    pub(crate) most: usize,
    /// Whether images are in the order of the source.
    pub(crate) in_order: bool,
    /// Whether images that cannot be decoded are left out.
    pub(crate) skips: bool,
}

/// The queues between the threads of a stream.
pub(crate) struct Flow {
    pub(crate) settings: Settings,
    state: Mutex<State>,
    /// Told when there is room for an image, or the stream is closed.
    room: Condvar,
    /// Told when an image is to be decoded, or the stream is closed.
    work: Condvar,
    /// Told when an image is decoded, the source has ended, or the stream is closed.
    pub(crate) decoded: Condvar,
    /// Told when a batch is ready, none will follow, or the stream is closed.
    ready: Condvar,
}

#[derive(Default)]
pub(crate) struct State {
    /// Whether the caller wants no more batches.
    pub(crate) closed: bool,
    /// Images that were read of the source.
    pub(crate) read: u64,
    /// Images that were read of the source and are in no batch that the caller has taken.
    held: usize,
    /// Images to be decoded, with their places in the source.
    waiting: VecDeque<(u64, Frames)>,
    /// Images that are decoded, and those that cannot be, by their places in the source.
    pub(crate) decoded: BTreeMap<u64, Result<Frames, Fault>>,
    /// Images that were collected for batches, or left out.
    pub(crate) collected: u64,
    /// Whether the source has ended, and by which exception.
    pub(crate) end: Option<Option<Fault>>,
    ready: VecDeque<Ready>,
    /// Whether no batch follows those that are ready.
    finished: bool,
}

/// What a wait for a batch has come to.
pub(crate) enum Next {
    Batch(Box<Ready>),
    End,
    /// The time was up.
    NotYet,
}

impl Flow {
    pub(crate) fn new(settings: Settings) -> Self {
        Flow {
            settings,
            state: Mutex::default(),
            room: Condvar::new(),
            work: Condvar::new(),
            decoded: Condvar::new(),
            ready: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Waits until another image may be read of the source; `false` when the stream is closed or has ended.
    pub(crate) fn wait_for_room(&self) -> bool {
        let mut state = self.state.lock();
        while !state.closed && !state.finished && state.held >= self.settings.most {
            self.room.wait(&mut state);
        }
        !state.closed && !state.finished
    }

    /// Takes the next image of the source, or the reason why it is none.
    pub(crate) fn push(&self, image: Result<Frames, Fault>) {
        let mut state = self.state.lock();
        let place = state.read;
        state.read += 1;
        state.held += 1;
        match image {
            Ok(frames) => {
                state.waiting.push_back((place, frames));
                self.work.notify_one();
            }
            Err(fault) => {
                state.decoded.insert(place, Err(fault));
                self.decoded.notify_one();
            }
        }
    }

    /// Notes that the source has ended, and with which error.
    pub(crate) fn end(&self, fault: Option<Fault>) {
        let mut state = self.state.lock();
        state.end.get_or_insert(fault);
        drop(state);
        self.decoded.notify_one();
    }

    /// The next image to be decoded; waits for it. `None` when the stream is closed.
    pub(crate) fn next_to_decode(&self) -> Option<(u64, Frames)> {
        let mut state = self.state.lock();
        loop {
            if state.closed || state.finished {
                return None;
            }
            if let Some(next) = state.waiting.pop_front() {
                return Some(next);
            }
            self.work.wait(&mut state);
        }
    }

    /// Gives an image back that was decoded, or cannot be.
    pub(crate) fn put_decoded(&self, place: u64, image: Result<Frames, Fault>) {
        let mut state = self.state.lock();
        state.decoded.insert(place, image);
        drop(state);
        self.decoded.notify_one();
    }

    /// Makes room for as many images of the source, which are in no batch.
    pub(crate) fn release(&self, state: &mut State, images: usize) {
        state.held = state.held.saturating_sub(images);
        self.room.notify_one();
    }

    /// Gives a batch to the caller.
    pub(crate) fn put_ready(&self, batch: Ready) {
        let mut state = self.state.lock();
        if !state.closed {
            state.ready.push_back(batch);
        }
        drop(state);
        self.ready.notify_one();
    }

    /// Notes that no batch follows. The source is read no further.
    pub(crate) fn finish(&self) {
        self.state.lock().finished = true;
        self.ready.notify_all();
        self.room.notify_all();
        self.work.notify_all();
    }

    /// The next batch; waits for it for at most `limit`.
    pub(crate) fn next(&self, limit: Duration) -> Next {
        let mut state = self.state.lock();
        if state.ready.is_empty() && !state.finished && !state.closed {
            self.ready.wait_for(&mut state, limit);
        }
        if let Some(batch) = state.ready.pop_front() {
            self.release(&mut state, batch.positions.len());
            return Next::Batch(Box::new(batch));
        }
        match state.finished || state.closed {
            true => Next::End,
            false => Next::NotYet,
        }
    }

    /// Ends the stream: all threads stop as soon as they are done with the image or batch at hand. What was not taken is dropped.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let (waiting, decoded) = (
            std::mem::take(&mut state.waiting),
            std::mem::take(&mut state.decoded),
        );
        let ready = std::mem::take(&mut state.ready);
        drop(state);
        for told in [&self.room, &self.work, &self.decoded, &self.ready] {
            told.notify_all();
        }
        // Without the lock: owners of Python's memory are dropped.
        drop((waiting, decoded, ready));
    }
}
