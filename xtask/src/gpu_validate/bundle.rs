//! The bundle: a folder with everything that a machine with a GPU and without a toolchain needs.

use super::{PROCESSORS, PROGRAMS, python};
use crate::project;
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The largest size of a bundle, in bytes.
const MAX_BYTES: u64 = 56 << 20;

/// Creates the bundle in `folder`. Other files in the folder stay.
pub(super) fn make(
    shell: &Shell,
    programs: &Path,
    built: &[(PathBuf, &str)],
    folder: &Path,
) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let suite = PROGRAMS.map(|program| (programs.join(program), program));
    let all: Vec<_> = suite.iter().chain(built).collect();
    for (from, name) in &all {
        let to = folder.join(name);
        cmd!(shell, "strip -o {to} {from}")
            .run()
            .context("strip (of the binutils) is needed for a bundle")?;
    }
    let script = folder.join("run.sh");
    fs::write(&script, include_str!("run.sh"))?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    fs::write(folder.join("README.txt"), include_str!("README.txt"))?;

    let mut bytes = 0;
    let names = all.iter().map(|(_, name)| *name);
    let names = names.chain(["run.sh", "README.txt"]);
    for name in names {
        bytes += fs::metadata(folder.join(name))?.len();
    }
    bytes += python::copy(shell, programs, &folder.join(python::FOLDER))?;
    for part in ["pipelines", "photos"] {
        let from = project::root().join("examples").join(part);
        bytes += copy_folder(&from, &folder.join("examples").join(part))?;
    }

    let processors = folder.join("processors");
    bytes += copy_folder(
        &project::root().join(PROCESSORS).join("golden"),
        &processors.join("golden"),
    )?;
    bytes += fs::copy(
        project::root().join(PROCESSORS).join("images.json"),
        processors.join("images.json"),
    )?;

    let size = bytes as f64 / f64::from(1 << 20);
    println!(
        "{}: {size:.1} MiB; copy it to a machine with a GPU and start run.sh there",
        folder.display()
    );
    if bytes > MAX_BYTES {
        bail!(
            "the bundle has {size:.1} MiB; at most {} MiB are allowed",
            MAX_BYTES >> 20
        );
    }
    Ok(())
}

/// Copies a folder over `to` and returns the number of bytes. Files that `to` had before are removed, so that an old bundle
/// leaves nothing behind.
pub(super) fn copy_folder(from: &Path, to: &Path) -> Result<u64> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("{} cannot be replaced", to.display()))?;
    }
    fs::create_dir_all(to)?;
    let mut bytes = 0;
    let entries =
        fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        bytes += if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?
        } else {
            fs::copy(entry.path(), &target)?
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Starts `run.sh` from a folder beside the bundle; returns the working folder and the arguments that the suite gets.
    fn called(arguments: &[&str]) -> (tempfile::TempDir, Vec<String>) {
        let root = tempfile::tempdir().expect("a folder");
        let (bundle, caller) = (root.path().join("a bundle"), root.path().join("caller"));
        fs::create_dir(&bundle).expect("a folder");
        fs::create_dir(&caller).expect("a folder");
        let suite = "#!/bin/sh\npwd -P\nfor argument; do echo \"$argument\"; done\n";
        for (name, text) in [
            ("run.sh", include_str!("run.sh")),
            ("pixelflume-validate", suite),
        ] {
            let file = bundle.join(name);
            fs::write(&file, text).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        let output = Command::new("bash")
            .arg("../a bundle/run.sh")
            .args(arguments)
            .current_dir(&caller)
            .env("CDPATH", root.path())
            .output()
            .expect("bash is there");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{text}");
        (root, text.lines().map(str::to_owned).collect())
    }

    #[test]
    fn the_script_stays_in_the_folder_that_it_is_started_in() {
        for arguments in [["--report", "out/here"], ["--report=out/here", "--quick"]] {
            let (root, lines) = called(&arguments);
            let root = root.path().canonicalize().expect("it is there");
            assert_eq!(lines[0], root.join("caller").to_str().expect("text"));
            assert_eq!(lines[lines.len() - 2..], arguments);
            let reports = lines.iter().filter(|line| line.starts_with("--report"));
            assert_eq!(reports.count(), 1, "{lines:?}");
        }
    }

    #[test]
    fn report_and_examples_are_the_bundles_unless_others_are_named() {
        let (root, lines) = called(&["--quick"]);
        let bundle = root.path().join("a bundle");
        let of_bundle = |part: &str| bundle.join(part).to_str().expect("text").to_owned();
        let (report, pipelines) = (of_bundle("report"), of_bundle("examples/pipelines"));
        let processors = of_bundle("processors");
        assert_eq!(
            lines[1..],
            [
                "--report",
                &report,
                "--pipelines",
                &pipelines,
                "--processors",
                &processors,
                "--quick"
            ]
        );
        let own = ["--pipelines", "mine", "--report", "r", "--processors=p"];
        let (_root, lines) = called(&own);
        assert_eq!(lines[1..], own);
    }
}
