//! The page of the operators in the book.

use pixelflume_ops::registry::OPERATORS;
use pixelflume_ops::spec::{OperatorSpec, ParameterDefault, ParameterSpec, Value};
use std::fmt::Write;

/// The text of the page.
pub(super) fn page() -> String {
    let mut page = String::from(
        "<!-- Written by `cargo xtask operators` from the specs in crates/ops/src/<operator>/spec.rs. -->\n\n\
         # Operators\n\n\
         The names are those of pipeline files (`op` and the keys of a node) and of `set_parameter`. Operators take interleaved \
         8-bit\nimages of 1, 3 or 4 channels unless the text says otherwise. A parameter without a default is required. The \
         arithmetic is in\n[Numerics](numerics.md) and in the documentation of each operator.\n\n\
         | operator | inputs | what it computes | equal to |\n|---|---|---|---|\n",
    );
    for spec in OPERATORS {
        let OperatorSpec {
            kind,
            inputs,
            summary,
            equals,
            ..
        } = spec;
        row(
            &mut page,
            &[
                &format!("[`{kind}`](#{kind})"),
                &inputs.to_string(),
                summary,
                equals,
            ],
        );
    }
    for spec in OPERATORS {
        page += &format!("\n## {}\n\n{}\n\n", spec.kind, spec.summary);
        if spec.parameters.is_empty() {
            page += "It has no parameters.\n";
            continue;
        }
        page += "| parameter | type and range | default | unit | meaning | example |\n|---|---|---|---|---|---|\n";
        for parameter in spec.parameters {
            row(
                &mut page,
                &[
                    &format!("`{}`", parameter.name),
                    &parameter.value_type.to_string(),
                    &default(parameter),
                    parameter.unit,
                    parameter.doc,
                    &format!("`{}`", parameter.example),
                ],
            );
        }
    }
    page
}

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    writeln!(page, "| {} |", cells.join(" | ")).expect("text can be written");
}

fn default(parameter: &ParameterSpec) -> String {
    match &parameter.default {
        ParameterDefault::Required => "required".to_owned(),
        ParameterDefault::Value(Value::Name(name)) => format!("`{name}`"),
        ParameterDefault::Value(value) => value.to_string(),
        ParameterDefault::Derived(how) => how.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each operator has a line, each parameter its own.
    #[test]
    fn the_page_has_every_operator_and_parameter() {
        let page = page();
        for spec in OPERATORS {
            assert!(page.contains(&format!("| [`{0}`](#{0}) |", spec.kind)));
            let section = page.split(&format!("\n## {}\n", spec.kind)).nth(1);
            for parameter in spec.parameters {
                let line = format!("\n| `{}` | ", parameter.name);
                assert!(
                    section.is_some_and(|section| section.contains(&line)),
                    "{line}"
                );
            }
        }
    }
}
