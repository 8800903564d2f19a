//! Captures a run in place of submitting it.
#![expect(unsafe_code, reason = "begins captures")]

use pixelflume_device::{DeviceError, Graph, Launch, Stream, Ticket};

use super::Refusals;
use crate::promise::PromisedRun;
use crate::schedule::Schedule;
use crate::submit::{Operation, StreamTarget, Target, walk};

/// Captures the launches of a run, with the same waits as a direct run makes. Whatever happens, no stream is capturing
/// afterwards.
pub(super) fn capture<L: AsRef<[Launch]>>(
    target: StreamTarget<'_>,
    schedule: &Schedule,
    launches: PromisedRun<'_, L>,
    mut ticket: Option<&mut Ticket>,
    refusals: &mut Refusals,
) -> Result<Graph, DeviceError> {
    // The stream of somebody else is not the executor's to capture.
    let mut target = target.on_own_streams();
    let capture = Capture::begin(target.main)?;
    walk(schedule, |operation| match operation {
        Operation::Record { stream, point } => target.record(stream, point),
        Operation::Wait { stream, point } => target.wait(stream, point),
        Operation::Task(step) => {
            let launches = launches.of(step.node.index());
            if launches.len() == 0 {
                return Ok(());
            }
            target.task_begins(step);
            for launch in launches {
                if let Some(ticket) = &mut ticket {
                    // Node indices fit: a node's id is 32 bits wide.
                    ticket.task = step.node.index() as u32;
                }
                target.enqueue(step.stream, launch, ticket.as_deref())?;
                if refusals.capture() {
                    // The device spoils the capture and says so, here and at its end.
                    target.drain(step.stream)?;
                }
            }
            target.task_ends(step);
            Ok(())
        }
    })?;
    capture.end()
}

/// A capture that has begun. Its drop ends it, also in a panic of the caller's code.
struct Capture<'a> {
    origin: &'a Stream,
    ended: bool,
}

impl<'a> Capture<'a> {
    fn begin(origin: &'a Stream) -> Result<Self, DeviceError> {
        // SAFETY: the stream is the executor's own, and the caller of the run promised that no other code uses its streams
        // meanwhile (`Executor::run`).
        unsafe { origin.begin_capture() }?;
        Ok(Capture {
            origin,
            ended: false,
        })
    }

    fn end(mut self) -> Result<Graph, DeviceError> {
        self.ended = true;
        self.origin.end_capture()
    }
}

impl Drop for Capture<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // What went wrong is reported already; a capture that failed must be ended for the streams to be usable.
            let _ = self.origin.end_capture();
        }
    }
}
