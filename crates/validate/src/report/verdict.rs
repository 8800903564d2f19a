//! The verdict on a check, in the form in which reports contain it.

use serde::Serialize;
use std::fmt;

/// The end of a check.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The check has not ended. A report with this verdict is of a run that broke off.
    NotRun,
    Passed,
    Failed,
    /// The check did not apply; the verdict's text has the reason.
    Skipped,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outcome::NotRun => "NOT RUN",
            Outcome::Passed => "PASS",
            Outcome::Failed => "FAIL",
            Outcome::Skipped => "SKIP",
        })
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    /// The name of the check; the field of `report.json` keeps its first name.
    #[serde(rename = "stage")]
    pub(crate) check: String,
    pub(crate) outcome: Outcome,
    /// The work of the check, the error, or the reason to skip it.
    pub(crate) text: String,
    pub(crate) seconds: f64,
    /// The command that repeats the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeat: Option<String>,
    /// The files in the report's folder that show the failure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<String>,
}

impl Verdict {
    pub(crate) fn not_run(check: &str) -> Self {
        Verdict {
            check: check.to_owned(),
            outcome: Outcome::NotRun,
            text: String::new(),
            seconds: 0.0,
            repeat: None,
            files: Vec::new(),
        }
    }

    /// The verdict on a check that did not apply.
    pub(crate) fn skipped(check: &str, reason: String) -> Self {
        Verdict {
            outcome: Outcome::Skipped,
            text: reason,
            ..Self::not_run(check)
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict {
            check,
            outcome,
            text,
            seconds,
            ..
        } = self;
        write!(f, "{outcome:<4} {check:<19} {seconds:>7.2} s  {text}")?;
        if let Some(command) = &self.repeat {
            write!(f, "\n     to repeat it: {command}")?;
        }
        if !self.files.is_empty() {
            write!(f, "\n     see {}", self.files.join(", "))?;
        }
        Ok(())
    }
}
