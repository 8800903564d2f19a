//! `cargo xtask exactness`: the page of the book with what equals which library, docs/exactness.md, from the files that the tests
//! compare with: the golden vectors of operators, the golden data of processors, the golden files of JPEG,
//! the files of WebP, and the measured differences.

mod golden;
mod jpeg;
mod measured;
mod processors;
mod webp;

use crate::project;
use anyhow::{Context, Result, ensure};
use pixelflume_ops::registry::OPERATORS;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The page, in the folder of the workspace.
const PAGE: &str = "docs/exactness.md";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write nothing; fail where docs/exactness.md is not what the files give.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = project::root();
    let path = root.join(PAGE);
    let page = page(&root)?;
    if options.check {
        let written =
            fs::read_to_string(&path).with_context(|| format!("{PAGE} cannot be read"))?;
        ensure!(
            written == page,
            "{PAGE} is not what the golden files give; run `cargo xtask exactness`"
        );
    } else {
        fs::write(&path, page).with_context(|| format!("{PAGE} cannot be written"))?;
        println!("{PAGE}");
    }
    Ok(())
}

const HEAD: &str = "\
<!-- Written by `cargo xtask exactness` from the golden files and crates/ops/tests/golden/differences.json. -->

# Exactness

This page says, for each operator and processor, which library computes the same samples, in which version, and by how much the
results differ where they are not the same. *Equal* means every bit of every sample, on the CPU and on the GPU. The golden vectors
of the tests are results of the library itself, made by it in the version of the row, except for the models and formulas that the
notes below the table name; each executor is compared with all of them.
The formulas are in [Numerics](numerics.md).

A library can have several results for one image, by version, device or kind of input. Operators for which that is so have the
parameter `like`, whose value names one of these results.
";

fn page(root: &Path) -> Result<String> {
    let mut page = String::from(HEAD);
    page += "\n## Operators\n\n";
    table_head(
        &mut page,
        &[
            "operator", "equal to", "settings", "library", "version", "result", "cases",
        ],
    );
    let mut libraries = Vec::new();
    for spec in OPERATORS {
        for file in golden::files_of(root, spec)? {
            let result = file.result();
            libraries.push(file.library.clone());
            row(
                &mut page,
                &[
                    &format!("[`{0}`](operators.md#{0})", spec.kind),
                    spec.equals,
                    &file.settings(),
                    golden::library_name(&file.library)?,
                    &file.version,
                    result,
                    &file.cases.to_string(),
                ],
            );
        }
    }
    page += "\n";
    for (library, note) in golden::NOTES {
        if libraries.iter().any(|name| name == library) {
            writeln!(page, "- *{}*: {note}", golden::library_name(library)?)?;
        }
    }
    page += "\n## Processors\n\n\
        The number of images for which all outputs of the processor are equal to the library's, or which both refuse, for each \
        backend:\nimages with sides of 1 to 1500 pixels, of noise, of 0 and 255, of gradients, and of gradients with edges. A \
        processor whose name ends in\n`_hub` or `_pad` is read from a `preprocessor_config.json`.\n\n";
    let sets = processors::sets(root)?;
    processors::table(&mut page, &sets);
    jpeg::section(&mut page, root)?;
    webp::section(&mut page, root)?;
    page += "\n## What is not equal\n\n\
        Share of the samples that differ, and by how much at most, of two results that are easily taken for the same. Samples are \
        8-bit ones\nunless the row says otherwise.\n\n";
    table_head(
        &mut page,
        &["this", "and this", "images", "differing", "at most"],
    );
    for difference in measured::differences(root)? {
        row(
            &mut page,
            &[
                &difference.this,
                &difference.that,
                &difference.input,
                &difference.share_text(),
                &difference.largest_text(),
            ],
        );
    }
    Ok(page)
}

fn table_head(page: &mut String, cells: &[&str]) {
    row(page, cells);
    *page += &format!("|{}\n", "---|".repeat(cells.len()));
}

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    *page += &format!("| {} |\n", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_what_the_files_give() {
        run(&Options { check: true }).unwrap();
    }

    /// Each operator has a row, and no row is without cases.
    #[test]
    fn every_operator_is_compared() {
        let page = page(&project::root()).unwrap();
        for spec in OPERATORS {
            assert!(
                page.contains(&format!("| [`{}`]", spec.kind)),
                "{}",
                spec.kind
            );
        }
        assert!(!page.contains(" | 0 |\n"), "a row without cases");
    }
}
