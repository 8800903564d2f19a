//! The check `doors`: runs the examples of interoperation with other CUDA crates, which lie beside this program.

use crate::check::{Context, Skipped};
use anyhow::{Context as _, bail};
use std::path::PathBuf;
use std::process::Command;

/// The programs, by the names that `cargo xtask gpu-validate` gives them.
const PROGRAMS: [&str; 3] = ["door-cudarc", "door-cudarc-stream", "door-cust"];

fn program(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    Ok(own.with_file_name(name))
}

/// The reason to skip the check: a program is missing, or the GPU is not the first, which the programs use.
fn reason_against(context: &Context) -> Option<String> {
    if context.device != 0 {
        return Some("the programs use the first GPU".to_owned());
    }
    let is_there = |name| program(name).is_ok_and(|path| path.is_file());
    let name = PROGRAMS.into_iter().find(|&name| !is_there(name))?;
    Some(format!(
        "{name} is not beside this program; `cargo xtask gpu-validate` builds it"
    ))
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    if let Some(reason) = reason_against(context) {
        bail!(Skipped(reason));
    }
    let mut told = Vec::new();
    for name in PROGRAMS {
        let output = Command::new(program(name)?)
            .output()
            .with_context(|| format!("{name} does not start"))?;
        if !output.status.success() {
            bail!(
                "{name} failed ({}): {}",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        told.push(line);
    }
    Ok(told.join("; "))
}
