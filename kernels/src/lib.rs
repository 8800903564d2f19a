//! The CUDA kernels of pixelflume: the table of their modules, and the archive of what the compiler made of them.
//!
//! A *module* is what a device loads at once: one source (a `.cu` file of this folder), compiled with the macros of its
//! variant, with the entry points that come of it. [`modules`] lists them; `cargo xtask kernels` compiles what it lists, and
//! the operators take their kernels from it, so that neither can know a module that the other does not.
//!
//! `archive.bin` holds each module as PTX and as machine code of several GPU architectures, compressed; `archive.json` beside
//! it says from which sources and by which compilers. A device unpacks the one image that it loads.

pub mod archive;
pub mod args;
mod module;
mod modules;
pub mod oracle;
mod stencil;

pub use archive::{Archive, ArchiveError};
pub use module::{Module, Variant};
pub use modules::*;
pub use stencil::{STENCILS, Shape, Source, Stencil, StencilVariant, stencils};

/// The bytes of the archive that belongs to this crate; [`Archive::parse`] reads them.
pub static ARCHIVE: &[u8] = include_bytes!("../archive.bin");

static BUILT_IN: archive::BuiltIn = archive::BuiltIn(&ARCHIVE);
