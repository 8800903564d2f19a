//! The arguments of the suite.

use clap::{ArgGroup, Parser};
use std::path::{Path, PathBuf};

/// The folder of the example pipelines, in the checkout and in a bundle.
const PIPELINES: &str = "examples/pipelines";

/// The folder of the golden data of processors in the checkout.
const PROCESSORS: &str = "crates/pipeline/tests/processors";

/// Checks a GPU: operators and pipelines against the host, byte for byte.
///
/// Exit codes: 0 all checks passed or were skipped for a reason, 1 a check failed or none was run, 2 wrong usage or a
/// report that cannot be written, 3 no GPU (0 with --allow-no-gpu).
#[derive(Parser)]
#[command(name = "pixelflume-validate", version)]
#[command(group(ArgGroup::new("timed").args(["stress", "soak", "soak_jobs"])))]
pub(crate) struct Args {
    /// Number of the CUDA device
    #[arg(long, default_value_t = 0)]
    pub(crate) device: usize,
    /// Random cases of the check "operators"
    #[arg(long, default_value_t = 400)]
    pub(crate) cases: u64,
    /// A few dozen cases only, for example under compute-sanitizer
    #[arg(long, conflicts_with = "full")]
    pub(crate) quick: bool,
    /// Also what takes minutes: the short form under each tool of compute-sanitizer
    #[arg(long)]
    pub(crate) full: bool,
    /// Seed of the random cases; a failure prints the seed that repeats it
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Run one check only
    #[arg(long, value_name = "CHECK")]
    pub(crate) only: Option<String>,
    /// With --only: run one random case of the check only, by its number
    #[arg(long, value_name = "NUMBER", requires = "only")]
    pub(crate) case: Option<u64>,
    /// With --only jpeg: decode this many small damaged files, and nothing else; with --case, one batch of them only
    #[arg(long, value_name = "NUMBER", requires = "only", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) corrupted_files: Option<u64>,
    /// Leave a check out; may be repeated
    #[arg(long, value_name = "CHECK", conflicts_with = "only")]
    pub(crate) skip: Vec<String>,
    /// Print the names of the checks, one per line, and run nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Only run eight threads with a pipeline each for this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) stress: Option<u64>,
    /// Only run streaming engines with random failures, held results and cancellations for this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) soak: Option<u64>,
    /// Only run jobs with random settings, slow consumers and cancellations for this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) soak_jobs: Option<u64>,
    /// With --stress, --soak or --soak-jobs: on the host device, which needs no GPU
    #[arg(long, requires = "timed")]
    pub(crate) on_host: bool,
    /// Folder with the example pipelines
    #[arg(long, default_value = PIPELINES)]
    pub(crate) pipelines: PathBuf,
    /// Folder with the golden data of processors
    #[arg(long, default_value = PROCESSORS)]
    pub(crate) processors: PathBuf,
    /// Compute the kernels on the CPU from their PTX, in place of a GPU; what needs a real one is skipped
    #[cfg(feature = "cuda")]
    #[arg(long, conflicts_with_all = ["device", "allow_no_gpu"])]
    pub(crate) emulate: bool,
    /// Exit with 0 where there is no GPU
    #[arg(long)]
    pub(crate) allow_no_gpu: bool,
    /// Folder for the report: report.json, report.md, junit.xml, and images of what differed
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Shares of the copy bandwidth for the check "performance", in place of the stored ones
    #[arg(long, value_name = "FILE", conflicts_with = "write_shares")]
    pub(crate) shares: Option<PathBuf>,
    /// The check "performance" writes this GPU's shares of the copy bandwidth to a file, and compares nothing
    #[arg(long, value_name = "FILE")]
    pub(crate) write_shares: Option<PathBuf>,
}

impl Args {
    /// Whether something runs for a time, and no checks.
    pub(crate) fn is_timed(&self) -> bool {
        self.stress.is_some() || self.soak.is_some() || self.soak_jobs.is_some()
    }

    /// The command that runs this suite again with the same seed on the same device; it runs all checks.
    pub(crate) fn command(&self) -> String {
        let mut words = vec![
            std::env::args().next().unwrap_or_default(),
            "--seed".to_owned(),
            self.seed.to_string(),
        ];
        if self.device != 0 {
            words.extend(["--device".to_owned(), self.device.to_string()]);
        }
        for (argument, folder, default) in [
            ("--pipelines", &self.pipelines, PIPELINES),
            ("--processors", &self.processors, PROCESSORS),
        ] {
            if folder != Path::new(default) {
                words.extend([argument.to_owned(), folder.display().to_string()]);
            }
        }
        words.join(" ")
    }
}
