//! `cargo xtask ci`: everything that must pass before a change is merged. `.ci/run` calls it on a clean machine.

use crate::gpu_validate::doors;
use crate::project;
use anyhow::{Context, Result};
use std::time::{Duration, Instant};
use xshell::{Cmd, Shell, cmd};

/// Features of the facade that are built one at a time: a feature must not rely on a dependency that another one brings.
const FEATURES: &[&str] = &[
    "codec", "cuda", "cudarc", "dlpack", "files", "image", "ndarray", "nvtx",
];

/// All steps in order; steps that fail fast come first.
///
/// Cargo builds a crate again for each set of features that the selected packages ask of it. So the steps select the same
/// packages where they can: those that run tests and examples select the whole workspace.
fn steps(shell: &Shell) -> Result<Vec<(&'static str, Cmd<'_>)>> {
    // A stub of the CUDA toolkit, which cust needs to build.
    let target = project::target_dir(shell)?;
    let toolkit = doors::stub(shell, &target.join("doors"))?;
    // The programs enable CUDA by default; the libraries are checked without it, as users without CUDA build them.
    let libraries = [
        "--workspace",
        "--exclude=pixelflume-cli",
        "--exclude=pixelflume-validate",
        "--exclude=pixelflume-python",
        "--exclude=xtask",
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
            "clippy of the programs without CUDA",
            cmd!(
                shell,
                "cargo clippy -p pixelflume-cli -p pixelflume-validate --no-default-features --all-targets -- -D warnings"
            ),
        ),
        (
            "clippy with NVTX",
            cmd!(
                shell,
                "cargo clippy -p pixelflume-scheduler --features nvtx --all-targets -- -D warnings"
            ),
        ),
        (
            "clippy with all features",
            cmd!(
                shell,
                "cargo clippy -p pixelflume --all-features --all-targets -- -D warnings"
            )
            .env("CUDA_LIBRARY_PATH", &toolkit),
        ),
        (
            "clippy of the facade",
            cmd!(
                shell,
                "cargo clippy -p pixelflume --no-default-features -- -D warnings"
            ),
        ),
    ];
    steps.extend(FEATURES.iter().map(|features| {
        let check = "clippy -p pixelflume --no-default-features --features";
        let check = check.split(' ').chain([*features]);
        ("features", cmd!(shell, "cargo {check...} -- -D warnings"))
    }));
    let examples = target.join("debug/examples");
    let [serve, cudarc_stream] = ["serve", "cudarc_stream"].map(|name| examples.join(name));
    steps.extend([
        (
            "documentation",
            cmd!(shell, "cargo doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings"),
        ),
        // The README gives this command, too.
        ("tests", cmd!(shell, "cargo test --workspace")),
        // Every host device of these tests checks that events order all accesses.
        (
            "tests on the checked host",
            cmd!(shell, "cargo xtask checked"),
        ),
        // Examples that check themselves. The second one says that there is no GPU where there is none.
        (
            "examples",
            cmd!(
                shell,
                "cargo build --workspace --features pixelflume/image,pixelflume/cudarc --example serve --example cudarc_stream"
            ),
        ),
        ("example of a server", cmd!(shell, "{serve} --self-test")),
        (
            "example of a stream of cudarc",
            cmd!(shell, "{cudarc_stream}"),
        ),
        // The wheel in a fresh environment, with the libraries that it works with.
        ("Python", cmd!(shell, "cargo xtask python")),
        // Every interleaving of the task rings' models. Loom replaces the atomics, so these builds serve no other step.
        (
            "model checker",
            model(cmd!(
                shell,
                "cargo test -p pixelflume-scheduler --test rings_loom --release"
            )),
        ),
        (
            "model checker of the host's workers",
            model(cmd!(
                shell,
                "cargo test -p pixelflume-device --lib --release workers::model"
            )),
        ),
        ("sanitizer", cmd!(shell, "cargo xtask sanitize")),
        (
            "dependent crate",
            cmd!(shell, ".ci/downstream").env("CARGO_PROFILE_DEV_DEBUG", "none"),
        ),
        // The crates as crates.io gets them: metadata, contents, sizes, and a build of each from its packaged sources.
        ("packages", cmd!(shell, "cargo xtask release --dry-run")),
    ]);
    // Whoever runs all steps changes nothing in between: the state of incremental builds would only cost time and disk.
    Ok(steps
        .into_iter()
        .map(|(name, step)| (name, step.env("CARGO_INCREMENTAL", "0")))
        .collect())
}

/// A run of the model checker: the models are optimized, but not across crates.
fn model(command: Cmd<'_>) -> Cmd<'_> {
    command
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", "target/loom")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
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
