//! Installing and finding the pinned CUDA compilers.

use super::{COMMAND, COMPILERS};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The Python package whose versions are the compilers: NVIDIA's runtime compiler, one library that needs no driver.
const PACKAGE: &str = "nvidia-cuda-nvrtc-cu12";

/// The path of the library of a pinned version.
pub(super) fn find(version: &str, root: &Path) -> Result<PathBuf> {
    let library = folder(version, root).join("nvidia/cuda_nvrtc/lib/libnvrtc.so.12");
    library.is_file().then_some(library).with_context(|| {
        format!(
            "{PACKAGE} {version} is not in target/nvrtc; install it with `{COMMAND} --bootstrap`"
        )
    })
}

/// Installs the pinned versions that are missing into `target/nvrtc`.
pub(super) fn bootstrap(shell: &Shell, root: &Path) -> Result<()> {
    for compiler in COMPILERS {
        let version = compiler.version;
        if find(version, root).is_err() {
            let (folder, package) = (folder(version, root), format!("{PACKAGE}=={version}"));
            cmd!(
                shell,
                "python3 -m pip install --quiet --disable-pip-version-check --no-deps --target {folder} {package}"
            )
            .run()
            .context("python3 with the module pip is needed")?;
        }
        find(version, root)?;
    }
    Ok(())
}

fn folder(version: &str, root: &Path) -> PathBuf {
    root.join("target/nvrtc").join(version)
}
