//! The data that an engine, its writers, its leases and its thread share.
//!
//! Locks, in the order in which they are taken: [`Shared::device`], [`Shared::state`], those inside of the rings and of the
//! arena. The device is never called under the lock of the state.

use super::EffectiveConfig;
use super::batch::Work;
use super::issue::DeviceSide;
use super::layout::ResultLayout;
use super::mixed::{MixedInput, MixedInputs};
use super::place::ResultPlace;
use super::state::State;
use super::trace::EngineTrace;
use crate::error::PipelineError;
use crate::lane::failures::FailureCallback;
use crate::pipeline::Pipeline;
use pixelflume_device::sync::{Condvar, Mutex};
use pixelflume_device::{Stream, contain_panic};
use pixelflume_memory::{MemoryManager, PinnedArena};
use pixelflume_ops::ImageShape;
use pixelflume_scheduler::Schedule;
use pixelflume_scheduler::rings::Submitter;
use std::sync::Arc;

/// The data that an engine, its writers, its leases and its thread share.
pub(super) struct Shared {
    pub(super) config: EffectiveConfig,
    pub(super) input_names: Vec<String>,
    /// The shapes of the inputs; of an input for images of any sizes, that of an example.
    pub(super) input_shapes: Vec<ImageShape>,
    /// The plan of an engine for images of any sizes.
    pub(super) mixed: Option<Arc<MixedInputs>>,
    pub(super) output_names: Vec<String>,
    pub(super) output_shapes: Vec<ImageShape>,
    pub(super) layout: ResultLayout,
    /// Locked while a batch is numbered and given to the device, so that both orders are the same, and while one is
    /// completed.
    pub(super) device: Mutex<DeviceSide>,
    pub(super) state: Mutex<State>,
    /// Wakes consumers: a batch is ready, or no more will come.
    pub(super) results: Condvar,
    /// Wakes the completing thread.
    pub(super) work: Condvar,
    /// Wakes a shutdown: a batch is complete.
    pub(super) idle: Condvar,
    /// The submitter of the task rings, at which producers wait for room.
    pub(super) submitter: Submitter<Work>,
    pub(super) trace: EngineTrace,
    /// The callback for nodes that failed.
    pub(super) on_failure: Mutex<Option<FailureCallback>>,
    /// The page-locked memory of results, which the rings divide; `None` where results stay on the device, and the rings
    /// count their bytes.
    pub(super) arena: Option<PinnedArena>,
    /// The home streams of results that stay on the device.
    pub(super) homes: Vec<Stream>,
    pub(super) schedule: Schedule,
    /// Whether lanes copy tensors to the frames of inputs that keep their shape.
    #[cfg(feature = "codec")]
    pub(super) copies_tensors: bool,
    pub(super) pipeline: Pipeline,
    /// The memory manager, dropped last, after all buffers.
    pub(super) memory: MemoryManager,
}

impl Shared {
    /// Refuses an engine of a parent process: its thread does not exist in a forked child, and its locks may be held by threads
    /// that do not exist there either. To a child it is an engine that has stopped.
    pub(super) fn check_process(&self) -> Result<(), Arc<PipelineError>> {
        let device = self.memory.device();
        device
            .check_process()
            .map_err(|forked| Arc::new(forked.into()))
    }

    /// The input of the executed pipeline that an input of the engine is; `None` for images of any sizes, which are described in
    /// tables.
    pub(super) fn executed_input(&self, input: usize) -> Option<usize> {
        match self.mixed.as_deref().map(|mixed| mixed.input(input)) {
            None => Some(input),
            Some(&MixedInput::Fixed(executed)) => Some(executed),
            Some(MixedInput::Sized(_)) => None,
        }
    }

    pub(super) fn is_inherited(&self) -> bool {
        self.memory.device().is_inherited()
    }

    /// Takes the place of results back. Not called under the lock of the state; comes before the rings give the bytes to
    /// another batch.
    pub(super) fn give_back(&self, place: ResultPlace) {
        match place {
            ResultPlace::Pinned(buffer) => drop(buffer),
            ResultPlace::Device(mut results) => {
                results.give_up();
                self.state.lock().spare_results.push_back(results);
            }
        }
    }

    /// Wakes all threads and tasks that wait for a result.
    pub(super) fn announce(&self) {
        self.results.notify_all();
        // One by one, so that the list keeps its memory, and without the lock, because a waker may poll at once. Wakers that
        // are registered meanwhile have seen the announced state, and come after the others.
        let count = self.state.lock().wakers.len();
        for _ in 0..count {
            let waker = self.state.lock().wakers.pop_front();
            match waker {
                Some(waker) => contain_panic("the waker of a consumer", || waker.wake()),
                None => break,
            }
        }
    }
}
