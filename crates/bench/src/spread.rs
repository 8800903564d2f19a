//! The spread of many measurements of one thing.

use serde::Serialize;

/// The median of measurements and their spread; the unit is in the name of the field that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Default))]
pub(crate) struct Spread {
    pub(crate) median: f64,
    /// 10th percentile.
    pub(crate) p10: f64,
    /// 90th percentile.
    pub(crate) p90: f64,
    pub(crate) min: f64,
    pub(crate) samples: usize,
}

impl Spread {
    /// The spread of `values`; all 0 where there are none.
    pub(crate) fn new(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let last = values.len().saturating_sub(1) as f64;
            let index = (last * share).round() as usize;
            values.get(index).copied().unwrap_or(0.0)
        };
        Spread {
            median: at(0.5),
            p10: at(0.1),
            p90: at(0.9),
            min: at(0.0),
            samples: values.len(),
        }
    }
}

/// The times of single images, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) min: f64,
    pub(crate) samples: usize,
}

impl Latency {
    /// Those of these times; all 0 where there are none.
    pub(crate) fn new(mut us: Vec<f64>) -> Self {
        us.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (us.len().saturating_sub(1) as f64 * share).ceil() as usize;
            us.get(index).copied().unwrap_or(0.0)
        };
        Latency {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            min: at(0.0),
            samples: us.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_sorted_values() {
        let spread = Spread::new((0..=10).rev().map(f64::from).collect());
        let expected = Spread {
            median: 5.0,
            p10: 1.0,
            p90: 9.0,
            min: 0.0,
            samples: 11,
        };
        assert_eq!(spread, expected);
        assert_eq!(Spread::new(Vec::new()).median, 0.0);
    }

    #[test]
    fn latencies_are_of_the_sorted_times() {
        let latency = Latency::new((0..=200).rev().map(f64::from).collect());
        let expected = Latency {
            p50: 100.0,
            p90: 180.0,
            p99: 198.0,
            min: 0.0,
            samples: 201,
        };
        assert_eq!(latency, expected);
    }
}
