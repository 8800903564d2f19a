//! Streams and events of the fake driver.

use std::collections::VecDeque;
use std::thread;

use super::memory::Place;
use super::state::{Belongs, CallResult, FakeState, Handle, HandleKind};
use super::work::Work;
use crate::ffi::event_flags;
use crate::result::CuResult;

/// `CU_STREAM_LEGACY`.
const LEGACY: Handle = 1;

/// `CU_STREAM_PER_THREAD`.
const PER_THREAD: Handle = 2;

#[derive(Default)]
pub(super) struct Stream {
    context: Handle,
    /// Whether the stream is there without being made.
    pub(super) default: bool,
    /// Pending work, with its numbers.
    pending: VecDeque<(u64, Work)>,
    /// Whether the stream is destroyed; its pending work still runs.
    pub(super) destroyed: bool,
    /// The capture that the stream takes part in, and the nodes on which its next work depends.
    pub(super) capture: Option<(u64, Vec<Handle>)>,
    /// The nodes that the last query of its capture returned.
    pub(super) told: Vec<Handle>,
}

impl HandleKind for Stream {
    const NAME: &'static str = "stream";
}

impl Belongs for Stream {
    fn context(&self) -> Handle {
        self.context
    }
}

impl Stream {
    pub(super) fn pending(&self) -> impl Iterator<Item = &Work> {
        self.pending.iter().map(|(_, work)| work)
    }
}

pub(super) struct Event {
    context: Handle,
    times: bool,
    pub(super) recorded: EventRecord,
}

impl HandleKind for Event {
    const NAME: &'static str = "event";
}

impl Belongs for Event {
    fn context(&self) -> Handle {
        self.context
    }
}

/// The newest record of an event.
#[derive(Clone, Debug)]
pub(super) enum EventRecord {
    Never,
    /// The record is behind the work of a stream up to a number.
    On {
        stream: Handle,
        number: u64,
    },
    Done {
        time: u64,
    },
    /// The record is in a capture, behind these nodes.
    Captured {
        capture: u64,
        behind: Vec<Handle>,
    },
}

impl FakeState {
    pub(super) fn create_stream(&mut self) -> CallResult<Handle> {
        let context = self.enter()?;
        let handle = self.handle();
        let stream = Stream {
            context,
            ..Stream::default()
        };
        Ok(self.streams.add(handle, stream))
    }

    /// The stream that a caller names: default streams are there without being made, one for each context, and one for each
    /// context and thread.
    pub(super) fn named(&mut self, stream: Handle) -> CallResult<Handle> {
        let thread = match stream {
            0 | LEGACY => None,
            PER_THREAD => Some(thread::current().id()),
            made => return Ok(made),
        };
        let context = self.enter()?;
        if let Some(known) = self.default_streams.get(&(context, thread)) {
            return Ok(*known);
        }
        let handle = self.handle();
        let stream = Stream {
            context,
            default: true,
            ..Stream::default()
        };
        self.default_streams.insert((context, thread), handle);
        Ok(self.streams.add(handle, stream))
    }

    pub(super) fn stream(&mut self, stream: Handle) -> CallResult<&mut Stream> {
        if self
            .in_context(|state| &mut state.streams, stream)?
            .destroyed
        {
            return Err(self.violation(format_args!("{stream:#x} is a stream that was destroyed")));
        }
        self.streams.at(stream)
    }

    /// The context of a stream, whichever context is current.
    pub(super) fn context_of(&mut self, stream: Handle) -> CallResult<Handle> {
        self.enter()?;
        let stream = self.of(|state| &mut state.streams, stream)?;
        match stream.destroyed {
            true => Err(CuResult::INVALID_HANDLE),
            false => Ok(stream.context),
        }
    }

