//! Submitting a batch that is filled.

use super::batch::{BegunBatch, Work};
use super::{BatchId, BatchWriter, FailureCause, SubmitError};
use pixelflume_scheduler::rings::{self, Request};
use std::fmt;
use std::sync::Arc;

impl BatchWriter {
    /// Submits the batch to the device. The order of these calls is the order of results. Waits only for other producers
    /// that submit at the same time.
    ///
    /// # Errors
    /// There is no frame, or a frame lacks an input, or the engine is closed or has stopped: the batch is dropped. A later
    /// error fails the batch, in its place in the results.
    pub fn submit(self) -> Result<BatchId, SubmitError> {
        let inputs = self.shared.input_shapes.len();
        if self.frames == 0 {
            return Err(SubmitError::NoFrames);
        }
        let mut written = self.lane().written[..self.frames * inputs].iter();
        if let Some(at) = written.position(|written| !written) {
            return Err(SubmitError::Incomplete {
                input: self.shared.input_names[at % inputs].clone(),
                frame: at / inputs,
                frames: self.frames,
            });
        }
        self.send(None)
    }

    /// Submits the batch as a failed one, for example because a frame could not be decoded, so that the failure comes in its
    /// place in the results. The device gets no work.
    ///
    /// # Errors
    /// The engine is closed or has stopped.
    pub fn fail(self, reason: impl fmt::Display) -> Result<BatchId, SubmitError> {
        let reason = reason.to_string();
        self.send(Some(FailureCause::Producer(reason)))
    }

    pub(super) fn send(mut self, mut failed: Option<FailureCause>) -> Result<BatchId, SubmitError> {
        let shared = Arc::clone(&self.shared);
        shared.check_process().map_err(SubmitError::Stopped)?;
        let mut device = shared.device.lock();
        {
            let mut state = shared.state.lock();
            if let Some(refusal) = state.refusal() {
                return Err(refusal);
            }
            state.dispatching = true;
        }
        // In the order of submission, in which the images are counted.
        let first_index = device.next_index;
        device.next_index = first_index.wrapping_add(self.frames as u64);
        if failed.is_none() && shared.pipeline.is_per_image() {
            failed = self
                .describe_stale(first_index)
                .err()
                .map(FailureCause::Frame);
        }
        let held = self.held.take();
        let BegunBatch {
            lane,
            output,
            mut batch,
        } = held.expect("a writer has its lane until it is submitted");
        let mut work = Some(Work {
            lane,
            output,
            frames: self.frames,
            failed,
        });
        let request = Request {
            exported_bytes: shared.layout.bytes as u64,
            lease: true,
            ..Request::default()
        };
        let submitted = match batch.try_submit(&request, |_| work.take().expect("it is built once"))
        {
            Ok(submitted) => submitted,
            // Closed meanwhile, the only error left: all resources were set aside.
            Err(error) => {
                shared.state.lock().dispatching = false;
                shared.work.notify_all();
                shared.idle.notify_all();
                self.held = work.map(|Work { lane, output, .. }| BegunBatch {
                    lane,
                    output,
                    batch,
                });
                drop(device);
                return Err(match error {
                    rings::SubmitError::Closed => SubmitError::Closed,
                    error => SubmitError::Rings(error),
                });
            }
        };
        batch.close();
        let (in_flight, fatal) = device.issue(&shared.layout, submitted);
        let batch = BatchId::of(in_flight.task);
        let mut state = shared.state.lock();
        state.dispatching = false;
        state.forget_open(self.owner);
        state.statistics.submitted += 1;
        state.statistics.frames += self.frames as u64;
        state.in_flight.push_back(in_flight);
        if let Some(fatal) = fatal {
            state.stopped.get_or_insert(fatal);
            shared.submitter.close();
        }
        drop(state);
        drop(device);
        shared.work.notify_all();
        Ok(batch)
    }
}
