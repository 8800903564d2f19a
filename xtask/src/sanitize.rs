//! `cargo xtask sanitize`: the tests of all that touches memory by address, under AddressSanitizer.
//!
//! The pinned compiler does it: its standard library comes with the sanitizer's runtime, and the flag that asks for it is let
//! through. Only the workspace and its dependencies are instrumented, the standard library is not; its allocations are watched
//! all the same. `--cfg sanitized` lets the host device allocate not one byte more than it is asked for.

use crate::project;
use anyhow::{Context, Result, bail};
use std::path::Path;
use xshell::{Cmd, Shell, cmd};

/// Tests that break memory on purpose, and what the sanitizer calls it: before it is believed that there is nothing to find,
/// it has to find these.
const PLANTED: &[(&str, &str)] = &[
    ("a_copy_from_freed_memory", "heap-use-after-free"),
    ("a_fill_past_the_end", "heap-buffer-overflow"),
];

/// What is run, as arguments of `cargo test`.
const RUNS: &[(&str, &[&str])] = &[
    (
        "memory and the host device: all tests",
        &["-ppixelflume-memory", "-ppixelflume-device", "--tests"],
    ),
    (
        "operators: views of rows, all host executors and plans",
        &["-ppixelflume-ops", "--lib"],
    ),
    (
        "operators: random shapes and paddings against the reference, custom operators",
        &[
            "-ppixelflume-ops",
            "--test=host_properties",
            "--test=custom",
        ],
    ),
];

/// Leaks are no mistake here: a payload whose drop panics is left behind, and so is memory that may still be in use. Tests count
/// what they allocate.
const OPTIONS: &str = "detect_leaks=0:detect_stack_use_after_return=1:abort_on_error=0";

/// Runs the task.
pub(crate) fn run() -> Result<()> {
    let shell = project::shell()?;
    let version = cmd!(shell, "rustc -vV").quiet().read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc -vV names no host")?;
    has_runtime(&shell, host)?;
    for (test, finding) in PLANTED {
        println!("== planted: {test} must be told as {finding}");
        let output = command(&shell, host, &["-ppixelflume-device", "--test=planted"])
            .args(["--", "--ignored", "--exact", test])
            .ignore_status()
            .output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        if output.status.success() || !told.contains(finding) {
            bail!(
                "the sanitizer did not find the mistake of the test {test}, and would not find others; it said:\n{told}"
            );
        }
    }
    for (what, arguments) in RUNS {
        println!("== {what}");
        command(&shell, host, arguments)
            .run()
            .with_context(|| format!("a test failed under AddressSanitizer ({what})"))?;
    }
    println!("== nothing was found, and all that was planted");
    Ok(())
}

fn command<'a>(shell: &'a Shell, host: &str, arguments: &[&str]) -> Cmd<'a> {
    cmd!(
        shell,
        "cargo test --target {host} --no-fail-fast {arguments...}"
    )
    .env("RUSTC_BOOTSTRAP", "1")
    .env("RUSTFLAGS", "-Zsanitizer=address --cfg sanitized")
    .env("ASAN_OPTIONS", OPTIONS)
    // All is built anew with these flags, so that nothing else can use it.
    .env("CARGO_TARGET_DIR", "target/sanitize")
    .env("CARGO_INCREMENTAL", "0")
    .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
}

/// Whether the toolchain has the sanitizer for this machine.
fn has_runtime(shell: &Shell, host: &str) -> Result<()> {
    let folder = cmd!(shell, "rustc --print target-libdir --target {host}")
        .quiet()
        .read()?;
    let is_runtime = |name: &str| name.ends_with("_rt.asan.a");
    let files = shell.read_dir(Path::new(&folder))?;
    let mut names = files.iter().filter_map(|file| file.file_name()?.to_str());
    if names.any(is_runtime) {
        return Ok(());
    }
    bail!(
        "the standard library of {host} in {folder} comes without AddressSanitizer's runtime; toolchains of rustup for Linux on x86_64 and aarch64 have it (`rustup toolchain install`)"
    )
}
