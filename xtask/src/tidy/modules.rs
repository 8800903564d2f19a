//! The top-level modules of a crate must form no cycles, and name each other by module, not through the root's
//! re-exports.

use super::source::{CrateSource, RootPath};
use crate::project;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The crates, by their folders.
fn crates() -> Vec<PathBuf> {
    let root = project::root();
    let listed = std::fs::read_dir(root.join("crates")).expect("the folder of the crates is there");
    let mut folders: Vec<_> = listed
        .map(|entry| entry.expect("an entry of a folder").path())
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .collect();
    folders.extend(["kernels", "python", "xtask"].map(|folder| root.join(folder)));
    folders.sort();
    folders
}

fn root_file(folder: &Path) -> PathBuf {
    let library = folder.join("src/lib.rs");
    match library.is_file() {
        true => library,
        false => folder.join("src/main.rs"),
    }
}

/// The modules that each module needs, with the first place that names each of them.
type Needs<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a RootPath>>;

fn needs(source: &CrateSource) -> Needs<'_> {
    let mut needs: Needs<'_> = BTreeMap::new();
    for path in &source.paths {
        if source.modules.contains(&path.to)
            && source.modules.contains(&path.from)
            && path.from != path.to
        {
            let of_module = needs.entry(&path.from).or_default();
            of_module.entry(&path.to).or_insert(path);
        }
    }
    needs
}

/// The modules that `from` needs, directly or through others.
fn reachable<'a>(needs: &Needs<'a>, from: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut left = vec![from];
    while let Some(module) = left.pop() {
        for &next in needs.get(module).into_iter().flat_map(BTreeMap::keys) {
            if found.insert(next) {
                left.push(next);
            }
        }
    }
    found
}

/// The sets of modules in which each needs each other one.
fn cycles<'a>(needs: &Needs<'a>) -> Vec<BTreeSet<&'a str>> {
    let reach: BTreeMap<_, _> = needs
        .keys()
        .map(|&module| (module, reachable(needs, module)))
        .collect();
    let together = |a: &str, b: &str| {
        let reaches = |from, to| reach.get(from).is_some_and(|found| found.contains(to));
        reaches(a, b) && reaches(b, a)
    };
    let mut cycles: Vec<BTreeSet<_>> = Vec::new();
    for &module in needs.keys().filter(|&&module| together(module, module)) {
        if cycles.iter().any(|cycle| cycle.contains(module)) {
            continue;
        }
        let others = needs.keys().copied();
        cycles.push(others.filter(|other| together(module, other)).collect());
    }
    cycles
}

#[test]
fn modules_form_no_cycles() {
    let mut problems = String::new();
    for folder in crates() {
        let source = CrateSource::read(&root_file(&folder)).expect("the crate can be read");
        assert!(!source.modules.is_empty() || source.paths.is_empty());
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let needs = needs(&source);
        for cycle in cycles(&needs) {
            problems += &format!("{name}: {} modules need each other\n", cycle.len());
            for &module in &cycle {
                for (next, path) in needs[module]
                    .iter()
                    .filter(|(next, _)| cycle.contains(*next))
                {
                    let file = path.file.display();
                    problems += &format!("    {module} -> {next} ({file}:{})\n", path.line);
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "move a type down or a list up:\n{problems}"
    );
}

#[test]
fn modules_are_named_without_re_exports() {
    let mut problems = String::new();
    for folder in crates() {
        let root = root_file(&folder);
        let source = CrateSource::read(&root).expect("the crate can be read");
        // What the root file declares with a body, as a prelude, lists re-exports itself.
        for path in source.paths.iter().filter(|path| path.file != root) {
            if !path.from.is_empty() && !source.modules.contains(&path.to) {
                let file = path.file.display();
                problems += &format!("{file}:{}: crate::{}\n", path.line, path.to);
            }
        }
    }
    let count = problems.lines().count();
    assert!(
        problems.is_empty(),
        "{count} names come through the root of their crate; write crate::module::Name:\n{problems}"
    );
}

#[test]
fn cycles_and_re_exports_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    write(
        "lib.rs",
        "mod a; mod b; mod c; mod d; pub use a::Name; #[cfg(test)] mod t;",
    );
    write("a.rs", "use crate::{b::{X, Y}, c}; pub struct Name;");
    write(
        "b/mod.rs",
        "mod inner; pub(in crate::b) struct X; /// crate::d\nfn f() {}",
    );
    write("b/inner.rs", "fn f() { super::super::c::g(); super::h() }");
    write(
        "c.rs",
        "mod body { fn f() { super::super::a::g() } } #[cfg(test)] mod t { use crate::d::E; }",
    );
    write("d.rs", "use crate::Name; use crate::a::Name as Other;");
    let source = CrateSource::read(&folder.path().join("lib.rs")).expect("a crate");
    let needs = needs(&source);
    let edges: Vec<_> = needs
        .iter()
        .flat_map(|(from, to)| to.keys().map(move |to| format!("{from}{to}")))
        .collect();
    assert_eq!(edges, ["ab", "ac", "bc", "ca", "da"]);
    assert_eq!(cycles(&needs), [BTreeSet::from(["a", "b", "c"])]);
    let outside: Vec<_> = source
        .paths
        .iter()
        .filter(|path| !source.modules.contains(&path.to))
        .map(|path| (path.from.as_str(), path.to.as_str()))
        .collect();
    assert_eq!(outside, [("d", "Name")]);
}

#[test]
fn other_names_of_the_root_and_attributes_of_tests_hide_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    write("lib.rs", "mod a; mod b; mod c; mod d;");
    write("a.rs", "use crate as root; use super::{*};");
    write("b.rs", "use super::*; pub(super) fn f(_: &crate::c::C) {}");
    write(
        "c.rs",
        "#[cfg_attr(test, derive(Default))] pub struct C(crate::d::D); \
         #[cfg(any(test, feature = \"cuda\"))] fn f() { crate::a::g() } \
         #[cfg(any(test, feature = \"testing\"))] fn g() { crate::b::f() }",
    );
    write(
        "d.rs",
        "mod inner { use super::*; use super::super as up; }",
    );
    let source = CrateSource::read(&folder.path().join("lib.rs")).expect("a crate");
    let found: Vec<_> = source
        .paths
        .iter()
        .map(|path| format!("{}: {}", path.from, path.to))
        .collect();
    assert_eq!(
        found,
        ["a: as", "a: *", "b: *", "b: c", "c: d", "c: a", "d: as"]
    );
}
