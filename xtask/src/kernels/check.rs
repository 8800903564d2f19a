//! Finds sources and archive that do not belong together, without a compiler.

use super::manifest::{self, Manifest, Sources};
use super::{COMPILERS, OPTIONS, all_targets};
use anyhow::{Context, Result};
use pixelflume_device::Target;
use pixelflume_kernels::{Archive, Module, modules};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// One line for each thing in `folder` that is not as its manifest says; none when all is well.
pub(super) fn problems(folder: &Path) -> Result<Vec<String>> {
    let sources = Sources::read(folder)?;
    let manifest = Manifest::read(folder)?;
    let path = folder.join("archive.bin");
    let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut problems = of_sources(&manifest, &sources);
    problems.extend(of_compilers(&manifest));
    if manifest.archive != manifest::sha256(&bytes) {
        problems
            .push("kernels/archive.bin: not the one that the manifest was made with".to_owned());
    }
    problems.extend(match Archive::parse(&bytes) {
        Ok(archive) => of_images(&archive),
        Err(error) => vec![format!("kernels/archive.bin: {error}")],
    });
    Ok(problems)
}

/// What has changed of the sources and of the table of modules.
fn of_sources(manifest: &Manifest, sources: &Sources) -> Vec<String> {
    // A header is a source of many modules.
    let changes: BTreeSet<String> = modules()
        .flat_map(|module| manifest.changes(module, sources))
        .collect();
    let mut problems: Vec<String> = changes.into_iter().collect();
    let names: BTreeSet<&str> = modules().map(Module::name).collect();
    let gone = manifest
        .modules
        .keys()
        .filter(|name| !names.contains(name.as_str()));
    problems.extend(gone.map(|name| format!("{name}: no module any more, but in the archive")));
    let used: BTreeSet<&str> = modules()
        .flat_map(|module| sources.of(module).into_keys())
        .collect();
    let unused = sources
        .texts
        .keys()
        .filter(|file| !used.contains(file.as_str()));
    problems.extend(unused.map(|file| format!("kernels/{file}: no module is made of it")));
    let missing: BTreeSet<&str> = modules()
        .map(|module| module.source)
        .filter(|source| !sources.texts.contains_key(*source))
        .collect();
    problems.extend(
        missing.iter().map(|file| {
            format!("kernels/{file}: there is no such file, and modules are made of it")
        }),
    );
    problems
}

/// Whether the archive was made by the pinned compilers with their options.
fn of_compilers(manifest: &Manifest) -> Vec<String> {
    let mut problems = Vec::new();
    if manifest.options != OPTIONS {
        let (was, now) = (manifest.options.join(" "), OPTIONS.join(" "));
        problems.push(format!(
            "compiled with the options `{was}`, which are now `{now}`"
        ));
    }
    let pinned: BTreeMap<String, String> = COMPILERS
        .iter()
        .flat_map(|compiler| {
            compiler
                .targets
                .iter()
                .map(|target| (target.to_string(), compiler.version.to_owned()))
        })
        .collect();
    let all: BTreeSet<&String> = manifest.compilers.keys().chain(pinned.keys()).collect();
    for target in all {
        let [was, now] = [&manifest.compilers, &pinned]
            .map(|of| of.get(target).map_or("nothing", String::as_str));
        if was != now {
            problems.push(format!(
                "{target}: compiled by {was}, and should be by {now}"
            ));
        }
    }
    problems
}

/// Whether the archive has each module for each target, and nothing else.
fn of_images(archive: &Archive<'_>) -> Vec<String> {
    let there: BTreeSet<(&str, Target)> = archive
        .images()
        .map(|image| (image.module, image.target))
        .collect();
    let wanted: BTreeSet<(&str, Target)> = modules()
        .flat_map(|module| all_targets().map(|target| (module.name(), target)))
        .collect();
    let missing = wanted
        .difference(&there)
        .map(|(name, target)| format!("{name}: not in the archive for {target}"));
    let more = there
        .difference(&wanted)
        .map(|(name, target)| format!("{name}: in the archive for {target}, and nobody wants it"));
    missing.chain(more).collect()
}
