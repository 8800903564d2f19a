//! `--trace`: the file of a trace, for Perfetto or Chrome.

use crate::console;
use crate::failure::Failure;
use crate::target;
use pixelflume::files::target::OpenTarget;
use pixelflume::scheduler::Trace;
use std::path::{Path, PathBuf};

/// The trace of a run and its file, or nothing where no trace was asked for.
#[derive(Debug)]
pub(crate) struct TraceFile(Option<(Trace, OpenTarget, PathBuf)>);

impl TraceFile {
    /// No trace.
    pub(crate) fn none() -> Self {
        TraceFile(None)
    }

    /// Opens the file under a temporary name; without a path there is no trace.
    pub(crate) fn prepare(path: Option<&Path>) -> Result<Self, Failure> {
        let file = target::prepare_file("trace", path)?;
        let opened = file.zip(path);
        Ok(TraceFile(
            opened.map(|(file, path)| (Trace::new(), file, path.to_owned())),
        ))
    }

    /// The trace, to be attached to each engine before its first batch.
    pub(crate) fn trace(&self) -> Option<Trace> {
        self.0.as_ref().map(|(trace, ..)| trace.clone())
    }

    /// Writes the trace; returns whether that succeeded.
    pub(crate) fn finish(self) -> bool {
        let Some((trace, mut file, path)) = self.0 else {
            return true;
        };
        let written = trace.write_chrome(&mut file).and_then(|()| file.keep());
        if let Err(error) = &written {
            console::error(&format!("cannot write trace {}: {error}", path.display()));
        }
        if trace.dropped() > 0 {
            console::warning(&format!(
                "trace {}: it was full, and its last {} events are missing",
                path.display(),
                trace.dropped()
            ));
        }
        written.is_ok()
    }
}
