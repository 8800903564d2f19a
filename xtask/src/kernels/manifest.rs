//! The manifest of an archive: the sources, compilers and options that it was made with.

use super::{COMMAND, OPTIONS};
use anyhow::{Context, Result};
use pixelflume_kernels::Module;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Contents of the file `archive.json` beside an archive.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Manifest {
    /// A note for readers of the file.
    pub(super) made_by: String,
    /// Options of the compilers.
    pub(super) options: Vec<String>,
    /// The version of NVRTC for each target.
    pub(super) compilers: BTreeMap<String, String>,
    /// The SHA-256 of each file that was compiled or included, by name.
    pub(super) sources: BTreeMap<String, String>,
    /// The source and the macros of each module, by name.
    pub(super) modules: BTreeMap<String, String>,
    /// SHA-256 of `archive.bin`.
    pub(super) archive: String,
}

impl Manifest {
    /// The manifest of an archive that was made of these modules by these compilers.
    pub(super) fn new(
        modules: &[&'static Module],
        sources: &Sources,
        compilers: BTreeMap<String, String>,
        archive: &[u8],
    ) -> Self {
        let used = modules.iter().flat_map(|module| sources.of(module));
        let described = |module: &&Module| (module.name().to_owned(), described(module));
        Manifest {
            made_by: COMMAND.to_owned(),
            options: OPTIONS.iter().map(|&option| option.to_owned()).collect(),
            compilers,
            sources: used
                .map(|(file, hash)| (file.to_owned(), hash.clone()))
                .collect(),
            modules: modules.iter().map(described).collect(),
            archive: sha256(archive),
        }
    }

    /// Reads the manifest in `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("archive.json");
        let text = fs::read_to_string(&path).with_context(|| {
            format!(
                "{} cannot be read; make it with `{COMMAND}`",
                path.display()
            )
        })?;
        serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is no manifest; make it anew with `{COMMAND} --all`",
                path.display()
            )
        })
    }

    /// Writes the manifest into `folder`.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let path = folder.join("archive.json");
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// The differences of a module's sources and macros from those it was compiled from; empty when there are none.
    pub(super) fn changes(&self, module: &Module, sources: &Sources) -> Vec<String> {
        let name = module.name();
        match self.modules.get(name) {
            None => return vec![format!("{name}: not compiled yet")],
            Some(was) if *was != described(module) => {
                let now = described(module);
                return vec![format!(
                    "{name}: compiled from `{was}`, which is now `{now}`"
                )];
            }
            Some(_) => {}
        }
        let used = sources.of(module).into_iter();
        let changed = used.filter(|(file, hash)| self.sources.get(*file) != Some(*hash));
        changed
            .map(|(file, _)| format!("kernels/{file}: changed since the archive was made"))
            .collect()
    }
}

/// The source of a module and its macros, in one line.
pub(super) fn described(module: &Module) -> String {
    let macros = module.macros();
    let macros = macros.iter().map(|(name, text)| format!(" {name}={text}"));
    module.source.to_owned() + &macros.collect::<String>()
}

/// SHA-256 of bytes, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The CUDA sources: the `.cu` and `.cuh` files of the folder of the kernels and its folders `args` and `oracle`.
pub(super) struct Sources {
    /// The text of each file, by its path in the folder of the kernels.
    pub(super) texts: BTreeMap<String, String>,
    /// The SHA-256 of each file, by the same path.
    pub(super) hashes: BTreeMap<String, String>,
}

impl Sources {
    /// Reads all sources.
    pub(super) fn read(kernels: &Path) -> Result<Self> {
        let mut texts = BTreeMap::new();
        for prefix in ["", "args/", "oracle/"] {
            let folder = kernels.join(prefix);
            let entries = fs::read_dir(&folder)
                .with_context(|| format!("{} cannot be read", folder.display()))?;
            for entry in entries {
                let path = entry?.path();
                let extension = path.extension().and_then(|extension| extension.to_str());
                if let (Some("cu" | "cuh"), Some(name)) = (extension, path.file_name()) {
                    let text = fs::read_to_string(&path)
                        .with_context(|| format!("{} cannot be read", path.display()))?;
                    texts.insert(format!("{prefix}{}", name.to_string_lossy()), text);
                }
            }
        }
        let hash = |(name, text): (&String, &String)| (name.clone(), sha256(text.as_bytes()));
        let hashes = texts.iter().map(hash).collect();
        Ok(Sources { texts, hashes })
    }

    /// The files that a module is compiled from, with their hashes: its source, and the files that it includes by
    /// `#include "..."`, directly or not.
    pub(super) fn of(&self, module: &Module) -> BTreeMap<&str, &String> {
        let mut found = BTreeMap::new();
        let mut pending = BTreeSet::from([module.source]);
        while let Some(name) = pending.pop_first() {
            let hash = self.hashes.get_key_value(name);
            if let (Some((name, hash)), Some(text)) = (hash, self.texts.get(name))
                && found.insert(name.as_str(), hash).is_none()
            {
                pending.extend(text.lines().filter_map(included));
            }
        }
        found
    }
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
    fn hashes_are_sha_256() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
    }
}
