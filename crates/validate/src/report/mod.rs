//! The report of a run: on the terminal, and in a folder as `report.json`, `report.md` and `junit.xml` with images of what
//! differed. The files are written again after each check, so that a run that breaks off leaves a report that says so.

mod images;
mod junit;
mod markdown;
mod verdict;

pub(crate) use verdict::{Outcome, Verdict};

use crate::check::{Check, Context, Skipped};
use crate::mismatch::{Case, Mismatch};
use anyhow::Context as _;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

/// The data that all formats show.
pub(crate) struct Summary<'a> {
    /// Names and values of the environment: GPU, driver, versions.
    pub(crate) environment: &'a [(String, String)],
    pub(crate) checks: &'a [Verdict],
}

impl Summary<'_> {
    fn count(&self, outcome: Outcome) -> usize {
        let checks = self.checks.iter();
        checks.filter(|check| check.outcome == outcome).count()
    }

    fn seconds(&self) -> f64 {
        self.checks.iter().map(|check| check.seconds).sum()
    }

    /// Whether a check passed and none failed or is missing.
    fn passed(&self) -> bool {
        self.count(Outcome::Failed) + self.count(Outcome::NotRun) == 0
            && self.count(Outcome::Passed) > 0
    }

    fn verdict(&self) -> &'static str {
        match self.passed() {
            true => "passed",
            false if self.count(Outcome::Skipped) == self.checks.len() => "NOTHING WAS RUN",
            false => "FAILED",
        }
    }
}

/// The verdicts of a run, and the folder that they are written to.
pub(crate) struct Report {
    folder: Option<PathBuf>,
    /// The command that runs the suite with this seed on this device; the name of a check and a case can be appended.
    command: String,
    environment: Vec<(String, String)>,
    checks: Vec<Verdict>,
}

