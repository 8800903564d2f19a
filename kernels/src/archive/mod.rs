//! The archive of compiled modules, each of them compressed on its own.
//!
//! All numbers are little-endian.
//!
//! ```text
//! magic       8 bytes  "pfkernel"
//! format      u32      1
//! streams     u32      S
//! images      u32      I
//! names       u32      N
//! S streams   u32 offset in the file, u32 packed bytes, u32 unpacked bytes,
//!             u32 dictionary: another stream, without one of its own, or 0xffffffff for none;
//!             u32 bytes of the dictionary: the first ones of that stream unpacked
//! I images    u32 offset in `names`, u32 bytes of the name: the module
//!             u8 kind (0 PTX, 1 machine code), u8 major, u8 minor, u8 zero: the target
//!             u32 stream, u32 offset in it unpacked, u32 bytes, u32 CRC-32: the contents
//! names       N bytes of UTF-8
//! streams     LZMA2
//! ```
//!
//! A module has two streams, one with its PTX and one with its machine code for all architectures. The machine code for one
//! architecture repeats much of that for another, so that one stream for all of them has half the size of single ones. An image
//! is unpacked from the beginning of its stream up to its own end.
//!
//! Modules resemble one another. The first images of some modules are dictionaries of others: the compressor refers to a
//! dictionary as if it preceded the stream. This makes the archive 5 % smaller, and costs the unpacking of one more image.

mod error;
mod read;
#[cfg(feature = "write")]
mod write;

pub use error::ArchiveError;
pub use read::{Archive, Image};
#[cfg(feature = "write")]
pub use write::write;

use pixelflume_device::{ImageArchive, Target};
use std::error::Error;

const MAGIC: &[u8; 8] = b"pfkernel";
const FORMAT: u32 = 1;
const HEADER_BYTES: usize = 24;
const STREAM_BYTES: usize = 20;
/// Stands for no dictionary.
const NO_DICTIONARY: u32 = u32::MAX;
const IMAGE_BYTES: usize = 28;
/// Most bytes of an unpacked stream, several times those of the largest module.
const MAX_STREAM_BYTES: u32 = 16 << 20;

/// An archive that is embedded in the program: a reference to its bytes, which may be empty.
#[derive(Debug)]
pub(crate) struct BuiltIn(pub(crate) &'static &'static [u8]);

#[expect(unsafe_code, reason = "drivers trust images")]
// SAFETY: the images are whole, as the compiler made them: the archive has the length and the checksum of each.
unsafe impl ImageArchive for BuiltIn {
    fn targets(&self, module: &str) -> Result<Vec<Target>, Box<dyn Error + Send + Sync>> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let archive = Archive::parse(self.0)?;
        let images = archive.images().filter(|image| image.module == module);
        Ok(images.map(|image| image.target).collect())
    }

    fn unpack(
        &self,
        module: &str,
        target: Target,
    ) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        Ok(Archive::parse(self.0)?.unpack(module, target)?)
    }
}
