//! NumPy's `.npz` files: zip archives of `.npy` files, one for each array.
//!
//! Members are read stored and deflated, and written as `numpy.savez` (stored) or `numpy.savez_compressed` (deflated) write them, also beyond
//! 4 GiB. Sizes and counts that the archive declares allocate nothing: memory follows the bytes that arrive, up to the caller's bound. Checksums are
//! verified.

use crate::bytes::shown;
use crate::npy::{self, Array, Header, NpyError};
#[cfg(doc)]
use crate::target::OpenTarget;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use pixelflume_codec::open_regular;
use pixelflume_graph::text::Shown;
use pixelflume_ops::SampleType;
use rawzip::path::{EntryPath, ZipFilePath};
use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipArchiveWriter, ZipLocator,
};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use thiserror::Error;

/// The most members of an archive.
pub const MAX_MEMBERS: usize = 1 << 16;

/// The most bytes of a member's name.
pub const MAX_NAME: usize = 4096;

/// The reason why a `.npz` file is not read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpzError {
    /// The archive is damaged, or cannot be read or written.
    #[error("{0}")]
    Archive(String),
    /// The file cannot be opened or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The archive has more members than are read.
    #[error("the archive has more than {limit} members")]
    Members {
        /// The most members.
        limit: usize,
    },
    /// A member's name is too long or no Unicode text.
    #[error(
        "the archive has a member named {name}; names are Unicode text of at most {MAX_NAME} bytes"
    )]
    Name {
        /// The name, quoted.
        name: String,
    },
    /// A name is none that an array gets.
    #[error(
        "\"{}\" cannot be the name of an array: names are plain paths, without \"..\", empty parts or backslashes, and without \
         a colon where not all characters are ASCII",
        Shown(.name)
    )]
    Path {
        /// The name.
        name: String,
    },
    /// Two arrays lie in the same bytes, as in archives that expand to many times their size.
    #[error("arrays \"{}\" and \"{}\" lie in the same bytes of the archive", Shown(.first), Shown(.second))]
    Overlap {
        /// The name of the first array.
        first: String,
        /// The name of the second array.
        second: String,
    },
    /// An earlier error has left half a member in the archive.
    #[error("an earlier array could not be written")]
    Failed,
    /// Two members have one name.
    #[error("the archive has two arrays named \"{name}\"")]
    Twice {
        /// The name of the array.
        name: String,
    },
    /// No array has this name.
    #[error("the archive has no array named \"{name}\"; it has {known}")]
    Missing {
        /// The name that was asked for.
        name: String,
        /// Some of the names that there are.
        known: String,
    },
    /// The member is encrypted, or compressed in another way.
    #[error(
        "array \"{name}\" is {what}; members are read stored and deflated, as numpy.savez writes them"
    )]
    Method {
        /// The name of the array.
        name: String,
        /// What it is.
        what: String,
    },
    /// The member is no array that is read or written.
    #[error("array \"{name}\": {source}")]
    Array {
        /// The name of the array.
        name: String,
        /// The reason.
        source: NpyError,
    },
    /// The member has bytes behind its array.
    #[error("array \"{name}\" has bytes behind its samples")]
    Trailing {
        /// The name of the array.
        name: String,
    },
}

impl From<rawzip::Error> for NpzError {
    fn from(error: rawzip::Error) -> Self {
        match error.into_kind() {
            rawzip::ErrorKind::IO(error) => NpzError::Io(error),
            kind => NpzError::Archive(rawzip::Error::from(kind).to_string()),
        }
    }
}

type Source = Box<dyn ReaderAt + Send + Sync>;

/// A reader of the arrays of one archive, by name or in order.
pub struct Npz {
    archive: ZipArchive<Source>,
    members: Vec<Member>,
    /// Places in `members`.
    places: HashMap<String, usize>,
}

#[derive(Clone, Debug)]
struct Member {
    name: String,
    at: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    encrypted: bool,
}

impl fmt::Debug for Npz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Npz")
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

impl Npz {
    /// Opens a file and reads the list of its members. It must be a regular file.
    ///
    /// # Errors
    /// The file cannot be opened; it is no zip archive; it has more than [`MAX_MEMBERS`] members; a name is not UTF-8 or too long; two arrays have one name,
    /// or lie in the same bytes.
    pub fn open(path: &Path) -> Result<Self, NpzError> {
        let (file, bytes) = open_regular(path)?;
        Npz::new(Box::new(FileReader::from(file)), bytes)
    }

