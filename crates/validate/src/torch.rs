//! The checks `torch` and `torch-processors`: Python programs that go through the library with a C interface, where python3 has what
//! they need.

use crate::check::{Context, Skipped};
use anyhow::{Context as _, bail};
use std::path::PathBuf;
use std::process::Command;

/// The library, which `cargo xtask gpu-validate` puts beside this program.
const LIBRARY: &str = "libpixelflume_c_door.so";
/// The exit code of the programs where python3 lacks what they need.
const SKIPPED: i32 = 77;

/// Tensors of torch go through a pipeline in a stream of torch.
pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    python(context, "torch_door.py", &[LIBRARY])
}

/// Processors like torch on CUDA, against transformers and torchvision on this GPU.
pub(crate) fn processors(context: &Context) -> anyhow::Result<String> {
    python(context, "torch_processors.py", &[LIBRARY, "pixelflume"])
}

fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    let path = own.with_file_name(name);
    if !path.is_file() {
        bail!(Skipped(format!(
            "{name} is not beside this program; `cargo xtask gpu-validate` puts it there"
        )));
    }
    Ok(path)
}

/// Runs a program of Python with the paths of files, all of which lie beside this program.
fn python(context: &Context, program: &str, files: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("python3");
    command.arg(beside(program)?);
    for file in files {
        command.arg(beside(file)?);
    }
    command.args(["--device", &context.device.to_string()]);
    if context.quick {
        command.arg("--quick");
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => bail!(Skipped(format!("python3 does not start: {error}"))),
    };
    let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match output.status.code() {
        Some(0) => Ok(told),
        Some(SKIPPED) => bail!(Skipped(told)),
        _ => bail!(
            "{program} failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        ),
    }
}
