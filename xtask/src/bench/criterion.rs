//! Runs criterion benches and reads their results.

use super::results::Measurement;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Arguments for shorter measurements; groups may set their own times.
pub(super) const ARGUMENTS: [&str; 8] = [
    "--bench",
    "--noplot",
    "--warm-up-time",
    "0.3",
    "--measurement-time",
    "0.8",
    "--sample-size",
    "20",
];

/// The fields read of criterion's `benchmark.json`.
#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
}

/// Criterion's `sample.json`: the nanoseconds of a number of iterations.
#[derive(Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// Runs the benches of one program whose names match the regular expression `filter`. Criterion writes its files to `folder`,
/// which must be new.
pub(super) fn run(
    name: &str,
    program: &Path,
    filter: Option<&str>,
    folder: &Path,
) -> Result<Vec<Measurement>> {
    fs::create_dir_all(folder)?;
    let output = Command::new(program)
        .args(ARGUMENTS)
        .args(filter)
        .env("CRITERION_HOME", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("the bench {name} does not start"))?;
    if !output.status.success() {
        bail!(
            "the bench {name} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let mut all = Vec::new();
    for found in samples(folder)? {
        let benchmark: Benchmark = read(&found.with_file_name("benchmark.json"))?;
        let sample: Sample = read(&found)?;
        let times = sample.times.iter().zip(&sample.iters);
        let per_iteration = times.map(|(time, count)| time / count).collect();
        all.extend(Measurement::of(benchmark.full_id, "ns", per_iteration));
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).with_context(|| file.display().to_string())
}

/// The paths of all `new/sample.json` under a folder.
fn samples(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("new/sample.json") {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criterions_files_are_read() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let new = folder.path().join("group").join("name").join("new");
        fs::create_dir_all(&new)?;
        fs::write(
            new.join("benchmark.json"),
            r#"{"group_id":"group","full_id":"group/name","throughput":null}"#,
        )?;
        fs::write(
            new.join("sample.json"),
            r#"{"sampling_mode":"Flat","iters":[2.0,2.0,4.0],"times":[20.0,24.0,44.0]}"#,
        )?;
        // A program that measures nothing.
        let found = run("none", Path::new("true"), None, folder.path())?;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "group/name");
        assert_eq!((found[0].median, &found[0].unit[..]), (11.0, "ns"));
        let error = run("none", Path::new("false"), None, folder.path()).expect_err("exit code 1");
        assert!(error.to_string().contains("the bench none ended with"));
        Ok(())
    }
}
