//! The Python package and its tests that need a GPU, beside the suite.

use super::bundle::copy_folder;
use crate::project;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use xshell::{Shell, cmd};

/// The name of the folder beside the suite.
pub(super) const FOLDER: &str = "python";

/// The extension, as cargo calls it and as Python wants it.
const EXTENSION: (&str, &str) = ("lib_native.so", "_native.abi3.so");

/// The program that compares processors with their libraries.
const PROCESSORS: &str = "torch_processors.py";

/// Copies the package with the extension of `programs`, its tests, and the program that compares processors into `folder`.
/// Returns the number of bytes.
pub(super) fn copy(shell: &Shell, programs: &Path, folder: &Path) -> Result<u64> {
    let source = project::root().join("python");
    let package = folder.join("pixelflume");
    let mut bytes = copy_folder(&source.join("pixelflume"), &package)?;
    bytes += copy_folder(&source.join("tests"), &folder.join("tests"))?;
    let program = project::root()
        .join("crates/validate/python")
        .join(PROCESSORS);
    bytes += fs::copy(&program, folder.join(PROCESSORS))
        .with_context(|| format!("{} cannot be copied", program.display()))?;
    let (from, to) = (programs.join(EXTENSION.0), package.join(EXTENSION.1));
    // A library of an earlier build for development may be there already.
    if let Ok(old) = fs::metadata(&to) {
        bytes -= old.len();
    }
    cmd!(shell, "strip -o {to} {from}")
        .run()
        .context("strip (of the binutils) is needed for the Python package")?;
    Ok(bytes + fs::metadata(&to)?.len())
}
