//! The arguments of `pixelflume bench`.

use clap::Args;
use pixelflume::device::DeviceRequest;
use std::path::PathBuf;

/// Arguments of `pixelflume bench`.
#[derive(Args, Debug)]
pub(crate) struct BenchArguments {
    /// Workloads, by name, with commas between them; see --list
    #[arg(
        long,
        value_name = "NAME",
        default_value = "all",
        value_delimiter = ','
    )]
    pub(crate) workload: Vec<String>,

    /// Where to compute: auto (a GPU where there is one), host, cuda, or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub(crate) device: DeviceRequest,

    /// Images of a batch, in place of those of the workloads
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) batch: Option<u32>,

    /// Launch each node on its own, also where a plan would do several of them at once
    #[arg(long)]
    pub(crate) no_fusion: bool,

    /// Measure less: for a first look
    #[arg(long)]
    pub(crate) quick: bool,

    /// Write the results to this file as JSON; - for stdout, where the table then goes to stderr
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// List the workloads, and measure nothing
    #[arg(long)]
    pub(crate) list: bool,

    /// Write the first images of each workload and their results to this folder (.npy), and measure nothing
    #[arg(long, value_name = "DIR", conflicts_with = "list")]
    pub(crate) dump: Option<PathBuf>,

    /// Measure the time from the start of a process to its first result, with an empty and a filled cache of the driver
    #[arg(long, conflicts_with_all = ["list", "dump", "workload", "batch"])]
    pub(crate) cold_start: bool,

    /// What --cold-start runs: one process, started so many nanoseconds after 1970
    #[arg(long, value_name = "NANOSECONDS", hide = true)]
    pub(crate) cold_start_from: Option<u64>,
}

/// What stands below the options.
pub(crate) const BENCH_HELP: &str = "\
Every result is compared with what the host computes from the same images; where one differs the exit status is 1.
It is 2 where nothing could be measured, or what was measured could not be written.
Inputs and outputs lie in device memory, many of them in turn, so that no cache holds them.

Examples:
  pixelflume bench
  pixelflume bench --workload edge-full,gray --device cuda --json results.json
  pixelflume bench --device host --quick
  pixelflume bench --list --json -
  pixelflume bench --cold-start";
