//! Task rings: bounded submission of tasks whose parts live for different times.
//!
//! A task is one step on the way of a batch: a file is read, an image decoded, a batch run. Its large part, the descriptor and the
//! list of its producers, is needed until it ends; its small part, a record of one cache line that holds its outputs, until the
//! last consumer has ended and the last lease is dropped. So each part has a ring of its own. [`Submitter`]s put tasks in; threads
//! that share a [`Completer`] take and end them. `docs/task-rings.md` describes the writer of each part, and why the rings are
//! safe.
//!
//! Everything is bounded: a task is admitted only when both rings, the edge pool and both parts of the arena have room for it, and
//! otherwise takes nothing. The rings give out *offsets* of the arena; the memory is the user's.
//!
//! ```
//! use pixelflume_scheduler::rings::{self, Dependency, Issue, Request, RingConfig, TaskOutcome};
//!
//! // Descriptors are whatever is needed to execute a task: here a name, and where its input lies.
//! let (submitter, mut completer) =
//!     rings::open::<(&str, Option<u64>)>(&RingConfig::new().task_window(8))?;
//!
//! let mut batch = submitter.begin_batch();
//! let mut pixels = None;
//! let decode = Request { transient_bytes: 640 * 480, ..Request::default() };
//! let decode = batch.submit(&decode, |place| {
//!     pixels = place.transient.map(|output| output.offset);
//!     ("decode", None)
//! })?;
//! let after = [Dependency::completed(decode.task)];
//! let run = Request { dependencies: &after, exported_bytes: 640 * 480, ..Request::default() };
//! let run = batch.submit(&run, |_| ("run", pixels))?;
//! batch.close();
//!
//! let mut order = Vec::new();
//! while let Some(issue) = completer.issue_next() {
//!     if let Issue::Issued(task, (name, _)) = issue {
//!         order.push(name);
//!         completer.complete(task, TaskOutcome::Succeeded)?; // when its work is done
//!     }
//! }
//! assert_eq!(order, ["decode", "run"]);
//!
//! // Both tasks are consumed. The result is still held, and holds nothing else.
//! submitter.drain()?;
//! let result = run.export.expect("it was asked for");
//! assert_eq!(result.outcome(), Some(TaskOutcome::Succeeded));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admission;
mod batch;
mod byte_fifo;
mod completer;
mod config;
mod core;
mod error;
mod exports;
mod gate;
mod lease;
mod record;
mod request;
mod stall;
mod statistics;
mod submit;
mod sync;
#[cfg(all(test, not(loom)))]
mod unchecked_tests;
mod word;
mod work_gate;

pub use batch::Batch;
pub use completer::{Completer, Issue, TaskOutcome};
pub use config::{EffectiveConfig, RingConfig};
pub use error::{CompleteError, DrainError, Full, RetainError, StaleHandle, SubmitError};
pub use lease::{ExportLease, TaskLease};
pub use request::{
    BatchBudget, Dependency, OUTPUT_ALIGN, Output, Placement, Request, Ring, Submitted, TaskId,
};
pub use statistics::{RingStatistics, Statistics};
pub use submit::Submitter;
pub use word::{MAX_REFERENCES, Progress, Status};
pub use work_gate::WorkGate;

use crate::settings::SettingError;
use admission::Admission;
use stall::StallClock;

/// Opens rings with the sizes that `config` gives in this environment, and logs the sizes.
///
/// `D` is the descriptor of a task: what whoever executes it needs, such as the path of a file, or the lane of a batch.
pub fn open<D: Send>(config: &RingConfig) -> Result<(Submitter<D>, Completer<D>), SettingError> {
    let config = config.effective::<D>()?;
    tracing::info!("{config}");
    Ok(open_effective(config))
}

/// Opens rings with these sizes without logging them, for callers that log them among other settings.
pub fn open_effective<D: Send>(config: EffectiveConfig) -> (Submitter<D>, Completer<D>) {
    let shared = sync::Arc::new(core::Shared::new(config));
    let completer = Completer::new(sync::Arc::clone(&shared));
    (Submitter::new(shared), completer)
}

/// Bytes of a slot of the main ring.
fn slot_bytes<D>() -> usize {
    size_of::<record::Header>() + size_of::<record::Handover<D>>()
}
