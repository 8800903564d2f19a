//! Batches that were submitted and not waited for.

use crate::error::PipelineError;
use crate::lane::in_flight::InFlight;
use crate::lane::submit::Submitted;
use crate::lane::watcher::{Then, Watched};
use crate::results::Execution;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A batch that was submitted ([`CompiledPipeline::submit`](crate::CompiledPipeline::submit),
/// [`Runner::submit`](crate::Runner::submit)): its end, and which outputs failed.
///
/// It can be waited for on any thread, with [`Pending::wait`] or as a future. Dropping it changes nothing about the batch, which
/// goes on; what the batch uses stays until it is complete. Work that was put into the stream of the submission needs no
/// wait: it comes behind the batch.
///
/// As a future it is woken by a thread of its own, which the first future of a compiled pipeline or runner starts.
pub struct Pending {
    submitted: Submitted,
    frames: usize,
    outputs: usize,
}

impl Pending {
    pub(crate) fn new(submitted: Submitted, frames: usize, outputs: usize) -> Self {
        Pending {
            submitted,
            frames,
            outputs,
        }
    }

    /// Waits until the batch is complete. Must not be called from a host kernel.
    ///
    /// # Errors
    /// The device does not wait, or is lost. A node that failed is no error: [`Execution::failure`] gives the failure of each
    /// output that depends on the node.
    pub fn wait(self) -> Result<Execution, PipelineError> {
        self.end()
    }

    /// Whether the batch is complete, so that [`Pending::wait`] does not wait.
    ///
    /// # Errors
    /// The device does not tell, or is lost.
    pub fn is_ready(&self) -> Result<bool, PipelineError> {
        // Batches complete in the order of submission.
        Ok(self.last().run().is_complete()?)
    }

    fn last(&self) -> &Arc<InFlight> {
        let Submitted { first, rest, .. } = &self.submitted;
        rest.last().unwrap_or(first)
    }

    fn end(&self) -> Result<Execution, PipelineError> {
        let Submitted { first, rest, .. } = &self.submitted;
        let mut execution = Execution::new(self.frames);
        for batch in std::iter::once(first).chain(rest) {
            let finished = batch.wait()?;
            execution.batches += 1;
            if finished.is_success() {
                continue;
            }
            for output in 0..self.outputs {
                if execution.failure(output).is_none()
                    && let Some(failure) = finished.failure(output)
                {
                    execution.fail(output, failure);
                }
            }
        }
        Ok(execution)
    }
}

impl Future for Pending {
    type Output = Result<Execution, PipelineError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let last = self.last();
        match last.run().is_complete() {
            Ok(true) => return Poll::Ready(self.end()),
            Ok(false) => {}
            Err(error) => return Poll::Ready(Err(error.into())),
        }
        // As long as there is a waker, the run is watched for it.
        // The waker's own code does not run under the lock.
        let waker = context.waker().clone();
        let before = last.waker.lock().replace(waker);
        if before.is_none() {
            let watched = Watched {
                run: last.run().clone(),
                then: Then::Wake(Arc::clone(&last.waker)),
            };
            if let Err((_, error)) = self.submitted.watcher.watch(watched) {
                tracing::warn!(%error, "there is no thread to wait for a batch; the future is polled until it is ready");
                last.waker.lock().take();
                context.waker().wake_by_ref();
            }
        }
        Poll::Pending
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("batch", &self.submitted.first.run().batch())
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}
