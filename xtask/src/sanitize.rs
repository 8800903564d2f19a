//! `cargo xtask sanitize`: runs the tests of all code that accesses memory by address under AddressSanitizer.
//!
//! The pinned compiler can do it: the sanitizer's runtime comes with its standard library, and the unstable flag is allowed by
//! a variable. The workspace and its dependencies are instrumented; the standard library is not, but its allocations are
//! checked. With `--cfg sanitized` the host device allocates exactly the requested bytes.

use crate::project;
use anyhow::{Context, Result, bail};
use std::path::Path;
use xshell::{Cmd, Shell, cmd};

/// Tests that break memory on purpose, with the sanitizer's name of the error: it has to find these before its silence counts.
const PLANTED: &[(&str, &str)] = &[
    ("a_copy_from_freed_memory", "heap-use-after-free"),
    ("a_fill_past_the_end", "heap-buffer-overflow"),
];

/// The test runs, as arguments of `cargo test`.
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
    (
        "tensors of other libraries, right and malformed",
        &["-ppixelflume-pipeline", "--test=dlpack"],
    ),
];

/// Leaks are not checked: a panic payload whose drop panics is leaked on purpose, and so is memory that may still be in use.
/// The tests count their allocations themselves.
const OPTIONS: &str = "detect_leaks=0:detect_stack_use_after_return=1:abort_on_error=0";

/// Runs the task.
pub(crate) fn run() -> Result<()> {
    let shell = project::shell()?;
    let version = cmd!(shell, "rustc -vV").quiet().read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc -vV names no host")?;
    has_runtime(&shell, host)?;
    for (test, finding) in PLANTED {
        println!("== planted: {test} must be reported as {finding}");
        let output = command(&shell, host, &["-ppixelflume-device", "--test=planted"])
            .args(["--", "--ignored", "--exact", test])
            .ignore_status()
            .output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        if output.status.success() || !told.contains(finding) {
            bail!(
                "the sanitizer did not find the planted error of the test {test}, so it would not find others; its output:\n{told}"
            );
        }
    }
    for (what, arguments) in RUNS {
        println!("== {what}");
        command(&shell, host, arguments)
            .run()
            .with_context(|| format!("a test failed under AddressSanitizer ({what})"))?;
    }
    println!("== no errors, and all planted ones were found");
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
    // A target folder of its own, since these flags change every build.
    .env("CARGO_TARGET_DIR", "target/sanitize")
    .env("CARGO_INCREMENTAL", "0")
}

/// Whether the toolchain has the sanitizer's runtime for this machine.
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
