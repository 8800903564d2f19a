//! Tasks of the project: `cargo xtask --help`.

#![forbid(unsafe_code)]

mod ci;
mod gpu_validate;
mod kernels;
mod project;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Tasks of the project.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Compile kernels/*.cu to the PTX beside them, or check that both still belong together.
    Kernels(kernels::Options),
    /// Run the GPU validation, or bundle it for a machine that has a GPU and no toolchain.
    GpuValidate(gpu_validate::Options),
    /// Everything that must pass before a change is merged.
    Ci,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Kernels(options) => kernels::run(&options).map(|()| ExitCode::SUCCESS),
        Task::GpuValidate(options) => gpu_validate::run(&options),
        Task::Ci => ci::run().map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
