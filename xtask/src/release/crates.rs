//! The published crates, in the order in which they can be published.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use xshell::{Shell, cmd};

/// A crate in the form of `cargo metadata`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: Option<String>,
    pub(super) license: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) documentation: Option<String>,
    pub(super) readme: Option<String>,
    pub(super) rust_version: Option<String>,
    #[serde(default)]
    pub(super) keywords: Vec<String>,
    #[serde(default)]
    pub(super) categories: Vec<String>,
    pub(super) dependencies: Vec<Dependency>,
    #[serde(default)]
    pub(super) features: BTreeMap<String, Vec<String>>,
    pub(super) manifest_path: PathBuf,
    /// The registries that it may be published to; all of them without a list.
    pub(super) publish: Option<Vec<String>>,
    #[serde(default)]
    pub(super) metadata: Value,
    #[serde(default)]
    pub(super) targets: Vec<Target>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// The version requirement; `*` where there is none.
    pub(super) req: String,
    /// `None`, "dev" or "build".
    pub(super) kind: Option<String>,
    /// The folder of a path dependency.
    pub(super) path: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Target {
    pub(super) kind: Vec<String>,
}

impl Crate {
    /// Whether the crate has a library, and so documentation on docs.rs.
    pub(super) fn is_library(&self) -> bool {
        self.targets
            .iter()
            .any(|target| target.kind.iter().any(|kind| kind == "lib"))
    }
}

impl Dependency {
    /// Whether a dependency is left out of the published manifest: one for tests with a path and without a version.
    pub(super) fn is_left_out(&self) -> bool {
        self.kind.as_deref() == Some("dev") && self.path.is_some() && self.req == "*"
    }
}

/// All published crates of the workspace, each after its dependencies.
pub(super) fn published(shell: &Shell) -> Result<Vec<Crate>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Crate>,
    }
    let json = cmd!(shell, "cargo metadata --format-version 1 --no-deps")
        .quiet()
        .read()?;
    let metadata: Metadata =
        serde_json::from_str(&json).context("cargo metadata says something unexpected")?;
    let published = metadata.packages.into_iter();
    in_order(
        published
            .filter(|each| each.publish.as_ref().is_none_or(|to| !to.is_empty()))
            .collect(),
    )
}

fn in_order(mut left: Vec<Crate>) -> Result<Vec<Crate>> {
    left.sort_by(|a, b| a.name.cmp(&b.name));
    let mut done: Vec<Crate> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |each: &Crate| {
            let mut needed = each.dependencies.iter().filter(|on| !on.is_left_out());
            needed.any(|on| left.iter().any(|other| other.name == on.name))
        };
        let Some(next) = left.iter().position(|each| !waits(each)) else {
            let names: Vec<_> = left.iter().map(|each| each.name.as_str()).collect();
            bail!(
                "no crate of these can be published first, since each depends on another: {}",
                names.join(", ")
            );
        };
        done.push(left.remove(next));
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(name: &str, kind: Option<&str>, req: &str) -> Dependency {
        Dependency {
            name: name.to_owned(),
            req: req.to_owned(),
            kind: kind.map(str::to_owned),
            path: Some(PathBuf::from(name)),
        }
    }

    fn named(name: &str, dependencies: Vec<Dependency>) -> Crate {
        Crate {
            name: name.to_owned(),
            dependencies,
            ..Crate::default()
        }
    }

    fn names(crates: &[Crate]) -> Vec<&str> {
        crates.iter().map(|each| each.name.as_str()).collect()
    }

    #[test]
    fn each_crate_comes_behind_what_it_needs() {
        let crates = vec![
            named("a", vec![on("c", None, "^1")]),
            named("b", vec![on("a", Some("build"), "^1")]),
            named(
                "c",
                vec![on("serde", None, "^1"), on("c", Some("dev"), "*")],
            ),
        ];
        assert_eq!(names(&in_order(crates).unwrap()), ["c", "a", "b"]);
    }

    #[test]
    fn a_cycle_is_refused_with_its_names() {
        // A dependency for tests counts as well, if it has a version.
        let crates = vec![
            named("a", vec![on("b", None, "^1")]),
            named("b", vec![on("a", Some("dev"), "^1")]),
            named("c", vec![]),
        ];
        let error = in_order(crates).unwrap_err().to_string();
        assert!(error.ends_with(": a, b"), "{error}");
    }
}
