//! `cargo xtask bench`: runs all benchmarks, saves them, compares versions in turns, and writes a report.

mod compare;
mod criterion;
mod html;
mod machine;
mod options;
mod peers;
mod plots;
mod programs;
mod results;
mod workloads;

pub(crate) use options::Options;

use crate::project;
use anyhow::{Context, Result, bail};
use compare::{Change, Verdict};
use programs::Programs;
use results::{FORMAT, Measurement, Results};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use workloads::Run;

/// Rounds of a comparison.
const ROUNDS: u32 = 5;

/// The workloads whose throughput is shown by batch size.
const SWEPT: [&str; 2] = ["edge-small", "gray"];
const BATCHES: [u32; 6] = [1, 2, 4, 8, 16, 32];

/// The file name of the results, in a folder of saved programs and in a report.
const RESULTS: &str = "results.json";

/// The settings of a run, and the folder for its temporary files.
struct Bench<'a> {
    options: &'a Options,
    scratch: PathBuf,
    /// The number of folders that criterion has got; each has to be new.
    runs: std::cell::Cell<u32>,
}

/// Runs the task.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let shell = project::shell()?;
    let target = project::target_dir(&shell)?.join("bench");
    let report = match &options.report {
        Some(folder) => std::path::absolute(folder)?,
        None => target.join("report"),
    };
    let saved = options.compare.as_ref().map(|name| target.join(name));
    // A missing version is reported before anything is built.
    let saved = saved.map(|folder| Programs::kept(&folder)).transpose()?;
    let present = Programs::build(&shell, options.device == "host")?;
    let scratch = target.join(format!("scratch-{}", std::process::id()));
    let bench = Bench {
        options,
        scratch: scratch.clone(),
        runs: 0.into(),
    };
    let measured = bench.measure(&shell, &present, saved.as_ref());
    // Criterion's files are not needed any more, whatever the result is.
    let _ = fs::remove_dir_all(&scratch);
    let Measured {
        results,
        changes,
        sweep,
    } = measured?;

    fs::create_dir_all(&report).with_context(|| format!("{} cannot be made", report.display()))?;
    let json = format!("{}\n", serde_json::to_string_pretty(&results)?);
    fs::write(report.join(RESULTS), &json)?;
    fs::write(
        report.join("report.html"),
        html::page(&results, &changes, &sweep)?,
    )?;
    if let Some(name) = &options.save {
        let folder = target.join(name);
        present.keep(&folder)?;
        fs::write(folder.join(RESULTS), &json)?;
        println!("saved as {name} in {}", folder.display());
    }
    let threshold = options.threshold / 100.0;
    match options.compare.is_some() {
        true => {
            let json = format!("{}\n", serde_json::to_string_pretty(&changes)?);
            fs::write(report.join("comparison.json"), json)?;
            compare::print(&changes, threshold);
        }
        false => print(&results.measurements),
    }
    println!("the report is {}", report.join("report.html").display());
    let slower = changes.iter().any(|of| of.verdict == Verdict::Slower);
    Ok(ExitCode::from(u8::from(slower)))
}

/// The results of a run.
struct Measured {
    results: Results,
    changes: Vec<Change>,
    sweep: Vec<Run>,
}

