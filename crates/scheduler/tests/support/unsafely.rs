//! Runs launches of the tests.
#![expect(unsafe_code, reason = "launches hold addresses")]
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test uses all of it"
)]

use pixelflume_device::{DeviceError, Launch, Stream, Ticket};
use pixelflume_scheduler::{Executor, RunKey, Schedule, SchedulerError};

// SAFETY, of all functions here: the kernels of these tests own what they touch, or do nothing; their arguments are plain
// numbers. Where accesses are declared, they are of memory that nobody has, for the checker alone.

/// Puts a launch into a stream. For the kernels of these tests alone, which touch no memory by address.
pub(crate) fn put(
    stream: &Stream,
    launch: &Launch,
    ticket: Option<&Ticket>,
) -> Result<(), DeviceError> {
    // SAFETY: see above.
    unsafe { stream.enqueue(launch, ticket) }
}

/// Runs such launches.
pub(crate) fn run<L: AsRef<[Launch]>>(
    executor: &mut Executor,
    schedule: &Schedule,
    launches: &[L],
) -> Result<u64, SchedulerError> {
    // SAFETY: see above.
    unsafe { executor.run(schedule, launches) }
}

/// Runs such launches with a key.
pub(crate) fn run_keyed<L: AsRef<[Launch]>>(
    executor: &mut Executor,
    schedule: &Schedule,
    launches: &[L],
    key: RunKey,
) -> Result<u64, SchedulerError> {
    // SAFETY: see above; tests that give revisions give them to equal launches.
    unsafe { executor.run_keyed(schedule, launches, key) }
}
