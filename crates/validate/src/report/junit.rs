//! The report as JUnit XML, which CI services show as tests: one suite with one test per check.

use super::Summary;
use super::verdict::{Outcome, Verdict};
use std::fmt::Write;

pub(super) fn xml(summary: &Summary<'_>) -> String {
    let count = |outcome| summary.count(outcome);
    let (failed, errors, skipped) = (
        count(Outcome::Failed),
        count(Outcome::NotRun),
        count(Outcome::Skipped),
    );
    let (tests, seconds) = (summary.checks.len(), summary.seconds());
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!(
        "tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{seconds:.3}\""
    );
    // Writing to a string cannot fail.
    let _ = writeln!(xml, "<testsuites name=\"gpu-validate\" {counts}>");
    let _ = writeln!(xml, "  <testsuite name=\"gpu-validate\" {counts}>");
    xml.push_str("    <properties>\n");
    for (name, value) in summary.environment {
        let (name, value) = (escaped(name), escaped(value));
        let _ = writeln!(xml, "      <property name=\"{name}\" value=\"{value}\"/>");
    }
    xml.push_str("    </properties>\n");
    for verdict in summary.checks {
        case(&mut xml, verdict);
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(xml: &mut String, verdict: &Verdict) {
    let (check, text) = (escaped(&verdict.check), escaped(&verdict.text));
    let _ = writeln!(
        xml,
        "    <testcase classname=\"gpu-validate\" name=\"{check}\" time=\"{:.3}\">",
        verdict.seconds
    );
    let _ = match verdict.outcome {
        Outcome::Passed => writeln!(xml, "      <system-out>{text}</system-out>"),
        Outcome::Skipped => writeln!(xml, "      <skipped message=\"{text}\"/>"),
        Outcome::NotRun => writeln!(
            xml,
            "      <error message=\"the run was broken off before this check ended\"/>"
        ),
        Outcome::Failed => {
            let mut details = text.clone();
            if let Some(command) = &verdict.repeat {
                let _ = write!(details, "\nto repeat it: {}", escaped(command));
            }
            for file in &verdict.files {
                let _ = write!(details, "\nsee {}", escaped(file));
            }
            let first = text.lines().next().unwrap_or_default();
            writeln!(
                xml,
                "      <failure message=\"{first}\">{details}</failure>"
            )
        }
    };
    xml.push_str("    </testcase>\n");
}

/// Escapes the characters that have a meaning in XML 1.0, and replaces the control characters that it forbids.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_gives_a_meaning_is_escaped() {
        assert_eq!(
            escaped("a<b & \"c\">\u{1b}[1m\n"),
            "a&lt;b &amp; &quot;c&quot;&gt;\u{fffd}[1m\n"
        );
    }

    #[test]
    fn every_outcome_has_its_element() {
        let mut failed = Verdict::not_run("operators");
        failed.outcome = Outcome::Failed;
        failed.text = "1 < 2\nmore".to_owned();
        failed.repeat = Some("validate --case 3".to_owned());
        failed.files = vec!["operators-host.png".to_owned()];
        let mut passed = Verdict::not_run("custom");
        passed.outcome = Outcome::Passed;
        let checks = [
            failed,
            passed,
            Verdict::skipped("performance", "no table".to_owned()),
            Verdict::not_run("engine"),
        ];
        let environment = [("gpu".to_owned(), "H & Co".to_owned())];
        let xml = xml(&Summary {
            environment: &environment,
            checks: &checks,
        });
        for part in [
            "tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\"",
            "<property name=\"gpu\" value=\"H &amp; Co\"/>",
            "<failure message=\"1 &lt; 2\">1 &lt; 2\nmore\nto repeat it: validate --case 3\nsee operators-host.png</failure>",
            "<skipped message=\"no table\"/>",
            "<error message=",
        ] {
            assert!(xml.contains(part), "{part} is not in\n{xml}");
        }
        assert_eq!(xml.matches("<testcase ").count(), 4);
        assert_eq!(xml.matches("</testcase>").count(), 4);
    }
}
