//! The check `torch`: runs `torch_door.py`, where python3 has torch: tensors of torch go through a pipeline in a stream of torch.

use crate::check::{Context, Skipped};
use anyhow::{Context as _, bail};
use std::path::PathBuf;
use std::process::Command;

/// The library and the program, which `cargo xtask gpu-validate` puts beside this program.
const LIBRARY: &str = "libpixelflume_c_door.so";
const PROGRAM: &str = "torch_door.py";
/// The exit code of the program where there is no torch.
const SKIPPED: i32 = 77;

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

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let (library, program) = (beside(LIBRARY)?, beside(PROGRAM)?);
    let mut command = Command::new("python3");
    command.arg(program).arg(library);
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
            "{PROGRAM} failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        ),
    }
}