    /// Reads the list of the members of an archive in memory.
    ///
    /// # Errors
    /// As [`Npz::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, NpzError> {
        let length = bytes.len() as u64;
        Npz::new(Box::new(bytes), length)
    }

    fn new(source: Source, bytes: u64) -> Result<Self, NpzError> {
        let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let located = ZipLocator::new().locate_in_reader(source, &mut buffer, bytes);
        let archive = located.map_err(|(_, error)| error)?;
        let (mut members, mut places) = (Vec::new(), HashMap::new());
        let mut entries = archive.entries(&mut buffer);
        let mut count = 0;
        while let Some(entry) = entries.next_entry()? {
            count += 1;
            if count > MAX_MEMBERS {
                return Err(NpzError::Members { limit: MAX_MEMBERS });
            }
            let path = entry.file_path();
            let bytes = path.as_bytes();
            let name = std::str::from_utf8(bytes);
            let Some(name) = name.ok().filter(|name| name.len() <= MAX_NAME) else {
                return Err(NpzError::Name { name: shown(bytes) });
            };
            // NumPy gives what else is in an archive as bytes; it is no array.
            let Some(name) = name.strip_suffix(".npy") else {
                continue;
            };
            if places.insert(name.to_owned(), members.len()).is_some() {
                return Err(NpzError::Twice {
                    name: name.to_owned(),
                });
            }
            members.push(Member {
                name: name.to_owned(),
                at: entry.wayfinder(),
                method: entry.compression_method(),
                encrypted: entry.flags().is_encrypted(),
            });
        }
        refuse_overlap(&archive, &members)?;
        Ok(Npz {
            archive,
            members,
            places,
        })
    }

    /// The names of the arrays, without `.npy`, in the order of the archive.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.members.iter().map(|member| &*member.name)
    }

    /// Reads the type and shape of an array, without its samples, and so without verifying the checksum.
    ///
    /// # Errors
    /// As [`Npz::read`].
    pub fn header(&self, name: &str) -> Result<Header, NpzError> {
        self.with(self.member(name)?, Header::read)
            .map(|(header, _)| header)
    }

    /// Reads an array of at most `max_bytes` bytes.
    ///
    /// # Errors
    /// No array has this name; the archive is damaged there, or the checksum is wrong; the member is encrypted, or compressed in another way than by
    /// Deflate; and as [`Array::read`].
    pub fn read(&self, name: &str, max_bytes: u64) -> Result<Array, NpzError> {
        self.array(self.member(name)?, max_bytes)
    }

    /// Reads all arrays in order, each of at most `max_bytes` bytes.
    pub fn arrays(
        &self,
        max_bytes: u64,
    ) -> impl ExactSizeIterator<Item = (&str, Result<Array, NpzError>)> {
        let members = self.members.iter();
        members.map(move |member| (&*member.name, self.array(member, max_bytes)))
    }

    fn member(&self, name: &str) -> Result<&Member, NpzError> {
        const MOST: usize = 10;
        let place = self.places.get(name).ok_or_else(|| {
            let names: Vec<String> = self
                .names()
                .take(MOST)
                .map(|name| shown(name.as_bytes()))
                .collect();
            let more = match self.members.len().saturating_sub(MOST) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            NpzError::Missing {
                name: name.to_owned(),
                known: format!("{}{more}", names.join(", ")),
            }
        })?;
        Ok(&self.members[*place])
    }

    fn array(&self, member: &Member, max_bytes: u64) -> Result<Array, NpzError> {
        let (array, mut source) = self.with(member, |source| Array::read(source, max_bytes))?;
        // The checksum is compared at the end.
        match source.read(&mut [0]) {
            Ok(0) => Ok(array),
            Ok(_) => Err(NpzError::Trailing {
                name: member.name.clone(),
            }),
            Err(error) => Err(NpzError::Array {
                name: member.name.clone(),
                source: error.into(),
            }),
        }
    }

    /// What `read` makes of the content of a member, and the rest of that.
    fn with<'a, T>(
        &'a self,
        member: &Member,
        read: impl FnOnce(&mut Box<dyn Read + 'a>) -> Result<T, NpyError>,
    ) -> Result<(T, Box<dyn Read + 'a>), NpzError> {
        let refused = |what: String| NpzError::Method {
            name: member.name.clone(),
            what,
        };
        if member.encrypted {
            return Err(refused("encrypted".to_owned()));
        }
        let entry = self.archive.get_entry(member.at)?;
        let mut source: Box<dyn Read + 'a> = match member.method {
            CompressionMethod::STORE => Box::new(entry.verifying_reader(entry.reader())),
            CompressionMethod::DEFLATE => {
                let decoder = DeflateDecoder::new(entry.reader());
                Box::new(entry.verifying_reader(BufReader::new(decoder)))
            }
            other => return Err(refused(format!("compressed by {other}"))),
        };
        let value = read(&mut source).map_err(|source| NpzError::Array {
            name: member.name.clone(),
            source,
        })?;
        Ok((value, source))
    }
}

