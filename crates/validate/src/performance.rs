//! Whether workloads are as near to the copy bandwidth as they were: `pixelflume bench`, compared with stored shares.
//!
//! A share of the copy bandwidth that is measured in the same run says more than a time, which hangs on the GPU, its clocks
//! and its other users.

use crate::stage::Context;
use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shares of the GPUs that somebody has measured. `--write-ratios` makes such a file.
const STORED: &str = include_str!("../../../benches/gpu-ratios.json");

/// The file of stored shares.
#[derive(Debug, Deserialize, Serialize)]
struct Table {
    /// How far below its stored share a workload may be, as a part of the share: 0.2 lets 0.50 fall to 0.40.
    tolerance: f64,
    /// By the name of the GPU, and the name and batch of the workload: the share of the copy bandwidth, 1 for a copy.
    gpus: BTreeMap<String, Shares>,
}

type Shares = BTreeMap<String, f64>;

/// What is read of the results of `pixelflume bench`.
#[derive(Debug, Deserialize)]
struct Results {
    workloads: Vec<Workload>,
}

#[derive(Debug, Deserialize)]
struct Workload {
    name: String,
    batch: u32,
    /// `device` where it is time on the device; what is a latency has no share that means something.
    timed: String,
    bandwidth: Option<Bandwidth>,
}

#[derive(Debug, Deserialize)]
struct Bandwidth {
    /// Of the copy bandwidth measured in the same run, 1 for a copy.
    share_of_copy: f64,
}

/// `pixelflume`, which is built and bundled beside this program.
fn program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("pixelflume");
    ensure!(program.is_file(), "there is no {}", program.display());
    Ok(program)
}

pub(crate) fn reason_against(context: &Context) -> Option<String> {
    if context.quick {
        return Some("not with --quick".to_owned());
    }
    if let Err(error) = program() {
        return Some(error.to_string());
    }
    let gpu = context.cuda.name();
    match table(context) {
        Ok(table) if context.write_ratios.is_none() && !table.gpus.contains_key(gpu) => {
            Some(format!(
                "no shares of the copy bandwidth are stored for {gpu}; --write-ratios FILE measures them"
            ))
        }
        // What is wrong with the table is told by the stage.
        _ => None,
    }
}

fn table(context: &Context) -> anyhow::Result<Table> {
    match &context.ratios {
        None => serde_json::from_str(STORED).context("benches/gpu-ratios.json"),
        Some(file) => {
            let what = || format!("--ratios {}", file.display());
            let text = std::fs::read_to_string(file).with_context(what)?;
            serde_json::from_str(&text).with_context(what)
        }
    }
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let mut table = table(context)?;
    let gpu = context.cuda.name();
    let measured = measure(context)?;
    if let Some(file) = &context.write_ratios {
        let count = measured.len();
        table.gpus.insert(gpu.to_owned(), measured);
        let text = format!("{}\n", serde_json::to_string_pretty(&table)?);
        std::fs::write(file, text)
            .with_context(|| format!("{} cannot be written", file.display()))?;
        return Ok(format!(
            "the shares of {count} workloads on {gpu} are in {}; nothing was compared",
            file.display()
        ));
    }
    let stored = table
        .gpus
        .get(gpu)
        .with_context(|| format!("no shares are stored for {gpu}"))?;
    compare(stored, &measured, table.tolerance)
}

/// The shares of all workloads that have one.
fn measure(context: &Context) -> anyhow::Result<Shares> {
    let folder = match &context.report {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir(),
    };
    let file = folder.join(format!("bench-{}.json", std::process::id()));
    let shares = bench(&program()?, context.device, &file);
    match &context.report {
        Some(folder) => _ = std::fs::rename(&file, folder.join("bench.json")),
        None => _ = std::fs::remove_file(&file),
    }
    shares
}

