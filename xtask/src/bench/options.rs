//! The options of `cargo xtask bench`.

use clap::Args;
use std::path::PathBuf;

/// Options of `cargo xtask bench`.
///
/// Exit codes: 0 measured, and nothing is slower than the threshold allows; 1 something is; 2 it could not be measured.
#[derive(Args)]
pub(crate) struct Options {
    /// Device of the workloads: host, cuda or cuda:N. The criterion benches measure the host and run only with host.
    #[arg(long, value_name = "DEVICE", default_value = "host", value_parser = device)]
    pub(super) device: String,
    /// Only benches and workloads whose names contain this text.
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Option<String>,
    /// Keep the results, and the programs that were measured, under this name in target/bench.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(super) save: Option<String>,
    /// Compare with the version that was saved under this name: its programs and the present ones run in turns.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(super) compare: Option<String>,
    /// With --compare: how many percent slower is a regression.
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0, value_parser = percent, requires = "compare")]
    pub(super) threshold: f64,
    /// Rounds in which each benchmark runs once; default 1, and 5 with --compare.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) rounds: Option<u32>,
    /// Run the same workloads with other libraries, where they are installed: the scripts in benches/peers.
    #[arg(long)]
    pub(super) peers: bool,
    /// Folder for results.json, comparison.json and report.html; default: bench/report in the folder that cargo builds into.
    #[arg(long, value_name = "DIR")]
    pub(super) report: Option<PathBuf>,
}

fn device(text: &str) -> Result<String, String> {
    let number = text.strip_prefix("cuda:");
    match text == "host" || text == "cuda" || number.is_some_and(|n| n.parse::<u32>().is_ok()) {
        true => Ok(text.to_owned()),
        false => Err("expected host, cuda or cuda:N".to_owned()),
    }
}

/// Parses the name of a saved version, which becomes a folder.
fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain) {
        true if text == "report" => Err("this is the folder of reports".to_owned()),
        true => Ok(text.to_owned()),
        false => Err("expected letters, digits, '-', '_' and '.'".to_owned()),
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(percent) if percent.is_finite() && percent >= 0.0 => Ok(percent),
        _ => Err("expected a number of 0 or more".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_devices_are_checked() {
        assert!(name("main-2.1_x").is_ok());
        for bad in ["", "../x", "a/b", ".hidden", "report"] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert!(device("cuda:3").is_ok() && device("host").is_ok());
        assert!(device("cuda:").is_err() && device("gpu").is_err());
        assert!(percent("-1").is_err() && percent("nan").is_err() && percent("2.5").is_ok());
    }
}
