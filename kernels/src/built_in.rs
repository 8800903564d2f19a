//! The archive of the product's modules.

use crate::archive::BuiltIn;

/// The bytes of the archive that belongs to this crate; [`Archive::parse`](crate::Archive::parse) reads them.
pub static ARCHIVE: &[u8] = include_bytes!("../archive.bin");

pub(crate) static BUILT_IN: BuiltIn = BuiltIn(&ARCHIVE);
