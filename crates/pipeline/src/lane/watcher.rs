//! The thread that watches batches in flight for those who do not wait: it wakes the tasks of futures, and drops what has to
//! stay until a run is complete.

use pixelflume_device::sync::{Condvar, Mutex};
use pixelflume_device::{ProcessBound, contain_panic};
use pixelflume_scheduler::{RunHandle, SchedulerError};
use std::io;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

/// The time between two looks at runs that were just submitted. It grows with the time that nothing completed.
const SHORTEST: Duration = Duration::from_micros(20);
const LONGEST: Duration = Duration::from_millis(1);

/// Watches the runs of one lane, from its first use on with a thread of its own. The thread asks the device instead of waiting
/// for one event, since runs that are watched later may complete earlier. It ends when the last handle is gone and all runs
/// that it watched are complete.
#[derive(Default)]
pub(crate) struct Watcher(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: ProcessBound<Mutex<State>>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    watched: Vec<Watched>,
    has_thread: bool,
    closed: bool,
}

/// A run, and what to do when it is complete.
pub(crate) struct Watched {
    pub(crate) run: RunHandle,
    pub(crate) then: Then,
}

/// What happens when a watched run is complete.
pub(crate) enum Then {
    Wake(Arc<Mutex<Option<Waker>>>),
    Drop(Box<dyn Send>),
}

impl Watcher {
    /// Watches a run.
    ///
    /// # Errors
    /// The system gives no thread; what was to be watched comes back.
    pub(crate) fn watch(&self, watched: Watched) -> Result<(), (Watched, io::Error)> {
        let mut state = self.0.state.lock();
        if !state.has_thread {
            let shared = Arc::clone(&self.0);
            let thread = std::thread::Builder::new().name("pixelflume-watch".to_owned());
            if let Err(error) = thread.spawn(move || shared.run()) {
                return Err((watched, error));
            }
            state.has_thread = true;
        }
        state.watched.push(watched);
        drop(state);
        self.0.work.notify_one();
        Ok(())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if ProcessBound::is_inherited(&self.0.state) {
            return;
        }
        self.0.state.lock().closed = true;
        self.0.work.notify_one();
    }
}

impl Shared {
    fn run(&self) {
        let mut since = Instant::now();
        let mut state = self.state.lock();
        loop {
            if let Some(at) = state.watched.iter().position(Watched::can_end) {
                let watched = state.watched.swap_remove(at);
                drop(state);
                watched.end();
                since = Instant::now();
                state = self.state.lock();
            } else if !state.watched.is_empty() {
                let pause = (since.elapsed() / 8).clamp(SHORTEST, LONGEST);
                self.work.wait_for(&mut state, pause);
            } else if state.closed {
                return;
            } else {
                self.work.wait(&mut state);
                since = Instant::now();
            }
        }
    }
}

impl Watched {
    /// Whether the run is complete, or never will be, as on a lost device. Where the device does not tell, a future is woken to
    /// find out, and what a run may still use stays.
    fn can_end(&self) -> bool {
        match self.run.is_complete() {
            Ok(complete) => complete,
            Err(SchedulerError::DeviceLost { .. }) => true,
            Err(_) => matches!(self.then, Then::Wake(_)),
        }
    }

    /// Waits for the run. What it uses is leaked where the device does not say that the run is complete.
    pub(crate) fn end_when_complete(self) {
        match self.run.wait() {
            Ok(_) | Err(SchedulerError::DeviceLost { .. }) => {}
            Err(error) => {
                tracing::warn!(%error, "what a run may still use is leaked");
                return std::mem::forget(self.then);
            }
        }
        self.end();
    }

    fn end(self) {
        match self.then {
            Then::Wake(waker) => {
                let waker = waker.lock().take();
                contain_panic("a waker", || {
                    if let Some(waker) = waker {
                        waker.wake();
                    }
                });
            }
            Then::Drop(kept) => contain_panic("the drop of what a run used", || drop(kept)),
        }
    }
}
