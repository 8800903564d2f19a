//! Runs task graphs on device streams.
//!
//! A [`Schedule`] is computed once per topology: the stream of each task, the order of submission, and the waits between
//! streams. It is plain data, with the happens-before relation of the tasks. An [`Executor`] owns the streams and events of
//! one device and submits prebuilt launches by a schedule, again and again without allocating. A task that fails skips its
//! descendants and nothing else; the [`RunOutcome`] has the state of each task.
//!
//! There are two guarantees:
//! - **Order does not depend on success.** The waits and records of a schedule are made for every task, also for one
//!   that failed or is skipped; only its launches are left out. So no stream ever waits for an event that was not
//!   recorded in this run, and an edge that was left without a wait of its own, because other waits imply it, stays implied.
//! - **A run is one piece of work on the main stream.** It comes after the earlier work of the main stream, and
//!   work that is put on the main stream after [`Executor::run`] comes after all tasks of the run.
//!
//! # Replay
//!
//! With [`ExecutionMode::Replay`] an executor captures a stable run into an executable graph, and launches the graph from
//! then on: one call in place of one per launch. The results equal those of direct runs bit for bit, failures included. A
//! graph is launched only where each of its launches equals the launch of the run, so no graph is stale. The difference
//! decides the cost:
//! - nothing: the graph is replayed;
//! - arguments, that is addresses and scalars, or the grid of a kernel: those launches are patched;
//! - a patch is refused: the run is captured again, and the graph updated from the capture, or instantiated;
//! - other dimensions ([`RunKey`]), another schedule, other kernels: the run is direct, and a later one is captured.
//!
//! [`ReplayStatistics`] count every step with its reason. On the host device a task that fails in a replay skips its
//! descendants as in a direct run; a GPU has no failures of single kernels. Graphs hold addresses and not memory, as
//! launches do: see [`Executor::forget_dimensions`].
//!
//! # Profiling
//!
//! An executor makes `tracing` spans of the level `trace` around runs, captures, patches and submissions of tasks, and fills
//! a [`Trace`] with them and with the times of tasks on the device, for Chrome or Perfetto ([`Executor::set_trace`]). Without
//! a listener a span costs one comparison. The feature `nvtx` adds NVTX ranges for Nsight; it needs a C compiler.
//!
//! ```
//! use pixelflume_device::{Args, Device, HostKernel, Launch, TaskFailure, Workers};
//! use pixelflume_graph::TaskGraph;
//! use pixelflume_scheduler::{Executor, Schedule, TaskState};
//! use std::sync::Arc;
//!
//! struct Nothing;
//! impl HostKernel for Nothing {
//!     unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
//!         Ok(())
//!     }
//! }
//!
//! let mut graph = TaskGraph::new();
//! let input = graph.add_node("input")?;
//! let blur = graph.add_node("blur")?;
//! let edges = graph.add_node("edges")?;
//! graph.add_edge(input, blur)?;
//! graph.add_edge(input, edges)?;
//!
//! let mut executor = Executor::new(&Device::host(), 4)?;
//! let schedule = Schedule::new(&graph, executor.streams().len())?;
//! assert!(!schedule.happens_before(blur, edges) && schedule.happens_before(input, edges));
//!
//! let launch = || Launch::host(Arc::new(Nothing), Args::EMPTY);
//! let launches = [vec![], vec![launch()], vec![launch(), launch()]];
//! // SAFETY: the kernels touch no memory.
//! unsafe { executor.run(&schedule, &launches) }?;
//! let outcome = executor.finish()?;
//! assert!(outcome.is_success());
//! assert!(matches!(outcome.state(edges), TaskState::Done));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod executor;
mod flight;
mod limits;
mod outcome;
mod path;
mod profile;
mod promise;
mod replay;
pub mod rings;
mod schedule;
pub mod settings;
mod state;
mod submit;

pub use error::{FailureCause, NodeFailure, SchedulerError};
pub use executor::Executor;
pub use flight::RunHandle;
pub use limits::{DEFAULT_REPLAY_KEYS, MAX_REPLAY_KEYS, MAX_STREAMS};
pub use outcome::{RunOutcome, TaskState};
pub use path::{DirectReason, InstantiateReason, RunPath};
pub use profile::{HostRows, TaskLabels, Trace, TraceRows, TraceTime};
pub use replay::{
    DirectRuns, ExecutionMode, ParseExecutionModeError, ReplayConfig, ReplayStatistics, RunKey,
};
pub use schedule::{Schedule, Step};
