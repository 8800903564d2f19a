//! NVIDIA's compute-sanitizer over the short form of this suite, direct and replayed: one stage for each of its tools.

use crate::stage::Context;
use anyhow::{Context as _, bail};
use std::path::PathBuf;
use std::process::Command;

/// The exit code that compute-sanitizer is told to give when it has found something.
const FOUND: i32 = 86;

/// The findings that a verdict shows; the first tell more than the last.
const SHOWN: usize = 20;

/// The program, on the PATH or where the CUDA toolkit is.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let toolkits = ["CUDA_PATH", "CUDA_HOME"].into_iter();
    let toolkits = toolkits
        .filter_map(|name| std::env::var_os(name).map(PathBuf::from))
        .chain([PathBuf::from("/usr/local/cuda")])
        .map(|folder| folder.join("bin"));
    std::env::split_paths(&path)
        .chain(toolkits)
        .map(|folder| folder.join("compute-sanitizer"))
        .find(|file| file.is_file())
}

pub(crate) fn reason_against(context: &Context) -> Option<String> {
    if !context.full {
        return Some("only with --full".to_owned());
    }
    match program() {
        Some(_) => None,
        None => Some(
            "compute-sanitizer is neither on the PATH nor in CUDA_PATH; it comes with the CUDA toolkit"
                .to_owned(),
        ),
    }
}

/// Runs the short form of the suite under a tool of compute-sanitizer.
pub(crate) fn run(context: &Context, tool: &str) -> anyhow::Result<String> {
    let program = program().context("compute-sanitizer is gone")?;
    let mut command = Command::new(&program);
    command.args(["--tool", tool, "--error-exitcode", &FOUND.to_string()]);
    if tool == "memcheck" {
        // The suite provokes errors of the driver's API on purpose and checks them itself.
        command.args(["--leak-check", "full", "--report-api-errors", "no"]);
    }
    command
        .arg(std::env::current_exe()?)
        .args(["--quick", "--skip", "performance"])
        .args(["--seed", &context.seed.to_string()])
        .args(["--device", &context.device.to_string()])
        .arg("--pipelines")
        .arg(&context.pipelines);
    let output = command
        .output()
        .with_context(|| format!("{} does not start", program.display()))?;
    let mut log = String::from_utf8_lossy(&output.stdout).into_owned();
    log.push_str(&String::from_utf8_lossy(&output.stderr));
    let mut place = String::new();
    if let Some(folder) = &context.report {
        let file = folder.join(format!("sanitizer-{tool}.log"));
        std::fs::write(&file, &log)
            .with_context(|| format!("{} cannot be written", file.display()))?;
        place = format!("\nall of it is in {}", file.display());
    }
    let findings: Vec<&str> = log.lines().filter(|l| l.starts_with("=====")).collect();
    if output.status.success() {
        let summary = findings
            .last()
            .map_or("", |line| line.trim_matches(['=', ' ']));
        return Ok(format!("the short form of the suite is clean: {summary}"));
    }
    let what = match output.status.code() {
        Some(FOUND) => format!("{tool} has found errors"),
        _ => format!("the suite under {tool} ended with {}", output.status),
    };
    let failed = log.lines().filter(|line| line.starts_with("FAIL"));
    let lines: Vec<&str> = findings.iter().copied().take(SHOWN).chain(failed).collect();
    bail!("{what}\n{}{place}", lines.join("\n"))
}
