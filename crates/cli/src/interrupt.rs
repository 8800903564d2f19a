//! Handles signals that end a run: it removes temporary files, then ends the process by the signal.

use crate::console;
use crate::threads::STACK;
use pixelflume::codec::TemporaryFiles;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::Builder;

/// Starts a thread that waits for signals. Where that fails, signals end the process at once, and temporary files remain.
pub(crate) fn watch() {
    let (ready_to, ready) = mpsc::sync_channel(1);
    let wait = move || {
        // Until the thread waits, signals end the process at once.
        let armed = Arc::new(AtomicBool::new(true));
        let registered = register(&armed);
        let mut signals = match registered {
            Ok(signals) => signals,
            Err(error) => return drop(ready_to.send(Err(error))),
        };
        armed.store(false, Ordering::SeqCst);
        let _ = ready_to.send(Ok(()));
        if let Some(signal) = signals.forever().next() {
            // A second signal does not wait for this thread, since a file system may hang.
            armed.store(true, Ordering::SeqCst);
            let _closed = TemporaryFiles::of_process().close();
            if let Err(error) = low_level::emulate_default_handler(signal) {
                console::error(&format!("signal {signal} did not end the process: {error}"));
            }
        }
    };
    let thread = Builder::new().name("signals".to_owned()).stack_size(STACK);
    let started = thread.spawn(wait).and_then(|_| {
        ready
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("the thread broke down")))
    });
    if let Err(error) = started {
        console::warning(&format!(
            "signals are not watched, one that ends the run may leave temporary files: {error}"
        ));
    }
}

/// Registers the signals with the iterator. While `armed` is set, the handler ends the process at once.
fn register(armed: &Arc<AtomicBool>) -> io::Result<Signals> {
    let ignored = ignored();
    let watched = [SIGHUP, SIGINT, SIGTERM].into_iter();
    let watched: Vec<_> = watched
        .filter(|signal| ignored >> (signal - 1) & 1 == 0)
        .collect();
    for &signal in &watched {
        flag::register_conditional_default(signal, Arc::clone(armed))?;
    }
    Signals::new(watched)
}

/// The signals that are ignored (bit n-1 for signal n), for example by `nohup` or for background processes of a shell. They
/// stay ignored. Only Linux tells them; elsewhere the set is empty, since asking needs unsafe code.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
