//! What a source gives: images, each with a name.

use crate::guard::drop_guarded;
use crate::made::{Attached, Made};
use pixelflume_ops::{Image, ImageShape};
use pixelflume_pipeline::DeviceTensor;
use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The bytes of an encoded image, in memory of any owner: a vector, a mapped file, a buffer of another library. Cloning shares
/// them.
#[derive(Clone)]
pub struct Bytes(Arc<Owner>);

/// The owner of some bytes. Threads of a job drop it anywhere, so that a panic in its drop ends here.
struct Owner(Option<Box<dyn AsRef<[u8]> + Send + Sync>>);

impl Drop for Owner {
    fn drop(&mut self) {
        drop_guarded("the memory of an item", self.0.take());
    }
}

impl Bytes {
    /// Shares the bytes of `owner`, which must be the same at every look.
    pub fn new(owner: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Bytes(Arc::new(Owner(Some(Box::new(owner)))))
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.0.0.as_ref().map_or(&[], |owner| (**owner).as_ref())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::new(bytes)
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bytes")
    }
}

/// Where the image for one input of the pipeline comes from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Content {
    /// An image file. Only regular files are read.
    Path(Arc<Path>),
    /// An image file in memory.
    Bytes(Bytes),
    /// A decoded image in ordinary memory.
    Image(Image),
    /// A decoded image in ordinary memory that the source keeps, too.
    Shared(Arc<Image>),
    /// A tensor of one image, on one of the devices of the job.
    Tensor(DeviceTensor),
    /// An image that a function makes, on a worker.
    Made(Made),
}

impl Content {
    /// The file of this path.
    pub fn path(path: impl AsRef<Path>) -> Self {
        Content::Path(Arc::from(path.as_ref()))
    }

    /// Bytes of ordinary memory that it brings along.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Content::Path(_) | Content::Tensor(_) | Content::Made(_) => 0,
            Content::Bytes(bytes) => bytes.as_ref().len() as u64,
            Content::Image(image) => image.data().len() as u64,
            Content::Shared(image) => image.data().len() as u64,
        }
    }
}

/// One image to be processed; a set of images for a pipeline of several inputs.
#[derive(Debug)]
pub struct Item {
    /// The name, which comes with the results and with failures.
    pub name: Arc<str>,
    /// The images, one for each input of the pipeline, in their order.
    pub inputs: Vec<Content>,
    /// What comes with the results and with a failure, as [`ItemInfo::attached`].
    pub attached: Option<Attached>,
}

impl Item {
    /// An item for a pipeline of one input.
    pub fn new(name: impl Into<Arc<str>>, content: Content) -> Self {
        Item {
            name: name.into(),
            inputs: vec![content],
            attached: None,
        }
    }

    /// The item with a value that comes with its results: a label, for example. The job counts `bytes` for it until they are computed.
    #[must_use]
    pub fn attach<T: Any + Send + Sync>(mut self, value: T, bytes: u64) -> Self {
        self.attached = Some(Attached::new(value, bytes));
        self
    }

    /// An image file, named after its path.
    pub fn file(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Item::new(path.to_string_lossy(), Content::path(path))
    }
}

/// Which item a result or a failure belongs to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ItemInfo {
    /// The number of the item in its source, counted from 0. Random operators draw by it.
    pub index: u64,
    /// The number of the pass over the source, counted from 0. Random operators draw by it, too.
    pub epoch: u64,
    /// The name that the source gave.
    pub name: Arc<str>,
    /// The place of the item in the whole job, over all epochs.
    pub(crate) sequence: u64,
    pub(crate) shapes: OnceLock<Box<[ImageShape]>>,
    pub(crate) attached: Option<Attached>,
}

impl ItemInfo {
    /// The place of the item in the whole job, counted from 0 over all epochs, in the order in which items are read: that of a
    /// [`Position`](crate::Position).
    pub fn place(&self) -> u64 {
        self.sequence
    }

    /// What the source [attached](Item::attach) to the item; `None` where that is nothing, or of another type.
    pub fn attached<T: Any>(&self) -> Option<&T> {
        self.attached.as_ref()?.get()
    }

    /// Bytes of what the source attached, as the job counts them.
    pub(crate) fn attached_bytes(&self) -> u64 {
        self.attached.as_ref().map_or(0, Attached::bytes)
    }

    /// The shapes of its images as they go into the pipeline, one for each input; none where they are not known, since a file has no header that
    /// can be read.
    pub fn shapes(&self) -> &[ImageShape] {
        self.shapes.get().map_or(&[], |shapes| shapes)
    }
}