impl Bench<'_> {
    fn measure(
        &self,
        shell: &xshell::Shell,
        present: &Programs,
        saved: Option<&Programs>,
    ) -> Result<Measured> {
        fs::create_dir_all(&self.scratch)?;
        let options = self.options;
        let rounds = options
            .rounds
            .unwrap_or(if saved.is_some() { ROUNDS } else { 1 });
        let (mut old, mut new) = (Vec::new(), Vec::new());
        let mut results = Value::Null;
        for round in 0..rounds {
            println!("round {} of {rounds}", round + 1);
            // Every second round begins with the other version, so that neither is always first.
            let first_old = round % 2 == 0;
            if let Some(saved) = saved.filter(|_| first_old) {
                old.push(self.all(saved)?.0);
            }
            let (measurements, value) = self.all(present)?;
            new.push(measurements);
            results = value;
            if let Some(saved) = saved.filter(|_| !first_old) {
                old.push(self.all(saved)?.0);
            }
        }
        if new.iter().all(Vec::is_empty) {
            bail!(
                "nothing has {:?} in its name",
                options.filter.as_deref().unwrap_or_default()
            );
        }
        let changes = match saved {
            Some(_) => compare::compare(&old, &new, options.threshold / 100.0),
            None => Vec::new(),
        };
        let sweep = match saved {
            Some(_) => Vec::new(),
            None => self.sweep(&present.command)?,
        };
        let peers = match options.peers {
            true => peers::run(
                &present.command,
                &options.device,
                options.filter.as_deref(),
                &self.scratch,
            )?,
            false => BTreeMap::new(),
        };
        let settings = [
            ("device", options.device.clone()),
            ("filter", options.filter.clone().unwrap_or_default()),
            ("rounds", rounds.to_string()),
            ("criterion", criterion::ARGUMENTS.join(" ")),
            ("compared with", options.compare.clone().unwrap_or_default()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        Ok(Measured {
            results: Results {
                format: FORMAT,
                machine: machine::machine(shell),
                versions: machine::versions(shell),
                settings: settings
                    .into_iter()
                    .filter(|(_, v)| !v.is_empty())
                    .collect(),
                measurements: new.pop().unwrap_or_default(),
                workloads: results,
                peers,
            },
            changes,
            sweep,
        })
    }

    /// Runs all benchmarks of one version once.
    fn all(&self, programs: &Programs) -> Result<(Vec<Measurement>, Value)> {
        let filter = self.options.filter.as_deref();
        let mut all = Vec::new();
        if self.options.device == "host" {
            for (name, program) in &programs.benches {
                println!("  {name}");
                all.extend(criterion::run(
                    name,
                    program,
                    filter,
                    &self.fresh("criterion"),
                )?);
            }
        }
        let names = workloads::names(&programs.command, filter)?;
        if names.is_empty() {
            return Ok((all, Value::Null));
        }
        println!("  workloads");
        let file = self.fresh("workloads.json");
        let value = workloads::run(&programs.command, &names, &self.options.device, None, &file)?;
        all.extend(Run::of(&value)?.measurements());
        Ok((all, value))
    }

    /// A new path in the scratch folder.
    fn fresh(&self, name: &str) -> PathBuf {
        let run = self.runs.get();
        self.runs.set(run + 1);
        self.scratch.join(format!("{run}-{name}"))
    }

    /// Measures some workloads at several batch sizes.
    fn sweep(&self, command: &Path) -> Result<Vec<Run>> {
        let mut names = workloads::names(command, self.options.filter.as_deref())?;
        names.retain(|name| SWEPT.contains(&&name[..]));
        if names.is_empty() {
            return Ok(Vec::new());
        }
        println!("  workloads by batch");
        let one = |batch| {
            let file = self.fresh("batch.json");
            let device = &self.options.device;
            Run::of(&workloads::run(
                command,
                &names,
                device,
                Some(batch),
                &file,
            )?)
        };
        BATCHES.into_iter().map(one).collect()
    }
}

fn print(measurements: &[Measurement]) {
    let width = measurements
        .iter()
        .map(|of| of.name.len())
        .max()
        .unwrap_or(0);
    let blanks = |name: &str| " ".repeat(width - name.len());
    println!(
        "{}  {:>14}  {:>12} {:>12}",
        blanks(""),
        "median",
        "p10",
        "p90"
    );
    for of in measurements {
        println!(
            "{}{}  {:>11.1} {}  {:>12.1} {:>12.1}",
            of.name,
            blanks(&of.name),
            of.median,
            of.unit,
            of.p10,
            of.p90
        );
    }
}
