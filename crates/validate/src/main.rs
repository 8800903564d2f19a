//! The GPU validation suite: it compares everything that CUDA computes with the host device, byte for byte.
//!
//! Exit codes: 0 all checks passed or were skipped for a reason, 1 a check failed or none was run, 2 wrong usage or a report
//! that cannot be written, 3 no GPU (0 with `--allow-no-gpu`). The suite never runs on the host in place of a GPU.

mod addresses;
mod args;
mod chains;
mod check;
mod checks;
mod compare;
mod custom;
mod doors;
#[cfg(feature = "cuda")]
mod driver_faults;
#[cfg(feature = "cuda")]
mod emulated;
mod encoded;
mod encoded_engine;
mod engine;
mod environment;
#[cfg(feature = "cuda")]
mod faulty;
mod fused;
mod graphs;
#[cfg(feature = "cuda")]
mod guests;
mod job;
mod job_soak;
mod jpeg;
mod memory;
mod mismatch;
mod mixed;
mod operators;
mod parameters;
mod performance;
mod pipelines;
mod processors;
mod python;
mod random_pipelines;
mod report;
mod samples;
mod sanitizer;
mod stencils;
mod streams;
mod submit;
mod timing;
mod user_code;

use anyhow::Context as _;
use args::Args;
use check::{Check, Context};
use clap::Parser;
use pixelflume::device::Device;
use pixelflume_heap_counter::Counting;
use report::Report;
use std::alloc::System;
use std::process::ExitCode;

/// Counts the bytes on the heap for the soak of jobs; otherwise passes calls on.
#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Exit code for wrong usage, and for a report that cannot be written.
const USAGE: u8 = 2;
/// Exit code where there is no GPU.
const NO_GPU: u8 = 3;

fn main() -> ExitCode {
    let args = Args::parse();
    if args.list {
        checks::names().for_each(|name| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    if args.on_host {
        return exit(timed(&args, &Device::host()));
    }
    let checks = match checks::select(args.only.as_deref(), &args.skip) {
        Ok(checks) => checks,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(USAGE);
        }
    };
    #[cfg(feature = "cuda")]
    if args.emulate {
        return emulated::run(&args, &checks);
    }
    let result = match Device::cuda(args.device) {
        Err(reason) => no_gpu(&args, &checks, &reason.to_string()),
        Ok(cuda) if args.is_timed() => {
            return exit(timed(&args, &cuda));
        }
        Ok(cuda) => validate(&args, &checks, cuda),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: the report: {error:#}");
        ExitCode::from(USAGE)
    })
}

fn report(args: &Args, checks: &[&Check], cuda: Option<&Device>) -> Report {
    Report::new(
        args.report.clone(),
        args.command(),
        environment::describe(cuda, args.seed),
        checks.iter().map(|check| check.name),
    )
}

/// Runs the checks on a GPU.
///
/// # Errors
/// The report cannot be written.
fn validate(args: &Args, checks: &[&Check], cuda: Device) -> anyhow::Result<ExitCode> {
    let mut report = report(args, checks, Some(&cuda));
    report.write()?;
    let context = Context {
        cuda,
        host: Device::host(),
        device: args.device,
        quick: args.quick,
        one_in: 1,
        full: args.full,
        operator_cases: args.cases,
        case: args.case,
        corrupted_files: args.corrupted_files,
        seed: args.seed,
        pipelines: args.pipelines.clone(),
        processors: args.processors.clone(),
        report: args.report.clone(),
        shares: args.shares.clone(),
        write_shares: args.write_shares.clone(),
    };
    let (cuda, host, seed) = (&context.cuda, &context.host, context.seed);
    println!("{cuda} against {host}, seed {seed}");
    for check in checks {
        report.run(check, &context)?;
    }
    report.print_summary();
    Ok(ExitCode::from(u8::from(!report.passed())))
}

/// Reports all checks as skipped, since there is no GPU.
///
/// # Errors
/// The report cannot be written.
fn no_gpu(args: &Args, checks: &[&Check], reason: &str) -> anyhow::Result<ExitCode> {
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    println!("no GPU: {reason}");
    println!("skipped, since there is no GPU: {}", names.join(", "));
    let mut report = report(args, checks, None);
    report.skip_all(&format!("there is no GPU: {reason}"))?;
    report.print_summary();
    Ok(ExitCode::from(if args.allow_no_gpu { 0 } else { NO_GPU }))
}

/// Runs `--stress`, `--soak` or `--soak-jobs` for its time.
fn timed(args: &Args, device: &Device) -> anyhow::Result<()> {
    if let Some(seconds) = args.soak_jobs {
        return job_soak::run_for(device, args.seed, seconds);
    }
    match (args.stress, args.soak) {
        (Some(seconds), _) => streams::run_for(device, &args.pipelines, args.seed, seconds),
        (None, seconds) => engine::run_for(
            device,
            &args.pipelines,
            args.seed,
            seconds.context("--on-host without --stress, --soak and --soak-jobs")?,
        ),
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
