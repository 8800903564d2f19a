//! Samples of a shard.

use super::error::{TarCause, TarError};
use super::key::split;
use super::members::{Member, Members};
use crate::position::{Position, seek_within};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

/// Bytes read at a time.
const BUFFER: usize = 64 * 1024;

/// The bounds of a reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReadLimits {
    /// The most bytes of the files of a sample, 1 GiB by default.
    pub max_bytes: u64,
    /// The most files of a sample, 1024 by default.
    pub max_parts: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        ReadLimits {
            max_bytes: 1 << 30,
            max_parts: 1024,
        }
    }
}

/// The files of one key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sample {
    /// The path in the shard up to the first dot of its last part.
    pub key: String,
    /// The files in their order; at least one.
    pub parts: Vec<Part>,
    /// Where the sample begins: its number in the shard, and its first byte.
    pub position: Position,
}

/// One file of a sample.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// The path in the shard behind the key and a dot, in lower case.
    pub extension: String,
    /// The content.
    pub data: Vec<u8>,
}

impl Sample {
    /// The content of the file with this extension, in lower case.
    pub fn part(&self, extension: &str) -> Option<&[u8]> {
        let mut parts = self.parts.iter();
        let part = parts.find(|part| part.extension == extension)?;
        Some(&part.data)
    }
}

/// An iterator over the samples of one shard, with the memory of one sample. It ends behind the first error.
///
/// An archive ends with a block of zeros. Where the file ends without one, the last item is the error [`TarCause::NoEnd`]: a file that was cut between
/// two files of a sample looks like that, and its last sample is not whole. Who reads archives that were written without that block passes over this
/// error.
#[derive(Debug)]
pub struct ShardReader<R> {
    members: Members<R>,
    name: String,
    limits: ReadLimits,
    /// The first file of the next sample, whose header was read already.
    ahead: Option<Ahead>,
    /// Where the next sample begins, or the one that failed.
    next: Position,
    ended: bool,
    failed: bool,
}

/// A file of a sample.
#[derive(Debug)]
struct Ahead {
    member: Member,
    /// Bytes of the name before the dot.
    key: usize,
}

impl Ahead {
    fn key(&self) -> &str {
        &self.member.name[..self.key]
    }
}

impl ShardReader<BufReader<File>> {
    /// Opens a shard: a regular file, or a named pipe, for whose writer this waits.
    ///
    /// # Errors
    /// The file cannot be opened, or is a folder or a device.
    pub fn open(path: &Path, limits: ReadLimits) -> Result<Self, TarError> {
        let name = path.display().to_string();
        match open_file(path) {
            Ok(file) => {
                let file = BufReader::with_capacity(BUFFER, file);
                Ok(ShardReader::new(file, name, limits))
            }
            Err(error) => Err(TarError {
                name,
                sample: 0,
                offset: 0,
                cause: error.into(),
            }),
        }
    }
}

/// Opens a shard.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    File::open(path).and_then(refuse_devices)
}

/// Refuses what is neither a file nor a pipe: a shard of `/dev/zero` would be empty, that of a terminal would not end.
fn refuse_devices(file: File) -> io::Result<File> {
    let kind = file.metadata()?.file_type();
    #[cfg(unix)]
    let is_pipe = std::os::unix::fs::FileTypeExt::is_fifo(&kind);
    #[cfg(not(unix))]
    let is_pipe = false;
    match kind.is_file() || is_pipe {
        true => Ok(file),
        false => Err(io::Error::other(
            "it is a folder or a device, and shards are files or pipes",
        )),
    }
}

impl<R: Read> ShardReader<R> {
    /// Reads a shard from the first byte of a source, which should have a buffer; `name` is its name in error messages. Nothing is read yet.
    pub fn new(source: R, name: String, limits: ReadLimits) -> Self {
        ShardReader {
            members: Members::new(source),
            name,
            limits,
            ahead: None,
            next: Position::default(),
            ended: false,
            failed: false,
        }
    }

    /// The name of the shard in error messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The position of the next sample, from which a reader of the same shard can go on. Behind the last sample it is the end, and behind an error the
    /// position of the sample that could not be read.
    pub fn next_position(&self) -> Position {
        self.next
    }

    /// Reads on to a position that this reader has not passed, from a source that cannot seek.
    ///
    /// # Errors
    /// The reader has passed the position, and stays where it is; or the source ends before it or cannot be read, which ends the reader.
    pub fn read_to(&mut self, position: Position) -> Result<(), TarError> {
        // What is ahead was read already, up to its content.
        if self.next == position && !self.failed {
            return Ok(());
        }
        let Some(count) = position.offset.checked_sub(self.members.offset) else {
            let offset = position.offset;
            return Err(self.error(TarCause::Passed { offset }));
        };
        let skipped = self.members.skip(count, "what is before the position");
        if let Err(cause) = skipped {
            (self.ended, self.failed) = (true, true);
            return Err(self.error(match cause {
                TarCause::Ends { .. } => TarCause::Position,
                cause => cause,
            }));
        }
        self.go_on(position);
        Ok(())
    }

