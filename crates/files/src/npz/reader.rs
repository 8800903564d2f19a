//! Reading archives.

use super::{MAX_MEMBERS, MAX_NAME, NpzError};
use crate::bytes::shown;
use crate::npy::{Array, Header, NpyError};
use flate2::read::DeflateDecoder;
use pixelflume_codec::open_regular;
use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipLocator,
};
use std::collections::HashMap;
use std::fmt;
use std::io::{BufReader, Read};
use std::path::Path;

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
