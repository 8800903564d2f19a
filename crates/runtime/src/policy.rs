//! Which items form a batch, and the order of batches.

use std::fmt;
use std::time::Duration;

/// When a batch is complete: when it has enough images, when its first image has waited long enough and a device is free, or when its images take
/// enough memory, whatever comes first. It is also complete when the job lacks memory for a further image, and when the source ends.
///
/// A batch has images that the pipeline takes together: of any sizes where it can ([`EngineSource::batching`]), otherwise of one set of shapes,
/// and of one epoch.
///
/// [`EngineSource::batching`]: pixelflume_pipeline::engine::EngineSource::batching
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Batching {
    pub(crate) count: Option<u32>,
    pub(crate) age: Option<Duration>,
    pub(crate) bytes: Option<usize>,
    pub(crate) equal_shapes: bool,
}

impl Batching {
    /// Batches of at most `images` images, and of fewer where images are large. By default as many as
    /// [`EngineConfig::max_batch`](pixelflume_pipeline::EngineConfig::max_batch) says.
    pub fn count(images: u32) -> Self {
        Batching {
            count: Some(images),
            ..Batching::default()
        }
    }

    /// Closes a batch when its first image has waited so long for others: for a server, where results are waited for. While an earlier batch waits for
    /// a device, it is not closed, since it would only wait behind that; it takes further images. So with an age of 0 an image waits for no other one, and
    /// under load those that come meanwhile go together. By default a batch waits until it is full.
    #[must_use]
    pub fn within(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    /// Closes a batch when its images take so many bytes: of inputs or of outputs, whichever are more. A single image may take more. By default 64 MiB.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// Keeps images of different shapes apart even where the pipeline takes them together: for frames of a video, say, which have an engine of
    /// their shape then.
    #[must_use]
    pub fn equal_shapes(mut self) -> Self {
        self.equal_shapes = true;
        self
    }
}

/// The order in which batches are given.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Order {
    /// Batches come in the order of their first items, and items of a batch in the order of the source. A batch that waits for further
    /// images of its kind is closed when more than three batches that were begun behind it are complete.
    ///
    /// The caller may hold two batches of each device and still gets the next one.
    #[default]
    Kept,
    /// Batches come as they are complete.
    Unordered,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Order::Kept => "kept",
            Order::Unordered => "unordered",
        })
    }
}

/// With [`Order::Kept`], the number of batches behind an open one above which it is closed.
pub(crate) const MOST_BEHIND: u64 = 3;

/// With [`Order::Kept`], the batches of one device that may be computed or ready while the next one in order is not taken: those in the lanes of its
/// engine, one in the hands of its thread, and one that is ready and waits for its turn. With one fewer, a device that is a little ahead of the others
/// would have an empty lane until they catch up.
pub(crate) const fn behind(lanes: usize) -> usize {
    // Also where there is one lane, more than an open batch may hold back.
    (if lanes < 2 { 2 } else { lanes }) + 2
}

// An open batch that holds the others back is closed before those behind it use up what they may.
const _: () = assert!(MOST_BEHIND < behind(1) as u64);

/// The batches of one device that the caller may hold without holding back the next one.
pub(crate) const HELD: usize = 2;

/// The results that one device may have out at a time.
pub(crate) const fn most_out(lanes: usize) -> usize {
    behind(lanes) + 1 + HELD
}

/// Results that an engine has memory for: those that are out, and one that is being copied.
pub(crate) const fn results(lanes: usize) -> usize {
    most_out(lanes) + 1
}

/// Batches that may be open at a time. The oldest is closed for a further one.
pub(crate) const MOST_OPEN: usize = 16;
