//! Writing archives.

use super::{MAX_MEMBERS, MAX_NAME, NpzError};
use crate::bytes::shown;
use crate::npy;
#[cfg(doc)]
use crate::target::OpenTarget;
use flate2::write::DeflateEncoder;
use pixelflume_ops::SampleType;
use rawzip::path::{EntryPath, ZipFilePath};
use rawzip::{CompressionMethod, ZipArchiveWriter};
use std::collections::HashSet;
use std::io::Write;

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
