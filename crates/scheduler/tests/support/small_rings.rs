//! Small rings, and a device that does nothing.

use pixelflume_scheduler::rings::{
    self, Completer, Issue, OUTPUT_ALIGN, Request, RingConfig, SubmitError, Submitted, Submitter,
    TaskId, TaskOutcome,
};
use std::time::Duration;

pub(crate) type Rings = (Submitter<()>, Completer<()>);

pub(crate) fn config() -> RingConfig {
    RingConfig::new()
        .task_window(4)
        .consumed_window(8)
        .edge_pool(8)
        .arena(8 * OUTPUT_ALIGN)
        .export_slots(2)
        .stall_timeout(Duration::ZERO)
}

pub(crate) fn open(config: RingConfig) -> Rings {
    rings::open(&config).expect("the sizes are in range")
}

pub(crate) fn submit(
    submitter: &Submitter<()>,
    request: Request<'_>,
) -> Result<Submitted, SubmitError> {
    submitter.submit(&request, |_| ())
}

pub(crate) fn issue_all(completer: &mut Completer<()>) -> Vec<TaskId> {
    std::iter::from_fn(|| completer.issue_next())
        .map(|issue| match issue {
            Issue::Issued(task, ()) => task,
            other => panic!("{other:?}"),
        })
        .collect()
}

pub(crate) fn run_all(completer: &mut Completer<()>) {
    for task in issue_all(completer) {
        completer.complete(task, TaskOutcome::Succeeded).unwrap();
    }
}

pub(crate) const PLAIN: Request<'_> = Request {
    dependencies: &[],
    transient_bytes: 0,
    exported_bytes: 0,
    lease: false,
};
