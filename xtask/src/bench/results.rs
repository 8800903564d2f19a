//! The results of a run of the benchmarks, in the form in which they are saved.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the file format.
pub(super) const FORMAT: u32 = 1;

/// A run of the benchmarks. All measurements are times: less is better.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Results {
    pub(super) format: u32,
    /// Processor, cores, GPU and system.
    pub(super) machine: BTreeMap<String, String>,
    /// Versions of the sources, the compiler and the driver.
    pub(super) versions: BTreeMap<String, String>,
    /// The arguments of the run.
    pub(super) settings: BTreeMap<String, String>,
    pub(super) measurements: Vec<Measurement>,
    /// The unchanged output of `pixelflume bench --json`.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub(super) workloads: serde_json::Value,
    /// The output of each peer, by the name of its script.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) peers: BTreeMap<String, serde_json::Value>,
}

/// The time of one benchmark.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Measurement {
    /// Unique within a run: group and name of a criterion bench, or `workload/NAME`.
    pub(super) name: String,
    /// `ns` or `us`.
    pub(super) unit: String,
    pub(super) median: f64,
    /// 10th percentile.
    pub(super) p10: f64,
    /// 90th percentile.
    pub(super) p90: f64,
}

impl Measurement {
    /// The percentiles of these samples; `None` where there are none.
    pub(super) fn of(name: String, unit: &str, mut samples: Vec<f64>) -> Option<Self> {
        samples.sort_unstable_by(f64::total_cmp);
        Some(Measurement {
            name,
            unit: unit.to_owned(),
            median: quantile(&samples, 0.5)?,
            p10: quantile(&samples, 0.1)?,
            p90: quantile(&samples, 0.9)?,
        })
    }
}

/// The quantile `share` of sorted values, interpolated between two of them; `None` where there are none.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let (low, high) = (*sorted.get(below)?, *sorted.get(above)?);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_values() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.9), Some(3.0));
        assert_eq!(quantile(&[1.0, 2.0], 0.5), Some(1.5));
        assert_eq!(quantile(&[0.0, 1.0, 2.0, 3.0, 4.0], 1.0), Some(4.0));
        let of = Measurement::of("a".to_owned(), "ns", vec![5.0, 1.0, 3.0]);
        assert_eq!(of.map(|m| (m.median, m.p10)), Some((3.0, 1.4)));
    }
}
