//! `cargo xtask ci`: everything that must pass before a change is merged. `.ci/run` calls it on a clean machine.

use crate::gpu_validate::doors;
use crate::project;
use anyhow::{Context, Result};
use std::time::{Duration, Instant};
use xshell::{Cmd, Shell, cmd};

/// Features of the facade that are built one at a time: a feature must not rely on a dependency that another one brings.
const FEATURES: &[&str] = &[
    "codec",
    "cuda",
    "cudarc",
    "dlpack",
    "image",
    "ndarray",
    "nvtx",
    "codec,cuda,dlpack,image,ndarray,nvtx",
];

/// All steps in order; steps that fail fast come first.
fn steps(shell: &Shell) -> Result<Vec<(&'static str, Cmd<'_>)>> {
    // A stub of the CUDA toolkit, which cust needs to build.
    let toolkit = doors::stub(shell, &project::target_dir(shell)?.join("doors"))?;
    // The programs enable CUDA by default; the libraries are checked without it, as users without CUDA build them.
    let libraries = [
        "--workspace",
        "--exclude=pixelflume-cli",
        "--exclude=pixelflume-validate",
        "--exclude=pixelflume-c-door",
        "--exclude=xtask",
    ];
    // The crates that enqueue work into streams.
    let ordered = [
        "-ppixelflume-memory",
        "-ppixelflume-scheduler",
        "-ppixelflume-pipeline",
        "-ppixelflume-ops",
        "-ppixelflume-cli",
    ];
    let mut steps = vec![
        (
            "lock file",
            cmd!(shell, "cargo metadata --locked --format-version 1").ignore_stdout(),
        ),
        ("kernels", cmd!(shell, "cargo xtask kernels --check")),
        ("operators", cmd!(shell, "cargo xtask operators --check")),
        ("exactness", cmd!(shell, "cargo xtask exactness --check")),
        ("format", cmd!(shell, "cargo fmt --all --check")),
        (
            "clippy",
            cmd!(
                shell,
                "cargo clippy --workspace --all-targets -- -D warnings"
            ),
        ),
        (
            "clippy without CUDA",
            cmd!(
                shell,
                "cargo clippy {libraries...} --no-default-features --all-targets -- -D warnings"
            ),
        ),
        (
            "clippy of the facade",
            cmd!(
                shell,
                "cargo clippy -p pixelflume --no-default-features -- -D warnings"
            ),
        ),
        (
            "clippy with CUDA",
            cmd!(
                shell,
                "cargo clippy -p pixelflume --features cuda --all-targets -- -D warnings"
            ),
        ),
        (
            "clippy of the doors",
            cmd!(
                shell,
                "cargo clippy -p pixelflume --features cudarc,cust --all-targets -- -D warnings"
            )
            .env("CUDA_LIBRARY_PATH", &toolkit),
        ),
        (
            "clippy with NVTX",
            cmd!(
                shell,
                "cargo clippy -p pixelflume-scheduler --features nvtx --all-targets -- -D warnings"
            ),
        ),
        (
            "programs without CUDA",
            cmd!(
                shell,
                "cargo check -p pixelflume-cli -p pixelflume-validate --no-default-features --all-targets"
            ),
        ),
    ];
    steps.extend(FEATURES.iter().map(|features| {
        let check = "check -p pixelflume --no-default-features --features";
        let check = check.split(' ').chain([*features]);
        ("features", cmd!(shell, "cargo {check...}"))
    }));
    steps.extend([
        (
            "documentation",
            cmd!(shell, "cargo doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings"),
        ),
        // The README gives this command, too.
        ("tests", cmd!(shell, "cargo test --workspace")),
        // Every interleaving of the task rings' models. Loom replaces the atomics, so these builds serve no other step.
        (
            "model checker",
            cmd!(
                shell,
                "cargo test -p pixelflume-scheduler --test rings_loom --release"
            )
            .env("RUSTFLAGS", "--cfg loom")
            .env("CARGO_TARGET_DIR", "target/loom"),
        ),
        (
            "model checker of the host's workers",
            cmd!(
                shell,
                "cargo test -p pixelflume-device --lib --release workers::model"
            )
            .env("RUSTFLAGS", "--cfg loom")
            .env("CARGO_TARGET_DIR", "target/loom"),
        ),
        // Every host device of these tests checks that events order all accesses.
        (
            "tests on the checked host",
            cmd!(shell, "cargo test {ordered...}").env("PIXELFLUME_CHECKED", "1"),
        ),
        // Examples that check themselves. The second one says that there is no GPU where there is none.
        (
            "example of a server",
            cmd!(
                shell,
                "cargo run -p pixelflume --example serve --features image -- --self-test"
            ),
        ),
        (
            "example of a stream of cudarc",
            cmd!(
                shell,
                "cargo run -p pixelflume --example cudarc_stream --features cudarc"
            ),
        ),
        ("sanitizer", cmd!(shell, "cargo xtask sanitize")),
        ("dependent crate", cmd!(shell, ".ci/downstream")),
        // The crates as crates.io gets them: metadata, contents, sizes, and a build of each from its packaged sources.
        ("packages", cmd!(shell, "cargo xtask release --dry-run")),
    ]);
    Ok(steps)
}

/// Runs the steps up to the first one that fails.
pub(crate) fn run() -> Result<()> {
    let shell = project::shell()?;
    let start = Instant::now();
    let mut times = Vec::new();
    for (name, command) in steps(&shell)? {
        println!("\n== {} {name}: {command}", clock(start.elapsed()));
        let step = Instant::now();
        command
            .quiet()
            .run()
            .with_context(|| format!("ci step \"{name}\" failed"))?;
        times.push((name, step.elapsed()));
    }
    println!("\n== {} all steps passed", clock(start.elapsed()));
    for (name, time) in times {
        println!("   {} {name}", clock(time));
    }
    Ok(())
}

/// A duration in minutes and seconds.
fn clock(time: Duration) -> String {
    format!("{:02}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}
