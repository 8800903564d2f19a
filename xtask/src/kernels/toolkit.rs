//! Where the CUDA compiler comes from.

use super::COMMAND;
use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The Python packages that together hold the compiler, pinned, so that the PTX is reproducible.
const PACKAGES: &[&str] = &[
    "nvidia-cuda-nvcc==13.0.88",
    "nvidia-nvvm==13.0.88",
    "nvidia-cuda-crt==13.0.88",
    "nvidia-cuda-runtime==13.0.96",
    "nvidia-cuda-cccl==13.0.85",
];

/// The compiler: the given one, else the first of PATH, CUDA_PATH and `target/cuda-toolkit` that has one.
pub(super) fn find(given: Option<&Path>, root: &Path) -> Result<PathBuf> {
    if let Some(path) = given {
        // The compiler runs in another folder, where a relative path would mean something else.
        let absolute = std::path::absolute(path)?;
        if !absolute.is_file() {
            bail!("--nvcc {}: there is no such file", path.display());
        }
        return Ok(absolute);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("nvcc"));
    let in_cuda_path =
        env::var_os("CUDA_PATH").map(|folder| Path::new(&folder).join("bin").join("nvcc"));
    let found = on_path
        .chain(in_cuda_path)
        .find(|nvcc| nvcc.is_file())
        .or_else(|| in_environment(root));
    found.with_context(|| {
        format!("there is no nvcc on the PATH, in CUDA_PATH or in target/cuda-toolkit; install one with `{COMMAND} --bootstrap`")
    })
}

/// Installs the pinned packages into `target/cuda-toolkit`, and gives the compiler in it.
pub(super) fn bootstrap(shell: &Shell, root: &Path) -> Result<PathBuf> {
    let folder = environment(root);
    let python = folder.join("bin").join("python");
    if !python.is_file() {
        cmd!(shell, "python3 -m venv {folder}")
            .run()
            .context("python3 with the module venv is needed")?;
    }
    cmd!(
        shell,
        "{python} -m pip install --quiet --disable-pip-version-check {PACKAGES...}"
    )
    .run()?;
    in_environment(root)
        .with_context(|| format!("the packages put no nvcc under {}", folder.display()))
}

/// The virtual environment that `bootstrap` makes.
fn environment(root: &Path) -> PathBuf {
    root.join("target").join("cuda-toolkit")
}

/// The compiler in the virtual environment, whatever its version of Python.
fn in_environment(root: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(environment(root).join("lib")).ok()?;
    versions
        .filter_map(Result::ok)
        .map(|version| version.path().join("site-packages/nvidia/cu13/bin/nvcc"))
        .find(|nvcc| nvcc.is_file())
}
