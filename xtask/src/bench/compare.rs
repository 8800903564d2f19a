//! Compares two versions that were measured in turns, by ratios of times.
//!
//! A machine with other users or changing clocks is slower at some times than at others. Two runs in turn see the same machine,
//! so the ratio of adjacent runs says more than two times. The ratios of all rounds form a band: where it contains 1, the
//! difference is noise, however large the median is.

use super::results::{Measurement, quantile};
use serde::Serialize;
use std::collections::BTreeMap;

/// The verdict on one benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Slower by more than the threshold, in every round.
    Slower,
    /// Faster by more than the threshold, in every round.
    Faster,
    Same,
    /// Only in the present version.
    New,
    /// Only in the saved version.
    Gone,
}

/// The comparison of one benchmark.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Change {
    pub(super) name: String,
    pub(super) unit: String,
    /// Median of the saved version over all rounds.
    pub(super) saved: Option<f64>,
    /// Median of the present version over all rounds.
    pub(super) present: Option<f64>,
    /// Median ratio of the rounds, present to saved.
    pub(super) ratio: Option<f64>,
    /// The least and the greatest ratio of a round.
    pub(super) band: Option<[f64; 2]>,
    pub(super) verdict: Verdict,
}

/// Compares the measurements of rounds in which both versions ran. `threshold` is a fraction: 0.05 accepts 5 % slower.
pub(super) fn compare(
    saved: &[Vec<Measurement>],
    present: &[Vec<Measurement>],
    threshold: f64,
) -> Vec<Change> {
    let (saved, present) = (by_name(saved), by_name(present));
    let mut names: Vec<_> = present.keys().chain(saved.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let change = |name: &&String| {
        let (old, new) = (saved.get(*name), present.get(*name));
        let ratios = ratios(old, new);
        let verdict = match (old, new) {
            (None, _) => Verdict::New,
            (_, None) => Verdict::Gone,
            _ => judge(&ratios, threshold),
        };
        let unit = new.or(old).map_or("", |rounds| rounds.unit);
        Change {
            name: (*name).clone(),
            unit: unit.to_owned(),
            saved: old.and_then(Rounds::median),
            present: new.and_then(Rounds::median),
            ratio: quantile(&ratios, 0.5),
            band: ratios
                .first()
                .copied()
                .zip(ratios.last().copied())
                .map(<[f64; 2]>::from),
            verdict,
        }
    };
    names.iter().map(change).collect()
}

/// The medians of one benchmark, by round.
struct Rounds<'a> {
    unit: &'a str,
    medians: BTreeMap<usize, f64>,
}

impl Rounds<'_> {
    fn median(&self) -> Option<f64> {
        quantile(&sorted(self.medians.values().copied()), 0.5)
    }
}

fn by_name(rounds: &[Vec<Measurement>]) -> BTreeMap<String, Rounds<'_>> {
    let mut all = BTreeMap::<String, Rounds<'_>>::new();
    for (round, measurements) in rounds.iter().enumerate() {
        for of in measurements {
            let rounds = all.entry(of.name.clone()).or_insert_with(|| Rounds {
                unit: &of.unit,
                medians: BTreeMap::new(),
            });
            rounds.medians.insert(round, of.median);
        }
    }
    all
}

/// The ratios of the rounds that both versions have, ascending.
fn ratios(saved: Option<&Rounds<'_>>, present: Option<&Rounds<'_>>) -> Vec<f64> {
    let (Some(saved), Some(present)) = (saved, present) else {
        return Vec::new();
    };
    let pairs = present
        .medians
        .iter()
        .filter_map(|(round, new)| Some((new, saved.medians.get(round)?)));
    sorted(pairs.map(|(new, old)| new / old).filter(|r| r.is_finite()))
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

fn judge(ratios: &[f64], threshold: f64) -> Verdict {
    let (Some(&least), Some(&greatest), Some(median)) =
        (ratios.first(), ratios.last(), quantile(ratios, 0.5))
    else {
        return Verdict::Same;
    };
    if median > 1.0 + threshold && least > 1.0 {
        Verdict::Slower
    } else if median < 1.0 / (1.0 + threshold) && greatest < 1.0 {
        Verdict::Faster
    } else {
        Verdict::Same
    }
}

/// Prints the benchmarks that changed, and the number of the others.
pub(super) fn print(changes: &[Change], threshold: f64) {
    let width = changes.iter().map(|of| of.name.len()).max().unwrap_or(0);
    let blanks = |name: &str| " ".repeat(width - name.len());
    println!(
        "{}  {:>12} {:>12}     ratio  band of the rounds",
        blanks(""),
        "saved",
        "present"
    );
    for change in changes {
        let time = |value: Option<f64>| match value {
            Some(value) => format!("{value:.1} {}", change.unit),
            None => "-".to_owned(),
        };
        let ratio = match (change.ratio, change.band) {
            (Some(ratio), Some([low, high])) => format!("{ratio:>9.3}  {low:.3} to {high:.3}"),
            _ => format!("{:>9}", "-"),
        };
        let word = match change.verdict {
            Verdict::Slower => "  SLOWER",
            Verdict::Faster => "  faster",
            Verdict::Same => "",
            Verdict::New => "  new",
            Verdict::Gone => "  gone",
        };
        println!(
            "{}{}  {:>12} {:>12} {ratio}{word}",
            change.name,
            blanks(&change.name),
            time(change.saved),
            time(change.present)
        );
    }
    let count = |verdict| changes.iter().filter(|of| of.verdict == verdict).count();
    println!(
        "{} compared: {} slower, {} faster, by more than {:.0} % and in every round",
        changes.len(),
        count(Verdict::Slower),
        count(Verdict::Faster),
        100.0 * threshold
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(of: &[(&str, f64)]) -> Vec<Measurement> {
        let one = |&(name, median): &(&str, f64)| Measurement {
            name: name.to_owned(),
            unit: "ns".to_owned(),
            median,
            p10: median,
            p90: median,
        };
        of.iter().map(one).collect()
    }

    #[test]
    fn only_what_is_slower_in_every_round_is_slower() {
        let saved = [
            round(&[("steady", 100.0), ("noisy", 100.0), ("gone", 1.0)]),
            round(&[("steady", 200.0), ("noisy", 100.0), ("gone", 1.0)]),
            round(&[("steady", 100.0), ("noisy", 100.0)]),
        ];
        // The machine was half as fast in the second round; the ratios do not change.
        let present = [
            round(&[("steady", 120.0), ("noisy", 150.0), ("new", 1.0)]),
            round(&[("steady", 240.0), ("noisy", 130.0), ("new", 1.0)]),
            round(&[("steady", 121.0), ("noisy", 99.0)]),
        ];
        let changes = compare(&saved, &present, 0.1);
        let verdicts: Vec<_> = changes.iter().map(|c| (&c.name[..], c.verdict)).collect();
        assert_eq!(
            verdicts,
            [
                ("gone", Verdict::Gone),
                ("new", Verdict::New),
                ("noisy", Verdict::Same),
                ("steady", Verdict::Slower)
            ]
        );
        let steady = &changes[3];
        assert_eq!((steady.saved, steady.present), (Some(100.0), Some(121.0)));
        assert_eq!(steady.ratio, Some(1.2));
        assert_eq!(steady.band, Some([1.2, 1.21]));
        let back = compare(&present, &saved, 0.1);
        assert_eq!(back[3].verdict, Verdict::Faster);
        assert_eq!(compare(&saved, &present, 0.25)[3].verdict, Verdict::Same);
    }
}
