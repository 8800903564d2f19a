//! The members of an archive, one behind the other.

use super::error::TarCause;
use super::header::{BLOCK, Header, Kind};
use super::{MAX_NAME, MAX_RECORDS};
use crate::bytes::{fill, shown};
use std::io::{self, Read, Seek};

/// A regular file, whose content comes next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) size: u64,
    /// Where its headers begin, with those of extensions.
    pub(super) begin: u64,
}

/// A reader of members. The content of each is read or skipped before the next.
#[derive(Debug)]
pub(super) struct Members<R> {
    pub(super) source: R,
    /// Bytes read.
    pub(super) offset: u64,
    /// Bytes from here to the next header.
    left: u64,
    /// The end, where it was reached.
    pub(super) end: Option<End>,
}

/// The end of an archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct End {
    /// Where it begins.
    pub(super) offset: u64,
    /// Whether a block of zeros is there, and not only the end of the file.
    pub(super) has_zeros: bool,
}

/// What extensions say about the next member.
#[derive(Debug, Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl<R: Read> Members<R> {
    pub(super) fn new(source: R) -> Self {
        Members {
            source,
            offset: 0,
            left: 0,
            end: None,
        }
    }

    /// Goes on at a header, at which the source is already.
    pub(super) fn go_on(&mut self, offset: u64) {
        (self.offset, self.left, self.end) = (offset, 0, None);
    }

    /// Reads up to the content of the next regular file; `None` at the end of the archive.
    pub(super) fn next(&mut self) -> Result<Option<Member>, TarCause> {
        let (mut extension, mut begin) = (Extension::default(), None);
        while self.end.is_none() {
            self.skip(self.left, "the content of a member")?;
            self.left = 0;
            let at = self.offset;
            let Some(header) = self.header()? else {
                self.end = Some(End {
                    offset: at,
                    has_zeros: self.offset > at,
                });
                break;
            };
            let first = *begin.get_or_insert(at);
            let size = match header.kind {
                Kind::File | Kind::Sparse | Kind::Other => extension.size.unwrap_or(header.size),
                Kind::LongName | Kind::Records => header.size,
                Kind::Bare => 0,
            };
            let padded = size.checked_next_multiple_of(BLOCK as u64);
            self.left = padded.ok_or(TarCause::Size)?;
            match header.kind {
                Kind::LongName => {
                    if size > MAX_NAME as u64 + 1 {
                        return Err(TarCause::LongName);
                    }
                    let mut name = self.content(size as usize, "a long name")?;
                    // It ends with a zero.
                    let end = name.iter().position(|&byte| byte == 0);
                    name.truncate(end.unwrap_or(name.len()));
                    extension.name = Some(name);
                    continue;
                }
                Kind::Records => {
                    if size > MAX_RECORDS as u64 {
                        return Err(TarCause::LongRecords { bytes: size });
                    }
                    let records = self.content(size as usize, "records of pax")?;
                    extension.add(&records)?;
                    continue;
                }
                Kind::File if !extension.sparse => {
                    let name = text(extension.name.unwrap_or(header.name))?;
                    return Ok(Some(Member {
                        name,
                        size,
                        begin: first,
                    }));
                }
                Kind::File | Kind::Sparse => {
                    let name = text(extension.name.unwrap_or(header.name))?;
                    return Err(TarCause::Sparse { name });
                }
                Kind::Bare | Kind::Other => (extension, begin) = (Extension::default(), None),
            }
        }
        Ok(None)
    }

    /// Reads the whole content of the member whose header was read last, which has `size` bytes.
    pub(super) fn content(&mut self, size: usize, part: &'static str) -> Result<Vec<u8>, TarCause> {
        let mut bytes = Vec::new();
        let filled = fill(&mut self.source, &mut bytes, size);
        let read = filled.bytes as u64;
        self.offset += read;
        self.left = self.left.saturating_sub(read);
        match filled.ok()? {
            got if got == size => Ok(bytes),
            got => Err(TarCause::Ends {
                part,
                got: got as u64,
                expected: size as u64,
            }),
        }
    }

    /// Reads a header; `None` at the end of the archive, with or without blocks of zeros.
    fn header(&mut self) -> Result<Option<Header>, TarCause> {
        let mut block = [0; BLOCK];
        let mut got = 0;
        while got < BLOCK {
            match self.source.read(&mut block[got..]) {
                Ok(0) if got == 0 => return Ok(None),
                Ok(0) => {
                    return Err(TarCause::Ends {
                        part: "a header",
                        got: got as u64,
                        expected: BLOCK as u64,
                    });
                }
                Ok(read) => {
                    got += read;
                    self.offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Header::parse(&block)
    }

    /// Reads bytes that are not needed. All that were read count, also those before an error.
    pub(super) fn skip(&mut self, count: u64, part: &'static str) -> Result<(), TarCause> {
        let mut bytes = [0; 16 << 10];
        let mut left = count;
        while left > 0 {
            let most = left.min(bytes.len() as u64) as usize;
            match self.source.read(&mut bytes[..most]) {
                Ok(0) => {
                    return Err(TarCause::Ends {
                        part,
                        got: count - left,
                        expected: count,
                    });
                }
                Ok(read) => {
                    left -= read as u64;
                    self.offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl<R: Read + Seek> Members<R> {
    /// Goes behind the content of the member whose header was read last, without reading it. The source has `length` bytes.
    pub(super) fn pass_over(&mut self, length: u64) -> Result<(), TarCause> {
        let there = length.saturating_sub(self.offset);
        let step = i64::try_from(self.left).ok().filter(|_| self.left <= there);
        let Some(step) = step else {
            return Err(TarCause::Ends {
                part: "the content of a member",
                got: there,
                expected: self.left,
            });
        };
        self.source.seek_relative(step)?;
        self.offset += self.left;
        self.left = 0;
        Ok(())
    }
}

impl Extension {
    /// Takes what records of pax say: `LENGTH KEY=VALUE\n` each.
    fn add(&mut self, mut records: &[u8]) -> Result<(), TarCause> {
        while !records.is_empty() {
            let space = records.iter().position(|&byte| byte == b' ');
            let length = space.and_then(|space| decimal(&records[..space]));
            let length = length.and_then(|length| usize::try_from(length).ok());
            let record = length.and_then(|length| records.split_at_checked(length));
            let (Some(space), Some((record, rest))) = (space, record) else {
                return Err(TarCause::Records);
            };
            let Some(record) = record
                .get(space + 1..)
                .and_then(|of| of.strip_suffix(b"\n"))
            else {
                return Err(TarCause::Records);
            };
            let equals = record.iter().position(|&byte| byte == b'=');
            let (key, value) = record.split_at(equals.ok_or(TarCause::Records)?);
            let value = &value[1..];
            match key {
                b"path" if value.len() > MAX_NAME => return Err(TarCause::LongName),
                // An empty value takes an earlier one back.
                b"path" => self.name = (!value.is_empty()).then(|| value.to_vec()),
                b"size" if value.is_empty() => self.size = None,
                b"size" => self.size = Some(decimal(value).ok_or(TarCause::Size)?),
                key if key.starts_with(b"GNU.sparse.") => self.sparse = true,
                _ => {}
            }
            records = rest;
        }
        Ok(())
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits)
        .ok()
        .filter(|_| all)?
        .parse()
        .ok()
}

fn text(name: Vec<u8>) -> Result<String, TarCause> {
    String::from_utf8(name).map_err(|error| TarCause::NotUnicode {
        name: shown(error.as_bytes()),
    })
}
