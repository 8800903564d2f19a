//! Compiles the modules, and writes PTX and manifest.

use super::manifest::{self, Hashes, Manifest, Module};
use super::{FLAGS, ptx_name};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use xshell::{Shell, cmd};

/// Compiles modules in `folder` with `nvcc`, those `named`, or all of them when none is, and makes `folder/ptx` hold
/// exactly the PTX of the modules that there are, and the manifest.
pub(super) fn modules(shell: &Shell, nvcc: &Path, folder: &Path, named: &[String]) -> Result<()> {
    let ptx = folder.join("ptx");
    fs::create_dir_all(&ptx)?;
    let compiler = version(shell, nvcc)?;
    println!("{} ({compiler})", nvcc.display());

    let present = manifest::modules(folder)?;
    if let Some(name) = named.iter().find(|name| !present.contains(*name)) {
        bail!("kernels/{name}.cu: there is no such file");
    }
    let mut manifest = if named.is_empty() {
        Manifest::new()
    } else {
        Manifest::read(&ptx)?
    };
    manifest.modules.retain(|name, _| present.contains(name));
    for name in &present {
        if named.is_empty() || named.contains(name) {
            let flags = FLAGS.iter().map(|&flag| flag.to_owned()).collect();
            let module = Module {
                compiler: compiler.clone(),
                flags,
                sources: manifest::sources(folder, name)?,
                ptx: images(shell, nvcc, folder, name)?,
            };
            manifest.modules.insert(name.clone(), module);
        }
    }

    for file in manifest::files(&ptx, ".ptx")? {
        if !manifest
            .modules
            .values()
            .any(|module| module.ptx.contains_key(&file))
        {
            fs::remove_file(ptx.join(&file))?;
            println!("kernels/ptx/{file}: removed, no source is compiled to it");
        }
    }
    manifest.write(&ptx)
}

/// Compiles a module for all of its targets, writes the PTX, and gives its hashes.
fn images(shell: &Shell, nvcc: &Path, folder: &Path, name: &str) -> Result<Hashes> {
    let mut hashes = Hashes::new();
    for target in manifest::targets(folder, name)? {
        let file = ptx_name(name, target);
        let text = module(shell, nvcc, folder, name, target)
            .with_context(|| format!("kernels/{name}.cu does not compile for compute_{target}"))?;
        fs::write(folder.join("ptx").join(&file), &text)?;
        println!("kernels/ptx/{file}: {} KiB", text.len().div_ceil(1024));
        hashes.insert(file, manifest::sha256(text.as_bytes()));
    }
    Ok(hashes)
}

/// The PTX of one module for one target, the same text on every machine that has the same compiler.
fn module(shell: &Shell, nvcc: &Path, folder: &Path, name: &str, target: u32) -> Result<String> {
    let temporary = shell.create_temp_dir()?;
    let output = temporary.path().join("out.ptx");
    let target = target.to_string();
    // With a relative source, compiled in its own folder, no path of this machine can get into the output.
    let _folder = shell.push_dir(folder);
    cmd!(
        shell,
        "{nvcc} -ptx -arch=compute_{target} {FLAGS...} -Werror all-warnings -o {output} {name}.cu"
    )
    .quiet()
    .run()?;
    let text = fs::read_to_string(&output)?;
    let mut cleaned = format!("// Made by `{}` from kernels/{name}.cu.\n", super::COMMAND);
    // Comments at the start of a line name the compiler's build.
    for line in text
        .lines()
        .filter(|line| !line.starts_with("//"))
        .skip_while(|line| line.is_empty())
    {
        cleaned.push_str(line.trim_end());
        cleaned.push('\n');
    }
    Ok(cleaned)
}

/// The release line of `nvcc --version`.
fn version(shell: &Shell, nvcc: &Path) -> Result<String> {
    let text = cmd!(shell, "{nvcc} --version")
        .quiet()
        .read()
        .context("the CUDA compiler does not start")?;
    let line = text.lines().find(|line| line.contains("release"));
    Ok(line
        .context("`nvcc --version` names no release")?
        .trim()
        .to_owned())
}
