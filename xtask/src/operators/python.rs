//! The methods of the Python package that add operators: python/pixelflume/_operators.py.

use super::example::Example;
use super::signature::{Argument, Signature};
use anyhow::Result;
use pixelflume_ops::registry::OPERATORS;
use pixelflume_ops::spec::OperatorSpec;
use std::fmt::Write;

/// The most characters of a line of Python.
const WIDTH: usize = 88;

const HEAD: &str = r#"# Written by `cargo xtask operators` from the specs in
# crates/ops/src/<operator>/spec.rs.
"""The operators as methods, of `pixelflume.Pipeline` and of `pixelflume.Node`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pixelflume._habits import layout_name, resampled, sides
from pixelflume._native import PipelineError


class Operators:
    """One method for each operator; each gives a new object and leaves its own as it is.

    A parameter that is left out has its default, and one that is `None` too. Where a
    method says so, `pixelflume.PER_IMAGE` stands for a value that a call gives for each
    image. `name` is the name of the node, by which outputs, errors and values per image
    call it; without one it is the kind of the operator, and has a number where there are
    several.
    """

    __slots__ = ()

    def _then(
        self,
        kind: str,
        others: tuple[Operators, ...],
        parameters: Mapping[str, object],
        name: str | None,
    ) -> Self:
        raise NotImplementedError
"#;

/// The text of the module.
pub(super) fn module() -> Result<String> {
    let mut text = HEAD.to_owned();
    for spec in OPERATORS {
        method(&mut text, spec)?;
    }
    Ok(text)
}

/// The lines by which `resize` with `like` is a `resample`.
const RESAMPLED: [&str; 16] = [
    "    if like is not None:",
    "        return self._then(",
    "            \"resample\",",
    "            (),",
    "            {",
    "                \"like\": like,",
    "                \"filter\": interpolation,",
    "                \"max_size\": max_size,",
    "                **resampled(size, width, height),",
    "            },",
    "            name,",
    "        )",
    "    if max_size is not None:",
    "        raise PipelineError(",
    "            \"resize: max_size is for a resize with like; leave it out\"",
    "        )",
];

/// Appends the method of one operator.
fn method(text: &mut String, spec: &'static OperatorSpec) -> Result<()> {
    let signature = Signature::of(spec);
    let mut out = |line: &str| match line {
        "" => text.push('\n'),
        line => writeln!(text, "    {line}").expect("text can be written"),
    };
    out("");
    out(&format!("def {}(", spec.kind));
    for line in signature.lines() {
        out(&format!("    {line}"));
    }
    out(") -> Self:");
    for line in documentation(spec, &signature)? {
        out(&line);
    }
    if spec.kind == "resize" {
        RESAMPLED.into_iter().for_each(&mut out);
    }
    if signature.has_sides() {
        out(&format!(
            "    width, height = sides(\"{}\", size, width, height)",
            spec.kind
        ));
    }
    let others = match spec.inputs {
        2 => "(other,)",
        _ => "()",
    };
    let arguments: Vec<&Argument> = signature.parameters().collect();
    if arguments.is_empty() {
        out(&format!(
            "    return self._then(\"{}\", {others}, {{}}, name)",
            spec.kind
        ));
        return Ok(());
    }
    out("    return self._then(");
    out(&format!("        \"{}\",", spec.kind));
    out(&format!("        {others},"));
    out("        {");
    for argument in arguments {
        out(&format!(
            "            \"{}\": {},",
            argument.parameter, argument.value
        ));
    }
    out("        },");
    out("        name,");
    out("    )");
    Ok(())
}

/// The documentation of a method, with quotes, indented by 4.
fn documentation(spec: &'static OperatorSpec, signature: &Signature) -> Result<Vec<String>> {
    let mut lines = wrapped(&format!("\"\"\"{}", spec.summary), 4, 4);
    lines.push(String::new());
    lines.extend(wrapped(&format!("Equal to {}.", spec.equals), 4, 4));
    lines.push(String::new());
    lines.push("    Args:".to_owned());
    for argument in signature.all() {
        let text = format!("{}: {}", argument.name, argument.doc);
        lines.extend(wrapped(&text, 8, 12));
    }
    lines.push(String::new());
    lines.push("    Example:".to_owned());
    for line in Example::of(spec, signature.has_sides())?.lines() {
        lines.push(format!("        {line}"));
    }
    lines.push("    \"\"\"".to_owned());
    Ok(lines)
}

/// The text in lines of at most [`WIDTH`] characters, with this indentation of the first line and of the others, in a class.
fn wrapped(text: &str, first: usize, others: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = " ".repeat(first);
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && 4 + line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(others)));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}
