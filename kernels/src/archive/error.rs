//! Errors of reading an archive.

use pixelflume_device::Target;
use thiserror::Error;

/// The reason why an archive, or an image of it, cannot be read.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The bytes do not begin with the magic number of an archive.
    #[error("not an archive of kernels")]
    NoArchive,
    /// The archive has a format that this program does not read.
    #[error("the archive has format {found}, this program reads {known}")]
    Format {
        /// Format of the archive.
        found: u32,
        /// Format that this program reads.
        known: u32,
    },
    /// A part lies outside the archive or outside the part that contains it.
    #[error(
        "{part} {number} should be {bytes} bytes at offset {at}, but there are only {length} bytes"
    )]
    Outside {
        /// Kind of the part: header, table, stream, image or name.
        part: &'static str,
        /// Number of the part among those of its kind, from 0.
        number: usize,
        /// Offset of the part in bytes.
        at: u64,
        /// Length of the part in bytes.
        bytes: u64,
        /// Length in bytes of what should contain it.
        length: u64,
    },
    /// A number of a table has an impossible value.
    #[error("{part} {number} has {found} as its {what}")]
    Value {
        /// Kind of the part: header, table, stream, image or name.
        part: &'static str,
        /// Number of the part among those of its kind, from 0.
        number: usize,
        /// Meaning of the number.
        what: &'static str,
        /// Its value.
        found: u32,
    },
    /// A module's name is not UTF-8.
    #[error("the module's name of image {image} is not UTF-8")]
    Name {
        /// Number of the image, from 0.
        image: usize,
    },
    /// The archive has no image of this module for this target.
    #[error("there is no image of {module} for {target}")]
    NoImage {
        /// Name of the module.
        module: String,
        /// Target that was asked for.
        target: Target,
    },
    /// The compressed bytes are damaged.
    #[error("the image of {module} for {target} cannot be unpacked: {reason}")]
    Unpack {
        /// Name of the module.
        module: String,
        /// Target of the image.
        target: Target,
        /// The error of the decompressor.
        reason: String,
    },
    /// An unpacked image has another checksum than the packed one had.
    #[error(
        "the image of {module} for {target} has the CRC-32 {found:08x} in place of {recorded:08x}"
    )]
    Checksum {
        /// Name of the module.
        module: String,
        /// Target of the image.
        target: Target,
        /// CRC-32 of the unpacked bytes.
        found: u32,
        /// CRC-32 that the archive records.
        recorded: u32,
    },
}
