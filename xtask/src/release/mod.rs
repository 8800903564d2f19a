//! `cargo xtask release`: packages and publishes the crates of the workspace.
//!
//! Cargo tells the crates and their order: all that do not have `publish = false`.

mod contents;
mod crates;
mod metadata;

use crate::project;
use anyhow::{Context, Result, bail};
use clap::Args;
use contents::Contents;
use crates::Crate;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The most bytes of a compressed package that crates.io accepts.
const MAX_CRATE_BYTES: u64 = 10 << 20;

/// Options of `cargo xtask release`.
#[derive(Args)]
pub(crate) struct Options {
    /// Package every crate in the order of dependencies, check metadata, contents and sizes, and build each from its packaged
    /// sources. Nothing is uploaded.
    #[arg(long, conflicts_with = "publish")]
    dry_run: bool,
    /// Skip the builds from packaged sources, which take minutes.
    #[arg(long, requires = "dry_run")]
    quick: bool,
    /// After the same checks, upload every crate to crates.io, in order. VERSION has to be the version that is published, as a
    /// safeguard; cargo finds the token as usual. This cannot be undone.
    #[arg(long, value_name = "VERSION")]
    publish: Option<String>,
}

/// Runs the task.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.dry_run && options.publish.is_none() {
        bail!(
            "nothing was done: `cargo xtask release --dry-run` checks the crates, `cargo xtask release --publish VERSION` uploads them to crates.io"
        );
    }
    let shell = project::shell()?;
    let crates = crates::published(&shell)?;
    let version = metadata::common_version(&crates)?;
    let mut problems = Vec::new();
    for each in &crates {
        problems.extend(metadata::problems(each, &crates));
    }
    problems.extend(test_doubles(&shell, &crates)?);
    let changelog = shell.read_file("CHANGELOG.md")?;
    problems.extend(metadata::changelog_problem(
        &changelog,
        &version,
        options.publish.is_some(),
    ));
    let contents = crates
        .iter()
        .map(|each| Contents::of(&shell, each))
        .collect::<Result<Vec<_>>>()?;
    for each in &contents {
        problems.extend(each.problems());
    }
    refuse(&problems)?;

    package(&shell, &crates, options.quick)?;
    let folder = project::target_dir(&shell)?.join("package");
    print_table(&crates, &contents, &folder)?;
    if let Some(asked) = &options.publish {
        publish(&shell, &crates, &version, asked)?;
    }
    Ok(())
}

fn refuse(problems: &[String]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    bail!(
        "the crates cannot be published:\n  {}",
        problems.join("\n  ")
    )
}

/// The feature of all crates with test doubles.
const TESTING: &str = "testing";

/// The crates that enable the feature `testing` of a crate in shipped code: with all features of the crates that users name,
/// and with the default features of all others.
fn test_doubles(shell: &Shell, crates: &[Crate]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for each in crates {
        let name = &each.name;
        let features = match each.features.contains_key(TESTING) {
            true => &[][..],
            false => &["--all-features"][..],
        };
        let tree = cmd!(
            shell,
            "cargo tree --package {name} {features...} --edges normal,build,features --prefix none"
        )
        .quiet()
        .read()?;
        let feature = format!("feature \"{TESTING}\"");
        let on: BTreeSet<_> = tree
            .lines()
            .filter(|line| line.starts_with("pixelflume") && line.contains(&feature))
            .map(|line| line.trim_end_matches(" (*)"))
            .collect();
        problems.extend(
            on.iter()
                .map(|on| format!("{name}: its users would get {on}, which is for tests alone")),
        );
    }
    Ok(problems)
}

