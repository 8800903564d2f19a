//! The archive of the product's modules, as a part of the program.

use crate::archive::BuiltIn;

/// The bytes of the archive of this crate's [`modules`](crate::modules); [`Archive::parse`](crate::Archive::parse) reads them.
pub static ARCHIVE: &[u8] = include_bytes!("../archive.bin");

pub(crate) static BUILT_IN: BuiltIn = BuiltIn(&ARCHIVE);
