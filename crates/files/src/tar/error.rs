//! Why samples are not read or written.

use super::{MAX_NAME, MAX_RECORDS};
use pixelflume_graph::text::Shown;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// The error of a shard that is damaged or truncated, with its place.
#[derive(Debug, Error)]
#[error("{name}: sample {sample}, byte {offset}: {cause}")]
pub struct TarError {
    /// The name of the shard.
    pub name: String,
    /// The number of the sample that is not complete.
    pub sample: u64,
    /// The offset in bytes from the beginning of the shard.
    pub offset: u64,
    /// What is wrong there.
    #[source]
    pub cause: TarCause,
}

/// The cause of a [`TarError`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TarCause {
    /// A header has a wrong sum.
    #[error(
        "no member of a tar file begins there: the checksum is wrong (a compressed file must be decompressed first)"
    )]
    Checksum,
    /// A header has no number of bytes.
    #[error("the size of the member is no number")]
    Size,
    /// The shard ends early.
    #[error("the file ends within {part}, after {got} of {expected} bytes")]
    Ends {
        /// Where it ends.
        part: &'static str,
        /// Bytes of the part that are there.
        got: u64,
        /// Bytes of the part.
        expected: u64,
    },
    /// A name is longer than is read.
    #[error("the name of the member has more than {MAX_NAME} bytes")]
    LongName,
    /// Records of pax are longer than is read.
    #[error("the records of pax have {bytes} bytes, and may have {MAX_RECORDS}")]
    LongRecords {
        /// Bytes that they declare.
        bytes: u64,
    },
    /// Records of pax are damaged.
    #[error("the records of pax are damaged")]
    Records,
    /// A name is no Unicode text.
    #[error("the name of the member is no Unicode text: {name}")]
    NotUnicode {
        /// The name, quoted.
        name: String,
    },
    /// A file with holes.
    #[error("{} is stored with holes; write the archive without --sparse", Shown(.name))]
    Sparse {
        /// The name of the member.
        name: String,
    },
    /// A sample needs more memory than the caller allows.
    #[error("sample {} has more than {limit} bytes", Shown(.key))]
    TooLarge {
        /// The key of the sample.
        key: String,
        /// The most bytes.
        limit: u64,
    },
    /// A sample has more files than the caller allows.
    #[error("sample {} has more than {limit} files", Shown(.key))]
    TooManyParts {
        /// The key of the sample.
        key: String,
        /// The most files.
        limit: usize,
    },
    /// A sample has two files of one extension.
    #[error("sample {} has two files .{}", Shown(.key), Shown(.extension))]
    Twice {
        /// The key of the sample.
        key: String,
        /// The extension of both.
        extension: String,
    },
    /// The shard ends before the position that was sought.
    #[error("the file ends before this position: it is that of another shard")]
    Position,
    /// A reader that only reads on is past the position that was sought.
    #[error("byte {offset} of the source was read already; open it anew to go back to it")]
    Passed {
        /// The offset of the position.
        offset: u64,
    },
    /// The shard ends at the end of the file, without the block of zeros that ends an archive. All samples were given.
    #[error(
        "the file ends without the block of zeros that ends an archive: it may have been cut, and the sample before may \
         lack files"
    )]
    NoEnd,
    /// The source cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
}

/// The reason why a sample is not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShardError {
    /// The name of shards has no place for their number, or several.
    #[error("\"{pattern}\" is no name for shards: it has one number, for example shard-%06d.tar")]
    Pattern {
        /// The name.
        pattern: String,
    },
    /// A text with a range of numbers stands for no shards, or for too many.
    #[error(
        "\"{}\" is no list of shards: a range counts up, for example train-{{000..012}}.tar, to at most 1048576 shards",
        Shown(.text)
    )]
    Range {
        /// The text.
        text: String,
    },
    /// A limit is zero.
    #[error(
        "a shard has at least one sample and one byte; the limits are {samples} samples and {bytes} bytes"
    )]
    Limits {
        /// The most samples.
        samples: u64,
        /// The most bytes.
        bytes: u64,
    },
    /// A key is none that a reader would find again, or would lead out of a folder into which the shard is unpacked.
    #[error(
        "\"{}\" is no key of a sample: it is a path without a dot in its last part, without \"..\" and no slash at its \
         beginning, of at most {MAX_NAME} bytes with the extension",
        Shown(.key)
    )]
    Key {
        /// The key.
        key: String,
    },
    /// Two samples that follow each other have one key, and would be one sample.
    #[error("two samples that follow each other have the key \"{}\", and would be read as one", Shown(.key))]
    SameKey {
        /// The key.
        key: String,
    },
    /// A sample has no files, or two of one extension, or an extension that is none.
    #[error("sample \"{}\" has {problem}", Shown(.key))]
    Parts {
        /// The key of the sample.
        key: String,
        /// What is wrong.
        problem: String,
    },
    /// A sample needs more than a shard may have.
    #[error("sample \"{}\" takes {bytes} bytes in a shard, which may have {limit}", Shown(.key))]
    TooLarge {
        /// The key of the sample.
        key: String,
        /// Bytes of the sample.
        bytes: u64,
        /// The most bytes of a shard.
        limit: u64,
    },
    /// The shard before has the greatest number.
    #[error("there is no number for a shard after {}", u64::MAX)]
    Numbers,
    /// An earlier error has removed the shard that was begun.
    #[error("an earlier shard could not be written")]
    Failed,
    /// A shard would replace a file that is read.
    #[error(
        "cannot write {}: it is {}, which is read; write the shards under another name, or to another folder",
        .path.display(),
        .read.display()
    )]
    Read {
        /// The shard.
        path: PathBuf,
        /// The file that is read, as it was given.
        read: PathBuf,
    },
    /// A shard cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// The shard.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}