/// Packages all crates, each on top of those before it, and builds them from the packages unless `quick`. It runs outside of
/// the workspace, so that the workspace's configuration does not affect the builds.
///
/// Cargo serves the packages to each other from a registry below the target folder, and keeps what it unpacked from a registry
/// by the registry's path, name and version. A package of the same version from an earlier run would be taken in place of the
/// new one, so the target folder gets a path that no earlier run had, and what cargo unpacked is removed.
fn package(shell: &Shell, crates: &[Crate], quick: bool) -> Result<()> {
    let elsewhere = shell.create_temp_dir()?;
    let manifest = project::root().join("Cargo.toml");
    let target = project::target_dir(shell)?;
    fs::create_dir_all(&target)?;
    let link = elsewhere.path().join("target");
    std::os::unix::fs::symlink(&target, &link).context("no link to the target folder")?;
    let names = crates.iter().flat_map(|each| ["--package", &each.name]);
    let verify = quick.then_some("--no-verify");
    let before = unpacked()?;
    let inside = shell.push_dir(elsewhere.path());
    let packaged = cmd!(
        shell,
        "cargo package --manifest-path {manifest} --allow-dirty {verify...} {names...}"
    )
    .env("CARGO_TARGET_DIR", &link)
    // What is built here is not run.
    .env("CARGO_PROFILE_DEV_DEBUG", "none")
    .run();
    drop(inside);
    for folder in unpacked()?.difference(&before) {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    packaged.context("not every crate can be packaged, and built from what was packaged")
}

/// The folders in which cargo keeps crates of this workspace that it unpacked from registries on the disk.
fn unpacked() -> Result<BTreeSet<PathBuf>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home
        .context("there is no home folder")?
        .join("registry/src");
    let mut found = BTreeSet::new();
    // There is none before cargo has unpacked the first crate.
    for entry in fs::read_dir(sources).into_iter().flatten() {
        let folder = entry?.path();
        // Cargo names the folder of a registry by its host, which one on the disk lacks, and a hash.
        let on_disk = folder
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"-"));
        if on_disk
            && fs::read_dir(&folder)?
                .flatten()
                .any(|entry| is_ours(&entry))
        {
            found.insert(folder);
        }
    }
    Ok(found)
}

fn is_ours(unpacked: &fs::DirEntry) -> bool {
    let name = unpacked.file_name();
    name.as_encoded_bytes().starts_with(b"pixelflume")
}

fn print_table(crates: &[Crate], contents: &[Contents], folder: &Path) -> Result<()> {
    println!("\n| order | crate | files | KiB | packed KiB | largest file |");
    println!("|---:|---|---:|---:|---:|---|");
    let mut problems = Vec::new();
    for (order, (each, contents)) in crates.iter().zip(contents).enumerate() {
        let file: PathBuf = folder.join(format!("{}-{}.crate", each.name, each.version));
        let packed = fs::metadata(&file)
            .with_context(|| format!("{} is not there", file.display()))?
            .len();
        let (files, bytes) = (contents.files.len(), contents.bytes());
        let largest = contents.largest().map_or_else(String::new, |file| {
            format!("{} ({} KiB)", file.path.display(), file.bytes >> 10)
        });
        println!(
            "| {} | {} {} | {files} | {} | {} | {largest} |",
            order + 1,
            each.name,
            each.version,
            bytes >> 10,
            packed >> 10,
        );
        if packed > MAX_CRATE_BYTES {
            problems.push(format!(
                "{}: {packed} bytes packed, at most {MAX_CRATE_BYTES} are taken",
                each.name
            ));
        }
    }
    refuse(&problems)
}

/// Uploads all crates. Cargo waits for each one before it goes on to its dependents.
fn publish(shell: &Shell, crates: &[Crate], version: &str, asked: &str) -> Result<()> {
    if asked != version {
        bail!("the crates have version {version}, and {asked} was requested");
    }
    let changes = cmd!(shell, "git status --porcelain").quiet().read()?;
    if !changes.is_empty() {
        bail!("there are changes that are not committed:\n{changes}");
    }
    let names = crates.iter().flat_map(|each| ["--package", &each.name]);
    Ok(cmd!(shell, "cargo publish --locked {names...}").run()?)
}
