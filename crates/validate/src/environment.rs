//! The check `environment`: GPU, driver and versions, and the functions that the driver lacks.

use crate::check::Context;
use anyhow::ensure;
use pixelflume::prelude::*;

/// Names and values for the head of a report.
pub(crate) fn describe(cuda: Option<&Device>, seed: u64) -> Vec<(String, String)> {
    let mut all = vec![
        (
            "pixelflume".to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        ),
        (
            "system".to_owned(),
            format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        ),
        ("host".to_owned(), Device::host().name().to_owned()),
        ("seed".to_owned(), seed.to_string()),
    ];
    let Some(cuda) = cuda else {
        return all;
    };
    let gpu = cuda.capabilities();
    let version = |v: Option<(u32, u32)>| v.map(|(major, minor)| format!("{major}.{minor}"));
    let mut add = |name: &str, value: Option<String>| {
        all.extend(value.map(|value| (name.to_owned(), value)));
    };
    add("gpu", Some(gpu.name.clone()));
    add("compute capability", version(gpu.compute_capability));
    add("CUDA version of the driver", version(gpu.driver_version));
    add("driver", kernel_driver());
    add("multiprocessors", Some(gpu.multiprocessors.to_string()));
    add("bytes of memory", gpu.total_memory.map(|b| b.to_string()));
    add("memory pools", Some(gpu.memory_pools.to_string()));
    all
}

/// The version of the driver's kernel module, as the module tells it.
fn kernel_driver() -> Option<String> {
    let text = std::fs::read_to_string("/proc/driver/nvidia/version").ok()?;
    let mut words = text.lines().next()?.split_whitespace();
    let version = words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(version.to_owned())
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let gpu = context.cuda.capabilities();
    ensure!(
        gpu.compute_capability.is_some() && gpu.driver_version.is_some(),
        "{} is not a GPU: this suite does not run on the host",
        context.cuda
    );
    let described = describe(Some(&context.cuda), context.seed);
    let parts: Vec<String> = described
        .iter()
        .filter(|(name, _)| name != "seed")
        .map(|(name, value)| format!("{name} {value}"))
        .chain(functions()?)
        .collect();
    Ok(parts.join(", "))
}

/// The number of driver functions that were found, and the names of the missing ones.
#[cfg(feature = "cuda")]
fn functions() -> anyhow::Result<Option<String>> {
    let driver = pixelflume_cuda_driver::probe()?;
    let missing: Vec<_> = driver.missing().map(|function| function.name()).collect();
    let all = pixelflume_cuda_driver::Function::ALL.len();
    let has = format!(
        "{} has {} of {all} functions",
        driver.library(),
        all - missing.len()
    );
    Ok(Some(match missing[..] {
        [] => has,
        _ => format!("{has}, missing: {}", missing.join(" ")),
    }))
}

/// Without the feature `cuda` there is no driver and no GPU.
#[cfg(not(feature = "cuda"))]
fn functions() -> anyhow::Result<Option<String>> {
    Ok(None)
}
