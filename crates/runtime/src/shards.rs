//! Tar shards as a data set.

use crate::error::BoxError;
use crate::item::{Content, Item};
use crate::made::Attached;
use crate::source::Dataset;
use pixelflume_codec::Format;
use pixelflume_device::sync::Mutex;
use pixelflume_files::Position;
pub use pixelflume_files::tar::Part;
use pixelflume_files::tar::{
    ReadLimits, Sample, ShardError, ShardReader, TarError, expand, sample_offsets,
};
use pixelflume_graph::text::Shown;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use thiserror::Error;

/// Why shards, or a sample of one, cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShardsError {
    /// A shard is damaged, cut, or cannot be read.
    #[error(transparent)]
    Shard(#[from] TarError),
    /// A text stands for no shards.
    #[error(transparent)]
    List(#[from] ShardError),
    /// A shard is not there anymore.
    #[error("cannot read {}: {source}", .path.display())]
    Gone {
        /// The shard.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A shard was written to since the data set was made.
    #[error("{} changed since the data set was made", .path.display())]
    Changed {
        /// The shard.
        path: PathBuf,
    },
    /// A sample lacks the image for an input.
    #[error("sample \"{}\" of {} has no file {wanted}; it has {has}", Shown(.key), .path.display())]
    NoImage {
        /// The shard.
        path: PathBuf,
        /// The key of the sample.
        key: String,
        /// The extensions that were looked for.
        wanted: String,
        /// The extensions that it has.
        has: String,
    },
}

/// The files of a sample that are no images of the pipeline: what a [`Shards`] attaches to each item, as
/// [`ItemInfo::attached`](crate::ItemInfo::attached).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Parts {
    parts: Vec<Part>,
}

impl Parts {
    /// The content of the file with this extension, in lower case: `cls`, `json`.
    pub fn get(&self, extension: &str) -> Option<&[u8]> {
        let part = self.iter().find(|part| part.extension == extension)?;
        Some(&part.data)
    }

    /// All of them, in their order in the shard.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Part> {
        self.parts.iter()
    }
}

/// The samples of tar shards, as WebDataset has them: one behind the other, in the order of the shards. An item has the key of its sample as its name, an
/// image of the sample for each input of the pipeline, and the other files of the sample with it.
///
/// ```
/// use pixelflume_codec::Existing;
/// use pixelflume_files::tar::{ShardLimits, ShardWriter};
/// # use pixelflume_device::Device;
/// # use pixelflume_ops::Resize;
/// # use pixelflume_pipeline::PipelineBuilder;
/// use pixelflume_runtime::{Batching, Job, Parts, Shards, Shuffle};
///
/// # let folder = tempfile::tempdir()?;
/// # let pattern = folder.path().join("train-%03d.tar");
/// # let limits = ShardLimits { samples: 2, ..ShardLimits::default() };
/// # let mut writer = ShardWriter::new(&pattern, limits, Existing::Refuse)?;
/// # for number in 0..4 {
/// #     let class = number.to_string();
/// #     writer.write(&format!("cats/{number}"), &[("pgm", b"P5 2 1 255\n\x07\x09"), ("cls", class.as_bytes())])?;
/// # }
/// # writer.finish()?;
/// # let mut builder = PipelineBuilder::new("small");
/// # let input = builder.input("input")?;
/// # builder.then(input, "small", Resize::new(2, 2)?)?;
/// # let pipeline = builder.build()?;
/// # let shards = folder.path().join("train-{000..001}.tar");
/// # let shards = shards.to_str().unwrap();
/// let shards = Shards::matching(shards)?; // "train-{000..001}.tar"
/// let job = Job::builder(&pipeline, &Device::best())
///     .batching(Batching::count(64))
///     .shuffle(Shuffle::windows(7, 1000)) // runs of 1000 neighbors, and the samples of each
///     .epochs(2)
///     .start(shards)?;
/// let mut labels = Vec::new();
/// for batch in &job {
///     for item in batch?.items() {
///         let parts = item.attached::<Parts>().unwrap();
///         labels.push(std::str::from_utf8(parts.get("cls").unwrap())?.parse::<u32>()?);
///     }
/// }
/// labels.sort();
/// assert_eq!(labels, [0, 0, 1, 1, 2, 2, 3, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Where samples begin is looked up once, when the data set is made: the headers of all shards are read, and 8 bytes of memory are taken for each sample. So it is
/// a list with a length that can be shuffled, read for several epochs and resumed. The thread of the job that reads the source reads the samples, one after
/// the other: in order, or within a window of a shuffle, that reads a disk well. A clone has the places in common, and opens the shards anew: several jobs, or
/// processes that are forked, read by clones of their own.
#[derive(Debug)]
pub struct Shards {
    shards: Arc<Vec<Shard>>,
    /// Where the samples begin in their shards.
    offsets: Arc<Vec<u64>>,
    /// For each input, the extensions that its image may have.
    images: Vec<Vec<String>>,
    limits: ReadLimits,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    /// The number of its first sample.
    first: usize,
    seen: Seen,
}

/// What changes with the content of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Seen {
    length: u64,
    modified: Option<SystemTime>,
}

