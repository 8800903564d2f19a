//! Tasks of the project: `cargo xtask --help`.

mod bench;
mod checked;
mod ci;
mod doctor;
mod exactness;
mod gpu_validate;
mod kernels;
mod operators;
mod project;
mod python;
mod release;
mod sanitize;
#[cfg(test)]
mod tidy;

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
    /// Compile kernels/*.cu into kernels/archive.bin, or check that both belong together.
    Kernels(kernels::Options),
    /// Write the page of the operators, docs/operators.md, from the operator registry.
    Operators(operators::Options),
    /// Write the page of what equals which library, docs/exactness.md, from the golden files.
    Exactness(exactness::Options),
    /// Run the GPU validation, or bundle it for a machine that has a GPU and no toolchain.
    GpuValidate(gpu_validate::Options),
    /// Run the benchmarks, save and compare them, and write a report.
    Bench(bench::Options),
    /// Run the tests of all code that accesses memory by address under AddressSanitizer.
    Sanitize,
    /// Package every crate as crates.io gets it, check the packages, and upload them on request.
    Release(release::Options),
    /// Run the tests that enqueue work into several streams on the checked host device.
    Checked,
    /// Build the Python wheel, install it into a fresh environment, and run the tests and checks of the package there.
    Python(python::Options),
    /// List installed and missing tools, and what is unavailable without them.
    Doctor,
    /// Run everything that must pass before a change is merged.
    Ci,
}

fn main() -> ExitCode {
    let done = |()| ExitCode::SUCCESS;
    // For tasks that search, 1 means that something was found, and 2 that the search failed.
    let (result, on_error) = match Cli::parse().task {
        Task::Kernels(options) => (kernels::run(&options).map(done), 1),
        Task::Operators(options) => (operators::run(&options).map(done), 1),
        Task::Exactness(options) => (exactness::run(&options).map(done), 1),
        Task::GpuValidate(options) => (gpu_validate::run(&options), 2),
        Task::Bench(options) => (bench::run(&options), 2),
        Task::Sanitize => (sanitize::run().map(done), 1),
        Task::Release(options) => (release::run(&options).map(done), 1),
        Task::Checked => (checked::run().map(done), 1),
        Task::Python(options) => (python::run(&options).map(done), 1),
        Task::Doctor => (doctor::run().map(done), 1),
        Task::Ci => (ci::run().map(done), 1),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(on_error)
    })
}
