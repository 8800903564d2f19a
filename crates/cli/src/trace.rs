//! `--trace`: what a run did and when, in builds with the feature `profiling`.

use crate::failure::Failure;
use std::path::Path;

#[cfg(feature = "profiling")]
pub(crate) use on::TraceFile;

/// The file of a trace: there is none in this build.
#[cfg(not(feature = "profiling"))]
#[derive(Debug)]
pub(crate) struct TraceFile;

/// Refuses `--trace` where this build cannot record one.
pub(crate) fn check(path: Option<&Path>) -> Result<(), Failure> {
    if path.is_some() && cfg!(not(feature = "profiling")) {
        return Err(
            Failure::new("--trace needs profiling, and this program was built without it").help(
                "build it with `cargo build --release -p pixelflume-cli --features profiling`",
            ),
        );
    }
    Ok(())
}

#[cfg(not(feature = "profiling"))]
impl TraceFile {
    /// No trace.
    pub(crate) fn none() -> Self {
        TraceFile
    }

    /// Nothing to prepare: [`check`] refused a path.
    pub(crate) fn prepare(_: Option<&Path>) -> Result<Self, Failure> {
        Ok(TraceFile)
    }

    /// Nothing to record.
    pub(crate) fn attach(&self, _: &pixelflume::pipeline::Engine) {}

    /// Nothing to write.
    pub(crate) fn finish(self) -> bool {
        true
    }
}

#[cfg(feature = "profiling")]
mod on {
    use crate::console;
    use crate::failure::Failure;
    use crate::target::{self, OpenTarget};
    use pixelflume::pipeline::Engine;
    use pixelflume::scheduler::Trace;
    use std::path::{Path, PathBuf};

    /// A trace under way, and where it goes. Nothing where none was asked for.
    #[derive(Debug)]
    pub(crate) struct TraceFile(Option<(Trace, OpenTarget, PathBuf)>);

    impl TraceFile {
        /// No trace.
        pub(crate) fn none() -> Self {
            TraceFile(None)
        }

        /// Opens the file under a temporary name.
        pub(crate) fn prepare(path: Option<&Path>) -> Result<Self, Failure> {
            let file = target::prepare_file("trace", path)?;
            let opened = file.zip(path);
            Ok(TraceFile(
                opened.map(|(file, path)| (Trace::new(), file, path.to_owned())),
            ))
        }

        /// Lets an engine record in it, before its first batch.
        pub(crate) fn attach(&self, engine: &Engine) {
            if let Some((trace, ..)) = &self.0 {
                engine.set_trace(Some(trace.clone()));
            }
        }

        /// Writes the trace; whether that went well.
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
}
