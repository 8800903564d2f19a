//! Runs the stages and reports: on the terminal, and in a folder as `report.json`, `report.md` and `junit.xml`, with
//! pictures of what differed. The files are written anew after each stage, so that a run that is broken off leaves a report,
//! too, which says so.

mod junit;
mod markdown;
mod pictures;
mod verdict;

pub(crate) use verdict::{Outcome, Verdict};

use crate::mismatch::{Case, Mismatch};
use crate::stage::{Context, Stage};
use anyhow::Context as _;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

/// What the formats have in common.
pub(crate) struct Summary<'a> {
    /// What was run, on what: names and values.
    pub(crate) environment: &'a [(String, String)],
    pub(crate) stages: &'a [Verdict],
}

impl Summary<'_> {
    fn count(&self, outcome: Outcome) -> usize {
        let stages = self.stages.iter();
        stages.filter(|stage| stage.outcome == outcome).count()
    }

    fn seconds(&self) -> f64 {
        self.stages.iter().map(|stage| stage.seconds).sum()
    }

    /// Whether something was run, and each stage passed or was skipped for a reason.
    fn passed(&self) -> bool {
        self.count(Outcome::Failed) + self.count(Outcome::NotRun) == 0
            && self.count(Outcome::Passed) > 0
    }

    fn verdict(&self) -> &'static str {
        match self.passed() {
            true => "passed",
            false if self.count(Outcome::Skipped) == self.stages.len() => "NOTHING WAS RUN",
            false => "FAILED",
        }
    }
}

/// The verdicts of a run, and where they go.
pub(crate) struct Report {
    folder: Option<PathBuf>,
    /// The command that runs the suite with this seed on this device; a stage and a case can be added.
    command: String,
    environment: Vec<(String, String)>,
    stages: Vec<Verdict>,
}

impl Report {
    /// A report on `stages`, none of which has run.
    pub(crate) fn new<'a>(
        folder: Option<PathBuf>,
        command: String,
        environment: Vec<(String, String)>,
        stages: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Report {
            folder,
            command,
            environment,
            stages: stages.into_iter().map(Verdict::not_run).collect(),
        }
    }

    /// Runs one stage of those that the report is on.
    pub(crate) fn run(&mut self, stage: &Stage, context: &Context) -> anyhow::Result<()> {
        let start = Instant::now();
        let mut verdict = match (stage.unless)(context) {
            Some(reason) => Verdict::skipped(stage.name, reason),
            None => {
                let result = catch_unwind(AssertUnwindSafe(|| (stage.run)(context)))
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("panicked, see above")));
                match result {
                    Ok(text) => Verdict {
                        outcome: Outcome::Passed,
                        text,
                        ..Verdict::not_run(stage.name)
                    },
                    Err(error) => self.failed(stage.name, context, &error),
                }
            }
        };
        verdict.seconds = start.elapsed().as_secs_f64();
        self.record(verdict)
    }

    /// Takes all stages as skipped for this reason.
    pub(crate) fn skip_all(&mut self, reason: &str) -> anyhow::Result<()> {
        for verdict in &mut self.stages {
            *verdict = Verdict::skipped(&verdict.stage, reason.to_owned());
        }
        self.write()
    }

    fn record(&mut self, verdict: Verdict) -> anyhow::Result<()> {
        println!("{verdict}");
        match self.stages.iter_mut().find(|of| of.stage == verdict.stage) {
            Some(place) => *place = verdict,
            None => self.stages.push(verdict),
        }
        self.write()
    }

    fn failed(&self, stage: &str, context: &Context, error: &anyhow::Error) -> Verdict {
        let mut verdict = Verdict {
            outcome: Outcome::Failed,
            text: format!("{error:#}"),
            ..Verdict::not_run(stage)
        };
        let mut command = format!("{} --only {stage}", self.command);
        if let Some(case) = error.downcast_ref::<Case>() {
            command.push_str(&format!(" --case {}", case.number));
        }
        command.push_str(context.length_argument());
        verdict.repeat = Some(command);
        if let (Some(folder), Some(mismatch)) = (&self.folder, error.downcast_ref::<Mismatch>()) {
            match pictures::write(folder, stage, &mismatch.pair) {
                Ok(files) => verdict.files = files,
                Err(error) => verdict.text.push_str(&format!("\nno pictures: {error:#}")),
            }
        }
        verdict
    }

    fn summary(&self) -> Summary<'_> {
        Summary {
            environment: &self.environment,
            stages: &self.stages,
        }
    }

    /// Whether something was run, and each stage passed or was skipped for a reason.
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

    /// Writes the files, where there is a folder for them.
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
            "stages": summary.stages,
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

    fn stage(name: &'static str, run: fn(&Context) -> anyhow::Result<String>) -> Stage {
        let unless = |_: &Context| None;
        Stage { name, run, unless }
    }

    #[test]
    fn a_failure_is_told_with_its_case_and_its_pictures() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let command = "validate --seed 1".to_owned();
        let names = ["good", "bad", "panics", "broken off"];
        let to = Some(folder.path().to_owned());
        let mut report = Report::new(to, command, Vec::new(), names);
        let context = Context::of_hosts();
        report.run(&stage("good", |_| Ok("fine".to_owned())), &context)?;
        report.run(&stage("bad", differs), &context)?;
        report.run(&stage("panics", |_| panic!("on purpose")), &context)?;
        assert!(!report.passed());
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name));
        let json: serde_json::Value = serde_json::from_str(&read("report.json")?)?;
        let stages: Vec<_> = (0..4).map(|stage| &json["stages"][stage]).collect();
        let outcomes: Vec<_> = stages.iter().map(|stage| &stage["outcome"]).collect();
        assert_eq!(outcomes, ["passed", "failed", "failed", "not-run"]);
        assert_eq!(
            stages[1]["repeat"],
            "validate --seed 1 --only bad --case 5 --quick"
        );
        let text = stages[1]["text"].as_str().context("no text")?;
        assert!(
            text.contains("case 5 (seed 1)") && text.contains("x 0, y 1"),
            "{text}"
        );
        for file in ["bad-host.png", "bad-cuda.png", "bad-difference.png"] {
            let listed = stages[1]["files"].as_array().context("no files")?;
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
        let fine = stage("one", |_| Ok("fine".to_owned()));
        report.run(&fine, &Context::of_hosts())?;
        assert!(report.passed());
        Ok(())
    }
}
