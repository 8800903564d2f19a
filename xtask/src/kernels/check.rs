//! Finds sources and PTX that do not belong together, without a compiler.

use super::manifest::{self, Hashes, Manifest};
use super::{FLAGS, ptx_name};
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;

/// One line for each thing in `folder` that is not as its manifest says; none when all is well.
pub(super) fn problems(folder: &Path) -> Result<Vec<String>> {
    let ptx = folder.join("ptx");
    let manifest = Manifest::read(&ptx)?;
    let modules = manifest::modules(folder)?;
    let present = manifest::files(&ptx, ".ptx")?;
    let mut problems = Vec::new();
    let mut wanted = BTreeSet::new();

    for name in &modules {
        let source = format!("kernels/{name}.cu");
        let targets = manifest::targets(folder, name)?;
        wanted.extend(targets.iter().map(|&target| ptx_name(name, target)));
        let Some(module) = manifest.modules.get(name) else {
            problems.push(format!("{source}: not compiled yet (not in the manifest)"));
            continue;
        };
        compare(
            &mut problems,
            "kernels",
            &module.sources,
            &manifest::sources(folder, name)?,
        );
        if module.flags != FLAGS {
            let (was, now) = (module.flags.join(" "), FLAGS.join(" "));
            problems.push(format!(
                "{source}: compiled with the flags `{was}`, which are now `{now}`"
            ));
        }
        for target in targets {
            if !module.ptx.contains_key(&ptx_name(name, target)) {
                problems.push(format!("{source}: not compiled for compute_{target}"));
            }
        }
        let mut found = Hashes::new();
        for file in module.ptx.keys().filter(|file| present.contains(*file)) {
            found.insert(
                file.clone(),
                manifest::sha256(&std::fs::read(ptx.join(file))?),
            );
        }
        compare(&mut problems, "kernels/ptx", &module.ptx, &found);
    }

    for name in manifest
        .modules
        .keys()
        .filter(|name| !modules.contains(*name))
    {
        problems.push(format!(
            "kernels/{name}.cu: gone, but still in the manifest"
        ));
    }
    for file in present.difference(&wanted) {
        problems.push(format!(
            "kernels/ptx/{file}: no kernels/*.cu is compiled to it; delete it"
        ));
    }
    Ok(problems)
}

/// Adds a line for each file whose hash is not the recorded one, and for each file that only one side has.
fn compare(problems: &mut Vec<String>, folder: &str, recorded: &Hashes, found: &Hashes) {
    for (file, hash) in found {
        match recorded.get(file) {
            None => problems.push(format!("{folder}/{file}: not there when the PTX was made")),
            Some(was) if was != hash => problems.push(format!(
                "{folder}/{file}: changed since the PTX was made (SHA-256 {was:.12} in the manifest, {hash:.12} now)"
            )),
            Some(_) => {}
        }
    }
    for file in recorded.keys().filter(|file| !found.contains_key(*file)) {
        problems.push(format!(
            "{folder}/{file}: in the manifest, but gone or used no more"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::manifest::Module;
    use std::fs;
    use xshell::Shell;

    /// A folder with one module `blur`, which includes `common.cuh`, and its manifest.
    fn with_folder(test: impl FnOnce(&Path)) {
        let temporary = Shell::new()
            .and_then(|shell| shell.create_temp_dir())
            .expect("a temporary folder");
        let folder = temporary.path();
        fs::create_dir(folder.join("ptx")).unwrap();
        fs::write(folder.join("blur.cu"), "#include \"common.cuh\"\n").unwrap();
        fs::write(folder.join("common.cuh"), "#pragma once\n").unwrap();
        fs::write(folder.join("ptx/blur.compute_75.ptx"), ".version 9.0\n").unwrap();
        let module = Module {
            compiler: "release 13.0".to_owned(),
            flags: FLAGS.iter().map(|&flag| flag.to_owned()).collect(),
            sources: manifest::sources(folder, "blur").unwrap(),
            ptx: [(
                "blur.compute_75.ptx".to_owned(),
                manifest::sha256(b".version 9.0\n"),
            )]
            .into(),
        };
        let mut manifest = Manifest::new();
        manifest.modules.insert("blur".to_owned(), module);
        manifest.write(&folder.join("ptx")).unwrap();
        assert_eq!(problems(folder).unwrap(), [""; 0]);
        test(folder);
    }

    /// The one problem that is found, after `change`.
    fn problem_after(change: impl FnOnce(&Path)) -> String {
        let mut found = Vec::new();
        with_folder(|folder| {
            change(folder);
            found = problems(folder).unwrap();
        });
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn a_changed_header_is_found() {
        let found = problem_after(|folder| {
            fs::write(folder.join("common.cuh"), "#pragma once\n\n").unwrap()
        });
        assert!(
            found.starts_with("kernels/common.cuh: changed since"),
            "{found}"
        );
    }

    #[test]
    fn edited_ptx_is_found() {
        let found = problem_after(|folder| {
            fs::write(folder.join("ptx/blur.compute_75.ptx"), ".version 8.0\n").unwrap();
        });
        assert!(
            found.starts_with("kernels/ptx/blur.compute_75.ptx: changed since"),
            "{found}"
        );
    }

    #[test]
    fn missing_ptx_is_found() {
        let found = problem_after(|folder| {
            fs::remove_file(folder.join("ptx/blur.compute_75.ptx")).unwrap()
        });
        assert!(found.contains("in the manifest, but gone"), "{found}");
    }

    #[test]
    fn a_source_without_ptx_is_found() {
        let found = problem_after(|folder| fs::write(folder.join("new.cu"), "").unwrap());
        assert!(
            found.starts_with("kernels/new.cu: not compiled yet"),
            "{found}"
        );
    }

    #[test]
    fn a_missing_target_is_found() {
        with_folder(|folder| {
            let source = "// arch: compute_90\n#include \"common.cuh\"\n";
            fs::write(folder.join("blur.cu"), source).unwrap();
            let found = problems(folder).unwrap();
            assert_eq!(found.len(), 2, "{found:?}");
            assert!(found[0].starts_with("kernels/blur.cu: changed since"));
            assert_eq!(found[1], "kernels/blur.cu: not compiled for compute_90");
        });
    }

    #[test]
    fn ptx_without_a_source_is_found() {
        let found =
            problem_after(|folder| fs::write(folder.join("ptx/old.compute_75.ptx"), "").unwrap());
        assert!(
            found.starts_with("kernels/ptx/old.compute_75.ptx: no kernels/*.cu"),
            "{found}"
        );
    }

    #[test]
    fn a_removed_source_is_found() {
        with_folder(|folder| {
            fs::remove_file(folder.join("blur.cu")).unwrap();
            let found = problems(folder).unwrap();
            assert!(
                found
                    .iter()
                    .any(|line| line.starts_with("kernels/blur.cu: gone")),
                "{found:?}"
            );
            assert!(
                found.iter().any(|line| line.ends_with("delete it")),
                "{found:?}"
            );
        });
    }

    #[test]
    fn a_missing_manifest_says_how_to_make_one() {
        with_folder(|folder| {
            fs::remove_file(folder.join("ptx/manifest.json")).unwrap();
            let error = format!("{:#}", problems(folder).unwrap_err());
            assert!(
                error.contains("make it with `cargo xtask kernels`"),
                "{error}"
            );
        });
    }
}
