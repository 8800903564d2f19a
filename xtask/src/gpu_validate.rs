//! `cargo xtask gpu-validate`: the validation suite on the GPU of this machine, or bundled for another.

use crate::project;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use xshell::{Shell, cmd};

/// Largest bundle, in bytes: one that is quickly copied to any machine.
const MAX_BUNDLE_BYTES: u64 = 40 << 20;

/// The programs of the bundle.
const PROGRAMS: [&str; 2] = ["pixelflume-validate", "pixelflume"];

/// Options of `cargo xtask gpu-validate`.
///
/// Exit codes: 0 passed, 1 failed, 2 wrong usage, 3 no GPU (0 with --allow-no-gpu).
#[derive(Args)]
pub(crate) struct Options {
    /// Run nothing; make a folder that holds all that a machine with a GPU needs: programs, examples and run.sh.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["allow_no_gpu", "quick", "arguments"])]
    bundle: Option<PathBuf>,
    /// Succeed where there is no GPU, instead of exit code 3.
    #[arg(long)]
    allow_no_gpu: bool,
    /// Run the short form of the suite.
    #[arg(long)]
    quick: bool,
    /// Further arguments of pixelflume-validate.
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs the task; the exit code is that of the suite.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let shell = project::shell()?;
    cmd!(
        shell,
        "cargo build --release --package pixelflume-validate --package pixelflume-cli"
    )
    .run()?;
    let programs = project::target_dir(&shell)?.join("release");
    if let Some(folder) = &options.bundle {
        bundle(&shell, &programs, &std::path::absolute(folder)?)?;
        return Ok(ExitCode::SUCCESS);
    }

    let mut command = Command::new(programs.join(PROGRAMS[0]));
    command.current_dir(project::root());
    if options.allow_no_gpu {
        command.arg("--allow-no-gpu");
    }
    if options.quick {
        command.arg("--quick");
    }
    command.args(&options.arguments);
    let status = command
        .status()
        .with_context(|| format!("{} does not start", PROGRAMS[0]))?;
    // Without a code a signal ended it: it failed.
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    if status.code().is_none() {
        eprintln!("error: {} was ended: {status}", PROGRAMS[0]);
    }
    Ok(ExitCode::from(code))
}

/// Makes the bundle in `folder`. What else lies in the folder stays.
fn bundle(shell: &Shell, programs: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    for program in PROGRAMS {
        let (from, to) = (programs.join(program), folder.join(program));
        cmd!(shell, "strip -o {to} {from}")
            .run()
            .context("strip (of the binutils) is needed for a bundle")?;
    }
    let script = folder.join("run.sh");
    fs::write(&script, include_str!("bundle/run.sh"))?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    fs::write(folder.join("README.txt"), include_str!("bundle/README.txt"))?;

    let mut bytes = 0;
    for name in PROGRAMS.iter().copied().chain(["run.sh", "README.txt"]) {
        bytes += fs::metadata(folder.join(name))?.len();
    }
    for part in ["pipelines", "photos"] {
        let from = project::root().join("examples").join(part);
        bytes += copy_folder(&from, &folder.join("examples").join(part))?;
    }

    let size = bytes as f64 / f64::from(1 << 20);
    println!(
        "{}: {size:.1} MiB; copy it to a machine with a GPU and start run.sh there",
        folder.display()
    );
    if bytes > MAX_BUNDLE_BYTES {
        bail!(
            "the bundle has {size:.1} MiB; at most {} MiB are allowed",
            MAX_BUNDLE_BYTES >> 20
        );
    }
    Ok(())
}

/// Copies a folder with all that is in it over `to`, and gives the bytes copied. Files that `to` had before are removed,
/// so that an old bundle leaves nothing behind.
fn copy_folder(from: &Path, to: &Path) -> Result<u64> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("{} cannot be replaced", to.display()))?;
    }
    fs::create_dir_all(to)?;
    let mut bytes = 0;
    let entries =
        fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        bytes += if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?
        } else {
            fs::copy(entry.path(), &target)?
        };
    }
    Ok(bytes)
}
