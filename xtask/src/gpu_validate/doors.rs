//! Builds the programs of interoperation with other users of CUDA, which the suite runs: examples of the facade.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The examples, with the feature that each needs and its name beside the suite.
pub(super) const DOORS: [(&str, &str, &str); 3] = [
    ("cudarc", "cudarc", "door-cudarc"),
    ("cudarc_stream", "cudarc", "door-cudarc-stream"),
    ("cust", "cust", "door-cust"),
];

/// Builds the examples, with their own features and target folder, and returns their paths.
///
/// `cust` links to libcuda at build time. On a machine without CUDA, a stub library with the names of its functions satisfies
/// the linker; the program loads the driver's library when it starts.
pub(super) fn build(shell: &Shell, target: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
    let target = target.join("doors");
    let stub = stub(shell, &target)?;
    let mut programs = Vec::new();
    for (example, feature, name) in DOORS {
        cmd!(
            shell,
            "cargo build --release --package pixelflume --example {example} --features {feature} --target-dir {target}"
        )
        .env("CUDA_LIBRARY_PATH", &stub)
        .run()?;
        programs.push((target.join("release/examples").join(example), name));
    }
    Ok(programs)
}

/// Builds a stub library with the functions that `cust` declares, and returns the folder that stands for a CUDA toolkit.
pub(crate) fn stub(shell: &Shell, target: &Path) -> Result<PathBuf> {
    let folder = target.join("cuda-stub");
    fs::create_dir_all(folder.join("lib64"))?;
    let source = folder.join("stub.c");
    let mut text = String::new();
    for function in functions_of_cust(shell)? {
        writeln!(text, "void {function}(void) {{}}")?;
    }
    fs::write(&source, text)?;
    let library = folder.join("lib64/libcuda.so");
    cmd!(
        shell,
        "cc -shared -fPIC -w -o {library} {source} -Wl,-soname,libcuda.so.1"
    )
    .run()
    .context("a C compiler is needed to link cust")?;
    Ok(folder)
}

/// The names of the driver functions that `cust` declares.
fn functions_of_cust(shell: &Shell) -> Result<BTreeSet<String>> {
    let metadata = cmd!(
        shell,
        "cargo metadata --format-version 1 --features pixelflume/cust"
    )
    .ignore_stderr()
    .read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == "cust_raw")
        .find_map(|package| package["manifest_path"].as_str())
        .context("cust_raw is not among the dependencies")?;
    let sources = Path::new(manifest).with_file_name("src");
    let mut functions = BTreeSet::new();
    for entry in fs::read_dir(&sources)? {
        let text = fs::read_to_string(entry?.path())?;
        let names = text.split("pub fn cu").skip(1).filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
            Some(format!("cu{}", &rest[..end]))
        });
        functions.extend(names);
    }
    Ok(functions)
}
