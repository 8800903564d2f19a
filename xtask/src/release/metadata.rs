//! Checks the manifests of published crates.

use super::crates::Crate;
use anyhow::{Result, bail};

/// The version that all crates share.
pub(super) fn common_version(crates: &[Crate]) -> Result<String> {
    let Some(first) = crates.first() else {
        bail!("no crate of the workspace is published");
    };
    match crates.iter().find(|each| each.version != first.version) {
        None => Ok(first.version.clone()),
        Some(other) => bail!(
            "{} has version {}, and {} has {}",
            first.name,
            first.version,
            other.name,
            other.version
        ),
    }
}

/// The problems of a manifest.
pub(super) fn problems(each: &Crate, crates: &[Crate]) -> Vec<String> {
    let mut problems = Vec::new();
    let fields = [
        ("description", &each.description),
        ("license", &each.license),
        ("repository", &each.repository),
        ("documentation", &each.documentation),
        ("readme", &each.readme),
        ("rust-version", &each.rust_version),
    ];
    for (field, value) in fields {
        if value.as_ref().is_none_or(|value| value.trim().is_empty()) {
            problems.push(format!("no {field}"));
        }
    }
    if let Some(readme) = &each.readme
        && readme.contains("..")
    {
        problems.push(format!("readme = {readme:?} lies outside of the crate"));
    }
    for (field, values, most) in [
        ("keywords", &each.keywords, 20),
        ("categories", &each.categories, 100),
    ] {
        if values.is_empty() || values.len() > 5 {
            problems.push(format!(
                "{} {field}; crates.io takes 1 to 5 here",
                values.len()
            ));
        }
        if let Some(long) = values.iter().find(|value| value.len() > most) {
            problems.push(format!("{field}: {long:?} has more than {most} characters"));
        }
    }
    problems.extend(docs_rs(each));
    for on in &each.dependencies {
        let here = crates.iter().find(|other| other.name == on.name);
        match (&on.path, here) {
            _ if on.is_left_out() => {}
            (None, _) => {}
            (Some(_), None) => problems.push(format!(
                "depends on {}, which is not published{}",
                on.name,
                match on.kind.as_deref() {
                    Some("dev") => "; without a version it would be left out",
                    _ => "",
                }
            )),
            (Some(_), Some(other)) if on.req != format!("^{}", other.version) => {
                problems.push(format!(
                    "depends on {} {}, which has version {}",
                    on.name, on.req, other.version
                ));
            }
            _ => {}
        }
    }
    let name = &each.name;
    problems
        .into_iter()
        .map(|problem| format!("{name}: {problem}"))
        .collect()
}

/// The problems of `[package.metadata.docs.rs]` of a library: without it, docs.rs shows no features, and builds for targets
/// that nothing runs on.
fn docs_rs(each: &Crate) -> Vec<String> {
    if !each.is_library() {
        return Vec::new();
    }
    let settings = &each.metadata["docs"]["rs"];
    let mut problems = Vec::new();
    if settings["targets"].as_array().is_none_or(Vec::is_empty) {
        problems.push("no targets in [package.metadata.docs.rs]".to_owned());
    }
    let shown = settings["features"].as_array().into_iter().flatten();
    for feature in shown.filter_map(|feature| feature.as_str()) {
        if !each.features.contains_key(feature) {
            problems.push(format!(
                "[package.metadata.docs.rs] names {feature:?}, which is no feature"
            ));
        }
    }
    problems
}

/// The problem of the changelog: it needs a section of the version that is published, or else of unreleased changes.
pub(super) fn changelog_problem(text: &str, version: &str, publishing: bool) -> Option<String> {
    let of_version = format!("## {version}");
    let is_there = |heading: &str| {
        text.lines().any(|line| {
            line.strip_prefix(heading)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    };
    let fine = is_there(&of_version) || (!publishing && is_there("## Unreleased"));
    (!fine).then(|| format!("CHANGELOG.md has no section \"{of_version}\""))
}

#[cfg(test)]
mod tests {
    use super::super::crates::{Dependency, Target};
    use super::*;
    use serde_json::json;
    use std::path::PathBuf;

    fn good() -> Crate {
        let text = || Some("text".to_owned());
        Crate {
            name: "good".to_owned(),
            version: "1.2.0".to_owned(),
            description: text(),
            license: text(),
            repository: text(),
            documentation: text(),
            readme: Some("README.md".to_owned()),
            rust_version: text(),
            keywords: vec!["image".to_owned()],
            categories: vec!["science".to_owned()],
            features: [("cuda".to_owned(), vec![])].into(),
            metadata: json!({ "docs": { "rs": { "features": ["cuda"], "targets": ["x"] } } }),
            targets: vec![Target {
                kind: vec!["lib".to_owned()],
            }],
            ..Crate::default()
        }
    }

    /// The only problem that a change makes.
    #[track_caller]
    fn problem(change: impl FnOnce(&mut Crate)) -> String {
        let crates = [good()];
        let mut each = good();
        change(&mut each);
        let problems = problems(&each, &crates);
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].clone()
    }

    fn on(name: &str, kind: Option<&str>, req: &str) -> Dependency {
        Dependency {
            name: name.to_owned(),
            req: req.to_owned(),
            kind: kind.map(str::to_owned),
            path: Some(PathBuf::from(name)),
        }
    }

    #[test]
    fn what_crates_io_or_docs_rs_would_miss_is_named() {
        assert_eq!(problems(&good(), &[good()]), Vec::<String>::new());
        assert_eq!(problem(|each| each.license = None), "good: no license");
        assert!(problem(|each| each.readme = Some("../README.md".into())).contains("outside"));
        assert!(problem(|each| each.keywords = vec!["a".into(); 6]).contains("6 keywords"));
        assert!(problem(|each| each.keywords = vec!["a".repeat(21)]).contains("20 characters"));
        assert!(problem(|each| each.features.clear()).contains("no feature"));
        assert!(
            problem(|each| each.metadata["docs"]["rs"]["targets"] = json!([]))
                .contains("no targets")
        );
    }

    #[test]
    fn dependencies_must_be_published_in_their_version() {
        let with = |dependency| move |each: &mut Crate| each.dependencies = vec![dependency];
        assert!(problem(with(on("none", None, "^1.2.0"))).contains("not published"));
        assert!(problem(with(on("none", Some("dev"), "^1.2.0"))).contains("left out"));
        assert!(problem(with(on("good", None, "^1.1.0"))).contains("has version 1.2.0"));
        let mut fine = good();
        fine.dependencies = vec![on("none", Some("dev"), "*"), on("good", None, "^1.2.0")];
        assert_eq!(problems(&fine, &[good()]), Vec::<String>::new());
    }

    #[test]
    fn one_version_and_a_section_of_the_changelog() {
        let mut other = good();
        other.version = "1.2.1".to_owned();
        assert!(common_version(&[good(), other]).is_err());
        assert_eq!(common_version(&[good()]).unwrap(), "1.2.0");
        let lacks = |text, publishing| changelog_problem(text, "1.2.0", publishing).is_some();
        assert!(!lacks("# C\n\n## Unreleased\n", false));
        assert!(lacks("# C\n\n## Unreleased\n", true));
        assert!(lacks("# C\n\n## 1.2.01\n", true));
        assert!(!lacks("# C\n\n## 1.2.0 - 2030-01-01\n", true));
    }
}
