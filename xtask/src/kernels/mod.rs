//! `cargo xtask kernels`: from `kernels/*.cu` to the committed PTX.
//!
//! The PTX is committed so that building the project needs no CUDA compiler. A manifest beside it holds the hashes of the
//! sources and of the PTX, so that a change of one without the other is noticed without a compiler, too.

mod check;
mod compile;
mod manifest;
mod toolkit;

use crate::project;
use anyhow::{Result, bail};
use clap::Args;
use std::path::PathBuf;

/// The command that mends what the check finds; messages name it.
const COMMAND: &str = "cargo xtask kernels";

/// What every module is compiled for: the oldest compute capability that CUDA 13 knows. The driver compiles it for
/// whatever newer device there is. Where more pays, a source asks for it by lines `// arch: compute_90`.
const BASELINE: u32 = 75;

/// Flags of the compiler. Contraction is off: where the arithmetic wants a fused multiply-add, the source says so.
const FLAGS: &[&str] = &["-std=c++17", "-O3", "--fmad=false"];

/// File name of the PTX of a module for one target.
fn ptx_name(module: &str, target: u32) -> String {
    format!("{module}.compute_{target}.ptx")
}

/// Options of `cargo xtask kernels`.
#[derive(Args)]
pub(crate) struct Options {
    /// Compile nothing; compare sources and PTX with the manifest, and fail when one was changed without the other.
    #[arg(long, conflicts_with_all = ["bootstrap", "nvcc"])]
    check: bool,
    /// Install the pinned CUDA compiler into target/cuda-toolkit with pip, and use it. Needs python3 and a C++ compiler.
    #[arg(long, conflicts_with = "nvcc")]
    bootstrap: bool,
    /// The CUDA compiler to use. Default: nvcc on the PATH, in CUDA_PATH/bin, or in target/cuda-toolkit.
    #[arg(long, value_name = "PATH")]
    nvcc: Option<PathBuf>,
    /// Compile these modules alone (names of kernels/*.cu, without the extension), and keep the others as they are.
    #[arg(value_name = "MODULE", conflicts_with = "check")]
    modules: Vec<String>,
}

/// The compiler that would be used.
pub(crate) fn compiler() -> Result<PathBuf> {
    toolkit::find(None, &project::root())
}

/// Runs the task.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = project::root();
    let folder = root.join("kernels");
    if options.check {
        let problems = check::problems(&folder)?;
        if problems.is_empty() {
            println!("kernels: sources, PTX and manifest belong together");
            return Ok(());
        }
        bail!(
            "kernels/*.cu and kernels/ptx do not belong together:\n  {}\nmend it with `{COMMAND}` (without nvcc: `{COMMAND} --bootstrap`), and commit kernels/ptx",
            problems.join("\n  ")
        );
    }
    let shell = project::shell()?;
    let nvcc = if options.bootstrap {
        toolkit::bootstrap(&shell, &root)?
    } else {
        toolkit::find(options.nvcc.as_deref(), &root)?
    };
    compile::modules(&shell, &nvcc, &folder, &options.modules)
}
