//! Writes samples to shards.

use super::MAX_NAME;
use super::error::ShardError;
use super::header::{BLOCK, extended, file};
use super::key::split;
use super::pattern::Pattern;
use crate::claims::Claims;
use pixelflume_codec::{Existing, Temporary};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// When a shard is complete.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ShardLimits {
    /// The most samples of a shard, 100,000 by default.
    pub samples: u64,
    /// The most bytes of a shard, 3 GB by default; a sample that alone takes more is refused.
    pub bytes: u64,
    /// The number of the first shard.
    pub first: u64,
}

impl Default for ShardLimits {
    /// The limits of WebDataset's own writer.
    fn default() -> Self {
        ShardLimits {
            samples: 100_000,
            bytes: 3_000_000_000,
            first: 0,
        }
    }
}

/// A shard that was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shard {
    /// The path.
    pub path: PathBuf,
    /// The number of samples.
    pub samples: u64,
    /// The bytes of the file.
    pub bytes: u64,
}

/// A writer of samples to shards. Each shard has a temporary name until it is complete and on the disk. Equal samples give equal bytes: members have mode 0644, and neither
/// owner nor time.
///
/// Dropped without [`ShardWriter::finish`], it leaves the complete shards and removes the one that was begun.
#[derive(Debug)]
pub struct ShardWriter {
    pattern: Pattern,
    limits: ShardLimits,
    existing: Existing,
    claims: Claims,
    /// The number of the next shard; `None` behind the greatest.
    next: Option<u64>,
    open: Option<Open>,
    written: Vec<Shard>,
    last_key: String,
    failed: bool,
}

/// A shard that is not complete.
#[derive(Debug)]
struct Open {
    shard: Shard,
    // Closed before the file is removed.
    buffer: BufWriter<File>,
    temporary: Temporary,
}

/// Two blocks of zeros end an archive.
const END: u64 = 2 * BLOCK as u64;

impl ShardWriter {
    /// A writer of the shards `pattern`, whose last part has one number: `%d`, or with digits `%06d`. Nothing is written yet.
    ///
    /// # Errors
    /// The pattern has no number, or several; a limit is zero.
    pub fn new(
        pattern: &Path,
        limits: ShardLimits,
        existing: Existing,
    ) -> Result<Self, ShardError> {
        if limits.samples == 0 || limits.bytes == 0 {
            return Err(ShardError::Limits {
                samples: limits.samples,
                bytes: limits.bytes,
            });
        }
        Ok(ShardWriter {
            pattern: Pattern::parse(pattern)?,
            next: Some(limits.first),
            limits,
            existing,
            claims: Claims::default(),
            open: None,
            written: Vec::new(),
            last_key: String::new(),
            failed: false,
        })
    }

