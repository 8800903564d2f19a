//! `cargo xtask operators`: the page of the operators in the book, docs/operators.md, from the operator registry.

use crate::project;
use anyhow::{Context, Result, ensure};
use pixelflume_ops::registry::OPERATORS;
use pixelflume_ops::spec::{OperatorSpec, ParameterDefault, ParameterSpec, Value};
use std::fmt::Write;
use std::fs;

/// The page, in the folder of the workspace.
const PAGE: &str = "docs/operators.md";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write nothing; fail where docs/operators.md is not what the registry gives.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let path = project::root().join(PAGE);
    let page = page();
    if options.check {
        let written =
            fs::read_to_string(&path).with_context(|| format!("{PAGE} cannot be read"))?;
        ensure!(
            written == page,
            "{PAGE} is not what the registry gives; run `cargo xtask operators`"
        );
    } else {
        fs::write(&path, page).with_context(|| format!("{PAGE} cannot be written"))?;
        println!("{PAGE}: {} operators", OPERATORS.len());
    }
    Ok(())
}

fn page() -> String {
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

    #[test]
    fn the_page_is_what_the_registry_gives() {
        run(&Options { check: true }).unwrap();
    }

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
