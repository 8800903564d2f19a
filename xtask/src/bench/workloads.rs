//! Runs the workloads of `pixelflume bench`, and reads its results and those of peers, which have one form.

use super::results::Measurement;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The fields read of the results of `pixelflume bench --json` and of peers. Times are in microseconds.
#[derive(Debug, Deserialize)]
pub(super) struct Run {
    /// `pixelflume`, or the name of a peer.
    pub(super) tool: String,
    #[serde(default)]
    pub(super) workloads: Vec<Workload>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Workload {
    pub(super) name: String,
    pub(super) batch: u32,
    /// What was timed: `device`, or a wall time.
    #[serde(default)]
    pub(super) timed: String,
    /// `None` for a workload that a peer cannot run.
    pub(super) us_per_batch: Option<Spread>,
    /// The agreement of a peer's results with those of `pixelflume`; of peers only.
    pub(super) agreement: Option<Agreement>,
    /// The bandwidth; of `pixelflume` only, like the next two fields.
    pub(super) bandwidth: Option<Bandwidth>,
    pub(super) execute_replay: Option<Execution>,
    pub(super) execute_direct: Option<Execution>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Agreement {
    /// The fraction of samples that differ.
    pub(super) differing_share: f64,
    pub(super) largest_difference: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) p10: f64,
    pub(super) p90: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Bandwidth {
    pub(super) share_of_copy: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Execution {
    pub(super) wall_us: Spread,
    pub(super) cpu: Cpu,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cpu {
    pub(super) submit_us: f64,
}

impl Workload {
    /// The name and the batch size, by which two runs are compared.
    pub(super) fn label(&self) -> String {
        format!("{} x{}", self.name, self.batch)
    }
}

impl Run {
    /// Reads the results of one program.
    pub(super) fn of(results: &Value) -> Result<Self> {
        Run::deserialize(results).context("results in another form than `pixelflume bench --json`")
    }

    /// The times of all workloads.
    pub(super) fn measurements(&self) -> Vec<Measurement> {
        let of = |workload: &Workload| {
            let Spread { median, p10, p90 } = workload.us_per_batch?;
            Some(Measurement {
                name: format!("workload/{}", workload.label()),
                unit: "us".to_owned(),
                median,
                p10,
                p90,
            })
        };
        self.workloads.iter().filter_map(of).collect()
    }
}

/// The names of the workloads that contain `filter`.
pub(super) fn names(command: &Path, filter: Option<&str>) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Listed {
        name: String,
    }
    let list = bench(command, &["--list", "--json", "-"])?;
    let listed: Vec<Listed> =
        serde_json::from_slice(&list).context("pixelflume bench --list in an unknown form")?;
    let names = listed.into_iter().map(|of| of.name);
    Ok(names
        .filter(|name| filter.is_none_or(|filter| name.contains(filter)))
        .collect())
}

/// Measures workloads on a device, with their own batch sizes or with `batch`. The results go through `file`.
pub(super) fn run(
    command: &Path,
    names: &[String],
    device: &str,
    batch: Option<u32>,
    file: &Path,
) -> Result<Value> {
    let (names, batch) = (names.join(","), batch.map(|batch| batch.to_string()));
    let place = file.to_string_lossy();
    let mut arguments = vec![
        "--quick",
        "--device",
        device,
        "--workload",
        &names,
        "--json",
        &place,
    ];
    if let Some(batch) = &batch {
        arguments.extend(["--batch", batch]);
    }
    bench(command, &arguments)?;
    read(file)
}

/// Writes the input of peers: the list of workloads to `list`, and their images to the folder `images`.
pub(super) fn prepare(command: &Path, names: &[String], list: &Path, images: &Path) -> Result<()> {
    let names = names.join(",");
    fs::write(
        list,
        bench(command, &["--list", "--workload", &names, "--json", "-"])?,
    )?;
    bench(
        command,
        &["--workload", &names, "--dump", &images.to_string_lossy()],
    )?;
    Ok(())
}

/// The output of `pixelflume bench` on stdout.
fn bench(command: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(command)
        .arg("bench")
        .args(arguments)
        .output()
        .with_context(|| format!("{} does not start", command.display()))?;
    if !output.status.success() {
        let (status, said) = (output.status, String::from_utf8_lossy(&output.stderr));
        bail!(
            "pixelflume bench {} ended with {status}: {}",
            arguments.join(" "),
            said.trim()
        );
    }
    Ok(output.stdout)
}

/// Reads a file of results.
pub(super) fn read(file: &Path) -> Result<Value> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).with_context(|| file.display().to_string())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// The results of one workload, in the form of `pixelflume bench`.
    pub(in super::super) fn results(tool: &str, us: f64) -> Value {
        let spread =
            json!({"median": us, "p10": us - 1.0, "p90": us + 1.0, "min": us - 2.0, "samples": 15});
        let execution = json!({
            "wall_us": spread,
            "cpu": {"submit_us": 3.0, "thread_us": null, "process_us": 9.0},
        });
        json!({"tool": tool, "workloads": [{
            "name": "gray", "batch": 32, "timed": "device", "us_per_batch": spread,
            "agreement": {"differing_share": 0.25, "largest_difference": 3.0, "images": 4},
            "execute_replay": execution, "execute_direct": execution,
            "bandwidth": {"gb_per_s": 100.0, "share_of_copy": 0.5, "floor_us": 10.0, "ratio_to_floor": 2.0},
        }]})
    }

    #[test]
    fn results_become_measurements() -> Result<()> {
        assert!(bench(Path::new("false"), &[]).is_err(), "exit code 1");
        let run = Run::of(&results("pixelflume", 20.0))?;
        let measured = run.measurements();
        assert_eq!(measured.len(), 1);
        assert_eq!(measured[0].name, "workload/gray x32");
        assert_eq!((measured[0].median, measured[0].p90), (20.0, 21.0));
        assert!(Run::of(&json!({"workloads": []})).is_err(), "no tool");
        // A peer may report times alone, and may skip workloads.
        let peer = json!({"tool": "torch", "workloads": [
            {"name": "gray", "batch": 32, "us_per_batch": {"median": 1.0, "p10": 1.0, "p90": 1.0}},
            {"name": "blur5", "batch": 8, "skipped": "no such operator"}]});
        let run = Run::of(&peer)?;
        assert_eq!(run.workloads[1].label(), "blur5 x8");
        assert_eq!(run.measurements().len(), 1);
        Ok(())
    }
}
