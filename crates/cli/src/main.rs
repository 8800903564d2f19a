//! The `pixelflume` command: runs pipeline files over images and videos, shows what is in them, lists devices, and measures
//! workloads.
//!
//! Exit status: 0 when everything was done, 1 when some inputs failed or a stream broke off, 2 when nothing was run.

#![forbid(unsafe_code)]

mod args;
mod batches;
mod bench;
mod budget;
mod claims;
mod console;
mod decode;
mod devices;
mod engines;
mod failure;
mod feed;
mod inputs;
mod inspect;
mod lanes;
mod limits;
mod npy;
mod output;
mod report;
mod run;
mod session;
mod temporary;
mod trace;
mod video;

use args::{Arguments, Command};
use clap::Parser;
use pixelflume_heap_counter::Counting;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting<mimalloc::MiMalloc> = Counting(mimalloc::MiMalloc);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let quiet = matches!(&arguments.command, Command::Run(run) if run.quiet);
    console::start_log(quiet);
    let result = match &arguments.command {
        Command::Run(arguments) => run::run(arguments),
        Command::Inspect(arguments) => inspect::inspect(arguments),
        Command::Devices(arguments) => devices::devices(arguments),
        Command::Bench(arguments) => bench::bench(arguments),
    };
    result.unwrap_or_else(|failure| {
        console::error(&failure.to_string());
        ExitCode::from(2)
    })
}