    fn go_on(&mut self, position: Position) {
        self.members.go_on(position.offset);
        self.ahead = None;
        self.next = position;
        (self.ended, self.failed) = (false, false);
    }

    /// An error at the place that was reached.
    fn error(&self, cause: TarCause) -> TarError {
        TarError {
            name: self.name.clone(),
            sample: self.next.index,
            offset: self.members.offset,
            cause,
        }
    }

    /// Reads up to the content of the next file that belongs to a sample.
    fn next_file(&mut self) -> Result<Option<Ahead>, TarCause> {
        while let Some(member) = self.members.next()? {
            if let Some((key, _)) = split(&member.name) {
                let key = key.len();
                return Ok(Some(Ahead { member, key }));
            }
        }
        Ok(None)
    }

    fn read(&mut self) -> Result<Option<Sample>, TarCause> {
        let first = match self.ahead.take() {
            Some(ahead) => Some(ahead),
            None => self.next_file()?,
        };
        let Some(first) = first else {
            return self.end().map(|()| None);
        };
        self.next.offset = first.member.begin;
        let mut sample = Sample {
            key: first.key().to_owned(),
            parts: Vec::new(),
            position: self.next,
        };
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(file) = next {
            if file.key() != sample.key {
                self.ahead = Some(file);
                break;
            }
            self.add(&mut sample, &file, &mut bytes)?;
            next = self.next_file()?;
        }
        // Only now: until here, an error is one of this sample.
        self.next = Position {
            index: self.next.index.saturating_add(1),
            offset: match (&self.ahead, self.members.end) {
                (Some(ahead), _) => ahead.member.begin,
                (None, Some(end)) => end.offset,
                (None, None) => self.members.offset,
            },
        };
        Ok(Some(sample))
    }

    /// What comes behind the last sample: nothing, where the archive has its end.
    fn end(&mut self) -> Result<(), TarCause> {
        let Some(end) = self.members.end else {
            return Ok(());
        };
        self.next.offset = end.offset;
        match end.has_zeros {
            true => Ok(()),
            false => Err(TarCause::NoEnd),
        }
    }

    /// Reads the content of a file of the sample, which has `bytes` bytes so far.
    fn add(&mut self, sample: &mut Sample, file: &Ahead, bytes: &mut u64) -> Result<(), TarCause> {
        let key = || sample.key.clone();
        let extension = file.member.name[file.key + 1..].to_lowercase();
        if sample.parts.len() == self.limits.max_parts {
            return Err(TarCause::TooManyParts {
                key: key(),
                limit: self.limits.max_parts,
            });
        }
        if sample.part(&extension).is_some() {
            return Err(TarCause::Twice {
                key: key(),
                extension,
            });
        }
        *bytes = bytes.saturating_add(file.member.size);
        let size = usize::try_from(file.member.size).ok();
        let Some(size) = size.filter(|_| *bytes <= self.limits.max_bytes) else {
            return Err(TarCause::TooLarge {
                key: key(),
                limit: self.limits.max_bytes,
            });
        };
        let data = self.members.content(size, "the content of a file")?;
        sample.parts.push(Part { extension, data });
        Ok(())
    }
}

impl<R: Read + Seek> ShardReader<R> {
    /// Goes to a position of this shard, whose first byte is the first of the source. Checked is that the file is long enough. That a header begins there is
    /// seen when it is read, by its checksum; that it is the first one of sample number `position.index` is not checked.
    ///
    /// # Errors
    /// The file ends before the position, and the reader stays where it was; or the source cannot seek, which ends the reader.
    pub fn skip_to(&mut self, position: Position) -> Result<(), TarError> {
        let here = self.members.offset;
        match seek_within(&mut self.members.source, position.offset, here) {
            Ok(true) => {
                self.go_on(position);
                Ok(())
            }
            Ok(false) => Err(self.error(TarCause::Position)),
            Err(error) => {
                (self.ended, self.failed) = (true, true);
                Err(self.error(error.into()))
            }
        }
    }
}

impl<R: Read> Iterator for ShardReader<R> {
    type Item = Result<Sample, TarError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().map_err(|cause| self.error(cause)).transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        self.failed = matches!(read, Some(Err(_)));
        read
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
