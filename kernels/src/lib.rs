//! The CUDA kernels of pixelflume: the table of their modules, their argument structs, and an archive of the compiled modules.
//!
//! A *module* is the unit that a device loads: one source (a `.cu` file of this crate) compiled with the macros of one variant,
//! and its entry points. [`modules`] lists the modules of the product and [`oracle::modules`] those of the tests' oracle.
//! `cargo xtask kernels` compiles the listed modules, and the operators load them by the same table.
//!
//! `archive.bin` holds each module as PTX and as machine code for several GPU architectures, compressed; `archive.json` beside
//! it records the sources and compilers that it was made with. A device unpacks only the image that it loads.

pub mod archive;
pub mod args;
mod built_in;
mod module;
mod modules;
pub mod oracle;
mod stencil;
mod variant;

pub use archive::{Archive, ArchiveError};
pub use built_in::ARCHIVE;
pub use module::{Module, Variant};
pub use modules::*;
pub use stencil::{STENCILS, Stencil, stencils};
pub use variant::{Shape, Source, StencilVariant};
