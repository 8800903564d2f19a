//! The report as Markdown: the environment, a table of verdicts, and each failure with the command that repeats it.

use super::Summary;
use super::verdict::Outcome;
use std::fmt::Write;

pub(super) fn text(summary: &Summary<'_>) -> String {
    let mut text = format!(
        "# GPU validation: {}\n\n| | |\n|---|---|\n",
        summary.verdict()
    );
    for (name, value) in summary.environment {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {} |", cell(name), cell(value));
    }
    text.push_str("\n| check | verdict | seconds | |\n|---|---|---:|---|\n");
    for verdict in summary.checks {
        let _ = writeln!(
            text,
            "| {} | {} | {:.2} | {} |",
            verdict.check,
            verdict.outcome,
            verdict.seconds,
            cell(&verdict.text)
        );
    }
    for verdict in summary.checks {
        if verdict.outcome != Outcome::Failed {
            continue;
        }
        let _ = write!(
            text,
            "\n## {} failed\n\n```text\n{}\n```\n",
            verdict.check, verdict.text
        );
        if let Some(command) = &verdict.repeat {
            let _ = write!(text, "\nTo repeat it:\n\n```sh\n{command}\n```\n");
        }
        for file in &verdict.files {
            let name = file.rsplit('/').next().unwrap_or(file);
            let picture = if name.ends_with(".png") { "!" } else { "" };
            let _ = write!(text, "\n{picture}[{name}]({file})\n");
        }
    }
    text
}

/// The first line of a text as a cell of a table.
fn cell(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    first.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::verdict::Verdict;
    use super::*;

    #[test]
    fn a_failure_comes_with_its_command_and_pictures() {
        let mut failed = Verdict::not_run("operators");
        failed.outcome = Outcome::Failed;
        failed.text = "a | b\nsecond line".to_owned();
        failed.repeat = Some("validate --case 3".to_owned());
        failed.files = vec!["operators-host.png".to_owned()];
        let summary = Summary {
            environment: &[],
            checks: &[failed],
        };
        let text = text(&summary);
        for part in [
            "# GPU validation: FAILED",
            "| operators | FAIL | 0.00 | a \\| b |",
            "second line\n```",
            "```sh\nvalidate --case 3\n```",
            "![operators-host.png](operators-host.png)",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
