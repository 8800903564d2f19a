//! `cargo xtask operators`: what is written from the operator registry: the page of the operators in the book, and the methods of
//! the Python package.

mod example;
mod page;
mod python;
mod signature;

use crate::project;
use anyhow::{Context, Result, ensure};
use pixelflume_ops::registry::OPERATORS;
use std::fs;

/// A file, in the folder of the workspace, and its text.
struct Written {
    path: &'static str,
    text: String,
}

fn all() -> Result<[Written; 2]> {
    Ok([
        Written {
            path: "docs/operators.md",
            text: page::page(),
        },
        Written {
            path: "python/pixelflume/_operators.py",
            text: python::module()?,
        },
    ])
}

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write nothing; fail where a file is not what the registry gives.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    for Written { path, text } in all()? {
        let file = project::root().join(path);
        if options.check {
            let written =
                fs::read_to_string(&file).with_context(|| format!("{path} cannot be read"))?;
            ensure!(
                written == text,
                "{path} is not what the registry gives; run `cargo xtask operators`"
            );
        } else {
            fs::write(&file, text).with_context(|| format!("{path} cannot be written"))?;
            println!("{path}: {} operators", OPERATORS.len());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_what_the_registry_gives() {
        run(&Options { check: true }).unwrap();
    }
}