impl Report {
    /// A report on `checks`, none of which has run yet.
    pub(crate) fn new<'a>(
        folder: Option<PathBuf>,
        command: String,
        environment: Vec<(String, String)>,
        checks: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Report {
            folder,
            command,
            environment,
            checks: checks.into_iter().map(Verdict::not_run).collect(),
        }
    }

    /// Runs one of the checks of the report and records its verdict.
    pub(crate) fn run(&mut self, check: &Check, context: &Context) -> anyhow::Result<()> {
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| (check.run)(context)))
            .unwrap_or_else(|_| Err(anyhow::anyhow!("panicked, see above")));
        let mut verdict = match result {
            Ok(text) => Verdict {
                outcome: Outcome::Passed,
                text,
                ..Verdict::not_run(check.name)
            },
            Err(error) => match error.downcast_ref::<Skipped>() {
                Some(Skipped(reason)) => Verdict::skipped(check.name, reason.clone()),
                None => self.failed(check.name, context, &error),
            },
        };
        verdict.seconds = start.elapsed().as_secs_f64();
        self.record(verdict)
    }

    /// Records all checks as skipped.
    pub(crate) fn skip_all(&mut self, reason: &str) -> anyhow::Result<()> {
        for verdict in &mut self.checks {
            *verdict = Verdict::skipped(&verdict.check, reason.to_owned());
        }
        self.write()
    }

    fn record(&mut self, verdict: Verdict) -> anyhow::Result<()> {
        println!("{verdict}");
        match self.checks.iter_mut().find(|of| of.check == verdict.check) {
            Some(place) => *place = verdict,
            None => self.checks.push(verdict),
        }
        self.write()
    }

    fn failed(&self, check: &str, context: &Context, error: &anyhow::Error) -> Verdict {
        let mut verdict = Verdict {
            outcome: Outcome::Failed,
            text: format!("{error:#}"),
            ..Verdict::not_run(check)
        };
        let mut command = format!("{} --only {check}", self.command);
        if let Some(case) = error.downcast_ref::<Case>() {
            command.push_str(&format!(" --case {}", case.number));
        }
        command.push_str(context.length_argument());
        verdict.repeat = Some(command);
        if let (Some(folder), Some(mismatch)) = (&self.folder, error.downcast_ref::<Mismatch>()) {
            match images::write(folder, check, &mismatch.pair) {
                Ok(files) => verdict.files = files,
                Err(error) => verdict.text.push_str(&format!("\nno images: {error:#}")),
            }
        }
        verdict
    }

    fn summary(&self) -> Summary<'_> {
        Summary {
            environment: &self.environment,
            checks: &self.checks,
        }
    }

    /// Whether a check passed and none failed or is missing.
    pub(crate) fn passed(&self) -> bool {
        self.summary().passed()
    }

    pub(crate) fn print_summary(&self) {
        let summary = self.summary();
        let [passed, failed, skipped] =
            [Outcome::Passed, Outcome::Failed, Outcome::Skipped].map(|of| summary.count(of));
        println!(
            "{}: {passed} passed, {failed} failed, {skipped} skipped in {:.1} s",
            summary.verdict(),
            summary.seconds()
        );
        if let Some(folder) = &self.folder {
            println!("the report is in {}", folder.display());
        }
    }

    /// Writes the files, if a folder is given.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let summary = self.summary();
        let environment: serde_json::Map<_, _> = summary
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let all = json!({
            "format": 1,
            "environment": environment,
            "passed": summary.passed(),
            "verdict": summary.verdict(),
            "seconds": summary.seconds(),
            "stages": summary.checks,
        });
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        for (name, text) in [
            ("report.json", format!("{all:#}\n")),
            ("report.md", markdown::text(&summary)),
            ("junit.xml", junit::xml(&summary)),
        ] {
            let file = folder.join(name);
            std::fs::write(&file, text)
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mismatch::equal_image;
    use pixelflume::ops::ImageShape;

    fn differs(_: &Context) -> anyhow::Result<String> {
        let shape = ImageShape::u8(2, 2, 1);
        equal_image("output edges", shape, &[1, 2, 3, 4], &[1, 2, 9, 4]).with_context(|| Case {
            number: 5,
            what: "case 5 (seed 1)".to_owned(),
        })?;
        Ok("equal".to_owned())
    }

    #[test]
    fn a_failure_is_told_with_its_case_and_its_pictures() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let command = "validate --seed 1".to_owned();
        let names = ["good", "bad", "panics", "skips", "broken off"];
        let to = Some(folder.path().to_owned());
        let mut report = Report::new(to, command, Vec::new(), names);
        let context = Context::of_hosts();
        report.run(&Check::new("good", |_| Ok("fine".to_owned())), &context)?;
        report.run(&Check::new("bad", differs), &context)?;
        report.run(&Check::new("panics", |_| panic!("on purpose")), &context)?;
        let skips = |_: &Context| Err(Skipped("no such device".to_owned()).into());
        report.run(&Check::new("skips", skips), &context)?;
        assert!(!report.passed());
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name));
        let json: serde_json::Value = serde_json::from_str(&read("report.json")?)?;
        let checks: Vec<_> = (0..5).map(|check| &json["stages"][check]).collect();
        let outcomes: Vec<_> = checks.iter().map(|check| &check["outcome"]).collect();
        assert_eq!(
            outcomes,
            ["passed", "failed", "failed", "skipped", "not-run"]
        );
        assert_eq!(
            checks[1]["repeat"],
            "validate --seed 1 --only bad --case 5 --quick"
        );
        let text = checks[1]["text"].as_str().context("no text")?;
        assert!(
            text.contains("case 5 (seed 1)") && text.contains("x 0, y 1"),
            "{text}"
        );
        for file in ["bad-host.png", "bad-cuda.png", "bad-difference.png"] {
            let listed = checks[1]["files"].as_array().context("no files")?;
            assert!(listed.iter().any(|name| name == file));
            assert!(folder.path().join(file).is_file());
        }
        assert!(read("report.md")?.contains("FAILED"));
        assert!(read("junit.xml")?.contains("errors=\"1\""));
        Ok(())
    }

    #[test]
    fn a_run_that_skips_everything_has_not_passed() -> anyhow::Result<()> {
        let mut report = Report::new(None, String::new(), Vec::new(), ["one", "two"]);
        report.skip_all("there is no GPU")?;
        assert_eq!(report.summary().count(Outcome::Skipped), 2);
        assert!(!report.passed());
        assert_eq!(report.summary().verdict(), "NOTHING WAS RUN");
        let fine = Check::new("one", |_| Ok("fine".to_owned()));
        report.run(&fine, &Context::of_hosts())?;
        assert!(report.passed());
        Ok(())
    }
}
