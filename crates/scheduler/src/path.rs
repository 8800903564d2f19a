//! The ways to submit a run, and the reasons for each.

use std::fmt;

/// The way in which a run was submitted.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RunPath {
    /// Enqueued launch by launch.
    Direct(DirectReason),
    /// Launched as an executable graph of an earlier run, unchanged.
    Replayed,
    /// Launched as an executable graph of an earlier run, after some launches were patched.
    Patched {
        /// Number of patched launches.
        nodes: usize,
    },
    /// Launched as an executable graph that was updated from a new capture, since the device refused a patch.
    Updated,
    /// Launched as a new executable graph.
    Instantiated(InstantiateReason),
}

/// The reason for a direct run.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DirectReason {
    /// The execution mode is direct.
    Mode,
    /// The key has too few runs for a capture.
    WarmUp,
    /// The run is the first one with these dimensions after runs with others, or after the state of
    /// these dimensions was dropped.
    DimensionsChanged,
    /// The run is the first one of this schedule after runs of others, or after the state of this
    /// schedule was dropped.
    TopologyChanged,
    /// A task has other kernels, or another number of launches, than in the run before.
    WorkChanged,
    /// An operator asked for a new capture.
    RecaptureAsked,
    /// A task failed in the run before.
    AfterFailure,
    /// A capture was tried for this run, and failed.
    CaptureFailed,
    /// A capture is needed but not tried yet: too few runs were made since a failed capture, or since the
    /// last capture.
    BackingOff,
    /// The device refused to launch the executable.
    LaunchRefused,
    /// All replay keys are taken by other dimensions, which return as soon as these
    /// ([`ReplayConfig::keys`](crate::ReplayConfig::keys)).
    KeysTaken,
}

/// The reason why an executable was made.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum InstantiateReason {
    /// The replay key had no executable.
    FirstCapture,
    /// Arguments changed run after run, and the ring had room.
    RingGrown,
    /// The executable of the key refused both a patch and an update.
    UpdateRefused,
}

impl fmt::Display for DirectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DirectReason::Mode => "the mode is direct",
            DirectReason::WarmUp => "warm-up",
            DirectReason::DimensionsChanged => "dimensions changed",
            DirectReason::TopologyChanged => "topology changed",
            DirectReason::WorkChanged => "kernels changed",
            DirectReason::RecaptureAsked => "an operator asked for a new capture",
            DirectReason::AfterFailure => "a task failed in the run before",
            DirectReason::CaptureFailed => "the capture failed",
            DirectReason::BackingOff => "too early for a capture",
            DirectReason::LaunchRefused => "the launch of the graph was refused",
            DirectReason::KeysTaken => "graphs for as many other sizes are kept",
        })
    }
}

impl fmt::Display for InstantiateReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InstantiateReason::FirstCapture => "first capture",
            InstantiateReason::RingGrown => "arguments keep changing",
            InstantiateReason::UpdateRefused => "an update was refused",
        })
    }
}

impl fmt::Display for RunPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunPath::Direct(reason) => write!(f, "direct ({reason})"),
            RunPath::Replayed => f.write_str("replayed"),
            RunPath::Patched { nodes } => write!(f, "patched ({nodes} launches)"),
            RunPath::Updated => f.write_str("updated (a patch was refused)"),
            RunPath::Instantiated(reason) => write!(f, "instantiated ({reason})"),
        }
    }
}
