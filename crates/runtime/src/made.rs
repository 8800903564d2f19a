//! What a source gives beside files and images: images that are made on a worker, and what comes along with an item.

use crate::guard::drop_guarded;
use pixelflume_ops::{Image, ImageShape};
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The same as [`BoxError`](crate::BoxError), whose module needs this one.
type Failure = Box<dyn Error + Send + Sync>;

type Make = dyn FnOnce() -> Result<Image, Failure> + Send;

/// An image that a function makes, on a worker of the job: decoded from a format that this crate does not read, or copied out of memory that somebody
/// else owns.
pub struct Made {
    shape: ImageShape,
    make: Option<Box<Make>>,
}

impl Made {
    /// An image of this shape, which `make` returns. The job counts its bytes from before the call on. An error fails the item
    /// ([`ItemError::Source`](crate::ItemError::Source)), and so does an image of another shape.
    pub fn new(
        shape: ImageShape,
        make: impl FnOnce() -> Result<Image, Failure> + Send + 'static,
    ) -> Self {
        Made {
            shape,
            make: Some(Box::new(make)),
        }
    }

    pub(crate) fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Bytes of the image. A shape that no memory holds has a number that no job admits.
    pub(crate) fn bytes(&self) -> u64 {
        let ImageShape {
            width,
            height,
            channels,
            sample,
            ..
        } = self.shape;
        let sides = u64::from(width).saturating_mul(u64::from(height));
        sides
            .saturating_mul(u64::from(channels))
            .saturating_mul(sample.bytes() as u64)
    }

    pub(crate) fn make(mut self) -> Result<Image, Failure> {
        match self.make.take() {
            Some(make) => make(),
            None => Err("it was made already".into()),
        }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        drop_guarded("what makes an image", self.make.take());
    }
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Made({})", self.shape)
    }
}

/// A value of the source's that comes with the results of an item, and with its failure: a label, or the other files of a sample.
#[derive(Clone)]
pub struct Attached {
    value: Arc<Value>,
    bytes: u64,
}

/// Threads of a job drop it anywhere, so that a panic in its drop ends here.
struct Value(Option<Box<dyn Any + Send + Sync>>);

impl Drop for Value {
    fn drop(&mut self) {
        drop_guarded("what came with an item", self.0.take());
    }
}

impl Attached {
    /// Takes a value, for which the job counts `bytes` until the results of the item are computed.
    pub fn new<T: Any + Send + Sync>(value: T, bytes: u64) -> Self {
        Attached {
            value: Arc::new(Value(Some(Box::new(value)))),
            bytes,
        }
    }

    /// The value, if it is of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.value.0.as_ref()?.downcast_ref()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Two are equal where they are clones.
impl PartialEq for Attached {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.value, &other.value)
    }
}

impl Eq for Attached {}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attached")
    }
}
