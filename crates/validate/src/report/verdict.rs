//! What is known of a check once it is over, in the form that reports are written and read in.

use serde::Serialize;
use std::fmt;

/// How a check ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// It has not ended. A report in which this is left is of a run that was broken off.
    NotRun,
    Passed,
    Failed,
    /// It was not run, for the reason in the verdict's text.
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

/// The verdict on one check.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    /// The name of the check; the field of `report.json` keeps its first name.
    #[serde(rename = "stage")]
    pub(crate) check: String,
    pub(crate) outcome: Outcome,
    /// What was done, what failed, or why nothing was done.
    pub(crate) text: String,
    pub(crate) seconds: f64,
    /// The command that runs what failed again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeat: Option<String>,
    /// Files of the report's folder that show what failed.
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

    /// The one of a check that was not run for a reason.
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
