//! The suite on a device: the checks one after the other, or what runs for a time.

use crate::args::Args;
use crate::check::{Check, Context};
use crate::report::Report;
use crate::{engine, environment, job_soak, streams};
use anyhow::Context as _;
use pixelflume::device::Device;
use std::process::ExitCode;

/// Exit code for wrong usage, and for a report that cannot be written.
pub(crate) const USAGE: u8 = 2;
/// Exit code where there is no GPU.
const NO_GPU: u8 = 3;

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
pub(crate) fn run(args: &Args, checks: &[&Check], cuda: Device) -> anyhow::Result<ExitCode> {
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
pub(crate) fn no_gpu(args: &Args, checks: &[&Check], reason: &str) -> anyhow::Result<ExitCode> {
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    println!("no GPU: {reason}");
    println!("skipped, since there is no GPU: {}", names.join(", "));
    let mut report = report(args, checks, None);
    report.skip_all(&format!("there is no GPU: {reason}"))?;
    report.print_summary();
    Ok(ExitCode::from(if args.allow_no_gpu { 0 } else { NO_GPU }))
}

/// Runs `--stress`, `--soak` or `--soak-jobs` for its time.
pub(crate) fn timed(args: &Args, device: &Device) -> anyhow::Result<()> {
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

pub(crate) fn exit(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}
