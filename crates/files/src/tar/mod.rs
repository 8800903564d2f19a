//! Tar shards as WebDataset has them: each sample is the files of one key, one behind the other.
//!
//! The key of `cats/0001.seg.png` is `cats/0001`, its extension `seg.png`: the path up to the first dot of its last part, and what is behind that dot, in
//! lower case. Files without a key (no dot, hidden), and folders, links and devices, are not samples.
//!
//! ```
//! use pixelflume_files::tar::{ShardLimits, ShardReader, ShardWriter, ReadLimits};
//! use pixelflume_codec::Existing;
//!
//! let folder = tempfile::tempdir()?;
//! let pattern = folder.path().join("train-%04d.tar");
//! let limits = ShardLimits { samples: 2, ..ShardLimits::default() };
//! let mut writer = ShardWriter::new(&pattern, limits, Existing::Refuse)?;
//! for key in ["a", "b", "c"] {
//!     writer.write(key, &[("txt", key.as_bytes()), ("cls", b"7")])?;
//! }
//! let shards = writer.finish()?;
//! assert_eq!(shards.len(), 2);
//!
//! let mut reader = ShardReader::open(&shards[0].path, ReadLimits::default())?;
//! let first = reader.next().unwrap()?;
//! assert_eq!((&*first.key, first.part("txt")), ("a", Some(&b"a"[..])));
//!
//! // Later, and in another process: on from there.
//! let position = reader.next_position();
//! let mut resumed = ShardReader::open(&shards[0].path, ReadLimits::default())?;
//! resumed.skip_to(position)?;
//! assert_eq!(resumed.next().unwrap()?.key, "b");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Archives of POSIX (ustar, pax) and GNU tar are read, up to the first block of zeros or the end of the file. The format is read and written here and not by
//! the crate `tar`, because that reads long names and records of pax into memory whatever their size, and does not tell where those of a member begin,
//! which a position needs.

mod braces;
mod error;
mod header;
mod index;
mod key;
mod members;
mod pattern;
mod reader;
mod writer;

pub use braces::expand;
pub use error::{ShardError, TarCause, TarError};
pub use index::sample_offsets;
pub use reader::{Part, ReadLimits, Sample, ShardReader};
pub use writer::{Shard, ShardLimits, ShardWriter};

/// The most bytes of the name of a member.
pub const MAX_NAME: usize = 4096;

/// The most bytes of the pax records of a member.
pub const MAX_RECORDS: usize = 64 << 10;
