//! `cargo xtask gpu-validate`: runs the validation suite on the GPU of this machine, or bundles it for another.

mod bundle;
pub(crate) mod doors;
mod python;

use crate::project;
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use xshell::cmd;

/// The programs of the suite. The first one calls the second to measure speed.
const PROGRAMS: [&str; 2] = ["pixelflume-validate", "pixelflume"];

/// The folder of the golden data of processors.
const PROCESSORS: &str = "crates/pipeline/tests/processors";

/// Options of `cargo xtask gpu-validate`.
///
/// Exit codes: 0 all checks passed or were skipped for a reason, 1 a check failed or none was run, 2 wrong usage, a build that
/// failed or a report that cannot be written, 3 no GPU (0 with --allow-no-gpu).
#[derive(Args)]
pub(crate) struct Options {
    /// Run nothing; create a folder with everything that a machine with a GPU needs: programs, examples and run.sh.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["allow_no_gpu", "quick", "full", "report", "arguments"])]
    bundle: Option<PathBuf>,
    /// Succeed where there is no GPU, instead of exit code 3.
    #[arg(long)]
    allow_no_gpu: bool,
    /// Run the short form of the suite.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Run also what takes minutes: the short form under each tool of compute-sanitizer, where that is installed.
    #[arg(long)]
    full: bool,
    /// Folder for the report: report.json, report.md, junit.xml, and images of what differed. Default: gpu-validate in the
    /// folder that cargo builds into.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Further arguments of pixelflume-validate.
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs the task; its exit code is that of the suite.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let shell = project::shell()?;
    // Built one by one, so that fault injection, a feature of the suite, is not compiled into the program that it measures.
    for package in ["pixelflume-cli", "pixelflume-validate"] {
        cmd!(shell, "cargo build --release --package {package}").run()?;
    }
    // As a wheel has it: the interpreter that imports it brings Python's functions.
    cmd!(shell, "cargo build --release --package pixelflume-python")
        .env("PYO3_BUILD_EXTENSION_MODULE", "1")
        .run()?;
    let target = project::target_dir(&shell)?;
    let programs = target.join("release");
    let doors = doors::build(&shell, &target)?;
    if let Some(folder) = &options.bundle {
        bundle::make(&shell, &programs, &doors, &std::path::absolute(folder)?)?;
        return Ok(ExitCode::SUCCESS);
    }

    for (program, name) in &doors {
        std::fs::copy(program, programs.join(name))?;
    }
    python::copy(&shell, &programs, &programs.join(python::FOLDER))?;
    let report = match &options.report {
        Some(folder) => std::path::absolute(folder)?,
        None => target.join("gpu-validate"),
    };
    let mut command = Command::new(programs.join(PROGRAMS[0]));
    // The suite runs in the caller's folder, which relative paths refer to.
    command.arg("--report").arg(report);
    for (argument, folder) in [
        ("--pipelines", "examples/pipelines"),
        ("--processors", PROCESSORS),
    ] {
        let value = format!("{argument}=");
        let mut given = options.arguments.iter();
        if !given.any(|given| given == argument || given.starts_with(&value)) {
            command.arg(argument).arg(project::root().join(folder));
        }
    }
    for (wanted, argument) in [
        (options.allow_no_gpu, "--allow-no-gpu"),
        (options.quick, "--quick"),
        (options.full, "--full"),
    ] {
        if wanted {
            command.arg(argument);
        }
    }
    command.args(&options.arguments);
    let status = command
        .status()
        .with_context(|| format!("{} does not start", PROGRAMS[0]))?;
    // Without a code a signal ended it, which is a failure.
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    if status.code().is_none() {
        eprintln!("error: {} was ended: {status}", PROGRAMS[0]);
    }
    Ok(ExitCode::from(code))
}
