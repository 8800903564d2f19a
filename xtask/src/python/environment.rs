//! A virtual environment of Python with pinned versions.

use crate::project;
use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The oldest Python that the wheels run on, as `requires-python` in python/pyproject.toml.
const OLDEST: (u32, u32) = (3, 11);

/// A virtual environment.
pub(super) struct Environment {
    pub(super) folder: PathBuf,
}

impl Environment {
    /// Makes an environment in `parent/venv`; one that is there is removed first, unless `keep`.
    pub(super) fn make(shell: &Shell, parent: &Path, python: &Path, keep: bool) -> Result<Self> {
        let folder = parent.join("venv");
        let environment = Environment { folder };
        if keep && environment.program("python").is_file() {
            return Ok(environment);
        }
        usable(shell, python)?;
        let folder = &environment.folder;
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("{} cannot be removed", folder.display()))?;
        }
        println!("== environment {}", folder.display());
        cmd!(shell, "{python} -m venv {folder}")
            .quiet()
            .run()
            .context("no virtual environment can be made")?;
        Ok(environment)
    }

    /// A program of the environment.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// The variable PATH for programs that look for `python` there.
    pub(super) fn path(&self) -> Result<OsString> {
        let outer = env::var_os("PATH").unwrap_or_default();
        let folders = [self.folder.join("bin")].into_iter();
        env::join_paths(folders.chain(env::split_paths(&outer)))
            .context("the folder of the project cannot be a part of PATH")
    }

    /// Installs what a file in `python/requirements` lists.
    pub(super) fn require(&self, shell: &Shell, file: &str) -> Result<()> {
        println!("== requirements {file}");
        let list = project::root().join("python/requirements").join(file);
        let python = self.program("python");
        // No sources are built: all pinned versions have wheels, and a build would take what nobody pinned.
        cmd!(
            shell,
            "{python} -m pip install --quiet --disable-pip-version-check --only-binary :all: -r {list}"
        )
        .run()
        .with_context(|| format!("python/requirements/{file} cannot be installed"))
    }

    /// Installs a wheel over one of the same version.
    pub(super) fn install(&self, shell: &Shell, wheel: &Path) -> Result<()> {
        let python = self.program("python");
        cmd!(
            shell,
            "{python} -m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall {wheel}"
        )
        .run()
        .with_context(|| format!("{} cannot be installed", wheel.display()))
    }
}

/// Fails where an interpreter is missing, too old, or cannot make environments.
fn usable(shell: &Shell, python: &Path) -> Result<()> {
    let script = "import sys, venv, ensurepip; print(*sys.version_info[:2])";
    let version = cmd!(shell, "{python} -c {script}")
        .quiet()
        .read()
        .with_context(|| {
            format!(
                "{} is no Python with the modules venv and ensurepip; install them (Debian: apt-get install python3-venv), or name another interpreter: `cargo xtask python --python PROGRAM`",
                python.display()
            )
        })?;
    if parse(&version).is_none_or(|version| version < OLDEST) {
        bail!(
            "{} is Python {}, and the package wants {}.{} or newer; name another interpreter: `cargo xtask python --python PROGRAM`",
            python.display(),
            version.replace(' ', "."),
            OLDEST.0,
            OLDEST.1
        );
    }
    Ok(())
}

/// A version of two numbers with a space between them.
fn parse(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parse("3 11\n"), Some((3, 11)));
        assert!(parse("3 9") < Some(OLDEST) && parse("3 14") > Some(OLDEST));
        assert_eq!(parse("3"), None);
    }

    #[test]
    fn a_missing_interpreter_is_named_with_what_to_install() {
        let shell = project::shell().expect("the folder of the project");
        let error = usable(&shell, Path::new("/no/such/python")).expect_err("there is none");
        let error = format!("{error:#}");
        assert!(error.contains("/no/such/python") && error.contains("python3-venv"));
    }

    /// Versions that a package index may change are no pinned ones.
    #[test]
    fn every_requirement_is_pinned() {
        let folder = project::root().join("python/requirements");
        for file in ["test.txt", "live.txt"] {
            let text = fs::read_to_string(folder.join(file)).expect("the file is there");
            let lines = text
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'));
            let mut count = 0;
            for line in lines {
                count += 1;
                let pinned = line.split_once("==").is_some_and(|(name, version)| {
                    !name.is_empty() && version.split(" ;").next().is_some_and(is_exact)
                });
                assert!(pinned, "{file}: {line}");
            }
            assert!(count > 0, "{file}");
        }
    }

    fn is_exact(version: &str) -> bool {
        let mut parts = version.split('.');
        parts.all(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_alphanumeric()))
    }
}
