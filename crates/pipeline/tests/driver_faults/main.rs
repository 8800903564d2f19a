//! Faults in every function of the CUDA driver that is called, at its calls in turn, on a driver without a GPU: whatever
//! fails, there is an error that says what, nothing leaks, nothing is used after its end, and what comes next is right or the
//! device is reported lost.

mod engine;
mod engine_encoded;
mod engine_mixed;
mod kernels;
mod mixed;
mod parts;
mod runner;
mod submit;
mod sweep;

use pixelflume_cuda_driver::Function;
use pixelflume_memory::AllocatorMode;
use pixelflume_scheduler::ExecutionMode;
use std::collections::BTreeSet;

#[test]
fn every_fault_in_memory_streams_events_and_graphs() {
    for mode in AllocatorMode::ALL {
        sweep::sweep(&format!("parts, {mode:?}"), 1000, parts::parts(mode));
    }
}

#[test]
fn every_fault_in_a_direct_run() {
    for mode in AllocatorMode::ALL {
        let run = runner::runner(mode, ExecutionMode::Direct);
        sweep::sweep(&format!("direct, {mode:?}"), 24, run);
    }
}

#[test]
fn every_fault_in_a_run_of_large_batches() {
    // Calls of the threads that copy; the tests above and below go through the others.
    let of_copies = |function| {
        matches!(
            function,
            Function::cuMemcpyAsync
                | Function::cuEventRecordWithFlags
                | Function::cuEventSynchronize
        )
    };
    let count = sweep::sweep_of("large batches", 10, of_copies, runner::large_batches());
    assert!(count >= 30, "only {count} faults");
}

#[test]
fn every_fault_in_a_replayed_run() {
    for mode in AllocatorMode::ALL {
        let run = runner::runner(mode, ExecutionMode::Replay);
        sweep::sweep(&format!("replayed, {mode:?}"), 24, run);
    }
}

#[test]
fn every_fault_in_submitted_batches() {
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        sweep::sweep(&format!("submit, {mode:?}"), 12, submit::submits(mode));
    }
}

#[test]
fn every_fault_in_mixed_batches() {
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        sweep::sweep(&format!("mixed, {mode:?}"), 12, mixed::mixed(mode));
    }
}

#[test]
fn every_fault_in_an_engine_for_images_of_any_sizes() {
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        for on_device in [false, true] {
            let name = format!("mixed engine, {mode:?}, results on the device: {on_device}");
            sweep::sweep(&name, 12, engine_mixed::engine(mode, on_device));
        }
    }
}

#[test]
fn every_fault_in_an_engine_whose_files_the_device_decodes() {
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        // Two of each batch.
        let whole = sweep::once(engine_encoded::engine(mode));
        assert_eq!(whole.by_device(), 8);
        let name = format!("files in an engine, {mode:?}");
        sweep::sweep(&name, 12, engine_encoded::engine(mode));
    }
}

#[test]
fn every_fault_in_an_engine() {
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        for on_device in [false, true] {
            let name = format!("engine, {mode:?}, results on the device: {on_device}");
            sweep::sweep(&name, 12, engine::engine(mode, on_device));
        }
    }
}

/// The tests above go through every function of the table.
#[test]
fn every_function_that_is_called_is_made_to_fail() {
    let mut reached = BTreeSet::new();
    for mode in AllocatorMode::ALL {
        reached.extend(sweep::called(parts::parts(mode)));
        reached.extend(sweep::called(runner::runner(mode, ExecutionMode::Replay)));
    }
    let all: BTreeSet<_> = Function::ALL.iter().copied().collect();
    let missed: Vec<_> = all.difference(&reached).collect();
    assert!(missed.is_empty(), "never called: {missed:?}");
}
