//! The GPU validation suite: everything that CUDA computes against the host device, byte for byte.
//!
//! Exit codes: 0 all stages passed, 1 a stage failed, 2 usage, 3 no GPU (0 with `--allow-no-gpu`).

mod compare;
mod custom;
mod engine;
mod engine_bench;
mod graphs;
mod memory;
mod memory_bench;
mod operators;
mod pipelines;
mod random;
mod random_pipelines;
mod replay_bench;
mod report;
mod stage;
mod streams;
mod timing;

use clap::{ArgGroup, Parser};
use pixelflume::prelude::*;
use report::Report;
use stage::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// Checks a GPU: operators and pipelines against the host, byte for byte.
#[derive(Parser)]
#[command(name = "pixelflume-validate", version)]
#[command(group(ArgGroup::new("for so long").args(["stress", "soak"])))]
struct Args {
    /// Number of the CUDA device
    #[arg(long, default_value_t = 0)]
    device: usize,
    /// Random cases of the operator stage
    #[arg(long, default_value_t = 400)]
    cases: u32,
    /// A few dozen cases only, for example under compute-sanitizer
    #[arg(long)]
    quick: bool,
    /// Seed of the random cases; a failure prints the one that repeats it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run one stage only
    #[arg(long, value_name = "STAGE")]
    only: Option<String>,
    /// Print times instead: engine, memory, replay
    #[arg(long, value_name = "NAME", value_parser = ["engine", "memory", "replay"])]
    bench: Option<String>,
    /// Only run eight threads with a pipeline each for this many seconds
    #[arg(long, value_name = "SECONDS", conflicts_with = "bench")]
    stress: Option<u64>,
    /// Only run streaming engines with random failures, holds and cancellations for this many seconds
    #[arg(long, value_name = "SECONDS", conflicts_with = "bench")]
    soak: Option<u64>,
    /// With --stress or --soak: on the host device, which needs no GPU
    #[arg(long, requires = "for so long")]
    on_host: bool,
    /// Folder with the example pipelines
    #[arg(long, default_value = "examples/pipelines")]
    pipelines: PathBuf,
    /// Exit with 0 where there is no GPU
    #[arg(long)]
    allow_no_gpu: bool,
    /// Write the verdicts as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(seconds) = args.stress.filter(|_| args.on_host) {
        return exit(streams::run_for(
            &Device::host(),
            &args.pipelines,
            args.seed,
            seconds,
        ));
    }
    if let Some(seconds) = args.soak.filter(|_| args.on_host) {
        return exit(engine::run_for(
            &Device::host(),
            &args.pipelines,
            args.seed,
            seconds,
        ));
    }
    let cuda = match Device::cuda(args.device) {
        Ok(device) => device,
        Err(reason) => {
            println!("no GPU: {reason}");
            let stages = stage::names().collect::<Vec<_>>().join(", ");
            println!("skipped, since there is no GPU: {stages}");
            return ExitCode::from(if args.allow_no_gpu { 0 } else { 3 });
        }
    };
    if let Some(seconds) = args.stress {
        return exit(streams::run_for(&cuda, &args.pipelines, args.seed, seconds));
    }
    if let Some(seconds) = args.soak {
        return exit(engine::run_for(&cuda, &args.pipelines, args.seed, seconds));
    }
    if let Some(name) = &args.bench {
        let bench = match name.as_str() {
            "engine" => engine_bench::run,
            "memory" => memory_bench::run,
            _ => replay_bench::run,
        };
        return exit(bench(&cuda));
    }
    let context = Context {
        cuda,
        host: Device::host(),
        cases: if args.quick { 40 } else { args.cases },
        quick: args.quick,
        seed: args.seed,
        pipelines: args.pipelines,
    };
    let mut report = Report::new(&context);
    for stage in stage::STAGES {
        if args.only.as_deref().is_none_or(|only| only == stage.name) {
            report.run(stage, &context);
        }
    }
    if let Some(only) = args.only.filter(|_| report.is_empty()) {
        let known = stage::names().collect::<Vec<_>>().join(", ");
        eprintln!("error: there is no stage {only:?}\n  help: the stages are {known}");
        return ExitCode::from(2);
    }
    report.print_summary();
    if let Some(path) = &args.report
        && let Err(error) = report.write(path)
    {
        eprintln!("error: could not write {}: {error}", path.display());
        return ExitCode::from(1);
    }
    ExitCode::from(u8::from(!report.passed()))
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
