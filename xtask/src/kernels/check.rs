//! `cargo xtask kernels --check`: it checks that sources, headers, archives and manifests belong together. It needs no
//! compiler.

use super::manifest::{self, Manifest, Sources};
use super::{COLLECTIONS, COMPILERS, Collection, OPTIONS, all_targets, headers};
use anyhow::{Context, Result};
use pixelflume_device::Target;
use pixelflume_kernels::{Archive, Module};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Lists the problems in the folder of the kernels, one per line; the list is empty when all is well.
pub(super) fn problems(kernels: &Path) -> Result<Vec<String>> {
    let sources = Sources::read(kernels)?;
    let mut problems = headers::problems(kernels)?;
    for collection in COLLECTIONS {
        for problem in of_collection(kernels, collection, &sources)? {
            // Several collections have modules of the same header.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    let used: BTreeSet<&str> = all_modules()
        .flat_map(|module| sources.of(module).into_keys())
        .collect();
    let unused = sources
        .texts
        .keys()
        .filter(|file| !used.contains(file.as_str()));
    problems.extend(unused.map(|file| format!("kernels/{file}: no module is compiled from it")));
    Ok(problems)
}

/// The modules of all archives.
fn all_modules() -> impl Iterator<Item = &'static Module> {
    COLLECTIONS
        .iter()
        .flat_map(|collection| (collection.modules)())
}

/// The differences of one archive and its manifest from what they should be.
fn of_collection(
    kernels: &Path,
    collection: &Collection,
    sources: &Sources,
) -> Result<Vec<String>> {
    let folder = kernels.join(collection.folder);
    let modules = (collection.modules)();
    let manifest = Manifest::read(&folder)?;
    let path = folder.join("archive.bin");
    let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut problems = of_sources(&modules, &manifest, sources);
    problems.extend(of_compilers(&manifest));
    let archive = collection.file("archive.bin");
    if manifest.archive != manifest::sha256(&bytes) {
        problems.push(format!(
            "{archive}: not the one that the manifest was made with"
        ));
    }
    match Archive::parse(&bytes) {
        Ok(archive) => problems.extend(of_images(&modules, &archive)),
        Err(error) => problems.push(format!("{archive}: {error}")),
    }
    Ok(problems)
}

/// The changes of the sources and of the table of modules since the archive was made.
fn of_sources(modules: &[&'static Module], manifest: &Manifest, sources: &Sources) -> Vec<String> {
    // A header is a source of many modules.
    let changes: BTreeSet<String> = modules
        .iter()
        .flat_map(|module| manifest.changes(module, sources))
        .collect();
    let mut problems: Vec<String> = changes.into_iter().collect();
    let names: BTreeSet<&str> = modules.iter().map(|module| module.name()).collect();
    let gone = manifest
        .modules
        .keys()
        .filter(|name| !names.contains(name.as_str()));
    problems.extend(gone.map(|name| format!("{name}: in the archive, but not in the table")));
    let missing: BTreeSet<&str> = modules
        .iter()
        .map(|module| module.source)
        .filter(|source| !sources.texts.contains_key(*source))
        .collect();
    problems.extend(
        missing
            .iter()
            .map(|file| format!("kernels/{file}: no such file, but modules are compiled from it")),
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

/// The images that an archive lacks, and those that are too many.
fn of_images(modules: &[&'static Module], archive: &Archive<'_>) -> Vec<String> {
    let there: BTreeSet<(&str, Target)> = archive
        .images()
        .map(|image| (image.module, image.target))
        .collect();
    let wanted: BTreeSet<(&str, Target)> = modules
        .iter()
        .flat_map(|module| all_targets().map(|target| (module.name(), target)))
        .collect();
    let missing = wanted
        .difference(&there)
        .map(|(name, target)| format!("{name}: not in the archive for {target}"));
    let more = there.difference(&wanted).map(|(name, target)| {
        format!("{name}: in the archive for {target}, which is not a target of it")
    });
    missing.chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project;
    use pixelflume_kernels::{archive, modules};

    fn versions() -> BTreeMap<String, String> {
        let all = COMPILERS.iter().flat_map(|compiler| {
            let of = |target: &Target| (target.to_string(), compiler.version.to_owned());
            compiler.targets.iter().map(of)
        });
        all.collect()
    }

    /// A folder with the sources, archives of images of one byte, and their manifests.
    fn folder() -> tempfile::TempDir {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = temporary.path();
        let sources = Sources::read(&project::root().join("kernels")).unwrap();
        for (name, text) in &sources.texts {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        for collection in COLLECTIONS {
            let images = || all_targets().map(|target| (target, vec![7])).collect();
            let modules = (collection.modules)();
            let all: Vec<_> = modules
                .iter()
                .map(|module| (module.name().to_owned(), images()))
                .collect();
            let bytes = archive::write(&all, 1).unwrap();
            let folder = folder.join(collection.folder);
            fs::write(folder.join("archive.bin"), &bytes).unwrap();
            let manifest = Manifest::new(&modules, &sources, versions(), &bytes);
            manifest.write(&folder).unwrap();
        }
        assert_eq!(problems(folder).unwrap(), [""; 0]);
        temporary
    }

    /// The problems after `change`.
    fn found(change: impl FnOnce(&Path)) -> Vec<String> {
        let folder = folder();
        change(folder.path());
        problems(folder.path()).unwrap()
    }

    /// The problems after `change` of the manifest.
    fn found_in(change: impl FnOnce(&mut Manifest)) -> Vec<String> {
        found(|folder| {
            let mut manifest = Manifest::read(folder).unwrap();
            change(&mut manifest);
            manifest.write(folder).unwrap();
        })
    }

    #[test]
    fn a_changed_source_or_header_is_found() {
        for name in ["stencil.cu", "common.cuh", "oracle/color.cu"] {
            let found = found(|folder| {
                let text = fs::read_to_string(folder.join(name)).unwrap();
                fs::write(folder.join(name), text + "\n").unwrap();
            });
            let expected = format!("kernels/{name}: changed since the archive was made");
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn sources_that_are_gone_or_new_are_found() {
        let gone = found(|folder| fs::remove_file(folder.join("sobel.cu")).unwrap());
        let expected = [
            "kernels/sobel.cu: no such file, but modules are compiled from it",
            "kernels/args/sobel.cuh: no module is compiled from it",
        ];
        assert_eq!(gone, expected);
        let new = found(|folder| fs::write(folder.join("new.cu"), "").unwrap());
        assert_eq!(new, ["kernels/new.cu: no module is compiled from it"]);
    }

    #[test]
    fn a_changed_table_is_found() {
        let changed = found_in(|manifest| {
            let was = "stencil.cu MODULE_SOURCE=PLAIN_1 MODULE_BLUR=0 SOBEL_SHAPE=2,4,4,16";
            manifest
                .modules
                .insert("stencil_gray".to_owned(), was.to_owned());
        });
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert!(changed[0].starts_with("stencil_gray: compiled from `stencil.cu MODULE_SOURCE"));
        let new = found_in(|manifest| drop(manifest.modules.remove("sobel")));
        assert_eq!(new, ["sobel: not compiled yet"]);
        let old = found_in(|manifest| {
            manifest
                .modules
                .insert("old".to_owned(), "old.cu".to_owned());
        });
        assert_eq!(old, ["old: in the archive, but not in the table"]);
    }

    #[test]
    fn other_options_and_compilers_are_found() {
        let options = found_in(|manifest| drop(manifest.options.pop()));
        assert_eq!(options.len(), 1, "{options:?}");
        let compiler = found_in(|manifest| {
            manifest
                .compilers
                .insert("sm_90".to_owned(), "12.4.127".to_owned());
        });
        assert_eq!(
            compiler,
            ["sm_90: compiled by 12.4.127, and should be by 12.9.86"]
        );
    }

    #[test]
    fn another_archive_is_found() {
        let changed = found(|folder| {
            let path = folder.join("archive.bin");
            let mut bytes = fs::read(&path).unwrap();
            bytes.push(0);
            fs::write(path, bytes).unwrap();
        });
        let expected = "kernels/archive.bin: not the one that the manifest was made with";
        assert_eq!(changed, [expected]);
        let missing = found(|folder| {
            let bytes = archive::write(&[], 0).unwrap();
            let sources = Sources::read(folder).unwrap();
            fs::write(folder.join("archive.bin"), &bytes).unwrap();
            let modules: Vec<_> = modules().collect();
            let manifest = Manifest::new(&modules, &sources, versions(), &bytes);
            manifest.write(folder).unwrap();
        });
        assert_eq!(missing.len(), modules().count() * all_targets().count());
        assert!(missing.contains(&"sobel: not in the archive for compute_75".to_owned()));
    }

    #[test]
    fn a_missing_manifest_says_how_to_make_one() {
        let folder = folder();
        fs::remove_file(folder.path().join("archive.json")).unwrap();
        let error = format!("{:#}", problems(folder.path()).unwrap_err());
        assert!(
            error.contains("make it with `cargo xtask kernels`"),
            "{error}"
        );
    }
}
