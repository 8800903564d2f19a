//! `cargo xtask checked`: runs the tests that enqueue work into several streams on the checked host device, which refuses work
//! that nothing orders.
//!
//! Cargo builds a crate again for each set of features that the selected packages ask of it. So the test programs are those of
//! `cargo test --workspace`, which are built already where those tests ran, and are started here without cargo.

use crate::project;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The crates that enqueue work into several streams. No operator uses a second one.
const ORDERED: &[&str] = &["memory", "pipeline", "scheduler"];

/// Test programs of those crates that are not run: they count allocations, which the checks make, too, use CUDA or models in
/// place of the host device, or only plan.
const UNORDERED: &[&str] = &[
    "allocation",
    "cuda",
    "driver_faults",
    "engine_allocation",
    "fork",
    "mixed_allocation",
    "rings_allocation",
    "rings_loom",
    "rings_model",
    "schedule",
];

/// The folder of the command line program.
const PROGRAM: &str = "cli";

/// Its test programs that run pipelines.
const RUNS: &[&str] = &[
    "execution",
    "mixed",
    "pixels",
    "robustness",
    "video",
    "video_failures",
];

/// A message of cargo about a target that is built.
#[derive(Deserialize)]
struct Artifact {
    manifest_path: PathBuf,
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

impl Artifact {
    /// The folder of the crate.
    fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new(""))
    }

    /// The test program, if it is one that is run on the checked host.
    fn ordered(&self) -> Option<&Path> {
        let program = self.executable.as_deref().filter(|_| self.profile.test)?;
        let of = self.folder().file_name()?.to_str()?;
        let (name, is_test) = (&*self.target.name, self.target.kind == ["test"]);
        let is_lib = self.target.kind == ["lib"];
        let runs = match of == PROGRAM {
            true => is_test && RUNS.contains(&name),
            false => ORDERED.contains(&of) && (is_lib || (is_test && !UNORDERED.contains(&name))),
        };
        runs.then_some(program)
    }
}

/// Runs the task.
pub(crate) fn run() -> Result<()> {
    let shell = project::shell()?;
    let messages = cmd!(
        shell,
        "cargo test --workspace --no-run --message-format json-render-diagnostics"
    )
    .read()
    .context("the tests cannot be built")?;
    let artifacts = artifacts(&messages)?;
    let mut count = 0;
    for artifact in &artifacts {
        if let Some(program) = artifact.ordered() {
            start(&shell, artifact.folder(), program)
                .with_context(|| format!("tests of {} failed", artifact.target.name))?;
            count += 1;
        }
    }
    ensure!(count > 0, "cargo built no test program that enqueues work");
    println!("== {count} test programs passed on the checked host device");
    Ok(())
}

/// Runs a test program as cargo does, in the folder of its crate.
fn start(shell: &Shell, folder: &Path, program: &Path) -> Result<()> {
    let _folder = shell.push_dir(folder);
    cmd!(shell, "{program} --quiet")
        .env("CARGO_MANIFEST_DIR", folder)
        .env("PIXELFLUME_CHECKED", "1")
        .run()?;
    Ok(())
}

/// The targets that cargo says it has built.
fn artifacts(messages: &str) -> Result<Vec<Artifact>> {
    let mut found = Vec::new();
    for line in messages.lines() {
        let message: serde_json::Value = serde_json::from_str(line)
            .with_context(|| format!("cargo says something unexpected: {line}"))?;
        match message["reason"].as_str() {
            Some("compiler-artifact") => found.push(serde_json::from_value(message)?),
            Some(_) => {}
            None => bail!("a message of cargo has no reason: {line}"),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(of: &str, kind: &str, name: &str, test: bool) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","manifest_path":"/p/crates/{of}/Cargo.toml","target":{{"name":"{name}","kind":["{kind}"]}},"profile":{{"test":{test}}},"executable":"/p/target/{name}"}}"#
        )
    }

    #[test]
    fn programs_are_chosen_by_crate_and_name() {
        let lines = [
            message("memory", "lib", "pixelflume_memory", true),
            message("memory", "test", "pools", true),
            message("memory", "test", "cuda", true),
            message("pipeline", "test", "engine", true),
            message("pipeline", "test", "engine_allocation", true),
            message("ops", "test", "golden", true),
            message("cli", "test", "video", true),
            message("cli", "test", "settings", true),
            message("cli", "bin", "pixelflume", false),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let artifacts = artifacts(&lines.join("\n")).expect("messages of cargo");
        let chosen: Vec<_> = artifacts.iter().filter_map(Artifact::ordered).collect();
        let expected = ["pixelflume_memory", "pools", "engine", "video"];
        assert_eq!(
            chosen,
            expected.map(|name| Path::new("/p/target").join(name))
        );
    }

    #[test]
    fn lists_name_test_programs_that_exist() {
        let exists = |of: &str, name: &str| {
            let tests = project::root().join("crates").join(of).join("tests");
            tests.join(format!("{name}.rs")).is_file() || tests.join(name).join("main.rs").is_file()
        };
        for name in UNORDERED {
            assert!(ORDERED.iter().any(|of| exists(of, name)), "{name}");
        }
        for name in RUNS {
            assert!(exists(PROGRAM, name), "{name}");
        }
    }
}
