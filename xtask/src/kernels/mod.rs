//! `cargo xtask kernels`: makes the committed archives from the sources in `kernels`.
//!
//! The archives are committed so that building the project needs no CUDA compiler. A manifest beside each holds the hashes of
//! the sources and of the archive, so that `cargo xtask kernels --check` finds a change of one without the other, without a
//! compiler. The headers `kernels/args/*.cuh` are written from the argument structs in `kernels/src/args`.

mod check;
mod compile;
mod headers;
mod manifest;
mod nvrtc;
mod toolkit;

use crate::project;
use anyhow::{Result, bail};
use clap::Args;
use pixelflume_device::Target::{self, Machine, Ptx};
use pixelflume_kernels::{Module, modules, oracle};
use std::path::PathBuf;

/// The command that makes the archives, for messages.
const COMMAND: &str = "cargo xtask kernels";

/// Options of the compiler. Contraction is off: where the arithmetic has a fused multiply-add, the source writes it. The macro
/// excludes a header from which the compiler of 12.0 would leave about 40 unused constants in every module.
const OPTIONS: &[&str] = &["-std=c++17", "--fmad=false", "-D__NV_TARGET_H"];

/// The modules of one archive.
struct Collection {
    /// The folder of the archive and its manifest, in that of the kernels.
    folder: &'static str,
    modules: fn() -> Vec<&'static Module>,
    /// The modules that are stored first, as dictionaries of the others: of each family the one that has most in common with
    /// the rest of it.
    examples: &'static [&'static str],
}

const COLLECTIONS: &[Collection] = &[
    Collection {
        folder: "",
        modules: || modules().collect(),
        examples: &[
            "stencil_rgb_to_gray_5",
            "sample_rgb",
            "stencil_gray_9",
            "stencil_rgba_5",
        ],
    },
    Collection {
        folder: "oracle",
        modules: || oracle::modules().collect(),
        examples: &[],
    },
];

impl Collection {
    /// A file beside the archive, for messages.
    fn file(&self, name: &str) -> String {
        let separator = if self.folder.is_empty() { "" } else { "/" };
        format!("kernels/{}{separator}{name}", self.folder)
    }
}

/// A pinned compiler, so that the archive is reproducible, and the targets that it compiles each module for.
struct Compiler {
    /// Version of the Python package `nvidia-cuda-nvrtc-cu12`.
    version: &'static str,
    /// The targets in the order in which their images are stored: to unpack an image, those before it are unpacked, too.
    targets: &'static [Target],
}

/// PTX is compiled by 12.0, since drivers from 525 on read its version. Machine code has no such bound within CUDA 12, and 12.0
/// generates slower code for some kernels: on an H200 `stencil_rgb_7` takes 1.15 times as long as with 12.9 or 13.0, which take the
/// same time.
const COMPILERS: &[Compiler] = &[
    Compiler {
        version: "12.0.140",
        targets: &[Ptx(7, 5)],
    },
    Compiler {
        version: "12.9.86",
        targets: &[
            Machine(9, 0),
            Machine(8, 0),
            Machine(8, 6),
            Machine(8, 9),
            Machine(10, 0),
            Machine(12, 0),
            Machine(7, 5),
        ],
    },
];

/// Options of `cargo xtask kernels`.
#[derive(Args)]
pub(crate) struct Options {
    /// Compile nothing; fail when an archive was not made of the sources as they are.
    #[arg(long, conflicts_with_all = ["bootstrap", "nvrtc", "all"])]
    check: bool,
    /// Install the pinned compilers into target/nvrtc with pip first. Needs python3.
    #[arg(long, conflicts_with = "nvrtc")]
    bootstrap: bool,
    /// Compile with this one libnvrtc.so, for what it knows, in place of the pinned ones in target/nvrtc. For experiments:
    /// the check does not accept the result.
    #[arg(long, value_name = "PATH")]
    nvrtc: Option<PathBuf>,
    /// Compile all modules anew, also those whose sources have not changed.
    #[arg(long)]
    all: bool,
}

/// The libraries of the pinned compilers.
pub(crate) fn compilers() -> Result<Vec<PathBuf>> {
    let root = project::root();
    let all = COMPILERS.iter();
    all.map(|compiler| toolkit::find(compiler.version, &root))
        .collect()
}

/// Runs `cargo xtask kernels`.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = project::root();
    let folder = root.join("kernels");
    if options.check {
        let problems = check::problems(&folder)?;
        if problems.is_empty() {
            println!("kernels: sources, archives and manifests belong together");
            return Ok(());
        }
        bail!(
            "the sources in kernels and the archives do not belong together:\n  {}\nmend it with `{COMMAND}` (the first time: `{COMMAND} --bootstrap`), and commit archive.bin and archive.json of kernels and of kernels/oracle, and kernels/args",
            problems.join("\n  ")
        );
    }
    if options.bootstrap {
        toolkit::bootstrap(&project::shell()?, &root)?;
    }
    let compilers = match &options.nvrtc {
        Some(path) => vec![(nvrtc::Nvrtc::open(path)?, all_targets().collect())],
        None => {
            let open = |compiler: &Compiler| {
                let path = toolkit::find(compiler.version, &root)?;
                Ok((nvrtc::Nvrtc::open(&path)?, compiler.targets.to_vec()))
            };
            COMPILERS.iter().map(open).collect::<Result<_>>()?
        }
    };
    headers::write(&folder)?;
    COLLECTIONS
        .iter()
        .try_for_each(|collection| compile::archive(&folder, collection, &compilers, options.all))
}

/// The targets of all pinned compilers.
fn all_targets() -> impl Iterator<Item = Target> {
    COMPILERS
        .iter()
        .flat_map(|compiler| compiler.targets.iter().copied())
}
