//! Every file that a page names must exist.

use super::words::tracked;
use crate::project;

/// Endings of the files that a page names by their path or by the end of it.
const ENDINGS: &[&str] = &["rs", "cu", "cuh", "py", "pyi", "toml", "bin", "yml"];

/// Pages about earlier states of the repository.
const EXEMPT: &[&str] = &["CHANGELOG.md", "docs/validation-report.md"];

/// The operator whose folder and files stand for those of `<kind>`.
const KIND: &str = "median_blur";

/// The paths between backticks in a text, each with its line from 1. `{a,b}` is written out, and `<kind>` is replaced.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for path in line.split('`').skip(1).step_by(2) {
            let is_path = |c: char| c.is_ascii_alphanumeric() || "_-./<>{,}".contains(c);
            let is_file = path
                .rsplit_once('.')
                .is_some_and(|(stem, ending)| !stem.is_empty() && ENDINGS.contains(&ending));
            let is_folder = path.starts_with("crates/") || path.starts_with("kernels/");
            if !path.chars().all(is_path) || !(is_file || is_folder) {
                continue;
            }
            let path = path.replace("<kind>", KIND);
            let braces = path.split_once('{').zip(path.split_once('}'));
            match braces {
                Some(((before, _), (inside, after))) => {
                    let choices = inside.split_once('{').map_or("", |(_, choices)| choices);
                    let each = choices
                        .split(',')
                        .map(|choice| format!("{before}{choice}{after}"));
                    found.extend(each.map(|path| (number + 1, path)));
                }
                None => found.push((number + 1, path)),
            }
        }
    }
    found
}

/// Whether a file of the repository has this path or ends with it, or is in a folder of this path.
fn exists(path: &str, files: &[String]) -> bool {
    let path = path.trim_end_matches('/');
    files.iter().any(|file| {
        let ends = file.strip_suffix(path);
        let is_whole = ends.is_some_and(|before| before.is_empty() || before.ends_with('/'));
        is_whole || format!("/{file}").contains(&format!("/{path}/"))
    })
}

#[test]
fn pages_name_files_that_exist() {
    let files = tracked();
    let mut problems = String::new();
    for page in files.iter().filter(|file| file.ends_with(".md")) {
        let Ok(text) = std::fs::read_to_string(project::root().join(page)) else {
            continue;
        };
        if EXEMPT.contains(&&**page) {
            continue;
        }
        for (line, path) in named(&text) {
            // A pipeline file in an example belongs to the reader.
            if !exists(&path, &files) && (path.contains('/') || !path.ends_with(".toml")) {
                problems += &format!("{page}:{line}: there is no `{path}`\n");
            }
        }
    }
    assert!(problems.is_empty(), "pages name missing files:\n{problems}");
}

#[test]
fn paths_are_read_and_looked_up() {
    let text =
        "See `plan/{arena,tables}.rs`, `Plan::bind`,\nand `crates/ops/src/<kind>/`; `cargo x.rs`.";
    let found = named(text);
    let expected = [
        (1, "plan/arena.rs"),
        (1, "plan/tables.rs"),
        (2, "crates/ops/src/median_blur/"),
    ];
    assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
    let files = ["crates/a/src/plan/arena.rs".to_owned()];
    for path in ["plan/arena.rs", "arena.rs", "crates/a/src/", "plan/"] {
        assert!(exists(path, &files), "{path}");
    }
    for path in ["rena.rs", "plan/aren", "crates/b/", "arena/"] {
        assert!(!exists(path, &files), "{path}");
    }
}
