//! The command line arguments and help texts.

pub(crate) mod bench;
mod inspect;
mod processor;
mod run;

pub(crate) use inspect::{InspectArguments, InspectFormat};
pub(crate) use processor::ProcessorArguments;
pub(crate) use run::{ImageFormat, RunArguments};

use bench::{BENCH_HELP, BenchArguments};
use clap::{Args, Parser, Subcommand};
use inspect::INSPECT_HELP;
use processor::PROCESSOR_HELP;
use run::RUN_HELP;

/// Runs pipelines of image operators over images and videos, on GPUs and CPUs, with the same pixels.
#[derive(Debug, Parser)]
#[command(name = "pixelflume", version, after_help = OVERVIEW)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline file over images or a video and write the results
    #[command(after_help = RUN_HELP)]
    Run(Box<RunArguments>),
    /// Show the nodes, the connections and the shapes of a pipeline file
    #[command(after_help = INSPECT_HELP)]
    Inspect(InspectArguments),
    /// Print the pipeline file of a model's image processor
    #[command(after_help = PROCESSOR_HELP)]
    Processor(ProcessorArguments),
    /// List the devices that pipelines can run on
    Devices(DevicesArguments),
    /// Measure speed: pipelines beside the copy bandwidth, the engine, allocations, launches
    #[command(after_help = BENCH_HELP)]
    Bench(BenchArguments),
}

/// Arguments of `pixelflume devices`.
#[derive(Args, Debug)]
pub(crate) struct DevicesArguments {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const OVERVIEW: &str = "\
Examples:
  pixelflume run edges.toml photos/ --out edges/
  ffmpeg -i in.mp4 -f yuv4mpegpipe - | pixelflume run edges.toml - --out - | ffmpeg -i - out.mp4
  pixelflume inspect edges.toml --size 1920x1080x3
  pixelflume processor clip > clip.toml
  pixelflume devices
  pixelflume bench --workload edge-full,gray

Exit status:
  0  all done
  1  some inputs failed, or a video broke off or lost frames, and the rest is done; or the summary of a run could not be
     written to stdout; or bench found results that differ, or workloads that lost too much
  2  usage or pipeline error, nothing was run; or the output of devices, inspect, processor, bench or --help could not be written
  3  bench --check has no figures of this GPU
A closed pipe (| head) is no error. SIGINT, SIGTERM and SIGHUP end a run by that signal (128 + its number in a shell),
after its temporary files are removed.

Settings are taken from the arguments, else from the environment (PIXELFLUME_..., see docs/limits.md), else from their
defaults.
PIXELFLUME_LOG sets what is logged to stderr, for example PIXELFLUME_LOG=debug (default: warn).";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }
}
