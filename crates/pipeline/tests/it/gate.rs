//! Streams that are kept busy until a test lets them go on.
#![expect(unsafe_code, reason = "launches a kernel")]

use pixelflume_device::{Args, HostKernel, Launch, Stream, TaskFailure, Workers};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// A stream of the device that does nothing until the gate is opened.
pub(crate) struct Gate(Sender<()>);

struct Closed(Mutex<Receiver<()>>);

impl HostKernel for Closed {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        // An error says that the gate is gone, which opens it.
        let _ = self.0.lock().unwrap().recv();
        Ok(())
    }
}

impl Gate {
    pub(crate) fn close(stream: &Stream) -> Gate {
        let (open, closed) = channel();
        let launch = Launch::host(Arc::new(Closed(Mutex::new(closed))), Args::EMPTY);
        // SAFETY: the kernel touches no memory.
        unsafe { stream.enqueue(&launch, None) }.unwrap();
        Gate(open)
    }

    pub(crate) fn open(self) {
        self.0.send(()).unwrap();
    }
}
