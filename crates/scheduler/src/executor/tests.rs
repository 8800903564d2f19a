//! Executors: creation, and their errors when a device is lost.
#![expect(unsafe_code, reason = "runs kernels")]

use super::streams::create_streams;
use super::*;
use crate::outcome::RunOutcome;
use pixelflume_device::{DeviceError, Launch};
use pixelflume_graph::TaskGraph;

fn refusal() -> DeviceError {
    DeviceError::Driver {
        call: "cuStreamCreate",
        code: 2,
        name: "CUDA_ERROR_OUT_OF_MEMORY",
    }
}

fn loss() -> DeviceError {
    DeviceError::Lost {
        device: "cuda:0".to_owned(),
        call: "cuStreamCreate",
        code: 700,
        name: "CUDA_ERROR_ILLEGAL_ADDRESS",
    }
}

/// Creates `count` streams, and then returns the error.
fn only(count: usize, error: DeviceError) -> Result<Vec<usize>, SchedulerError> {
    let mut made = 0;
    create_streams("test", 4, || {
        made += 1;
        if made <= count {
            Ok(made - 1)
        } else {
            Err(error.clone())
        }
    })
}

#[test]
fn fewer_streams_will_do_but_none_will_not() {
    assert_eq!(only(9, refusal()).unwrap(), [0, 1, 2, 3]);
    assert_eq!(only(3, refusal()).unwrap(), [0, 1, 2]);
    assert_eq!(only(1, refusal()).unwrap(), [0]);
    assert!(matches!(
        only(0, refusal()),
        Err(SchedulerError::NoStream { .. })
    ));
    assert!(matches!(
        only(2, loss()),
        Err(SchedulerError::DeviceLost { .. })
    ));
}

#[test]
fn an_executor_may_change_threads() {
    fn is_send<T: Send>() {}
    is_send::<Executor>();
    is_send::<RunOutcome<'_>>();
}

#[test]
fn a_lost_device_is_named_by_every_later_call() {
    let mut graph = TaskGraph::new();
    graph.add_node("a").unwrap();
    let schedule = Schedule::new(&graph, 1).unwrap();
    let launches = [Vec::<Launch>::new()];
    let mut executor = Executor::new(&Device::host(), 1).unwrap();
    // SAFETY: the kernels touch no memory by address.
    unsafe { executor.run(&schedule, &launches) }.unwrap();
    executor.note(device_error("waiting", refusal()));
    assert!(
        executor.finish().unwrap().is_success(),
        "a refusal is not the end"
    );

    // SAFETY: the kernels touch no memory by address.

    unsafe { executor.run(&schedule, &launches) }.unwrap();
    executor.note(device_error("waiting", loss()));
    for _ in 0..2 {
        let lost = |error: SchedulerError| matches!(error, SchedulerError::DeviceLost { .. });
        assert!(lost(executor.finish().unwrap_err()));
        assert!(lost(executor.prepare(&schedule).unwrap_err()));
        // SAFETY: the kernels touch no memory by address.
        assert!(lost(
            // SAFETY: the kernels touch no memory by address.
            unsafe { executor.run(&schedule, &launches) }.unwrap_err()
        ));
    }
}
