//! The manifest: what the committed PTX was made from.

use super::{BASELINE, COMMAND};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// File name to SHA-256 of its contents, in hexadecimal.
pub(super) type Hashes = BTreeMap<String, String>;

/// Contents of `kernels/ptx/manifest.json`.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Manifest {
    /// For readers of the file.
    pub(super) made_by: String,
    /// Modules by name: one for each `.cu`.
    pub(super) modules: BTreeMap<String, Module>,
}

/// One module.
#[derive(Serialize, Deserialize)]
pub(super) struct Module {
    /// What compiled it.
    pub(super) compiler: String,
    /// With these flags.
    pub(super) flags: Vec<String>,
    /// The `.cu` and every header that it includes, by their paths in `kernels`.
    pub(super) sources: Hashes,
    /// The PTX, by file names in `kernels/ptx`.
    pub(super) ptx: Hashes,
}

impl Manifest {
    /// An empty manifest.
    pub(super) fn new() -> Self {
        Manifest {
            made_by: COMMAND.to_owned(),
            modules: BTreeMap::new(),
        }
    }

    /// Reads the manifest of the PTX in `ptx`.
    pub(super) fn read(ptx: &Path) -> Result<Self> {
        let path = ptx.join("manifest.json");
        let text = fs::read_to_string(&path).with_context(|| {
            format!(
                "{} cannot be read; make it with `{COMMAND}`",
                path.display()
            )
        })?;
        serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is not a manifest; make it anew with `{COMMAND}`",
                path.display()
            )
        })
    }

    /// Writes the manifest into `ptx`.
    pub(super) fn write(&self, ptx: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let path = ptx.join("manifest.json");
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    }
}

/// SHA-256 of bytes, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Names of the modules in `folder`: its `.cu` files, without the extension.
pub(super) fn modules(folder: &Path) -> Result<BTreeSet<String>> {
    Ok(files(folder, ".cu")?
        .iter()
        .map(|name| name.trim_end_matches(".cu").to_owned())
        .collect())
}

/// Names of the files in `folder` that end in `extension`.
pub(super) fn files(folder: &Path, extension: &str) -> Result<BTreeSet<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut names = BTreeSet::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(extension) {
            names.insert(name);
        }
    }
    Ok(names)
}

/// Hashes of the source of a module, and of all headers that it includes by `#include "..."`, directly or not.
pub(super) fn sources(folder: &Path, module: &str) -> Result<Hashes> {
    let mut hashes = Hashes::new();
    let mut open = vec![format!("{module}.cu")];
    while let Some(name) = open.pop() {
        if hashes.contains_key(&name) {
            continue;
        }
        let path = folder.join(&name);
        let bytes =
            fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        open.extend(text.lines().filter_map(included).map(str::to_owned));
        hashes.insert(name, sha256(&bytes));
    }
    Ok(hashes)
}

/// The compute capabilities (times ten) that a module is compiled for, ascending: the baseline, and what its source
/// names in lines `// arch: compute_NN`.
pub(super) fn targets(folder: &Path, module: &str) -> Result<BTreeSet<u32>> {
    let path = folder.join(format!("{module}.cu"));
    let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut targets = BTreeSet::from([BASELINE]);
    for name in String::from_utf8_lossy(&bytes).lines().filter_map(arch) {
        let target = name.strip_prefix("compute_").and_then(|n| n.parse().ok());
        match target.filter(|&target| target > BASELINE) {
            Some(target) => targets.insert(target),
            None => bail!(
                "{}: `// arch: {name}` is no compute_NN above the baseline, compute_{BASELINE}",
                path.display()
            ),
        };
    }
    Ok(targets)
}

/// The architecture that a line names by `// arch: ...`.
fn arch(line: &str) -> Option<&str> {
    Some(line.strip_prefix("// arch:")?.trim())
}

/// The file that a line includes by `#include "..."`. Headers in angle brackets are the compiler's.
fn included(line: &str) -> Option<&str> {
    let rest = line
        .trim_start()
        .strip_prefix('#')?
        .trim_start()
        .strip_prefix("include")?;
    rest.trim_start().strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_headers_are_followed() {
        assert_eq!(included("#include \"common.cuh\""), Some("common.cuh"));
        assert_eq!(included("  #  include\t\"a.cuh\" // why"), Some("a.cuh"));
        assert_eq!(included("#include <cstdint>"), None);
        assert_eq!(included("// #include \"old.cuh\""), None);
    }

    #[test]
    fn sources_name_further_targets() {
        let temporary = xshell::Shell::new()
            .and_then(|shell| shell.create_temp_dir())
            .expect("a temporary folder");
        let folder = temporary.path();
        let of = |text: &str| {
            fs::write(folder.join("a.cu"), text).unwrap();
            targets(folder, "a").map(|targets| targets.into_iter().collect::<Vec<_>>())
        };
        assert_eq!(of("// arch\nint a; // arch: compute_90\n").unwrap(), [75]);
        let both = "// A module.\n// arch: compute_90\n// arch: compute_90 \n";
        assert_eq!(of(both).unwrap(), [75, 90]);
        for bad in [
            "sm_90",
            "compute_",
            "compute_90a",
            "compute_50",
            "compute_75",
        ] {
            let error = of(&format!("// arch: {bad}")).unwrap_err().to_string();
            assert!(error.contains(&format!("`// arch: {bad}`")), "{error}");
        }
    }

    #[test]
    fn hashes_are_sha_256() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
    }
}
