//! Captures on the host device: streams record their work and its dependencies in place of running it.

use super::action::Action;
use super::graph::{HostGraph, Node};
use super::stream::StreamCore;
use crate::error::DeviceError;
use crate::process::ProcessBound;
use crate::sync::Mutex;
use std::sync::{Arc, Weak};

/// One capture from its begin to its end.
pub(super) struct Session(ProcessBound<Mutex<CaptureState>>);

#[derive(Default)]
struct CaptureState {
    nodes: Vec<Node>,
    /// The streams that joined the capture.
    streams: Vec<Weak<StreamCore>>,
    /// Whether the capture was ended.
    ended: bool,
    /// The reason why the capture cannot succeed anymore.
    broken: Option<&'static str>,
}

/// A point inside a capture: the newest nodes before it.
#[derive(Clone)]
pub(super) struct CapturePoint {
    session: Arc<Session>,
    newest: Vec<usize>,
}

/// The part that a stream has in a capture.
pub(super) struct Capturing {
    point: CapturePoint,
    origin: bool,
}

pub(super) fn error(reason: &str) -> DeviceError {
    DeviceError::Capture {
        reason: reason.to_owned(),
    }
}

impl Capturing {
    /// Begins a capture on `stream`.
    pub(super) fn begin(stream: &Arc<StreamCore>) -> Self {
        let state = CaptureState {
            streams: vec![Arc::downgrade(stream)],
            ..CaptureState::default()
        };
        let session = Arc::new(Session(ProcessBound::new(Mutex::new(state))));
        Capturing {
            point: CapturePoint {
                session,
                newest: Vec::new(),
            },
            origin: true,
        }
    }

    /// Lets `stream` join the capture that `point` lies in.
    pub(super) fn join(
        stream: &Arc<StreamCore>,
        point: &CapturePoint,
    ) -> Result<Self, DeviceError> {
        let mut state = point.session.0.lock();
        if state.ended {
            return Err(error(
                "the event was recorded inside a capture that has ended",
            ));
        }
        state.streams.push(Arc::downgrade(stream));
        Ok(Capturing {
            point: point.clone(),
            origin: false,
        })
    }

    /// Adds a node for work of the stream.
    pub(super) fn add(&mut self, action: Action) -> Result<(), DeviceError> {
        let mut state = self.point.session.0.lock();
        if matches!(action, Action::Free { .. }) {
            state.broken = Some("memory was freed inside the capture");
        }
        if let Some(reason) = state.broken {
            return Err(error(reason));
        }
        let dependencies = std::mem::take(&mut self.point.newest);
        self.point.newest.push(state.nodes.len());
        state.nodes.push(Node {
            action,
            dependencies: dependencies.into(),
        });
        Ok(())
    }

    /// Lets later work of the stream wait for a point of the same capture.
    pub(super) fn wait(&mut self, point: Option<&CapturePoint>) -> Result<(), DeviceError> {
        match point {
            Some(point) if Arc::ptr_eq(&point.session, &self.point.session) => {
                for node in &point.newest {
                    if !self.point.newest.contains(node) {
                        self.point.newest.push(*node);
                    }
                }
                Ok(())
            }
            _ => Err(self.spoil("a captured stream waits for an event from outside the capture")),
        }
    }

    pub(super) fn point(&self) -> &CapturePoint {
        &self.point
    }

    /// Marks the capture as failed, after a call that a capture does not allow.
    pub(super) fn spoil(&self, reason: &'static str) -> DeviceError {
        self.point.session.0.lock().broken.get_or_insert(reason);
        error(reason)
    }

    /// Whether the capture began on this stream.
    pub(super) fn is_origin(&self) -> bool {
        self.origin
    }

    /// Ends the capture on all its streams. Returns what was noted, if it can run.
    pub(super) fn end(self) -> Result<HostGraph, DeviceError> {
        let ended = CaptureState {
            ended: true,
            ..CaptureState::default()
        };
        let state = std::mem::replace(&mut *self.point.session.0.lock(), ended);
        for stream in state.streams.iter().filter_map(Weak::upgrade) {
            stream.leave_capture(&self.point.session);
        }
        if let Some(reason) = state.broken {
            return Err(error(reason));
        }
        if !all_joined(&state.nodes, &self.point.newest) {
            return Err(error(
                "a stream that joined the capture was not joined back to its origin",
            ));
        }
        Ok(HostGraph::new(state.nodes))
    }

    pub(super) fn belongs_to(&self, session: &Arc<Session>) -> bool {
        Arc::ptr_eq(&self.point.session, session)
    }
}

/// Whether every node is among the newest nodes of the origin, or before one of them.
fn all_joined(nodes: &[Node], newest: &[usize]) -> bool {
    let mut seen = vec![false; nodes.len()];
    let mut open = newest.to_vec();
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut seen[node], true) {
            open.extend(&*nodes[node].dependencies);
        }
    }
    seen.into_iter().all(|seen| seen)
}
