//! What can be wrong with an archive.

use pixelflume_device::Target;
use thiserror::Error;

/// Why an archive, or an image of it, cannot be read.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It is something else.
    #[error("it is no archive of kernels")]
    NoArchive,
    /// It has another format.
    #[error("the archive has format {found}, this program reads {known}")]
    Format {
        /// Its format.
        found: u32,
        /// The one that is known.
        known: u32,
    },
    /// It ends too early, or something in it is said to lie outside of it.
    #[error("{part} {number} should be {bytes} bytes at {at}, and there are {length} in all")]
    Outside {
        /// Which part of the archive.
        part: &'static str,
        /// Which one of these parts, from 0.
        number: usize,
        /// Where it should begin.
        at: u64,
        /// How long it should be.
        bytes: u64,
        /// How long that is in which it should lie.
        length: u64,
    },
    /// A number has a value that it cannot have.
    #[error("{part} {number} has {found} as its {what}")]
    Value {
        /// Which part of the archive.
        part: &'static str,
        /// Which one of these parts, from 0.
        number: usize,
        /// What the number says.
        what: &'static str,
        /// The number.
        found: u32,
    },
    /// A module's name is no text.
    #[error("the module's name of image {image} is no UTF-8")]
    Name {
        /// Number of the image, from 0.
        image: usize,
    },
    /// There is no such image.
    #[error("there is no image of {module} for {target}")]
    NoImage {
        /// Name of the module.
        module: String,
        /// What was asked for.
        target: Target,
    },
    /// The compressed bytes are damaged.
    #[error("the image of {module} for {target} cannot be unpacked: {reason}")]
    Unpack {
        /// Name of the module.
        module: String,
        /// Which of its images.
        target: Target,
        /// What the decompressor says.
        reason: String,
    },
    /// What comes out is not what was put in.
    #[error(
        "the image of {module} for {target} has the CRC-32 {found:08x}, and should have {recorded:08x}"
    )]
    Checksum {
        /// Name of the module.
        module: String,
        /// Which of its images.
        target: Target,
        /// That of what was unpacked.
        found: u32,
        /// That of what was packed.
        recorded: u32,
    },
}
