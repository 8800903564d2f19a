//! The measured differences between results that are easily taken for the same: `differences.json` is written by the
//! `differences.py` beside it.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// The file, in the folder of the workspace.
const FILE: &str = "crates/ops/tests/golden/differences.json";

/// How much two results differ.
#[derive(Deserialize)]
pub(super) struct Difference {
    /// The result of the project, or the library that it equals.
    pub(super) this: String,
    /// The other result, with the version of its library.
    pub(super) that: String,
    /// The images that were compared.
    pub(super) input: String,
    samples: u64,
    differing: u64,
    largest: f64,
    /// What `largest` is measured in, where it is no step of an 8-bit sample.
    #[serde(default)]
    unit: String,
}

#[derive(Deserialize)]
struct File {
    differences: Vec<Difference>,
}

/// All differences, in the order of the file.
pub(super) fn differences(root: &Path) -> Result<Vec<Difference>> {
    let text =
        fs::read_to_string(root.join(FILE)).with_context(|| format!("{FILE} cannot be read"))?;
    let file: File = serde_json::from_str(&text).context(FILE)?;
    Ok(file.differences)
}

impl Difference {
    /// The share of differing samples, as in `0.51 % of 30,000`.
    pub(super) fn share_text(&self) -> String {
        let share = self.differing as f64 / self.samples as f64 * 100.0;
        let digits = match share {
            share if share >= 10.0 => 0,
            share if share >= 1.0 => 1,
            share if share >= 0.01 => 2,
            _ => 4,
        };
        format!("{share:.digits$} % of {}", thousands(self.samples))
    }

    /// The largest difference, with its unit.
    pub(super) fn largest_text(&self) -> String {
        let largest = match self.largest {
            largest if largest >= 0.01 || largest == 0.0 => format!("{largest}"),
            largest => format!("{largest:.1e}"),
        };
        format!("{largest} {}", self.unit).trim_end().to_owned()
    }
}

/// A number with commas between groups of three digits.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_keep_what_matters() {
        let difference = |differing, largest| Difference {
            this: String::new(),
            that: String::new(),
            input: String::new(),
            samples: 1_234_567,
            differing,
            largest,
            unit: String::new(),
        };
        assert_eq!(difference(0, 0.0).share_text(), "0.0000 % of 1,234,567");
        assert_eq!(difference(6, 1.0).share_text(), "0.0005 % of 1,234,567");
        assert_eq!(difference(200_000, 1.0).share_text(), "16 % of 1,234,567");
        assert_eq!(difference(1, 1.0).largest_text(), "1");
        assert_eq!(difference(1, 4.8e-7).largest_text(), "4.8e-7");
    }
}
