//! The files of a package: their sizes, and files of other folders that they include.

use super::crates::Crate;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use xshell::{Shell, cmd};

/// The most bytes of a file, unless its crate names it under `large-files` of `[package.metadata.release]`.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The files of a package.
pub(super) struct Contents {
    name: String,
    folder: PathBuf,
    pub(super) files: Vec<File>,
    /// Files that may be larger.
    large: Vec<String>,
}

/// A file of a package, by its path within the package.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

impl Contents {
    /// The files that cargo would put into the package of a crate.
    pub(super) fn of(shell: &Shell, each: &Crate) -> Result<Self> {
        let name = &each.name;
        let list = cmd!(shell, "cargo package --list --allow-dirty --package {name}")
            .quiet()
            .ignore_stderr()
            .read()?;
        let folder = each.manifest_path.parent().unwrap_or(Path::new("."));
        let mut files = Vec::new();
        for path in list.lines() {
            // Files that cargo creates while it packages are not in the folder.
            let Ok(metadata) = fs::metadata(folder.join(path)) else {
                continue;
            };
            files.push(File {
                path: PathBuf::from(path),
                bytes: metadata.len(),
            });
        }
        let large = each.metadata["release"]["large-files"].as_array();
        let large = large.into_iter().flatten();
        Ok(Contents {
            name: name.clone(),
            folder: folder.to_owned(),
            files,
            large: large
                .filter_map(|file| file.as_str())
                .map(str::to_owned)
                .collect(),
        })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    pub(super) fn largest(&self) -> Option<&File> {
        self.files.iter().max_by_key(|file| file.bytes)
    }

    /// The problems of the files.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let paths: BTreeSet<&Path> = self.files.iter().map(|file| file.path.as_path()).collect();
        for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
            if !paths.contains(Path::new(license)) {
                problems.push(format!("{license} is not in the package"));
            }
        }
        for file in &self.files {
            let path = file.path.display();
            if file.bytes > MAX_FILE_BYTES
                && !self.large.iter().any(|large| file.path == Path::new(large))
            {
                problems.push(format!(
                    "{path} has {} bytes, more than {MAX_FILE_BYTES}; name it under large-files of [package.metadata.release] if it has to be there",
                    file.bytes
                ));
            }
            if file.path.extension().is_none_or(|kind| kind != "rs") {
                continue;
            }
            match fs::read_to_string(self.folder.join(&file.path)).context("not readable") {
                Err(error) => problems.push(format!("{path}: {error:#}")),
                Ok(source) => {
                    problems.extend(escapes(&file.path, &source).into_iter().map(|to| {
                        format!("{path} includes {to:?}, which lies outside of the crate")
                    }))
                }
            }
        }
        problems
            .into_iter()
            .map(|problem| format!("{}: {problem}", self.name))
            .collect()
    }
}

/// The files outside of its crate that a source file includes: the first literal after each `include!`, `include_str!` or
/// `include_bytes!`, also within `concat!`, relative to the folder of the source.
fn escapes(source: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, include) in text.match_indices("include") {
        let rest = &text[at + include.len()..];
        let Some(rest) = ["!(", "_str!(", "_bytes!("]
            .iter()
            .find_map(|call| rest.strip_prefix(call))
        else {
            continue;
        };
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("concat!(").unwrap_or(rest).trim_start();
        let Some((path, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
            continue;
        };
        let folder = source.parent().unwrap_or(Path::new(""));
        if leaves(&folder.join(path)) {
            found.push(path.to_owned());
        }
    }
    found
}

/// Whether a relative path leads out of its folder.
fn leaves(path: &Path) -> bool {
    let mut depth = 0_i32;
    path.components().any(|component| {
        depth += match component {
            Component::ParentDir => -1,
            Component::Normal(_) => 1,
            Component::CurDir => 0,
            Component::RootDir | Component::Prefix(_) => return true,
        };
        depth < 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_from_outside_of_the_crate_are_found() {
        let found = |text| escapes(Path::new("src/some/file.rs"), text);
        assert_eq!(found(r#"include_str!("../../README.md")"#), [""; 0]);
        assert_eq!(found(r#"include_str!("../../../x.md")"#), ["../../../x.md"]);
        assert_eq!(
            found("#[doc = include_str!(\n    \"../../../../y\"\n)]"),
            ["../../../../y"]
        );
        let list = r#"include_bytes!(concat!("../../../data/", $file))"#;
        assert_eq!(found(list), ["../../../data/"]);
        assert_eq!(found(r#"include!("/etc/x")"#), ["/etc/x"]);
        assert_eq!(
            found(r#"include!(concat!(env!("OUT_DIR"), "/x.rs"))"#),
            [""; 0]
        );
        assert_eq!(found("exclude or include, as you like"), [""; 0]);
    }

    #[test]
    fn large_files_and_missing_licenses_are_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.rs"), "").unwrap();
        let file = |path: &str, bytes| File {
            path: PathBuf::from(path),
            bytes,
        };
        let mut contents = Contents {
            name: "c".to_owned(),
            folder: folder.path().to_owned(),
            files: vec![
                file("a.rs", 0),
                file("LICENSE-MIT", 1),
                file("big.bin", MAX_FILE_BYTES + 1),
            ],
            large: Vec::new(),
        };
        let problems = contents.problems();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("LICENSE-APACHE"));
        assert!(problems[1].contains("big.bin has 1048577 bytes"));
        contents.large.push("big.bin".to_owned());
        contents.files.push(file("LICENSE-APACHE", 1));
        assert_eq!(contents.problems(), Vec::<String>::new());
    }
}