    pub(super) fn destroy_stream(&mut self, stream: Handle) -> CallResult<()> {
        if self.stream(stream)?.default {
            return Err(self.violation(format_args!("a default stream is destroyed")));
        }
        // A capture that began on it is left, and counts as something that was not ended.
        self.stream(stream)?.destroyed = true;
        self.forget_if_over(stream);
        Ok(())
    }

    fn forget_if_over(&mut self, stream: Handle) {
        if self
            .streams
            .at(stream)
            .is_ok_and(|s| s.destroyed && s.pending.is_empty())
        {
            self.streams.remove(stream);
        }
    }

    /// Puts work into a stream, or into the capture that it takes part in.
    pub(super) fn enqueue(&mut self, stream: Handle, work: Work) -> CallResult<()> {
        if self.stream(stream)?.capture.is_some() {
            return self.capture_work(stream, work);
        }
        self.enqueued += 1;
        let number = self.enqueued;
        self.stream(stream)?.pending.push_back((number, work));
        Ok(())
    }

    /// Enqueues a copy, or a fill; bytes in memory that the driver does not know are copied at once.
    pub(super) fn enqueue_transfer(&mut self, stream: Handle, work: Work) -> CallResult<()> {
        let sides = match work {
            Work::Copy { dst, src, .. } => [dst, src],
            Work::Fill { dst, .. } => [dst, dst],
            _ => return Err(CuResult::INVALID_VALUE),
        };
        let unknown = sides
            .iter()
            .any(|side| self.memory.place(*side) == Place::Unknown);
        if unknown && self.stream(stream)?.capture.is_some() {
            self.invalidate_capture_of(stream);
            return Err(CuResult::STREAM_CAPTURE_UNSUPPORTED);
        }
        self.enqueue(stream, work)?;
        if unknown {
            self.run_to(stream, u64::MAX);
        }
        Ok(())
    }

    /// The next work of a stream, where its number is at most this.
    pub(super) fn next_of(&mut self, stream: Handle, number: u64) -> Option<&Work> {
        let (next, work) = self.streams.at(stream).ok()?.pending.front()?;
        (*next <= number).then_some(work)
    }

    pub(super) fn take_next(&mut self, stream: Handle) -> Option<Work> {
        let (_, work) = self.streams.at(stream).ok()?.pending.pop_front()?;
        self.forget_if_over(stream);
        Some(work)
    }

    pub(super) fn oldest_of(&mut self, stream: Handle) -> Option<u64> {
        let (number, _) = self.streams.at(stream).ok()?.pending.front()?;
        Some(*number)
    }

    /// Whether work of the stream up to this number is pending.
    pub(super) fn is_pending(&mut self, stream: Handle, number: u64) -> bool {
        self.next_of(stream, number).is_some()
    }

    /// Refuses a capturing stream, for a call that a capture forbids.
    pub(super) fn not_captured(&mut self, stream: Handle) -> CallResult<()> {
        if self.stream(stream)?.capture.is_none() {
            return Ok(());
        }
        self.invalidate_capture_of(stream);
        Err(CuResult::STREAM_CAPTURE_UNSUPPORTED)
    }

    pub(super) fn synchronize_stream(&mut self, stream: Handle) -> CallResult<()> {
        self.not_captured(stream)?;
        self.run_to(stream, u64::MAX);
        Ok(())
    }

    /// Does one piece of work at each query, so that repeated queries come to an end.
    pub(super) fn query_stream(&mut self, stream: Handle) -> CallResult<()> {
        self.not_captured(stream)?;
        self.advance(stream);
        match self.is_pending(stream, u64::MAX) {
            true => Err(CuResult::NOT_READY),
            false => Ok(()),
        }
    }

    pub(super) fn synchronize_all(&mut self) -> CallResult<()> {
        self.enter()?;
        if self.invalidate_captures_of_this_thread() {
            return Err(CuResult::STREAM_CAPTURE_UNSUPPORTED);
        }
        self.run_all();
        Ok(())
    }

