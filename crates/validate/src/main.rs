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
mod suite;
mod timing;
mod user_code;

use args::Args;
use clap::Parser;
use pixelflume::device::Device;
use pixelflume_heap_counter::Counting;
use std::alloc::System;
use std::process::ExitCode;
use suite::USAGE;

/// Counts the bytes on the heap for the soak of jobs; otherwise passes calls on.
#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

fn main() -> ExitCode {
    let args = Args::parse();
    if args.list {
        checks::names().for_each(|name| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    if args.on_host {
        return suite::exit(suite::timed(&args, &Device::host()));
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
        Err(reason) => suite::no_gpu(&args, &checks, &reason.to_string()),
        Ok(cuda) if args.is_timed() => {
            return suite::exit(suite::timed(&args, &cuda));
        }
        Ok(cuda) => suite::run(&args, &checks, cuda),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: the report: {error:#}");
        ExitCode::from(USAGE)
    })
}
