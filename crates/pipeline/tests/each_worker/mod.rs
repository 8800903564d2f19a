//! Warm-up of a host device with two workers: each of them does everything once by itself.
//!
//! A worker keeps rows of scratch memory for the operators. It gets them when a strip of an operator falls to it for the first
//! time, and which worker takes a strip is a matter of luck: left to it, that may be thousands of executions later.
#![expect(unsafe_code, reason = "runs kernels")]

use pixelflume_device::{
    Args, Device, HostKernel, Launch, Stream, TaskFailure, Workers as PoolWorkers,
};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::thread::ThreadId;

/// Holds one of two workers while the other works.
pub(crate) struct EachWorker {
    streams: [Stream; 2],
    hold: Arc<Hold>,
    launch: Launch,
}

/// A kernel that is launched on both workers at once: one returns, the other stays until it is let go.
struct Hold {
    both: Barrier,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    held: Option<ThreadId>,
    /// The worker that was held before.
    before: Option<ThreadId>,
}

impl HostKernel for Hold {
    unsafe fn run(&self, _: &Args, _: &PoolWorkers<'_>) -> Result<(), TaskFailure> {
        // Both workers are here, one each.
        self.both.wait();
        let this = std::thread::current().id();
        let mut state = self.state.lock().map_err(TaskFailure::new)?;
        if state.held.is_none() && state.before != Some(this) {
            state.held = Some(this);
            self.changed.notify_all();
            while state.held.is_some() {
                state = self.changed.wait(state).map_err(TaskFailure::new)?;
            }
        }
        Ok(())
    }
}

impl EachWorker {
    /// For a device with two workers.
    pub(crate) fn new(device: &Device) -> Self {
        let hold = Arc::new(Hold {
            both: Barrier::new(2),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        EachWorker {
            streams: [device.stream().unwrap(), device.stream().unwrap()],
            launch: Launch::host(hold.clone(), Args::EMPTY),
            hold,
        }
    }

    /// Calls `work` twice: first one worker does all of it, then the other.
    pub(crate) fn alone(&self, mut work: impl FnMut()) {
        let state = || self.hold.state.lock().unwrap();
        state().before = None;
        for _ in 0..2 {
            for stream in &self.streams {
                // SAFETY: the kernel touches no memory by address.
                unsafe { stream.enqueue(&self.launch, None) }.unwrap();
            }
            let mut held = state();
            while held.held.is_none() {
                held = self.hold.changed.wait(held).unwrap();
            }
            drop(held);
            work();
            let mut held = state();
            held.before = held.held.take();
            drop(held);
            self.hold.changed.notify_all();
            for stream in &self.streams {
                stream.synchronize().unwrap();
            }
        }
    }
}
