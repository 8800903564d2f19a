//! Rules for the sources of the Python package, beside those of its linter and its type checker.

use super::words::tracked;
use crate::project;

/// The most lines of a file; a longer one has more than one subject. What a task writes may be longer.
const MAX_LINES: usize = 500;

/// How a file begins that a task writes.
const WRITTEN: &str = "# Written by `cargo xtask";

/// What is wrong with a source file of the package, its tests or its examples.
fn problems(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > MAX_LINES && !text.starts_with(WRITTEN) {
        problems.push(format!(
            "{lines} lines; divide it, {MAX_LINES} is the limit"
        ));
    }
    let mut code = text.lines().filter(|line| !line.starts_with('#'));
    let documented = |line: &str| line.starts_with("\"\"\"") || line.starts_with("r\"\"\"");
    if name.ends_with(".py") && !code.next().is_none_or(documented) {
        problems.push("no documentation at its top".to_owned());
    }
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        let comment = line
            .split_once('#')
            .map_or("", |(_, comment)| comment.trim());
        if comment.starts_with("TODO") || comment.starts_with("FIXME") || comment.starts_with("XXX")
        {
            problems.push(format!("line {number}: do it, or leave it: \"{comment}\""));
        }
        // As `#[expect(lint, reason = "...")]` in Rust: which rule, and why.
        let silenced = ["type: ignore", "pyright: ignore", "noqa"];
        for silence in silenced.iter().filter(|word| comment.starts_with(**word)) {
            let rest = &comment[silence.len()..];
            let names_a_rule = rest.starts_with('[') || rest.starts_with(": ");
            if !names_a_rule {
                problems.push(format!("line {number}: \"{silence}\" names no rule"));
            }
        }
    }
    problems
}

#[test]
fn sources_of_the_python_package_keep_the_rules() {
    let files = tracked();
    let sources = files.iter().filter(|file| {
        file.starts_with("python/") && (file.ends_with(".py") || file.ends_with(".pyi"))
    });
    let (mut count, mut found) = (0, String::new());
    for file in sources {
        // A file that was moved or deleted and not committed yet is listed, too.
        let Ok(text) = std::fs::read_to_string(project::root().join(file)) else {
            continue;
        };
        count += 1;
        for problem in problems(file, &text) {
            found += &format!("{file}: {problem}\n");
        }
    }
    assert!(count > 3, "only {count} files were found");
    assert!(found.is_empty(), "sources of the Python package:\n{found}");
}

#[test]
fn broken_rules_are_found() {
    let good =
        "\"\"\"A module.\"\"\"\n\nx = f()  # type: ignore[no-untyped-call]\ny = 1  # noqa: E501\n";
    assert_eq!(problems("a.py", good), [""; 0]);
    assert_eq!(problems("__init__.py", ""), [""; 0]);
    let long = good.to_owned() + &"x = 1\n".repeat(MAX_LINES);
    assert_eq!(problems("a.py", &long).len(), 1);
    let written =
        format!("{WRITTEN} operators`.\n\"\"\"A module.\"\"\"\n") + &"x = 1\n".repeat(MAX_LINES);
    assert_eq!(problems("a.py", &written), [""; 0]);
    assert_eq!(problems("a.py", "import os\n").len(), 1);
    assert_eq!(problems("a.pyi", "x: int\n"), [""; 0]);
    for line in ["# TODO: more", "x = 1  # type: ignore", "x = 1  # noqa"] {
        let text = format!("\"\"\"A module.\"\"\"\n{line}\n");
        assert_eq!(problems("a.py", &text).len(), 1, "{line}");
    }
}
