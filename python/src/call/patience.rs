//! Waiting that notices Ctrl-C.

use crate::errors::{Exception, Kind};
use pyo3::prelude::*;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// The time between two looks at the signals of the process.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Does long work on a thread of its own and waits for it without the interpreter. After Ctrl-C the wait ends with
/// `KeyboardInterrupt`; the work goes on, and what it holds is dropped at its end.
pub(crate) fn apart<R: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> R + Send + 'static,
) -> PyResult<R> {
    let (sender, mut receiver) = sync_channel(1);
    let spawned = thread::Builder::new()
        .name("pixelflume-call".to_owned())
        .spawn(move || {
            // Nobody receives it after an interrupt.
            drop(sender.send(work()));
        });
    let thread = spawned.map_err(|error| {
        Exception::new(
            Kind::Device,
            format!("the thread of a long call could not be started: {error}"),
        )
    })?;
    loop {
        // One thread receives, wherever it runs.
        let receiver = &mut receiver;
        let received = py.detach(move || receiver.recv_timeout(TICK));
        match received {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => {
                // The work panicked; so does the call.
                let panic = thread
                    .join()
                    .expect_err("a thread that sent nothing panicked");
                std::panic::resume_unwind(panic);
            }
        }
    }
}
