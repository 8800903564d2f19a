//! Tar shards as the destination of results.

use crate::error::BoxError;
use crate::item::ItemInfo;
use crate::results::Output;
use crate::shards::Parts;
use crate::sink::Sink;
use crate::to_files::view;
use pixelflume_codec::{EncodeOptions, Existing, Format, encode};
use pixelflume_device::sync::Mutex;
use pixelflume_files::npy;
use pixelflume_files::output::ResultFormat;
use pixelflume_files::tar::{Shard, ShardError, ShardLimits, ShardWriter};
use std::path::Path;
use thiserror::Error;

/// Why shards are not complete.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ToShardsError {
    /// A shard cannot be written.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// They were finished before.
    #[error("the shards were finished already")]
    Finished,
}

/// A sink that writes results to tar shards, as WebDataset has them: a sample for each item, with a file for each output. Its threads encode at the same time, and write
/// one after the other, so that samples are in the order in which they were encoded.
///
/// The extension of a file is that of its format (`png`), with the name of the output before it where the pipeline has several (`mask.png`). The key of a
/// sample is the name of the item without a slash at its beginning and the extension of an image format; other dots in its last part become `_`.
///
/// ```
/// # use pixelflume_device::Device;
/// # use pixelflume_ops::{Image, Resize};
/// # use pixelflume_pipeline::PipelineBuilder;
/// use pixelflume_codec::{Existing, Format};
/// use pixelflume_files::output::ResultFormat;
/// use pixelflume_files::tar::ShardLimits;
/// use pixelflume_runtime::{Images, Job, ToShards};
/// use std::sync::Arc;
///
/// # let mut builder = PipelineBuilder::new("small");
/// # let input = builder.input("input")?;
/// # builder.then(input, "small", Resize::new(2, 2)?)?;
/// # let pipeline = builder.build()?;
/// # let photos = Images::new([Image::from_fn(4, 4, 3, |x, _, _| x as u8)?]);
/// # let out = tempfile::tempdir()?;
/// # let out = out.path();
/// let format = ResultFormat::Image(Format::Png);
/// let shards = ToShards::new(&out.join("small-%06d.tar"), ShardLimits::default(), Existing::Refuse, format)?;
/// let shards = Arc::new(shards);
/// let job = Job::builder(&pipeline, &Device::best()).start(photos)?;
/// job.for_each(Arc::clone(&shards))?;
/// assert_eq!(shards.finish()?[0].samples, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ToShards {
    /// `None` when they are finished.
    writer: Mutex<Option<ShardWriter>>,
    format: ResultFormat,
    options: EncodeOptions,
    has_parts: bool,
}

impl ToShards {
    /// Writes the shards `pattern`, whose last part has one number: `train-%06d.tar`. Nothing is written yet. With [`Existing::Replace`] see
    /// [`ToShards::protect`].
    ///
    /// # Errors
    /// The pattern has no number, or several; a limit is zero.
    pub fn new(
        pattern: &Path,
        limits: ShardLimits,
        existing: Existing,
        format: ResultFormat,
    ) -> Result<Self, ShardError> {
        Ok(ToShards {
            writer: Mutex::new(Some(ShardWriter::new(pattern, limits, existing)?)),
            format,
            options: EncodeOptions::default(),
            has_parts: false,
        })
    }

    /// Sets the options of image files.
    #[must_use]
    pub fn options(mut self, options: EncodeOptions) -> Self {
        self.options = options;
        self
    }

    /// Writes the other files of samples that come from [`Shards`](crate::Shards) along: labels, texts. A result with the same extension replaces one.
    #[must_use]
    pub fn with_parts(mut self) -> Self {
        self.has_parts = true;
        self
    }

    /// Never replaces one of these files, by whatever links and spellings: the shards that the job reads ([`Shards::paths`](crate::Shards::paths)). Where a
    /// shard would, the item that begins it fails, and all behind it. Called again, it adds files.
    #[must_use]
    pub fn protect<P: AsRef<Path>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        let files: Vec<P> = files.into_iter().collect();
        if let Some(writer) = self.writer.get_mut() {
            writer.protect(files.iter().map(AsRef::as_ref));
        }
        self
    }

    /// Completes the last shard, and returns all of them. Dropped without it, the sink leaves the complete shards and removes the one that was begun.
    ///
    /// # Errors
    /// A shard cannot be written, or an earlier one could not; or this was called before.
    pub fn finish(&self) -> Result<Vec<Shard>, ToShardsError> {
        let writer = self.writer.lock().take();
        Ok(writer.ok_or(ToShardsError::Finished)?.finish()?)
    }

    fn encoded(&self, result: &Output<'_>) -> Result<(&'static str, Vec<u8>), BoxError> {
        let format = self.format.of(&result.shape())?;
        let bytes = match format {
            ResultFormat::Image(format) => encode(view(result)?, format, &self.options)?,
            ResultFormat::Npy => {
                let mut bytes = Vec::new();
                npy::write_image(&mut bytes, view(result)?)?;
                bytes
            }
            // The others are the samples alone.
            _ => result.bytes().to_vec(),
        };
        Ok((format.extension(), bytes))
    }
}

fn key_of(name: &str) -> String {
    let name = match Format::of_path(Path::new(name)) {
        Some(_) => name.rsplit_once('.').map_or(name, |(key, _)| key),
        None => name,
    };
    let name = name.trim_start_matches('/');
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let (folders, last) = name.split_at(last);
    format!("{folders}{}", last.replace('.', "_"))
}

impl Sink for ToShards {
    fn write(&self, item: &ItemInfo, results: &[Output<'_>]) -> Result<(), BoxError> {
        let mut files: Vec<(String, Vec<u8>)> = Vec::with_capacity(results.len());
        for result in results {
            let (extension, bytes) = self.encoded(result)?;
            let extension = match results.len() {
                1 => extension.to_owned(),
                _ => format!("{}.{extension}", result.name().to_lowercase()),
            };
            files.push((extension, bytes));
        }
        let mut parts: Vec<(&str, &[u8])> = Vec::with_capacity(files.len());
        parts.extend(files.iter().map(|(name, bytes)| (&name[..], &bytes[..])));
        if self.has_parts
            && let Some(others) = item.attached::<Parts>()
        {
            let is_new = |extension: &str| files.iter().all(|(name, _)| name != extension);
            let others = others.iter().filter(|part| is_new(&part.extension));
            parts.extend(others.map(|part| (&part.extension[..], &part.data[..])));
        }
        let mut writer = self.writer.lock();
        let writer = writer.as_mut().ok_or(ToShardsError::Finished)?;
        Ok(writer.write(&key_of(&item.name), &parts)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_names_without_extensions() {
        for (name, key) in [
            ("cats/0001", "cats/0001"),
            ("/data/v1.2/a.b.jpg", "data/v1.2/a_b"),
            ("a.png", "a"),
            ("7", "7"),
        ] {
            assert_eq!(key_of(name), key);
        }
    }
}