fn bench(program: &Path, device: usize, file: &Path) -> anyhow::Result<Shares> {
    let output = Command::new(program)
        .args(["bench", "--quick"])
        .args(["--device", &format!("cuda:{device}"), "--json"])
        .arg(file)
        .output()
        .with_context(|| format!("{} does not start", program.display()))?;
    if !output.status.success() {
        bail!(
            "pixelflume bench ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("pixelflume bench wrote no {}", file.display()))?;
    shares(&text)
}

/// The shares in the results of `pixelflume bench`, by name and batch.
fn shares(results: &str) -> anyhow::Result<Shares> {
    let results: Results =
        serde_json::from_str(results).context("the results of pixelflume bench")?;
    let workloads = results.workloads.into_iter();
    let shares: Shares = workloads
        .filter(|of| of.timed == "device")
        .filter_map(|of| {
            Some((
                format!("{} x{}", of.name, of.batch),
                of.bandwidth?.share_of_copy,
            ))
        })
        .collect();
    ensure!(
        !shares.is_empty(),
        "pixelflume bench measured no throughput on a device"
    );
    Ok(shares)
}

/// Fails where a workload has fallen too far, or is gone.
fn compare(stored: &Shares, measured: &Shares, tolerance: f64) -> anyhow::Result<String> {
    ensure!(!stored.is_empty(), "no shares are stored");
    let (mut slow, mut told) = (Vec::new(), Vec::new());
    for (name, &stored) in stored {
        let Some(&share) = measured.get(name) else {
            slow.push(format!("{name} was not measured"));
            continue;
        };
        let least = stored * (1.0 - tolerance);
        let text = format!("{name} {share:.3} of the copy bandwidth (stored {stored:.3})");
        if share.is_nan() || share < least {
            slow.push(format!("{text}, at least {least:.3} is wanted"));
        } else {
            told.push(text);
        }
    }
    ensure!(slow.is_empty(), "too slow: {}", slow.join("; "));
    Ok(told.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table_of(of: &[(&str, f64)]) -> Shares {
        of.iter().map(|&(name, s)| (name.to_owned(), s)).collect()
    }

    #[test]
    fn the_stored_table_can_be_used() {
        let table = table(&Context::of_hosts()).expect("a committed file");
        assert!(table.tolerance > 0.0 && table.tolerance < 1.0);
        for shares in table.gpus.values().flat_map(BTreeMap::values) {
            assert!(*shares > 0.0 && *shares < 1.5, "{shares}");
        }
    }

    #[test]
    fn only_throughputs_have_shares() -> anyhow::Result<()> {
        let results = r#"{"tool": "pixelflume", "workloads": [
            {"name": "gray", "batch": 32, "timed": "device", "bandwidth": {"gb_per_s": 1.0, "share_of_copy": 0.5}},
            {"name": "latency", "batch": 1, "timed": "wall, replay", "bandwidth": {"gb_per_s": 1.0, "share_of_copy": 0.1}}]}"#;
        assert_eq!(shares(results)?, table_of(&[("gray x32", 0.5)]));
        assert!(shares(r#"{"workloads": []}"#).is_err());
        Ok(())
    }

    #[test]
    fn what_fell_too_far_or_is_gone_fails() {
        let stored = table_of(&[("gray", 0.8), ("blur5", 0.4)]);
        let near = table_of(&[("gray", 0.65), ("blur5", 0.5), ("new", 0.1)]);
        let text = compare(&stored, &near, 0.2).expect("near enough");
        assert!(text.contains("gray 0.650 of the copy"), "{text}");
        let far = table_of(&[("gray", 0.63), ("blur5", 0.4)]);
        let error = compare(&stored, &far, 0.2).expect_err("too slow");
        assert!(error.to_string().contains("at least 0.640"), "{error}");
        assert!(!error.to_string().contains("blur5"), "{error}");
        let error = compare(&stored, &table_of(&[("gray", 1.0)]), 0.2).expect_err("one is gone");
        assert!(
            error.to_string().contains("blur5 was not measured"),
            "{error}"
        );
        let nan = table_of(&[("gray", f64::NAN), ("blur5", 0.4)]);
        compare(&stored, &nan, 0.2).expect_err("no number");
    }
}