    /// Never replaces one of these files, by whatever links and spellings: those that are read meanwhile. A shard that would is not begun. Called again, it
    /// adds files.
    pub fn protect<'a>(&mut self, files: impl IntoIterator<Item = &'a Path>) {
        self.claims.read(files);
    }

    /// The path of the shard of this number.
    pub fn path(&self, number: u64) -> PathBuf {
        self.pattern.path(number)
    }

    /// The shards that are complete.
    pub fn written(&self) -> &[Shard] {
        &self.written
    }

    /// Writes one sample: its key, and its files by extension (`jpg`, `seg.png`), in lower case. A shard that has no room for it is completed before.
    ///
    /// # Errors
    /// The key or an extension is none that a reader finds again; the key has `..` or begins with a slash; the key is that of the sample before; the sample is larger than a shard; a shard cannot be written, after which nothing
    /// more can. What is refused is not written, and the next sample can be.
    pub fn write(&mut self, key: &str, parts: &[(&str, &[u8])]) -> Result<(), ShardError> {
        if self.failed {
            return Err(ShardError::Failed);
        }
        self.check(key, parts)?;
        let mut headers = Vec::with_capacity(parts.len());
        let mut bytes: u64 = 0;
        for (extension, data) in parts {
            let name = format!("{key}.{extension}");
            let size = data.len() as u64;
            let header = match file(&name, size) {
                Some(header) => header.to_vec(),
                None => extended(&name, size),
            };
            let padded = size.next_multiple_of(BLOCK as u64);
            bytes = bytes.saturating_add(header.len() as u64 + padded);
            headers.push(header);
        }
        if bytes.saturating_add(END) > self.limits.bytes {
            return Err(ShardError::TooLarge {
                key: key.to_owned(),
                bytes: bytes.saturating_add(END),
                limit: self.limits.bytes,
            });
        }
        if let Some(Open { shard, .. }) = &self.open
            && (shard.samples == self.limits.samples
                || shard.bytes + bytes + END > self.limits.bytes)
        {
            self.complete()?;
        }
        let result = self.put(&headers, parts, bytes);
        self.failed = result.is_err();
        result?;
        key.clone_into(&mut self.last_key);
        Ok(())
    }

    /// Completes the last shard, and returns all of them. Without samples there is none.
    ///
    /// # Errors
    /// The shard cannot be written, or an earlier one could not.
    pub fn finish(mut self) -> Result<Vec<Shard>, ShardError> {
        if self.failed {
            return Err(ShardError::Failed);
        }
        self.complete()?;
        Ok(self.written)
    }

    fn check(&self, key: &str, parts: &[(&str, &[u8])]) -> Result<(), ShardError> {
        let refused = |problem: String| ShardError::Parts {
            key: key.to_owned(),
            problem,
        };
        if parts.is_empty() {
            return Err(refused("no files".to_owned()));
        }
        let leads_out = key.starts_with('/') || key.split('/').any(|part| part == "..");
        for (number, (extension, _)) in parts.iter().enumerate() {
            let name = format!("{key}.{extension}");
            let found = split(&name);
            if name.len() > MAX_NAME
                || name.contains('\0')
                || found.map(|(key, _)| key) != Some(key)
                || leads_out
            {
                let is_key =
                    !leads_out && split(&format!("{key}.x")).is_some_and(|(found, _)| found == key);
                return Err(
                    match is_key && name.len() <= MAX_NAME && !key.contains('\0') {
                        true => refused(format!("the extension {extension:?}, which is none")),
                        false => ShardError::Key {
                            key: key.to_owned(),
                        },
                    },
                );
            }
            if extension.contains('/') || extension.to_lowercase() != **extension {
                return Err(refused(format!(
                    "the extension {extension:?}; extensions are in lower case and have no slash"
                )));
            }
            if parts[..number].iter().any(|(other, _)| other == extension) {
                return Err(refused(format!("two files .{extension}")));
            }
        }
        // Across two shards they would be two samples; a reader of both at once would see one.
        match key == self.last_key {
            true => Err(ShardError::SameKey {
                key: key.to_owned(),
            }),
            false => Ok(()),
        }
    }

    fn put(
        &mut self,
        headers: &[Vec<u8>],
        parts: &[(&str, &[u8])],
        bytes: u64,
    ) -> Result<(), ShardError> {
        let open = match &mut self.open {
            Some(open) => open,
            None => {
                let number = self.next.ok_or(ShardError::Numbers)?;
                let path = self.pattern.path(number);
                self.next = number.checked_add(1);
                if let Some(read) = self.claims.read_at(&path) {
                    let read = read.to_owned();
                    return Err(ShardError::Read { path, read });
                }
                let begun = Open::begin(path.clone(), self.existing);
                let begun = begun.map_err(|source| ShardError::Write { path, source })?;
                self.open.insert(begun)
            }
        };
        let written = headers
            .iter()
            .zip(parts)
            .try_for_each(|(header, (_, data))| {
                open.buffer.write_all(header)?;
                open.buffer.write_all(data)?;
                let padding = data.len().next_multiple_of(BLOCK) - data.len();
                open.buffer.write_all(&[0; BLOCK][..padding])
            });
        written.map_err(|source| ShardError::Write {
            path: open.shard.path.clone(),
            source,
        })?;
        open.shard.samples += 1;
        open.shard.bytes += bytes;
        Ok(())
    }

    fn complete(&mut self) -> Result<(), ShardError> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let path = open.shard.path.clone();
        match open.complete(self.existing) {
            Ok(shard) => {
                self.written.push(shard);
                Ok(())
            }
            Err(source) => {
                self.failed = true;
                Err(ShardError::Write { path, source })
            }
        }
    }
}

impl Open {
    fn begin(path: PathBuf, existing: Existing) -> io::Result<Self> {
        // What appears later is noticed when the file is renamed.
        match fs::symlink_metadata(&path) {
            Ok(_) if existing == Existing::Refuse => {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            Ok(_) if fs::metadata(&path).is_ok_and(|there| !there.is_file()) => {
                return Err(io::Error::other("it is not a regular file"));
            }
            _ => {}
        }
        let temporary = Temporary::create_for(&path)?;
        let buffer = BufWriter::with_capacity(1 << 20, temporary.file().try_clone()?);
        Ok(Open {
            shard: Shard {
                path,
                samples: 0,
                bytes: 0,
            },
            buffer,
            temporary,
        })
    }

    fn complete(mut self, existing: Existing) -> io::Result<Shard> {
        self.buffer.write_all(&[0; END as usize])?;
        self.shard.bytes += END;
        let file = self.buffer.into_inner();
        let file = file.map_err(io::IntoInnerError::into_error)?;
        // The name must not be on the disk before the content, and errors of a delayed write come here and not when the file is closed.
        file.sync_data()?;
        // The file is closed before it is renamed.
        drop(file);
        self.temporary.persist(existing)?;
        Ok(self.shard)
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
