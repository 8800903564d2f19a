//! The checks `sanitizer-...`: one tool of NVIDIA's compute-sanitizer each, over the short form of this suite; and memcheck over many
//! damaged JPEG files.

use crate::check::{Context, Skipped};
use anyhow::{Context as _, bail};
use std::path::PathBuf;
use std::process::Command;

/// The exit code that compute-sanitizer shall end with when it found errors.
const FOUND: i32 = 86;

/// The prefix of compute-sanitizer's lines.
const MARK: &str = "=========";

/// The most findings in a verdict; the first ones tell most.
const SHOWN: usize = 20;

/// The path of compute-sanitizer: on the PATH, or in the CUDA toolkit.
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

/// Damaged JPEG files that are decoded under memcheck.
const CORRUPTED_FILES: &str = "100000";

/// Checks that a tool does not run: `driver-faults`, since its simulated losses of the device leave memory behind on purpose, which
/// memcheck would report as leaks; and those that do their work in other processes, which the tools do not watch.
const SKIPPED: [&str; 4] = ["performance", "driver-faults", "python", "torch-processors"];

/// Runs the short form of the suite under a tool of compute-sanitizer.
pub(crate) fn run(context: &Context, tool: &str) -> anyhow::Result<String> {
    let skipped = SKIPPED.iter().flat_map(|name| ["--skip", name]);
    let arguments: Vec<&str> = std::iter::once("--quick").chain(skipped).collect();
    under(context, tool, tool, &arguments)
        .map(|summary| format!("the short form of the suite is clean: {summary}"))
}

/// Has many damaged JPEG files decoded under memcheck.
pub(crate) fn run_corrupted_files(context: &Context) -> anyhow::Result<String> {
    let arguments = ["--only", "jpeg", "--corrupted-files", CORRUPTED_FILES];
    under(context, "memcheck", "jpeg", &arguments)
        .map(|summary| format!("{CORRUPTED_FILES} damaged files are clean: {summary}"))
}

/// Runs this suite with these arguments under a tool of compute-sanitizer; gives the tool's summary. The log of a report is called
/// after `name`.
fn under(context: &Context, tool: &str, name: &str, arguments: &[&str]) -> anyhow::Result<String> {
    if !context.full {
        bail!(Skipped("only with --full".to_owned()));
    }
    let Some(program) = program() else {
        bail!(Skipped(
            "compute-sanitizer is neither on the PATH nor in CUDA_PATH; it comes with the CUDA toolkit"
                .to_owned()
        ));
    };
    let mut command = Command::new(&program);
    command.args(["--tool", tool, "--error-exitcode", &FOUND.to_string()]);
    if tool == "memcheck" {
        // The suite makes calls of the driver fail on purpose and checks the errors itself.
        command.args(["--leak-check", "full", "--report-api-errors", "no"]);
    }
    command
        .arg(std::env::current_exe()?)
        .args(arguments)
        .args(["--seed", &context.seed.to_string()])
        .args(["--device", &context.device.to_string()])
        .arg("--pipelines")
        .arg(&context.pipelines)
        .arg("--processors")
        .arg(&context.processors);
    let output = command
        .output()
        .with_context(|| format!("{} does not start", program.display()))?;
    let mut log = String::from_utf8_lossy(&output.stdout).into_owned();
    log.push_str(&String::from_utf8_lossy(&output.stderr));
    let mut place = String::new();
    if let Some(folder) = &context.report {
        let file = folder.join(format!("sanitizer-{name}.log"));
        std::fs::write(&file, &log)
            .with_context(|| format!("{} cannot be written", file.display()))?;
        place = format!("\nall of it is in {}", file.display());
    }
    let mut marked = log.lines().filter(|line| line.starts_with(MARK));
    let summary = marked.next_back().map_or("", text);
    if output.status.success() {
        return Ok(summary.to_owned());
    }
    let what = match output.status.code() {
        Some(FOUND) => format!("{tool} has found errors: {summary}"),
        _ => format!("the suite under {tool} ended with {}", output.status),
    };
    let failed = log.lines().filter(|line| line.starts_with("FAIL"));
    let lines = findings(&log).into_iter().take(SHOWN);
    let lines: Vec<String> = lines.chain(failed.map(str::to_owned)).collect();
    bail!("{what}\n{}{place}", lines.join("\n"))
}

/// The text of a line of compute-sanitizer.
fn text(line: &str) -> &str {
    line.trim_matches(['=', ' '])
}

/// The findings with kernel, count and check, in order of first appearance. The sanitizer's lines come before the verdict of
/// the check that they belong to.
fn findings(log: &str) -> Vec<String> {
    let mut found = Vec::<(String, u32)>::new();
    let mut of_check = 0;
    let mut headline = "";
    for line in log.lines() {
        if line.starts_with(MARK) {
            let text = text(line);
            match text.strip_prefix("at ") {
                Some(place) => {
                    let kernel = place.split('+').next().unwrap_or(place);
                    let what = format!("{headline} in {kernel}");
                    match found[of_check..].iter_mut().find(|(of, _)| *of == what) {
                        Some((_, count)) => *count += 1,
                        None => found.push((what, 1)),
                    }
                }
                None => headline = text,
            }
            continue;
        }
        let mut words = line.split_whitespace();
        if let (Some("PASS" | "FAIL"), Some(check)) = (words.next(), words.next()) {
            for (what, _) in &mut found[of_check..] {
                what.push_str(&format!(", check {check}"));
            }
            of_check = found.len();
        }
    }
    let lines = found.into_iter();
    lines
        .map(|(what, count)| format!("{count} x {what}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_that_are_skipped_exist() {
        let mut names: Vec<&str> = crate::checks::names().collect();
        // Only where the feature is.
        names.push("driver-faults");
        assert!(SKIPPED.iter().all(|name| names.contains(name)));
    }

    #[test]
    fn findings_are_counted_by_kernel_and_check() {
        let log = "\
========= COMPUTE-SANITIZER
PASS operators 1.0 s
========= Uninitialized __global__ memory read of size 4 bytes
=========     at rows_1_3+0x340
=========     by thread (34,2,0) in block (2,1,5)
=========         Host Frame: cuLaunchKernel [0x39fb94] in libcuda.so.1
========= Uninitialized __global__ memory read of size 4 bytes
=========     at rows_1_3+0x350
PASS samples 1.0 s
========= Uninitialized __global__ memory read of size 4 bytes
=========     at rows_1_3+0x340
FAIL random 1.0 s
========= ERROR SUMMARY: 3 errors
";
        let what = "Uninitialized __global__ memory read of size 4 bytes in rows_1_3, check";
        assert_eq!(
            findings(log),
            [format!("2 x {what} samples"), format!("1 x {what} random")]
        );
        assert!(findings("").is_empty());
    }
}