    pub(super) fn create_event(&mut self, flags: u32) -> CallResult<Handle> {
        let context = self.enter()?;
        let handle = self.handle();
        let event = Event {
            context,
            times: flags & event_flags::DISABLE_TIMING == 0,
            recorded: EventRecord::Never,
        };
        Ok(self.events.add(handle, event))
    }

    pub(super) fn event(&mut self, event: Handle) -> CallResult<&mut Event> {
        self.in_context(|state| &mut state.events, event)
    }

    pub(super) fn destroy_event(&mut self, event: Handle) -> CallResult<()> {
        self.event(event)?;
        self.events.remove(event);
        Ok(())
    }

    pub(super) fn record(
        &mut self,
        event: Handle,
        stream: Handle,
        external: bool,
    ) -> CallResult<()> {
        self.event(event)?;
        let captured = self.stream(stream)?.capture.clone();
        let recorded = match captured {
            Some(_) if external => return self.enqueue(stream, Work::RecordInGraph { event }),
            None if external => return Err(CuResult::INVALID_VALUE),
            Some((capture, behind)) => {
                self.capturing(stream)?;
                EventRecord::Captured { capture, behind }
            }
            None => {
                let number = self.enqueued + 1;
                self.enqueue(stream, Work::Record { event, number })?;
                EventRecord::On { stream, number }
            }
        };
        self.event(event)?.recorded = recorded;
        Ok(())
    }

    pub(super) fn wait(&mut self, stream: Handle, event: Handle) -> CallResult<()> {
        let recorded = self.event(event)?.recorded.clone();
        let own = self.stream(stream)?.capture.as_ref().map(|(id, _)| *id);
        match recorded {
            EventRecord::Captured { capture, behind } => self.join(stream, capture, &behind),
            EventRecord::On { .. } if own.is_some() => {
                self.invalidate_capture_of(stream);
                Err(CuResult::STREAM_CAPTURE_ISOLATION)
            }
            EventRecord::On {
                stream: other,
                number,
            } => self.enqueue(
                stream,
                Work::Wait {
                    stream: other,
                    number,
                },
            ),
            EventRecord::Never | EventRecord::Done { .. } => Ok(()),
        }
    }

    /// The stream and number of a record that is not complete.
    fn outstanding(&mut self, event: Handle) -> CallResult<Option<(Handle, u64)>> {
        match self.event(event)?.recorded {
            EventRecord::On { stream, number } => Ok(Some((stream, number))),
            EventRecord::Captured { .. } => Err(CuResult::CAPTURED_EVENT),
            EventRecord::Never | EventRecord::Done { .. } => Ok(None),
        }
    }

    pub(super) fn query_event(&mut self, event: Handle) -> CallResult<()> {
        if let Some((stream, _)) = self.outstanding(event)? {
            self.advance(stream);
        }
        match self.outstanding(event)? {
            Some(_) => Err(CuResult::NOT_READY),
            None => Ok(()),
        }
    }

    pub(super) fn synchronize_event(&mut self, event: Handle) -> CallResult<()> {
        if let Some((stream, number)) = self.outstanding(event)? {
            self.run_to(stream, number);
        }
        Ok(())
    }

    pub(super) fn elapsed(&mut self, start: Handle, end: Handle) -> CallResult<f32> {
        let mut times = [0; 2];
        for (time, event) in times.iter_mut().zip([start, end]) {
            let event = self.event(event)?;
            *time = match event.recorded {
                _ if !event.times => return Err(CuResult::INVALID_HANDLE),
                EventRecord::Done { time } => time,
                EventRecord::On { .. } => return Err(CuResult::NOT_READY),
                EventRecord::Never | EventRecord::Captured { .. } => {
                    return Err(CuResult::INVALID_HANDLE);
                }
            };
        }
        // A piece of work takes a thousandth of a millisecond.
        Ok((times[1] as f32 - times[0] as f32) * 1e-3)
    }
}
