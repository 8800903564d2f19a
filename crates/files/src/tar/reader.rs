//! Samples of a shard.

use super::error::{TarCause, TarError};
use super::key::split;
use super::members::{Member, Members};
use crate::position::Position;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
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
#[derive(Debug)]
pub struct ShardReader<R> {
    members: Members<R>,
    name: String,
    limits: ReadLimits,
    /// The first file of the next sample, whose header was read already.
    ahead: Option<Ahead>,
    /// The number of the next sample.
    index: u64,
    ended: bool,
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
    /// Opens a shard: a file or a named pipe, for which this waits.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path, limits: ReadLimits) -> Result<Self, TarError> {
        let name = path.display().to_string();
        match File::open(path) {
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

impl<R: Read> ShardReader<R> {
    /// Reads a shard from the first byte of a source, which should have a buffer; `name` is its name in error messages. Nothing is read yet.
    pub fn new(source: R, name: String, limits: ReadLimits) -> Self {
        ShardReader {
            members: Members::new(source),
            name,
            limits,
            ahead: None,
            index: 0,
            ended: false,
        }
    }

    /// The name of the shard in error messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The position of the next sample, from which a reader of the same shard can go on. Behind the last sample it is the end.
    pub fn next_position(&self) -> Position {
        Position {
            index: self.index,
            offset: match &self.ahead {
                Some(ahead) => ahead.member.begin,
                None => self.members.offset,
            },
        }
    }

    /// Reads on to a position that is not behind this reader, from a source that cannot seek.
    ///
    /// # Errors
    /// The source ends before, or cannot be read; or the position is behind this reader.
    pub fn read_to(&mut self, position: Position) -> Result<(), TarError> {
        // What is ahead was read already, up to its content.
        let here = self.members.offset;
        if self.next_position() == position {
            return Ok(());
        }
        let skipped = match position.offset.checked_sub(here) {
            Some(count) => self.members.skip(count, "what is before the position"),
            None => Err(TarCause::Position),
        };
        let skipped = skipped.map_err(|cause| match cause {
            TarCause::Ends { .. } => TarCause::Position,
            cause => cause,
        });
        skipped.map_err(|cause| self.error(cause))?;
        self.go_on(position);
        Ok(())
    }

    fn go_on(&mut self, position: Position) {
        self.members.go_on(position.offset);
        self.ahead = None;
        self.index = position.index;
        self.ended = false;
    }

    /// An error at the place that was reached.
    fn error(&self, cause: TarCause) -> TarError {
        TarError {
            name: self.name.clone(),
            sample: self.index,
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
            return Ok(None);
        };
        let mut sample = Sample {
            key: first.key().to_owned(),
            parts: Vec::new(),
            position: Position {
                index: self.index,
                offset: first.member.begin,
            },
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
        self.index += 1;
        Ok(Some(sample))
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
    /// Goes to a position of this shard, whose first byte is the first of the source. That a sample begins there is seen when it is read: a header has a
    /// checksum.
    ///
    /// # Errors
    /// The source cannot seek.
    pub fn skip_to(&mut self, position: Position) -> Result<(), TarError> {
        let sought = self.members.source.seek(SeekFrom::Start(position.offset));
        sought.map_err(|error| self.error(error.into()))?;
        self.go_on(position);
        Ok(())
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
        read
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
