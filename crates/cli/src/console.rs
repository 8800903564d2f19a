//! What the user sees while the command runs.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use pixelflume::graph::text::is_hidden;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use tracing_subscriber::EnvFilter;

/// Variable that sets what is logged to stderr.
const LOG_VARIABLE: &str = "PIXELFLUME_LOG";

/// Starts the log to stderr: by default warnings, or errors alone when `quiet`.
pub(crate) fn start_log(quiet: bool) {
    let default = if quiet { "error" } else { "warn" };
    let filter = match std::env::var(LOG_VARIABLE) {
        Err(_) => EnvFilter::new(default),
        Ok(text) => text.parse().unwrap_or_else(|error| {
            warning(&format!("{LOG_VARIABLE}={text} is ignored: {error}"));
            EnvFilter::new(default)
        }),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

/// Prints `error: ` and the text to stderr. A closed stderr is no reason to stop.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr(), "error: {}", plain(text));
}

/// Prints `warning: ` and the text to stderr.
pub(crate) fn warning(text: &str) {
    let _ = writeln!(io::stderr(), "warning: {}", plain(text));
}

/// The text with all replaced that would steer the terminal, but for the ends of lines: names of files may hold anything.
fn plain(text: &str) -> String {
    text.replace(|c| c != '\n' && is_hidden(c), "\u{fffd}")
}

/// Prints text to stdout as it is. A closed pipe (`| head`) is no error.
pub(crate) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

/// Prints text to stderr as it is: for a run that writes its results to stdout.
pub(crate) fn note(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Progress of a run: a bar on a terminal, nothing elsewhere, and errors that do not tear the bar.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Progress over `total` images; shown only on a terminal and when not `quiet`.
    pub(crate) fn new(total: usize, quiet: bool) -> Self {
        let target = if quiet || !io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        let template = "{bar:32} {pos}/{len} images, {rate} images/s, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &ProgressState, text: &mut dyn fmt::Write| {
                let _ = write!(text, "{:.1}", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate));
        }
        Progress { bar }
    }

    /// One more image is done or has failed.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }

    /// Prints an error above the bar.
    pub(crate) fn error(&self, text: &str) {
        self.bar.suspend(|| error(text));
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
