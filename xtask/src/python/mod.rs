//! `cargo xtask python`: builds the wheel, installs it into a fresh environment, and runs the package's tests and checks there.
//!
//! The environment is `target/python/venv`; every version in it is pinned in `python/requirements`. The tests see the installed
//! wheel and never the sources: they run in a folder outside of `python/`, which is not on the path of modules.

mod environment;
mod wheel;

use crate::project;
use anyhow::{Context, Result};
use clap::Args;
use environment::Environment;
use std::fs;
use std::path::PathBuf;
use wheel::Wheel;
use xshell::{Shell, cmd};

/// Options of `cargo xtask python`.
#[derive(Args)]
pub(crate) struct Options {
    /// Also install torch, torchvision, transformers and OpenCV, and compare with them: `python/tests/live` and all pages.
    #[arg(long)]
    live: bool,
    /// Keep the environment of an earlier run, and install only what is missing in it.
    #[arg(long)]
    keep: bool,
    /// Build the wheel as users get it (optimized, minutes instead of seconds), and check its size.
    #[arg(long)]
    release: bool,
    /// Build and check the wheel, and run no tests.
    #[arg(long)]
    wheel_only: bool,
    /// The interpreter that the environment is made of, 3.11 or newer.
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
}

/// Runs the task.
pub(crate) fn run(options: &Options) -> Result<()> {
    let shell = project::shell()?;
    let folder = project::target_dir(&shell)?.join("python");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let environment = Environment::make(&shell, &folder, &options.python, options.keep)?;
    environment.require(&shell, "test.txt")?;
    let wheel = Wheel::build(&shell, &environment, &folder, options.release)?;
    wheel.check(&shell, &environment)?;
    if options.wheel_only {
        println!("== {}", wheel.file.display());
        return Ok(());
    }
    environment.install(&shell, &wheel.file)?;
    if options.live {
        environment.require(&shell, "live.txt")?;
    }
    check_types(&shell, &environment)?;
    test(&shell, &environment, options.live)?;
    println!("== the wheel is built, its types are checked, and all tests passed");
    Ok(())
}

/// Checks formatting, the stubs against the compiled module, and the types of the package, its tests and its examples.
fn check_types(shell: &Shell, environment: &Environment) -> Result<()> {
    println!("== formatting and types");
    let [ruff, stubtest, pyright] =
        ["ruff", "stubtest", "pyright"].map(|name| environment.program(name));
    let sources = project::root().join("python");
    let (python, allowed) = (environment.program("python"), sources.join("stubtest.txt"));
    let elsewhere = shell.push_dir(&environment.folder);
    cmd!(shell, "{ruff} format --check --diff {sources}").run()?;
    cmd!(shell, "{ruff} check {sources}").run()?;
    cmd!(
        shell,
        "{stubtest} pixelflume._native --allowlist {allowed} --mypy-config-file {sources}/pyproject.toml"
    )
    .run()
        .context("python/pixelflume/_native.pyi is not what the compiled module has")?;
    cmd!(shell, "{pyright} --project {sources} --pythonpath {python}").run()?;
    // What users of the package see: each public name has a type.
    cmd!(shell, "{pyright} --verifytypes pixelflume --ignoreexternal")
        .env("PATH", environment.path()?)
        .run()?;
    drop(elsewhere);
    Ok(())
}

/// Runs pytest over `python/tests`: among them are the examples in the package's documentation and in the pages.
fn test(shell: &Shell, environment: &Environment, live: bool) -> Result<()> {
    println!("== tests");
    let sources = project::root().join("python");
    let python = environment.program("python");
    let (tests, live_tests) = (sources.join("tests"), sources.join("tests/live"));
    let without_live = format!("--ignore={}", live_tests.display());
    let selected = match live {
        true => None,
        false => Some(without_live),
    };
    let _elsewhere = shell.push_dir(&environment.folder);
    // -P: the current folder is no place of modules.
    let mut tests = cmd!(
        shell,
        "{python} -P -m pytest -c {sources}/pyproject.toml --rootdir {sources} --durations 10 {selected...} {tests}"
    );
    if live {
        tests = tests.env("PIXELFLUME_LIVE", "1");
    }
    tests.run().context("tests of the Python package failed")
}
