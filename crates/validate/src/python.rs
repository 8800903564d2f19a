//! The checks `python` and `torch-processors`: the Python package on the GPU, where python3 has what its tests need.

use crate::check::{Context, Skipped};
use anyhow::{Context as _, bail};
use std::path::PathBuf;
use std::process::Command;

/// The folder with the package, its tests and programs, which `cargo xtask gpu-validate` puts beside this program.
const FOLDER: &str = "python";
/// The exit code of a program where python3 lacks what it needs, and the one of pytest where no test was found.
const SKIPPED: [i32; 2] = [77, 5];

/// The files of tests that need a GPU. Those of a framework that python3 has not are skipped, and told by name.
const TESTS: [&str; 4] = [
    "test_gpu.py",
    "test_gpu_files.py",
    "test_gpu_ray.py",
    "test_gpu_daft.py",
];

/// The package's tests that need a GPU: arrays of torch and CuPy, streams, processes, kernels of the user, files that the GPU decodes,
/// workers of Ray and Daft.
pub(crate) fn tests(context: &Context) -> anyhow::Result<String> {
    let folder = folder()?;
    let mut command = python(&folder);
    if !command
        .args(["-c", "import pytest, numpy"])
        .output()?
        .status
        .success()
    {
        bail!(Skipped("python3 has no pytest or no NumPy".to_owned()));
    }
    let mut command = python(&folder);
    command
        .args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"])
        .args(TESTS.map(|file| folder.join("tests").join(file)))
        .env("CUDA_VISIBLE_DEVICES", context.device.to_string());
    run(command, "the tests of the Python package")
}

/// Processors like torch on CUDA, against transformers and torchvision on this GPU.
pub(crate) fn processors(context: &Context) -> anyhow::Result<String> {
    let folder = folder()?;
    let mut command = python(&folder);
    command
        .arg(folder.join("torch_processors.py"))
        .args(["--device", &context.device.to_string()]);
    if context.quick {
        command.arg("--quick");
    }
    run(command, "torch_processors.py")
}

fn folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    let folder = own.with_file_name(FOLDER);
    if !folder.is_dir() {
        bail!(Skipped(format!(
            "the folder {FOLDER} is not beside this program; `cargo xtask gpu-validate` puts it there"
        )));
    }
    Ok(folder)
}

/// The interpreter, which finds the package first in the folder.
fn python(folder: &PathBuf) -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", folder).current_dir(folder);
    command
}

fn run(mut command: Command, what: &str) -> anyhow::Result<String> {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => bail!(Skipped(format!("python3 does not start: {error}"))),
    };
    let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match output.status.code() {
        Some(0) => Ok(told),
        Some(code) if SKIPPED.contains(&code) => bail!(Skipped(told)),
        _ => bail!(
            "{what} failed ({}): {told}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        ),
    }
}
