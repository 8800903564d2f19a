//! The wheel of the Python package.

use super::environment::Environment;
use crate::project;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The most bytes of a wheel as users get it.
const MAX_BYTES: u64 = 12_000_000;

/// A wheel that was built.
pub(super) struct Wheel {
    pub(super) file: PathBuf,
    /// Whether it is the one that users get.
    release: bool,
}

impl Wheel {
    /// Builds the wheel into `folder/wheels`, and removes those of earlier builds.
    pub(super) fn build(
        shell: &Shell,
        environment: &Environment,
        folder: &Path,
        release: bool,
    ) -> Result<Self> {
        println!("== wheel");
        let wheels = folder.join("wheels");
        if wheels.exists() {
            fs::remove_dir_all(&wheels)
                .with_context(|| format!("{} cannot be removed", wheels.display()))?;
        }
        let maturin = environment.program("maturin");
        let python = environment.program("python");
        let manifest = project::root().join("python/Cargo.toml");
        let profile = release.then_some("--release");
        cmd!(
            shell,
            "{maturin} build --locked --quiet {profile...} --manifest-path {manifest} --interpreter {python} --out {wheels}"
        )
        .run()
        .context("the wheel cannot be built")?;
        let file = the_wheel(&wheels)?;
        Ok(Wheel { file, release })
    }

    /// Checks that the wheel runs on every Python from 3.11 on, that it needs nothing of CUDA to be loaded, and its size if it
    /// is the one that users get.
    pub(super) fn check(&self, shell: &Shell, environment: &Environment) -> Result<()> {
        let file = &self.file;
        println!("== {}", file.display());
        let abi3audit = environment.program("abi3audit");
        cmd!(shell, "{abi3audit} --strict {file}")
            .run()
            .context("the extension module uses more than the stable ABI of Python 3.11")?;
        let auditwheel = environment.program("auditwheel");
        let report = cmd!(shell, "{auditwheel} show {file}").quiet().read()?;
        ensure!(
            !report.to_lowercase().contains("cuda"),
            "the wheel must not link CUDA's libraries: they are found when they are first used\n{report}"
        );
        let bytes = fs::metadata(file)?.len();
        println!("{bytes} bytes");
        if self.release && bytes > MAX_BYTES {
            bail!(
                "{} has {bytes} bytes, and {MAX_BYTES} is the limit",
                file.display()
            );
        }
        Ok(())
    }
}

/// The one wheel in a folder.
fn the_wheel(folder: &Path) -> Result<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let file = entry?.path();
        if file.extension().is_some_and(|ending| ending == "whl") {
            found.push(file);
        }
    }
    match <[PathBuf; 1]>::try_from(found) {
        Ok([file]) => Ok(file),
        Err(found) => bail!("{} wheels in {}, not one", found.len(), folder.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_wheel_is_accepted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        assert!(the_wheel(path).is_err());
        fs::write(path.join("a.tar.gz"), "").expect("a file");
        fs::write(path.join("a.whl"), "").expect("a file");
        assert_eq!(the_wheel(path).expect("one wheel"), path.join("a.whl"));
        fs::write(path.join("b.whl"), "").expect("a file");
        assert!(the_wheel(path).is_err());
    }
}
