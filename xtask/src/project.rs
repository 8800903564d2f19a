//! The folders of the project.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The root folder of the workspace. Cargo sets the variable when it runs xtask.
pub(crate) fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package
        .parent()
        .map_or_else(|| package.clone(), Path::to_path_buf)
}

/// A shell in the root folder of the workspace.
pub(crate) fn shell() -> Result<Shell> {
    let shell = Shell::new().context("the current folder cannot be read")?;
    shell.change_dir(root());
    Ok(shell)
}

/// The folder that cargo builds into, which the user's configuration may change.
pub(crate) fn target_dir(shell: &Shell) -> Result<PathBuf> {
    let json = cmd!(shell, "cargo metadata --format-version 1 --no-deps")
        .quiet()
        .read()?;
    let metadata: serde_json::Value = serde_json::from_str(&json)?;
    let folder = metadata["target_directory"].as_str();
    Ok(PathBuf::from(
        folder.context("cargo metadata gives no target_directory")?,
    ))
}
