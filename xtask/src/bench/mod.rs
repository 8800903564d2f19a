//! `cargo xtask bench`: runs all benchmarks, saves them, compares versions in turns, and writes a report.

mod compare;
mod criterion;
mod html;
mod machine;
mod peers;
mod plots;
mod programs;
mod results;
mod workloads;

use crate::project;
use anyhow::{Context, Result, bail};
use clap::Args;
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

/// Options of `cargo xtask bench`.
///
/// Exit codes: 0 measured, and nothing is slower than the threshold allows; 1 something is; 2 it could not be measured.
#[derive(Args)]
pub(crate) struct Options {
    /// Device of the workloads: host, cuda or cuda:N. The criterion benches measure the host and run only with host.
    #[arg(long, value_name = "DEVICE", default_value = "host", value_parser = device)]
    device: String,
    /// Only benches and workloads whose names contain this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Keep the results, and the programs that were measured, under this name in target/bench.
    #[arg(long, value_name = "NAME", value_parser = name)]
    save: Option<String>,
    /// Compare with the version that was saved under this name: its programs and the present ones run in turns.
    #[arg(long, value_name = "NAME", value_parser = name)]
    compare: Option<String>,
    /// With --compare: how many percent slower is a regression.
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0, value_parser = percent, requires = "compare")]
    threshold: f64,
    /// Rounds in which each benchmark runs once; default 1, and 5 with --compare.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: Option<u32>,
    /// Run the same workloads with other libraries, where they are installed: the scripts in benches/peers.
    #[arg(long)]
    peers: bool,
    /// Folder for results.json, comparison.json and report.html; default: bench/report in the folder that cargo builds into.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

fn device(text: &str) -> Result<String, String> {
    let number = text.strip_prefix("cuda:");
    match text == "host" || text == "cuda" || number.is_some_and(|n| n.parse::<u32>().is_ok()) {
        true => Ok(text.to_owned()),
        false => Err("expected host, cuda or cuda:N".to_owned()),
    }
}

/// Parses the name of a saved version, which becomes a folder.
fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain) {
        true if text == "report" => Err("this is the folder of reports".to_owned()),
        true => Ok(text.to_owned()),
        false => Err("expected letters, digits, '-', '_' and '.'".to_owned()),
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(percent) if percent.is_finite() && percent >= 0.0 => Ok(percent),
        _ => Err("expected a number of 0 or more".to_owned()),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_devices_are_checked() {
        assert!(name("main-2.1_x").is_ok());
        for bad in ["", "../x", "a/b", ".hidden", "report"] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert!(device("cuda:3").is_ok() && device("host").is_ok());
        assert!(device("cuda:").is_err() && device("gpu").is_err());
        assert!(percent("-1").is_err() && percent("nan").is_err() && percent("2.5").is_ok());
    }
}
