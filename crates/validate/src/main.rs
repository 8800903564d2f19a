//! The GPU validation suite: everything that CUDA computes against the host device, byte for byte.
//!
//! Exit codes: 0 all stages passed or were skipped for a reason, 1 a stage failed or none was run, 2 wrong usage or a report
//! that cannot be written, 3 no GPU (0 with `--allow-no-gpu`). Nothing is ever run on the host in place of a GPU.

mod addresses;
mod chains;
mod compare;
mod custom;
mod doors;
#[cfg(feature = "cuda")]
mod driver_faults;
mod engine;
mod engine_bench;
mod environment;
#[cfg(feature = "cuda")]
mod faulty;
mod fused;
mod graphs;
mod memory;
mod memory_bench;
mod mismatch;
mod operators;
mod parameters;
mod performance;
mod pipelines;
mod random_pipelines;
mod replay_bench;
mod report;
mod samples;
mod sanitizer;
mod stage;
mod stencils;
mod streams;
mod timing;
mod user_code;

use anyhow::Context as _;
use clap::{ArgGroup, Parser};
use pixelflume::prelude::*;
use report::Report;
use stage::{Context, Stage};
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code for wrong usage, and for a report that cannot be written.
const USAGE: u8 = 2;
/// Exit code where there is no GPU.
const NO_GPU: u8 = 3;

/// Where the example pipelines are, in the checkout and in a bundle.
const PIPELINES: &str = "examples/pipelines";

/// Checks a GPU: operators and pipelines against the host, byte for byte.
///
/// Exit codes: 0 all stages passed or were skipped for a reason, 1 a stage failed or none was run, 2 wrong usage or a
/// report that cannot be written, 3 no GPU (0 with --allow-no-gpu).
#[derive(Parser)]
#[command(name = "pixelflume-validate", version)]
#[command(group(ArgGroup::new("for so long").args(["stress", "soak", "bench"])))]
struct Args {
    /// Number of the CUDA device
    #[arg(long, default_value_t = 0)]
    device: usize,
    /// Random cases of the operator stage
    #[arg(long, default_value_t = 400)]
    cases: u64,
    /// A few dozen cases only, for example under compute-sanitizer
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Also what takes minutes: the short form under each tool of compute-sanitizer
    #[arg(long)]
    full: bool,
    /// Seed of the random cases; a failure prints the one that repeats it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run one stage only
    #[arg(long, value_name = "STAGE")]
    only: Option<String>,
    /// With --only: run one random case of the stage only, by its number
    #[arg(long, value_name = "NUMBER", requires = "only")]
    case: Option<u64>,
    /// Leave a stage out; may be repeated
    #[arg(long, value_name = "STAGE", conflicts_with = "only")]
    skip: Vec<String>,
    /// Print the names of the stages, one per line, and run nothing
    #[arg(long)]
    list: bool,
    /// Print times instead: engine, memory, replay
    #[arg(long, value_name = "NAME", value_parser = ["engine", "memory", "replay"])]
    bench: Option<String>,
    /// Only run eight threads with a pipeline each for this many seconds
    #[arg(long, value_name = "SECONDS", conflicts_with = "bench")]
    stress: Option<u64>,
    /// Only run streaming engines with random failures, holds and cancellations for this many seconds
    #[arg(long, value_name = "SECONDS", conflicts_with = "bench")]
    soak: Option<u64>,
    /// With --stress, --soak or --bench engine: on the host device, which needs no GPU
    #[arg(long, requires = "for so long")]
    on_host: bool,
    /// With --bench engine: write a trace of some batches, for Perfetto or Chrome
    #[arg(long, value_name = "FILE", requires = "bench")]
    trace: Option<PathBuf>,
    /// Folder with the example pipelines
    #[arg(long, default_value = PIPELINES)]
    pipelines: PathBuf,
    /// Exit with 0 where there is no GPU
    #[arg(long)]
    allow_no_gpu: bool,
    /// Folder for the report: report.json, report.md, junit.xml, and pictures of what differed
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Shares of the copy bandwidth for the stage "performance", in place of those of benches/gpu-ratios.json
    #[arg(long, value_name = "FILE", conflicts_with = "write_ratios")]
    ratios: Option<PathBuf>,
    /// The stage "performance" writes this GPU's shares of the copy bandwidth into a file like benches/gpu-ratios.json
    #[arg(long, value_name = "FILE")]
    write_ratios: Option<PathBuf>,
}

