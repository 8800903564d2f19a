//! The tasks of an item in the rings, and what they take there.

use crate::task::{InputNeed, ItemState, Looked, Task};
use pixelflume_scheduler::rings::{
    self, BatchBudget, Dependency, OUTPUT_ALIGN, Request, SubmitError, TaskLease,
};
use std::sync::Arc;

/// What a task of an item takes: nothing of an item for which all is taken before.
fn taken(looked: &Looked, bytes: u64) -> u64 {
    if looked.is_alone { 0 } else { bytes }
}

/// What the tasks of an item take, with what it takes in its batch beside them.
pub(crate) fn budget_of(item: &ItemState, looked: &Looked, counted: u64) -> BatchBudget {
    let mut budget = BatchBudget::default();
    let mut add = |bytes: u64| {
        let bytes = taken(looked, bytes).next_multiple_of(OUTPUT_ALIGN);
        budget.tasks += 1;
        budget.main_slots += 1;
        budget.transient_bytes += bytes;
        budget.largest_transient = budget.largest_transient.max(bytes);
    };
    if taken(looked, counted) > 0 {
        add(counted);
    }
    if item.bytes > 0 {
        add(item.bytes);
    }
    for need in &looked.needs {
        match *need {
            InputNeed::ReadDecode { reading, pixels } => {
                add(reading);
                add(pixels);
            }
            InputNeed::Read { bytes } | InputNeed::Decode { bytes } => add(bytes),
            InputNeed::Nothing => {}
        }
    }
    budget
}

/// Submits the tasks of an item within its budget. The leases keep what its batch needs.
pub(crate) fn submit_item(
    mut tasks: rings::Batch<Task>,
    item: &Arc<ItemState>,
    looked: &Looked,
    counted: u64,
) -> Result<Vec<TaskLease>, SubmitError> {
    let mut leases = Vec::with_capacity(looked.needs.len() + 1);
    if taken(looked, counted) > 0 {
        let request = Request {
            transient_bytes: counted,
            lease: true,
            ..Request::default()
        };
        leases.extend(tasks.submit(&request, |_| Task::Counted)?.lease);
    }
    let brought = match item.bytes {
        0 => None,
        bytes => {
            let is_needed = |need: &InputNeed| matches!(need, InputNeed::Nothing);
            let request = Request {
                transient_bytes: taken(looked, bytes),
                // Where the batch needs some of it as it is.
                lease: item.info.attached.is_some() || looked.needs.iter().any(is_needed),
                ..Request::default()
            };
            let submitted = tasks.submit(&request, |_| Task::Brought)?;
            leases.extend(submitted.lease);
            Some(Dependency::completed(submitted.task))
        }
    };
    let brought = brought.as_slice();
    for (input, need) in looked.needs.iter().enumerate() {
        let mut submit = |task, bytes, dependencies: &[Dependency]| {
            let request = Request {
                dependencies,
                transient_bytes: taken(looked, bytes),
                lease: true,
                ..Request::default()
            };
            tasks.submit(&request, |_| task)
        };
        let item = Arc::clone(item);
        let submitted = match *need {
            InputNeed::ReadDecode { reading, pixels } => {
                let read = submit(Task::Read(Arc::clone(&item), input), reading, &[])?;
                let read = [Dependency::completed(read.task)];
                submit(Task::Decode(item, input), pixels, &read)?
            }
            InputNeed::Read { bytes } => submit(Task::Read(item, input), bytes, &[])?,
            InputNeed::Decode { bytes } => submit(Task::Decode(item, input), bytes, brought)?,
            InputNeed::Nothing => continue,
        };
        leases.extend(submitted.lease);
    }
    Ok(leases)
}