/// Refuses members of which two have bytes in common: a file would expand to as many times more than Deflate gives as it has members.
fn refuse_overlap(archive: &ZipArchive<Source>, members: &[Member]) -> Result<(), NpzError> {
    // A member whose own header is damaged is refused when it is read.
    let ranges = members.iter().filter_map(|member| {
        let (begin, end) = archive.get_entry(member.at).ok()?.compressed_data_range();
        (begin < end).then_some((begin, end, member))
    });
    let mut ranges: Vec<_> = ranges.collect();
    ranges.sort_by_key(|&(begin, ..)| begin);
    match ranges.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        None => Ok(()),
        Some(pair) => Err(NpzError::Overlap {
            first: pair[0].2.name.clone(),
            second: pair[1].2.name.clone(),
        }),
    }
}

/// The path of a member as it is written; `None` for what other programs would unpack elsewhere, or under another name.
fn entry_path(file: &str) -> Option<EntryPath<'_>> {
    // No part of a plain path, but of names such as "conv/kernel:0".
    let without_colons = file.replace(':', "_");
    let is_plain =
        !file.contains('\0') && ZipFilePath::from_str(&without_colons).as_str() == without_colons;
    match file.is_ascii() {
        true => is_plain.then(|| EntryPath::verbatim(file.as_bytes())),
        // This sets the flag that says UTF-8, and would change what is not plain.
        false => (is_plain && !file.contains(':')).then(|| EntryPath::conformant(file)),
    }
}

/// How arrays are put into an archive.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Compression {
    /// As they are, as by `numpy.savez`.
    #[default]
    Stored,
    /// By Deflate, as by `numpy.savez_compressed`.
    Deflated,
}

/// A writer of one archive. Equal arrays give equal bytes: members have no time.
#[derive(Debug)]
pub struct NpzWriter<W> {
    archive: ZipArchiveWriter<W>,
    compression: Compression,
    names: HashSet<String>,
    failed: bool,
}

impl<W: Write> NpzWriter<W> {
    /// Begins an archive; nothing is written yet.
    pub fn new(target: W, compression: Compression) -> Self {
        NpzWriter {
            archive: ZipArchiveWriter::new(target),
            compression,
            names: HashSet::new(),
            failed: false,
        }
    }

    /// Writes one array; `samples` are its bytes in C order. The name has no `.npy`.
    ///
    /// # Errors
    /// The name was used, is empty, is longer than [`MAX_NAME`] with `.npy`, or is no plain path; as [`npy::write`]; the target cannot be written, after which
    /// nothing more can.
    pub fn write(
        &mut self,
        name: &str,
        sample: SampleType,
        dimensions: &[usize],
        samples: &[u8],
    ) -> Result<(), NpzError> {
        if self.failed {
            return Err(NpzError::Failed);
        }
        let file = format!("{name}.npy");
        if name.is_empty() || file.len() > MAX_NAME {
            return Err(NpzError::Name {
                name: shown(name.as_bytes()),
            });
        }
        if self.names.len() == MAX_MEMBERS {
            return Err(NpzError::Members { limit: MAX_MEMBERS });
        }
        if self.names.contains(name) {
            return Err(NpzError::Twice {
                name: name.to_owned(),
            });
        }
        let path = entry_path(&file).ok_or_else(|| NpzError::Path {
            name: name.to_owned(),
        })?;
        let failed = |source| NpzError::Array {
            name: name.to_owned(),
            source,
        };
        // Before the member is begun.
        npy::check(sample, dimensions, samples.len()).map_err(failed)?;
        self.names.insert(name.to_owned());
        // An error leaves half a member behind.
        self.failed = true;
        let method = match self.compression {
            Compression::Stored => CompressionMethod::STORE,
            Compression::Deflated => CompressionMethod::DEFLATE,
        };
        let member = self.archive.new_file(path);
        let (mut entry, config) = member.compression_method(method).start()?;
        let descriptor = match self.compression {
            Compression::Stored => {
                let mut target = config.wrap(&mut entry);
                npy::write(&mut target, sample, dimensions, samples).map_err(failed)?;
                target.finish()?.1
            }
            Compression::Deflated => {
                let encoder = DeflateEncoder::new(&mut entry, flate2::Compression::default());
                let mut target = config.wrap(encoder);
                npy::write(&mut target, sample, dimensions, samples).map_err(failed)?;
                let (encoder, descriptor) = target.finish()?;
                encoder.finish()?;
                descriptor
            }
        };
        entry.finish(descriptor)?;
        self.failed = false;
        Ok(())
    }

    /// Writes the list of the members, and returns the target. An archive without it cannot be read. Give it a file as an [`OpenTarget`], and
    /// [keep](OpenTarget::keep) that: the file then has its name when it is complete and on the disk.
    ///
    /// # Errors
    /// The target cannot be written, or could not when an array was written.
    pub fn finish(self) -> Result<W, NpzError> {
        if self.failed {
            return Err(NpzError::Failed);
        }
        Ok(self.archive.finish()?)
    }
}

#[cfg(test)]
#[path = "npz_tests.rs"]
mod tests;
