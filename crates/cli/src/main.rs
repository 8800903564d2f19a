//! The `pixelflume` command: it runs pipeline files over images and videos, shows what a file contains, prints processors, lists
//! devices, and measures workloads.
//!
//! Exit status: 0 when all work is done, 1 when some inputs or frames failed or a stream broke off, 2 when nothing ran or a
//! command that only prints could not write its output, 3 when `bench --check` knows no figures of the GPU. SIGINT, SIGTERM and
//! SIGHUP end the process by that signal.

mod advice;
mod allocation;
mod args;
mod bench;
mod console;
mod device_list;
mod devices;
mod engines;
mod failure;
mod feed;
mod images;
mod inspect;
#[cfg(unix)]
mod interrupt;
mod limits;
mod machine;
mod processor;
mod report;
mod run;
mod session;
mod target;
mod threads;
mod trace;
mod video;

use args::{Arguments, Command};
use clap::Parser;
use pixelflume_heap_counter::Counting;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting<mimalloc::MiMalloc> = Counting(mimalloc::MiMalloc);

fn main() -> ExitCode {
    allocation::save_addresses();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return console::usage(&error),
    };
    let quiet = matches!(&arguments.command, Command::Run(run) if run.quiet);
    console::start_log(quiet);
    let result = match &arguments.command {
        Command::Run(arguments) => {
            #[cfg(unix)]
            interrupt::watch();
            run::run(arguments)
        }
        Command::Inspect(arguments) => inspect::inspect(arguments),
        Command::Processor(arguments) => processor::processor(arguments),
        Command::Devices(arguments) => devices::devices(arguments),
        Command::Bench(arguments) => bench::bench(arguments),
    };
    result.unwrap_or_else(|failure| {
        console::failure(&failure);
        ExitCode::from(2)
    })
}
