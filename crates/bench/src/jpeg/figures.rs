//! The figures of a row, and how they are made of times and samples.

use crate::spread::Spread;
use serde::Serialize;
use std::time::Instant;

/// Figures of images per second for one row.
const PARTS: usize = 16;

/// Images per second in parts of a run, of which these are the times at which its batches were complete.
pub(super) fn per_second(complete: &[Instant], images_of_batch: usize) -> Spread {
    let step = (complete.len().saturating_sub(1) / PARTS).max(1);
    let ends: Vec<&Instant> = complete.iter().step_by(step).collect();
    let images = (step * images_of_batch) as f64;
    let rates = ends
        .windows(2)
        .map(|ends| images / (*ends[1] - *ends[0]).as_secs_f64());
    Spread::new(rates.collect())
}

/// How samples differ from those of the CPU's decoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Difference {
    pub(super) samples: u64,
    pub(super) differing: u64,
    /// The largest difference of two samples.
    pub(super) largest: u8,
}

impl Difference {
    /// Compares two lists of samples of the same length.
    pub(super) fn of(expected: &[u8], got: &[u8]) -> Self {
        let mut difference = Difference {
            samples: expected.len() as u64,
            ..Difference::default()
        };
        if expected != got {
            for (expected, got) in expected.iter().zip(got) {
                difference.differing += u64::from(expected != got);
                difference.largest = difference.largest.max(expected.abs_diff(*got));
            }
        }
        difference
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Difference {
            samples: self.samples + other.samples,
            differing: self.differing + other.differing,
            largest: self.largest.max(other.largest),
        }
    }

    /// For the table.
    pub(super) fn text(&self) -> String {
        match self.differing {
            0 => "none".to_owned(),
            differing => {
                let share = 100.0 * differing as f64 / self.samples as f64;
                format!("{share:.2} %, at most by {}", self.largest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn rates_are_of_parts_of_a_run() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        // Ten batches a second for a while, then five.
        let times: Vec<Instant> = (0..20).map(|n| at(n * 100)).collect();
        let rates = per_second(&times, 64);
        assert_eq!((rates.median, rates.min), (640.0, 640.0));
        let slow: Vec<Instant> = (0..20).map(|n| at(n * 100 + n.max(15) * 100)).collect();
        let rates = per_second(&slow, 64);
        assert_eq!((rates.median, rates.min), (640.0, 320.0));
        assert_eq!(per_second(&times[..1], 64).samples, 0);
    }

    #[test]
    fn differences_are_counted() {
        let sum = Difference::of(&[1, 2, 3, 4], &[1, 5, 3, 3]).and(Difference::of(&[9], &[9]));
        let expected = Difference {
            samples: 5,
            differing: 2,
            largest: 3,
        };
        assert_eq!(sum, expected);
        assert_eq!(sum.text(), "40.00 %, at most by 3");
        assert_eq!(Difference::of(&[9], &[9]).text(), "none");
    }
}
