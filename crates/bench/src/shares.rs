//! Shares of the copy bandwidth, stored by GPU, and the comparison with measured ones.
//!
//! A share is measured in the same run as the copy bandwidth. A time alone also depends on the GPU, its clocks and its other
//! users.

use crate::error::BenchError;
use crate::report::WorkloadReport;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The shares of the GPUs that were measured. `--write-shares` makes such a file.
const STORED: &str = include_str!("gpu-shares.json");

/// The shares of the workloads on one GPU, by name and batch (`gray x32`): 1 is the bandwidth of a copy.
pub(crate) type Shares = BTreeMap<String, f64>;

/// A file of shares.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct StoredShares {
    /// The part of a stored share that a workload may lose: 0.2 lets 0.50 fall to 0.40.
    pub(crate) tolerance: f64,
    /// The shares by the name of the GPU.
    gpus: BTreeMap<String, Shares>,
}

impl StoredShares {
    /// Reads a file, or the stored table.
    ///
    /// # Errors
    /// The file cannot be read, or has another form.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, BenchError> {
        let Some(file) = file else {
            return StoredShares::parse(STORED, "the stored shares");
        };
        let what = format!("--check {}", file.display());
        let text = fs::read_to_string(file)
            .map_err(|error| BenchError::refused(format!("{what} cannot be read: {error}")))?;
        StoredShares::parse(&text, &what)
    }

    fn parse(text: &str, what: &str) -> Result<Self, BenchError> {
        serde_json::from_str(text)
            .map_err(|error| BenchError::refused(format!("{what}: no table of shares: {error}")))
    }

    /// The shares of a GPU.
    ///
    /// # Errors
    /// None are stored.
    pub(crate) fn of(&self, gpu: &str) -> Result<&Shares, BenchError> {
        let shares = self.gpus.get(gpu).filter(|shares| !shares.is_empty());
        shares.ok_or_else(|| BenchError::NothingStored {
            gpu: gpu.to_owned(),
        })
    }
}

/// The shares of measured workloads: those of throughputs on a GPU. A latency has no share.
///
/// # Errors
/// There are none.
pub(crate) fn measured(workloads: &[WorkloadReport]) -> Result<Shares, BenchError> {
    let timed = workloads.iter().filter(|of| of.timed == "device");
    let shares: Shares = timed
        .filter_map(|of| {
            let share = of.bandwidth?.share_of_copy;
            Some((format!("{} x{}", of.name, of.batch), share))
        })
        .collect();
    match shares.is_empty() {
        true => Err(BenchError::refused("no throughput was measured on a GPU")),
        false => Ok(shares),
    }
}

/// Writes the stored table with the shares of these workloads in it, and returns a message about the
/// changes.
///
/// # Errors
/// Nothing was measured on a GPU, or the file cannot be written.
pub(crate) fn write(
    file: &Path,
    gpu: &str,
    workloads: &[WorkloadReport],
) -> Result<String, BenchError> {
    let mut table = StoredShares::read(None)?;
    let measured = measured(workloads)?;
    let count = measured.len();
    table.gpus.insert(gpu.to_owned(), measured);
    let refused = |error: String| {
        BenchError::refused(format!("{} cannot be written: {error}", file.display()))
    };
    let text = serde_json::to_string_pretty(&table).map_err(|error| refused(error.to_string()))?;
    fs::write(file, text + "\n").map_err(|error| refused(error.to_string()))?;
    Ok(format!(
        "the shares of {count} workloads on {gpu} are in {}; nothing was compared",
        file.display()
    ))
}

/// Compares measured shares with stored ones, and returns the result as text.
///
/// # Errors
/// A workload has lost more than `tolerance` of its stored share, or was not measured.
pub(crate) fn compare(
    stored: &Shares,
    measured: &Shares,
    tolerance: f64,
) -> Result<String, String> {
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
    match slow.is_empty() {
        true => Ok(told.join("; ")),
        false => Err(format!("too slow: {}", slow.join("; "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Bandwidth;

    fn shares(of: &[(&str, f64)]) -> Shares {
        of.iter().map(|&(name, s)| (name.to_owned(), s)).collect()
    }

    #[test]
    fn the_stored_table_can_be_used() {
        let table = StoredShares::read(None).unwrap();
        assert!(table.tolerance > 0.0 && table.tolerance < 1.0);
        assert!(!table.gpus.is_empty());
        for shares in table.gpus.values().flat_map(BTreeMap::values) {
            assert!(*shares > 0.0 && *shares < 1.5, "{shares}");
        }
        let gpu = table.gpus.keys().next().unwrap();
        assert!(table.of(gpu).is_ok());
        let failure = table.of("another GPU").unwrap_err().to_string();
        assert!(failure.contains("--write-shares"), "{failure}");
        assert!(StoredShares::parse("{}", "a file").is_err());
    }

    #[test]
    fn only_throughputs_have_shares() {
        let workload = |name, timed| WorkloadReport {
            name,
            batch: 32,
            timed,
            bandwidth: Some(Bandwidth {
                share_of_copy: 0.5,
                ..Bandwidth::default()
            }),
            ..WorkloadReport::default()
        };
        let latency = workload("latency", "wall, replay");
        assert!(measured(std::slice::from_ref(&latency)).is_err());
        let both = [workload("gray", "device"), latency];
        assert_eq!(measured(&both).unwrap(), shares(&[("gray x32", 0.5)]));
    }

    #[test]
    fn what_fell_too_far_or_is_gone_fails() {
        let stored = shares(&[("gray", 0.8), ("blur5", 0.4)]);
        let near = shares(&[("gray", 0.65), ("blur5", 0.5), ("new", 0.1)]);
        let text = compare(&stored, &near, 0.2).unwrap();
        assert!(text.contains("gray 0.650 of the copy"), "{text}");
        let far = shares(&[("gray", 0.63), ("blur5", 0.4)]);
        let error = compare(&stored, &far, 0.2).unwrap_err();
        assert!(error.contains("at least 0.640"), "{error}");
        assert!(!error.contains("blur5"), "{error}");
        let error = compare(&stored, &shares(&[("gray", 1.0)]), 0.2).unwrap_err();
        assert!(error.contains("blur5 was not measured"), "{error}");
        let nan = shares(&[("gray", f64::NAN), ("blur5", 0.4)]);
        compare(&stored, &nan, 0.2).unwrap_err();
    }
}
