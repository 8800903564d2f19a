//! Captures of the fake driver: work of streams becomes nodes of a graph.

use std::collections::BTreeSet;
use std::thread::{self, ThreadId};

use super::graph::{Graph, Node};
use super::state::{CallResult, FakeState, Handle};
use super::work::Work;
use crate::ffi::capture_status;
use crate::result::CuResult;

pub(super) struct Capture {
    origin: Handle,
    thread: ThreadId,
    invalid: bool,
    nodes: Vec<Node>,
}

impl FakeState {
    pub(super) fn begin_capture(&mut self, stream: Handle) -> CallResult<()> {
        if self.stream(stream)?.capture.is_some() {
            return Err(CuResult::ILLEGAL_STATE);
        }
        let id = self.handle();
        let capture = Capture {
            origin: stream,
            thread: thread::current().id(),
            invalid: false,
            nodes: Vec::new(),
        };
        self.captures.insert(id, capture);
        self.stream(stream)?.capture = Some((id, Vec::new()));
        Ok(())
    }

    /// The valid capture that a stream takes part in.
    pub(super) fn capturing(&mut self, stream: Handle) -> CallResult<&mut Capture> {
        let id = self.stream(stream)?.capture.as_ref().map(|(id, _)| *id);
        let capture = id.and_then(|id| self.captures.get_mut(&id));
        match capture {
            Some(capture) if !capture.invalid => Ok(capture),
            Some(_) => Err(CuResult::STREAM_CAPTURE_INVALIDATED),
            None => Err(CuResult::ILLEGAL_STATE),
        }
    }

    /// Makes a node of work that is put into a capturing stream.
    pub(super) fn capture_work(&mut self, stream: Handle, work: Work) -> CallResult<()> {
        self.capturing(stream)?;
        let handle = self.handle();
        let own = self.stream(stream)?.capture.as_mut();
        let behind = own.map(|(_, behind)| std::mem::replace(behind, vec![handle]));
        self.capturing(stream)?.nodes.push(Node {
            handle,
            behind: behind.unwrap_or_default(),
            work,
        });
        Ok(())
    }

    /// Adds a stream to a capture, because it waits for an event of that capture.
    pub(super) fn join(
        &mut self,
        stream: Handle,
        capture: u64,
        behind: &[Handle],
    ) -> CallResult<()> {
        match self.captures.get(&capture) {
            None => return Err(CuResult::CAPTURED_EVENT),
            Some(capture) if capture.invalid => return Err(CuResult::STREAM_CAPTURE_INVALIDATED),
            Some(_) => {}
        }
        let own = &mut self.stream(stream)?.capture;
        let (id, nodes) = own.get_or_insert_with(|| (capture, Vec::new()));
        if *id != capture {
            self.invalidate_capture_of(stream);
            return Err(CuResult::STREAM_CAPTURE_MERGE);
        }
        for node in behind {
            if !nodes.contains(node) {
                nodes.push(*node);
            }
        }
        Ok(())
    }

    pub(super) fn invalidate_capture_of(&mut self, stream: Handle) {
        if let Ok(capture) = self.capturing(stream) {
            capture.invalid = true;
        }
    }

    /// Invalidates the captures of the calling thread, after a call that a capture forbids. Says whether there were
    /// any.
    pub(super) fn invalidate_captures_of_this_thread(&mut self) -> bool {
        let this = thread::current().id();
        let mut own = self.captures.values_mut().filter(|c| c.thread == this);
        own.by_ref().map(|capture| capture.invalid = true).count() > 0
    }

    /// The status and number of a capture, and the nodes on which the stream's next work depends; the list is valid
    /// until the next query.
    pub(super) fn capture_info(&mut self, stream: Handle) -> CallResult<(i32, u64, &[Handle])> {
        let Some((id, behind)) = self.stream(stream)?.capture.clone() else {
            return Ok((capture_status::NONE, 0, &[]));
        };
        if self.capturing(stream).is_err() {
            // Nothing else is told then.
            return Ok((capture_status::INVALIDATED, 0, &[]));
        }
        let stream = self.stream(stream)?;
        stream.told = behind;
        Ok((capture_status::ACTIVE, id, &stream.told))
    }

    pub(super) fn end_capture(&mut self, stream: Handle) -> CallResult<Handle> {
        let Some((id, ends)) = self.stream(stream)?.capture.clone() else {
            return Err(CuResult::ILLEGAL_STATE);
        };
        match self.captures.get(&id) {
            Some(capture) if capture.thread != thread::current().id() => {
                return Err(CuResult::STREAM_CAPTURE_WRONG_THREAD);
            }
            Some(capture) if capture.origin != stream => {
                self.invalidate_capture_of(stream);
                return Err(CuResult::STREAM_CAPTURE_UNMATCHED);
            }
            _ => {}
        }
        let context = self.enter()?;
        let capture = self.captures.remove(&id).ok_or(CuResult::ILLEGAL_STATE)?;
        let mut reached = BTreeSet::new();
        let mut ahead = ends;
        while let Some(node) = ahead.pop() {
            if reached.insert(node) {
                let node = capture.nodes.iter().find(|known| known.handle == node);
                ahead.extend(node.into_iter().flat_map(|node| &node.behind));
            }
        }
        let mut unjoined = false;
        for (_, other) in self.streams.iter_mut() {
            if other.capture.as_ref().is_some_and(|(of, _)| *of == id) {
                let (_, behind) = other.capture.take().unwrap_or_default();
                unjoined |= behind.iter().any(|node| !reached.contains(node));
            }
        }
        if capture.invalid {
            return Err(CuResult::STREAM_CAPTURE_INVALIDATED);
        }
        if unjoined {
            return Err(CuResult::STREAM_CAPTURE_UNJOINED);
        }
        let handle = self.handle();
        let nodes = capture.nodes;
        Ok(self.graphs.add(handle, Graph { context, nodes }))
    }
}
