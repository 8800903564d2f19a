//! The machine and the software versions of a run.

use std::collections::BTreeMap;
use xshell::{Shell, cmd};

/// Processor, cores, system, and the GPU where there is one.
pub(super) fn machine(shell: &Shell) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut add = |name: &str, value: Option<String>| {
        all.extend(value.map(|value| (name.to_owned(), value)));
    };
    add("processor", processor());
    let cores = std::thread::available_parallelism().ok();
    add("cores", cores.map(|cores| cores.to_string()));
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    add("system", Some(system));
    add("GPU", gpu(shell, "name"));
    add("GPU memory", gpu(shell, "memory.total"));
    all
}

/// Versions of the sources, the compiler and the driver.
pub(super) fn versions(shell: &Shell) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut add = |name: &str, value: Option<String>| {
        all.extend(value.map(|value| (name.to_owned(), value)));
    };
    let said = |command: xshell::Cmd<'_>| command.quiet().ignore_stderr().read().ok();
    add("pixelflume", Some(env!("CARGO_PKG_VERSION").to_owned()));
    add("commit", said(cmd!(shell, "git describe --always --dirty")));
    add("rustc", said(cmd!(shell, "rustc --version")));
    add("driver", gpu(shell, "driver_version"));
    all
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// A field that nvidia-smi reports of the first GPU.
fn gpu(shell: &Shell, what: &str) -> Option<String> {
    let command = cmd!(shell, "nvidia-smi --query-gpu={what} --format=csv,noheader");
    let said = command.quiet().ignore_stderr().read().ok()?;
    Some(said.lines().next()?.trim().to_owned())
}
