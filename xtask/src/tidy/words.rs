//! Words that docs/glossary.md retires must not come back.
//!
//! Only words that are wrong wherever they stand can be checked; most words of the glossary's last column are right in
//! another sense (a `slot` of a ring, a `filter` of OpenCV).

use crate::project;
use std::path::Path;
use xshell::cmd;

/// A retired word, and the word that is used in its place. The word also matches inside a longer one (`recolour`).
const RETIRED: &[(&str, &str)] = &[
    ("behaviour", "behavior"),
    ("colour", "color"),
    ("grey", "gray"),
    ("licence", "license"),
    ("neighbour", "neighbor"),
    ("normalis", "normaliz..."),
    ("optimis", "optimiz..."),
    ("quantis", "quantiz..."),
    ("synchronis", "synchroniz..."),
    ("under way", "in flight"),
    ("to be had", "available"),
];

/// Endings of the files that are read.
const ENDINGS: &[&str] = &["rs", "cu", "cuh", "md", "toml", "py", "pyi"];

/// Files that name retired words: the glossary, the history, this list, and tests of what a user is told who writes `grey`.
const EXEMPT: &[&str] = &[
    "CHANGELOG.md",
    "crates/pipeline/src/file/suggest.rs",
    "crates/pipeline/tests/it/file_errors.rs",
    "crates/pipeline/tests/it/file_links.rs",
    "docs/glossary.md",
    "xtask/src/tidy/words.rs",
];

/// The retired words of a text, each with its line from 1. A word may be broken by the end of a line of a comment.
fn retired(text: &str) -> Vec<(usize, &'static str, &'static str)> {
    let mut found = Vec::new();
    let lines: Vec<String> = text.lines().map(str::to_lowercase).collect();
    for (number, line) in lines.iter().enumerate() {
        let next = lines.get(number + 1).map_or("", String::as_str);
        let comment = |c: char| c.is_whitespace() || "/!*#>".contains(c);
        let joined = format!("{} {}", line.trim_end(), next.trim_start_matches(comment));
        for &(word, instead) in RETIRED {
            let starts_here = joined
                .match_indices(word)
                .any(|(place, _)| place < line.len());
            if starts_here {
                found.push((number + 1, word, instead));
            }
        }
    }
    found
}

/// The files of the repository that git tracks, with paths from its root.
pub(super) fn tracked() -> Vec<String> {
    let shell = project::shell().expect("the folder of the project");
    let listed = cmd!(shell, "git ls-files").quiet().read();
    let listed = listed.expect("git lists the files of the repository");
    listed.lines().map(str::to_owned).collect()
}

#[test]
fn retired_words_are_not_used() {
    let files = tracked();
    assert!(files.iter().any(|file| file == "xtask/src/tidy/words.rs"));
    let mut problems = String::new();
    for file in &files {
        let ending = Path::new(file).extension().unwrap_or_default();
        if EXEMPT.contains(&&**file) || !ENDINGS.iter().any(|&of| ending == of) {
            continue;
        }
        // A file that was moved or deleted and not committed yet is listed, too.
        let Ok(text) = std::fs::read_to_string(project::root().join(file)) else {
            continue;
        };
        for (line, word, instead) in retired(&text) {
            problems += &format!("{file}:{line}: \"{word}\"; write \"{instead}\"\n");
        }
    }
    let count = problems.lines().count();
    assert!(
        problems.is_empty(),
        "{count} uses of words that docs/glossary.md retires:\n{problems}"
    );
}

#[test]
fn retired_words_are_found_in_any_case_and_across_lines() {
    let text = "let Recolour = 1;\n/// A copy is under\n/// way. Gray color.\n\nthe neighbouring\n";
    let found: Vec<_> = retired(text)
        .iter()
        .map(|&(line, word, _)| (line, word))
        .collect();
    assert_eq!(found, [(1, "colour"), (2, "under way"), (5, "neighbour")]);
}
