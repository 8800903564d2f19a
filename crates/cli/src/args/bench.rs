use clap::Args;
use pixelflume::device::DeviceList;
use pixelflume_bench::{JpegDecoder, Section};
use std::path::PathBuf;

/// Arguments of `pixelflume bench`.
#[derive(Args, Debug)]
pub(crate) struct BenchArguments {
    /// What to measure
    #[arg(value_enum, value_name = "SECTION", default_value_t = Section::Workloads)]
    pub(crate) section: Section,

    /// Workloads by name, separated by commas; see --list
    #[arg(
        long,
        value_name = "NAME",
        default_value = "all",
        value_delimiter = ',',
        conflicts_with = "section"
    )]
    pub(crate) workload: Vec<String>,

    /// Where to compute: auto (a GPU where there is one), host, cuda, or cuda:N; for the section jobs also several, separated by
    /// commas, or cuda:all
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub(crate) device: DeviceList,

    /// Images per batch, in place of the workload's own batch sizes
    #[arg(long, value_name = "N", conflicts_with = "section", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) batch: Option<u32>,

    /// Launch each node separately, without fusion
    #[arg(long, conflicts_with = "section")]
    pub(crate) no_fusion: bool,

    /// Measure less, for a first look
    #[arg(long)]
    pub(crate) quick: bool,

    /// Write the results to this file as JSON; - for stdout, where the table then goes to stderr
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// List the workloads and measure nothing
    #[arg(long, conflicts_with = "section")]
    pub(crate) list: bool,

    /// Write the first images of each workload and their results to this folder (.npy) and measure nothing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["list", "section"])]
    pub(crate) dump: Option<PathBuf>,

    /// Measure the time from the start of a process to its first result, with an empty and with a filled kernel cache of the
    /// driver
    #[arg(long, conflicts_with_all = ["section", "list", "dump", "workload", "batch"])]
    pub(crate) cold_start: bool,

    /// Compare the shares of the copy bandwidth with those stored for this GPU, or with those of FILE. Exit status 1: a
    /// workload lost more than the tolerance; 3: no shares are stored for this GPU
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        conflicts_with_all = ["section", "list", "dump", "cold_start", "workload", "batch"]
    )]
    pub(crate) check: Option<Option<PathBuf>>,

    /// Add the shares of the copy bandwidth on this GPU to the stored ones and write all of them to a file for --check
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["check", "section", "list", "dump", "cold_start", "workload", "batch"]
    )]
    pub(crate) write_shares: Option<PathBuf>,

    /// With the section engine: write a trace of some batches to this file, for Perfetto or Chrome
    #[arg(long, value_name = "FILE.json")]
    pub(crate) trace: Option<PathBuf>,

    /// With the section jpeg: the JPEG files of this folder, in place of files that are made
    #[arg(long, value_name = "DIR")]
    pub(crate) files: Option<PathBuf>,

    /// With the section jpeg on CUDA: the decoders, separated by commas. nvjpeg is NVIDIA's library, which must be installed; its
    /// samples are not exact, and it is for comparison alone
    #[arg(
        long,
        value_enum,
        value_name = "NAME",
        default_value = "pixelflume",
        value_delimiter = ','
    )]
    pub(crate) decoder: Vec<JpegDecoder>,

    /// Internal: the child process of --cold-start, started at this time in nanoseconds since 1970
    #[arg(long, value_name = "NANOSECONDS", hide = true)]
    pub(crate) cold_start_from: Option<u64>,
}

/// The help text below the options.
pub(crate) const BENCH_HELP: &str = "\
Every result of a workload is compared with the host's for the same images; where one differs the exit status is 1.
It is 2 where nothing could be measured, or the results could not be written.
Inputs and outputs of workloads are in device memory and used in turn, so that no cache holds them.

Examples:
  pixelflume bench
  pixelflume bench --workload edge-full,gray --device cuda --json results.json
  pixelflume bench --device host --quick
  pixelflume bench --list --json -
  pixelflume bench --cold-start
  pixelflume bench --check
  pixelflume bench engine --trace trace.json
  pixelflume bench jobs --device cuda:all
  pixelflume bench jpeg --device cuda --decoder pixelflume,nvjpeg";
