//! Output to the terminal: log, messages and progress.

use crate::failure::Failure;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use pixelflume::graph::text::is_hidden;
use std::borrow::Cow;
use std::env::{self, VarError};
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// The environment variable with the log filter.
const LOG_VARIABLE: &str = "PIXELFLUME_LOG";

/// Starts the log on stderr: warnings by default, errors only when `quiet`.
pub(crate) fn start_log(quiet: bool) {
    let default = if quiet { "error" } else { "warn" };
    let filter = match env::var(LOG_VARIABLE) {
        Err(VarError::NotPresent) => EnvFilter::new(default),
        Err(VarError::NotUnicode(_)) => {
            warning(&format!("{LOG_VARIABLE} is ignored: it is no text"));
            EnvFilter::new(default)
        }
        Ok(text) => text.parse().unwrap_or_else(|error| {
            warning(&format!("{LOG_VARIABLE}={text} is ignored: {error}"));
            EnvFilter::new(default)
        }),
    };
    let colored = io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || Log { colored })
        .with_ansi(colored)
        // The message would go to stderr, and panic where stderr fails too.
        .log_internal_errors(false)
        .init();
}

/// The log on stderr, one event per line. Errors of stderr are ignored: there is no other place to report them.
struct Log {
    /// Whether events have terminal colors; the text that they quote is escaped before it gets here.
    colored: bool,
}

impl Write for Log {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let kept: &[char] = if self.colored { &['\u{1b}'] } else { &[] };
        let _ = writeln!(io::stderr(), "{}", escaped(line, kept));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text with control characters escaped (`\n`, `\u{1b}`), except for those in `kept`. Names of files and nodes may contain
/// any character, and must neither control the terminal nor look like messages.
pub(crate) fn escaped<'a>(text: &'a str, kept: &[char]) -> Cow<'a, str> {
    let escape = |c: char| is_hidden(c) && !kept.contains(&c);
    if !text.contains(escape) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match escape(c) {
            true => plain.extend(c.escape_default()),
            false => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// Prints `error: ` and the text as one line to stderr. Errors of stderr are ignored.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr(), "error: {}", escaped(text, &[]));
}

/// Prints `warning: ` and the text, as one line, to stderr.
pub(crate) fn warning(text: &str) {
    let _ = writeln!(io::stderr(), "warning: {}", escaped(text, &[]));
}

/// Prints a failure with its lines of help to stderr.
pub(crate) fn failure(failure: &Failure) {
    let text = failure.to_string();
    let _ = writeln!(io::stderr(), "error: {}", escaped(&text, &['\n', '\t']));
}

/// Prints text to stdout, unchanged.
///
/// # Errors
/// Stdout cannot be written. A closed pipe (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    printed(
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush()),
    )
}

/// Prints clap's message: help and version to stdout, usage errors to stderr. Returns the exit status.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let written = error.print();
    if error.use_stderr() {
        return ExitCode::from(2);
    }
    match printed(written.and_then(|()| io::stdout().flush())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            failure(&error);
            ExitCode::from(2)
        }
    }
}

fn printed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints text to stderr, unchanged, for a run that writes its results to stdout.
pub(crate) fn note(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The progress of a run: a bar on a terminal, nothing elsewhere. Errors are printed above the bar.
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

    /// Counts one more image as done or failed.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_but_for_those_that_are_kept() {
        let text = "a\u{1b}[31m\n\u{9b}\u{7f}\té";
        assert_eq!(escaped(text, &[]), "a\\u{1b}[31m\\n\\u{9b}\\u{7f}\\té");
        assert_eq!(
            escaped(text, &['\n', '\t']),
            "a\\u{1b}[31m\n\\u{9b}\\u{7f}\té"
        );
        assert!(matches!(escaped("plain é", &[]), Cow::Borrowed("plain é")));
    }
}