impl Args {
    /// The command that runs this suite again, short of the stages.
    fn command(&self) -> String {
        let mut words = vec![
            std::env::args().next().unwrap_or_default(),
            "--seed".to_owned(),
            self.seed.to_string(),
        ];
        if self.device != 0 {
            words.extend(["--device".to_owned(), self.device.to_string()]);
        }
        if self.pipelines.as_os_str() != PIPELINES {
            let folder = self.pipelines.display().to_string();
            words.extend(["--pipelines".to_owned(), folder]);
        }
        words.join(" ")
    }

    /// The stages to run; an error names what is no stage.
    fn stages(&self) -> Result<Vec<&'static Stage>, String> {
        for name in self.only.iter().chain(&self.skip) {
            if stage::names().all(|known| known != name) {
                let known = stage::names().collect::<Vec<_>>().join(", ");
                return Err(format!(
                    "there is no stage {name:?}\n  help: the stages are {known}"
                ));
            }
        }
        let wanted = |stage: &&Stage| match &self.only {
            Some(only) => only == stage.name,
            None => self.skip.iter().all(|skip| skip != stage.name),
        };
        Ok(stage::STAGES.iter().filter(wanted).collect())
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.list {
        stage::names().for_each(|name| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    if args.on_host {
        let host = Device::host();
        return exit(match args.bench.as_deref() {
            None => for_so_long(&args, &host),
            Some("engine") => bench(&args, &host),
            Some(other) => Err(anyhow::anyhow!("the bench {other} needs a GPU")),
        });
    }
    let stages = match args.stages() {
        Ok(stages) => stages,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(USAGE);
        }
    };
    let result = match Device::cuda(args.device) {
        Err(reason) => no_gpu(&args, &stages, &reason.to_string()),
        Ok(cuda) if args.stress.is_some() || args.soak.is_some() => {
            return exit(for_so_long(&args, &cuda));
        }
        Ok(cuda) if args.bench.is_some() => return exit(bench(&args, &cuda)),
        Ok(cuda) => validate(&args, &stages, cuda),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: the report: {error:#}");
        ExitCode::from(USAGE)
    })
}

fn report(args: &Args, stages: &[&Stage], cuda: Option<&Device>) -> Report {
    Report::new(
        args.report.clone(),
        args.command(),
        environment::describe(cuda, args.seed),
        stages.iter().map(|stage| stage.name),
    )
}

/// The suite on a GPU. An error is one of the report.
fn validate(args: &Args, stages: &[&Stage], cuda: Device) -> anyhow::Result<ExitCode> {
    let mut report = report(args, stages, Some(&cuda));
    report.write()?;
    let context = Context {
        cuda,
        host: Device::host(),
        device: args.device,
        quick: args.quick,
        full: args.full,
        operator_cases: args.cases,
        case: args.case,
        seed: args.seed,
        pipelines: args.pipelines.clone(),
        report: args.report.clone(),
        ratios: args.ratios.clone(),
        write_ratios: args.write_ratios.clone(),
    };
    let (cuda, host, seed) = (&context.cuda, &context.host, context.seed);
    println!("{cuda} against {host}, seed {seed}");
    for stage in stages {
        report.run(stage, &context)?;
    }
    report.print_summary();
    Ok(ExitCode::from(u8::from(!report.passed())))
}

/// What is left to do without a GPU: to say so. An error is one of the report.
fn no_gpu(args: &Args, stages: &[&Stage], reason: &str) -> anyhow::Result<ExitCode> {
    let names: Vec<_> = stages.iter().map(|stage| stage.name).collect();
    println!("no GPU: {reason}");
    println!("skipped, since there is no GPU: {}", names.join(", "));
    let mut report = report(args, stages, None);
    report.skip_all(&format!("there is no GPU: {reason}"))?;
    report.print_summary();
    Ok(ExitCode::from(if args.allow_no_gpu { 0 } else { NO_GPU }))
}

fn for_so_long(args: &Args, device: &Device) -> anyhow::Result<()> {
    match (args.stress, args.soak) {
        (Some(seconds), _) => streams::run_for(device, &args.pipelines, args.seed, seconds),
        (None, seconds) => engine::run_for(
            device,
            &args.pipelines,
            args.seed,
            seconds.context("--on-host without --stress and --soak")?,
        ),
    }
}

fn bench(args: &Args, device: &Device) -> anyhow::Result<()> {
    match args.bench.as_deref() {
        Some("engine") => engine_bench::run(device, args.trace.as_deref()),
        Some("memory") => memory_bench::run(device),
        _ => replay_bench::run(device),
    }
}

fn exit(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}