impl Seen {
    fn of(path: &Path) -> Result<Self, ShardsError> {
        let metadata = fs::metadata(path).map_err(|source| ShardsError::Gone {
            path: path.to_owned(),
            source,
        })?;
        Ok(Seen {
            length: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

/// The shard that was read last.
#[derive(Debug)]
struct Open {
    shard: usize,
    reader: ShardReader<BufReader<File>>,
}

impl Shards {
    /// Looks the samples of these shards up, which are files.
    ///
    /// # Errors
    /// A shard cannot be read, is damaged, or ends early.
    pub fn open<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, ShardsError> {
        let (mut shards, mut offsets) = (Vec::new(), Vec::new());
        for path in paths {
            let path = path.as_ref().to_owned();
            let seen = Seen::of(&path)?;
            let first = offsets.len();
            offsets.extend(sample_offsets(&path)?);
            shards.push(Shard { path, first, seen });
        }
        Ok(Shards {
            shards: Arc::new(shards),
            offsets: Arc::new(offsets),
            images: Vec::new(),
            limits: ReadLimits::default(),
            open: Mutex::default(),
        })
    }

    /// The shards that a text with numbers in braces stands for: `train-{000..012}.tar` ([`expand`]).
    ///
    /// # Errors
    /// A range is none, and as [`Shards::open`].
    pub fn matching(pattern: &str) -> Result<Self, ShardsError> {
        Shards::open(expand(pattern)?)
    }

    /// The paths of the shards, in their order.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.shards.iter().map(|shard| &*shard.path)
    }

    /// Sets which file of a sample is the image for which input of the pipeline: by its extension, in lower case (`jpg`, `seg.png`), or several with `;` between
    /// them, of which a sample has one (`jpg;png`). Without it the only input takes the first file whose extension is that of an image format.
    #[must_use]
    pub fn images(mut self, extensions: &[&str]) -> Self {
        let of_input = |extensions: &&str| extensions.split(';').map(str::to_owned).collect();
        self.images = extensions.iter().map(of_input).collect();
        self
    }

    /// Sets the most bytes and files of a sample. Default 1 GiB and 1024; a job takes an eighth of its memory at the most.
    #[must_use]
    pub fn limits(mut self, limits: ReadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads a sample, and returns it with the number of its shard.
    fn sample(&self, index: usize) -> Result<(usize, Sample), ShardsError> {
        let number = self.shards.partition_point(|shard| shard.first <= index) - 1;
        let shard = &self.shards[number];
        let read = self.read(number, index);
        // Looked at behind the read, so that nothing is given that was written since the data set was made.
        match Seen::of(&shard.path)? == shard.seen {
            true => read.map(|sample| (number, sample)),
            false => {
                *self.open.lock() = None;
                Err(ShardsError::Changed {
                    path: shard.path.clone(),
                })
            }
        }
    }

    /// Reads a sample of this shard, which may have changed.
    fn read(&self, number: usize, index: usize) -> Result<Sample, ShardsError> {
        let shard = &self.shards[number];
        let mut place = self.open.lock();
        // Where it cannot be read, the next one opens its shard anew.
        let mut open = match place.take() {
            Some(open) if open.shard == number => open,
            _ => Open {
                shard: number,
                reader: ShardReader::open(&shard.path, self.limits)?,
            },
        };
        let position = Position {
            index: (index - shard.first) as u64,
            offset: self.offsets[index],
        };
        if open.reader.next_position() != position {
            open.reader.skip_to(position)?;
        }
        let sample = open.reader.next().ok_or_else(|| ShardsError::Changed {
            path: shard.path.clone(),
        })??;
        *place = Some(open);
        Ok(sample)
    }

    /// Takes the images out of a sample.
    fn take_images(&self, shard: usize, sample: &mut Sample) -> Result<Vec<Content>, ShardsError> {
        let mut images = Vec::with_capacity(self.images.len().max(1));
        let mut take = |is_image: &dyn Fn(&str) -> bool, wanted: &str| {
            let mut parts = sample.parts.iter();
            let found = parts.position(|part| is_image(&part.extension));
            let Some(found) = found else {
                let has = sample
                    .parts
                    .iter()
                    .map(|part| format!(".{}", part.extension));
                return Err(ShardsError::NoImage {
                    path: self.shards[shard].path.clone(),
                    key: sample.key.clone(),
                    wanted: wanted.to_owned(),
                    has: has.take(16).collect::<Vec<_>>().join(", "),
                });
            };
            images.push(Content::Bytes(sample.parts.remove(found).data.into()));
            Ok(())
        };
        if self.images.is_empty() {
            let is_image = |extension: &str| Format::of_extension(extension).is_some();
            take(&is_image, "of an image format")?;
        }
        for extensions in &self.images {
            let is_image = |extension: &str| extensions.iter().any(|known| known == extension);
            take(&is_image, &format!(".{}", extensions.join(" or .")))?;
        }
        Ok(images)
    }
}

impl Clone for Shards {
    fn clone(&self) -> Self {
        Shards {
            shards: Arc::clone(&self.shards),
            offsets: Arc::clone(&self.offsets),
            images: self.images.clone(),
            limits: self.limits,
            // An open file has one offset, also in a process that is forked.
            open: Mutex::default(),
        }
    }
}

impl Dataset for Shards {
    fn len(&self) -> u64 {
        self.offsets.len() as u64
    }

    fn get(&self, index: u64) -> Result<Item, BoxError> {
        let (shard, mut sample) = self.sample(index as usize)?;
        let inputs = self.take_images(shard, &mut sample)?;
        let bytes = sample.parts.iter().map(|part| part.data.len() as u64);
        let bytes = bytes.fold(0, u64::saturating_add);
        let parts = Parts {
            parts: sample.parts,
        };
        Ok(Item {
            name: sample.key.into(),
            inputs,
            attached: Some(Attached::new(parts, bytes)),
        })
    }
}
