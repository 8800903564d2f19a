//! Runs other libraries on the same workloads, by the scripts `benches/peers/*_peer.py`, each of which reports its
//! requirements.

use super::workloads;
use crate::project;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Scripts that run a second time with other arguments.
const AGAIN: [(&str, &[&str]); 1] = [("torch_peer", &["--compile"])];

/// Runs all peers on the workloads whose names contain `filter`, with images dumped by `command`, and returns their results by
/// file name. A peer that is not installed says so and has no results. With the device `host`, peers on GPUs are left out.
pub(super) fn run(
    command: &Path,
    device: &str,
    filter: Option<&str>,
    scratch: &Path,
) -> Result<BTreeMap<String, Value>> {
    let names = workloads::names(command, filter)?;
    let mut all = BTreeMap::new();
    if names.is_empty() {
        return Ok(all);
    }
    let (folder, images) = (scratch.join("peers"), scratch.join("images"));
    fs::create_dir_all(&folder)?;
    let list = folder.join("list");
    workloads::prepare(command, &names, &list, &images)?;
    for script in scripts(&project::root().join("benches/peers"))? {
        let stem = script.file_stem().unwrap_or_default().to_string_lossy();
        // OpenCV runs on the CPU; with the device `host` the other peers are of no interest.
        if device == "host" && stem != "opencv_peer" {
            continue;
        }
        let again = AGAIN.iter().filter(|(of, _)| *of == stem);
        for arguments in again.map(|(_, more)| *more).chain([[].as_slice()]) {
            println!("  {stem} {}", arguments.join(" "));
            let file = format!("{stem}{}.json", arguments.concat());
            let status = Command::new("python3")
                .arg(&script)
                .arg("--workloads")
                .arg(&list)
                .arg("--images")
                .arg(&images)
                .arg("--json")
                .arg(folder.join(file))
                .args(["--quick", "--only", &names.join(",")])
                .args(arguments)
                .status()
                .context("python3 is needed for --peers")?;
            if !status.success() {
                bail!("{} ended with {status}", script.display());
            }
        }
    }
    // A script may write several files, for example one for each number of threads.
    for file in with_extension(&folder, "json")? {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        all.insert(stem.into_owned(), workloads::read(&file)?);
    }
    Ok(all)
}

/// The scripts of a folder, in order of their names.
fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = with_extension(folder, "py")?;
    all.retain(|path| {
        let stem = path.file_stem().unwrap_or_default();
        stem.to_string_lossy().ends_with("_peer")
    });
    Ok(all)
}

fn with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut all = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new(extension)) {
            all.push(path);
        }
    }
    all.sort_unstable();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_are_found() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for name in ["b_peer.py", "a_peer.py", "common.py", "a_peer.txt"] {
            fs::write(folder.path().join(name), "")?;
        }
        let names = scripts(folder.path())?;
        let names: Vec<_> = names.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["a_peer.py", "b_peer.py"]);
        Ok(())
    }
}
