//! Sources of items: lists that can be indexed, and streams.

use crate::error::BoxError;
use crate::item::{Bytes, Content, Item};
use pixelflume_ops::Image;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A list of items that can be read in any order and more than once, so that a job can shuffle it, pass over it several times, and
/// go on in the middle.
///
/// One thread of the job calls it. A call that fails or panics fails its item.
pub trait Dataset: Send {
    /// The number of items, which must not change.
    fn len(&self) -> u64;

    /// The item of this number, below [`Dataset::len`]. It should name a file rather than read it, which the job does on many threads.
    ///
    /// # Errors
    /// The item cannot be given: it fails with this error.
    fn get(&self, index: u64) -> Result<Item, BoxError>;

    /// Whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<D: Dataset + Sync + ?Sized> Dataset for Arc<D> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn get(&self, index: u64) -> Result<Item, BoxError> {
        (**self).get(index)
    }
}

/// A stream of items, which one thread of the job reads; it may block. Every iterator of items is one.
pub trait Source: Send {
    /// The next item, or the error with which the item in this place fails; `None` at the end.
    fn next_item(&mut self) -> Option<Result<Item, BoxError>>;
}

impl<I: Iterator<Item = Item> + Send> Source for I {
    fn next_item(&mut self) -> Option<Result<Item, BoxError>> {
        self.next().map(Ok)
    }
}

/// Image files, in the order of a list.
#[derive(Clone, Debug, Default)]
pub struct Files {
    sets: Vec<Vec<Arc<Path>>>,
}

impl Files {
    /// A file for each item, for a pipeline of one input.
    pub fn new<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Self {
        let sets = paths.into_iter();
        Files {
            sets: sets.map(|path| vec![Arc::from(path.as_ref())]).collect(),
        }
    }

    /// The files of a folder, sorted by name, whose extension is that of an image format; hidden files (with a dot first) and folders in it are
    /// left out.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn of_folder(folder: impl AsRef<Path>) -> std::io::Result<Self> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let is_image = pixelflume_codec::Format::of_path(&path).is_some();
            if is_image && !is_hidden && !path.is_dir() {
                paths.push(path);
            }
        }
        paths.sort_unstable();
        Ok(Files::new(paths))
    }

    /// The paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.sets.iter().flatten().map(|path| &**path)
    }

    /// A set of files for each item: one for each input of the pipeline, in their order. An item has the name of its first file.
    pub fn of_sets(sets: impl IntoIterator<Item = Vec<PathBuf>>) -> Self {
        let sets = sets.into_iter();
        let shared = |set: Vec<PathBuf>| set.into_iter().map(Arc::from).collect();
        Files {
            sets: sets.map(shared).collect(),
        }
    }
}

impl Dataset for Files {
    fn len(&self) -> u64 {
        self.sets.len() as u64
    }

    fn get(&self, index: u64) -> Result<Item, BoxError> {
        let set = &self.sets[index as usize];
        let name = set
            .first()
            .map_or_else(Default::default, |first| first.to_string_lossy());
        Ok(Item {
            name: Arc::from(name),
            inputs: set.iter().cloned().map(Content::Path).collect(),
            attached: None,
        })
    }
}

/// Image files in memory, with their names.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    files: Vec<(Arc<str>, Bytes)>,
}

impl Encoded {
    /// A file for each item.
    pub fn new<N: Into<Arc<str>>, B: Into<Bytes>>(files: impl IntoIterator<Item = (N, B)>) -> Self {
        let files = files.into_iter();
        Encoded {
            files: files
                .map(|(name, bytes)| (name.into(), bytes.into()))
                .collect(),
        }
    }
}

impl Dataset for Encoded {
    fn len(&self) -> u64 {
        self.files.len() as u64
    }

    fn get(&self, index: u64) -> Result<Item, BoxError> {
        let (name, bytes) = &self.files[index as usize];
        Ok(Item::new(Arc::clone(name), Content::Bytes(bytes.clone())))
    }
}

/// Decoded images, which all passes share. An image has its number as its name.
#[derive(Clone, Debug, Default)]
pub struct Images {
    images: Vec<Arc<Image>>,
}

impl Images {
    /// An image for each item.
    pub fn new<I: Into<Arc<Image>>>(images: impl IntoIterator<Item = I>) -> Self {
        Images {
            images: images.into_iter().map(Into::into).collect(),
        }
    }
}

impl Dataset for Images {
    fn len(&self) -> u64 {
        self.images.len() as u64
    }

    fn get(&self, index: u64) -> Result<Item, BoxError> {
        let image = Arc::clone(&self.images[index as usize]);
        Ok(Item::new(index.to_string(), Content::Shared(image)))
    }
}
