//! Task rings: bounded submission of tasks whose parts live for different times.
//!
//! A task is one unit of work for a device: a few launches, a copy, a captured graph. Its large part, the descriptor
//! and the payload of its dispatch, is needed until its work is complete; its small part, a record of one cache line,
//! until the last consumer is released and the last lease is dropped. So each part has a ring of its own.
//! [`Submitter`]s put tasks in; one [`Completer`] dispatches and ends them. `docs/task-rings.md` describes the writer
//! of each part, and why the rings are safe.
//!
//! Everything is bounded: a task is admitted only when every ring, the edge pool, the payload ring and both parts of the arena
//! have room for it, and otherwise takes nothing. The rings give out *offsets* of the arena; the memory is the user's.
//!
//! ```
//! use pixelflume_scheduler::rings::{self, Dependency, Issue, TaskOutcome, Payload, Request, RingConfig, TaskId};
//!
//! // Descriptors are whatever a dispatch needs besides the bytes: here a name.
//! let (submitter, mut completer) = rings::open::<&str>(&RingConfig::new().task_window(8))?;
//!
//! let mut batch = submitter.begin_batch();
//! let blur = batch.submit(
//!     &Request { payload_bytes: 8, transient_bytes: 640 * 480, ..Request::default() },
//!     |place, payload| {
//!         let output = place.transient.map_or(0, |output| output.offset);
//!         payload.append(&output.to_ne_bytes());
//!         "blur"
//!     },
//! )?;
//! let after = [Dependency::issued(blur.task)];
//! let sobel = batch.submit(
//!     &Request { dependencies: &after, exported_bytes: 640 * 480, ..Request::default() },
//!     |_, _| "sobel",
//! )?;
//! batch.close();
//!
//! let mut order = Vec::new();
//! let mut device = |_: TaskId, name: &mut &'static str, _: Payload<'_>| {
//!     order.push(*name);
//!     Ok::<(), std::convert::Infallible>(())
//! };
//! while let Some(issue) = completer.issue_next(&mut device) {
//!     if let Issue::Issued(task) = issue {
//!         completer.complete(task, TaskOutcome::Succeeded)?; // when its work is done
//!     }
//! }
//! assert_eq!(order, ["blur", "sobel"]);
//!
//! // Both tasks are consumed. The result is still held, and holds nothing else.
//! submitter.drain()?;
//! let result = sobel.export.expect("it was asked for");
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
mod payload;
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
pub use completer::{Completer, Dispatch, Issue, TaskOutcome};
pub use config::{BatchNeed, EffectiveConfig, RingConfig};
pub use error::{CompleteError, DrainError, Full, RetainError, StaleHandle, SubmitError};
pub use lease::{ExportLease, TaskLease};
pub use payload::{Payload, PayloadWriter};
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
/// `D` is the descriptor of a task: what its dispatch needs besides the bytes of the payload, such as a launch, or a handle of
/// an executable graph. It is dropped when the task is released.
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

/// Bytes of a slot of the main ring, without its payload.
fn slot_bytes<D>() -> usize {
    size_of::<record::Header>() + size_of::<record::Handover<D>>()
}
