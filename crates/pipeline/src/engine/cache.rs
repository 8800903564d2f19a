//! Engines for batches of many shapes: one for each set of input shapes or, where the pipeline takes images of any sizes, for each
//! set of formats; a few at a time.

use super::batching::{BatchKey, Batching};
use super::cached_results::{CachedResults, Submitted};
use super::source::EngineSource;
use super::{CachedBatch, Engine, EngineError, SubmitError};
use crossbeam::channel::{self, Sender};
use crossbeam::sync::WaitGroup;
use pixelflume_device::ProcessBound;
use pixelflume_ops::ImageShape;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// A streaming engine for batches of any shapes: it keeps an [`Engine`] for each set of input shapes, and gives the results of
/// all of them in the order of submission. Where the source says that the pipeline takes images of any sizes
/// ([`EngineSource::batching`]), one engine serves all sizes, and a batch may have images of several.
///
/// Before an engine too many is made, the one that was used least recently is drained: its results are taken, and its memory
/// is given back. So another thread than the submitting one must take the results.
///
/// ```
/// use pixelflume_device::Device;
/// use pixelflume_memory::{MemoryConfig, MemoryManager};
/// use pixelflume_ops::{ImageShape, Sobel};
/// use pixelflume_pipeline::engine::{EngineCache, EngineConfig, EngineFactory};
/// use pixelflume_pipeline::{Image, PipelineBuilder};
///
/// let mut builder = PipelineBuilder::new("edges");
/// let input = builder.input("input")?;
/// builder.then(input, "edges", Sobel::magnitude())?;
/// let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
/// let factory = EngineFactory::new(builder.build()?, &memory, EngineConfig::new().max_batch(2))?;
///
/// let images = [(4, 3), (8, 8), (4, 3), (5, 1)]
///     .map(|(width, height)| Image::from_fn(width, height, 1, |x, _, _| x as u8).unwrap());
/// let (mut cache, mut results) = EngineCache::new(&factory);
/// std::thread::scope(|scope| {
///     scope.spawn(move || {
///         for (index, image) in images.iter().enumerate() {
///             let mut batch = cache.begin(&[image.shape()], 1, true).expect("there is memory");
///             batch.push(&[image]).expect("the shape is right");
///             batch.submit(index).expect("the engine goes on");
///         }
///     });
///     let mut order = Vec::new();
///     while let Some(batch) = results.next() {
///         let lease = batch.result.expect("the engine goes on").expect("no operator fails");
///         order.push((batch.tag, lease.get("edges").expect("it is the output").shape().width));
///     }
///     assert_eq!(order, [(0, 4), (1, 8), (2, 4), (3, 5)]);
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EngineCache<'a, S: EngineSource, T> {
    source: &'a S,
    submitted: ProcessBound<Sender<Submitted<T>>>,
    /// The open engines, the most recently used one last.
    open: Vec<CachedEngine>,
    max_engines: usize,
    max_bytes: usize,
}

struct CachedEngine {
    key: BatchKey,
    /// The most frames of a batch.
    frames: usize,
    /// The most bytes of a batch as it goes in.
    bytes: usize,
    /// Whether no engine for these images takes more.
    is_largest: bool,
    /// Whether it was made for a single batch.
    is_single: bool,
    engine: Arc<Engine>,
    /// The counter of batches whose results are not taken.
    outstanding: ProcessBound<WaitGroup>,
}

impl<'a, S: EngineSource, T> EngineCache<'a, S, T> {
    /// An empty cache for at most 4 engines, and the other end, which gives the results. The results end when the cache is
    /// dropped and all of them are taken.
    pub fn new(source: &'a S) -> (Self, CachedResults<T>) {
        let (submitted, batches) = channel::unbounded();
        let cache = EngineCache {
            source,
            submitted: ProcessBound::new(submitted),
            open: Vec::new(),
            max_engines: 4,
            max_bytes: 512 << 20,
        };
        let batches = ProcessBound::new(batches);
        (cache, CachedResults { batches })
    }

    /// Sets the most engines at one time, at least 1. Default 4: photographs of two formats in two orientations.
    #[must_use]
    pub fn with_max_engines(mut self, engines: usize) -> Self {
        self.max_engines = engines.max(1);
        self
    }

    /// Sets the bytes of all engines, on the device and page-locked, beyond which no further engine is made unless it is
    /// alone. Default 512 MiB.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Begins a batch of `frames` frames of these shapes, one for each input; waits for room in their engine, without a
    /// time-out. The batch has room for at most [`EngineSource::max_frames`] frames. `more_follow` says that more batches of
    /// these shapes are to be expected.
    ///
    /// An engine for a single batch is as small as that batch. It is replaced by an engine for many when another batch of
    /// its shapes does not fit. Where there is no memory for an engine for many, one for this batch alone takes its place.
    ///
    /// # Errors
    /// The engine could not be made, or it is closed or has stopped.
    pub fn begin(
        &mut self,
        shapes: &[ImageShape],
        frames: usize,
        more_follow: bool,
    ) -> Result<CachedBatch<'_, T>, CacheError> {
        let bytes = self.source.batching(shapes).frame_bytes;
        self.begin_mixed(shapes, frames, bytes.saturating_mul(frames), more_follow)
    }

    /// Begins a batch as [`EngineCache::begin`] does, for frames that have one [`BatchKey`](super::BatchKey) and may have several
    /// sizes. `shapes` are those of one of them, and `bytes` is the sum of their
    /// [`frame_bytes`](super::Batching::frame_bytes).
    ///
    /// # Errors
    /// The same as for [`EngineCache::begin`].
    pub fn begin_mixed(
        &mut self,
        shapes: &[ImageShape],
        frames: usize,
        bytes: usize,
        more_follow: bool,
    ) -> Result<CachedBatch<'_, T>, CacheError> {
        let batching = self.source.batching(shapes);
        let most = self.source.max_frames(shapes);
        self.begin_of(batching, most, shapes, frames, bytes, more_follow)
    }

    /// Begins a batch as [`EngineCache::begin_mixed`] does, where the images of the frame with these shapes are tensors. `bytes` is the
    /// sum of [`frame_bytes`](super::Batching::frame_bytes) of the frames in ordinary memory.
    ///
    /// # Errors
    /// The same as for [`EngineCache::begin`].
    pub fn begin_tensors(
        &mut self,
        shapes: &[ImageShape],
        frames: usize,
        bytes: usize,
        more_follow: bool,
    ) -> Result<CachedBatch<'_, T>, CacheError> {
        let batching = self.source.tensor_batching(shapes);
        let most = self.source.max_tensor_frames(shapes);
        self.begin_of(batching, most, shapes, frames, bytes, more_follow)
    }

    fn begin_of(
        &mut self,
        batching: Batching,
        most: u32,
        shapes: &[ImageShape],
        frames: usize,
        bytes: usize,
        more_follow: bool,
    ) -> Result<CachedBatch<'_, T>, CacheError> {
        let position = self.open.iter().position(|open| open.key == batching.key);
        let fits = |open: &CachedEngine| open.frames >= frames && open.bytes >= bytes;
        let cached = match position.map(|position| self.open.remove(position)) {
            Some(cached) if fits(&cached) || cached.is_largest => cached,
            Some(small) => {
                self.drain(small);
                self.open_engine(batching, most, shapes, (frames, bytes), true)?
            }
            None => self.open_engine(batching, most, shapes, (frames, bytes), more_follow)?,
        };
        let cached = self.open.push_mut(cached);
        Ok(CachedBatch {
            writer: cached.engine.begin_batch_untimed()?,
            engine: &cached.engine,
            is_single: cached.is_single,
            outstanding: &cached.outstanding,
            submitted: &self.submitted,
        })
    }

    fn open_engine(
        &mut self,
        batching: Batching,
        largest: u32,
        shapes: &[ImageShape],
        room: (usize, usize),
        many: bool,
    ) -> Result<CachedEngine, EngineError> {
        while self.open.len() >= self.max_engines || self.bytes() > self.max_bytes {
            self.drain_first();
        }
        match self.make_engine(&batching, largest, shapes, room, many) {
            // One for this batch alone takes less memory.
            Err(error) if many && error.is_shortage() => {
                self.make_engine(&batching, largest, shapes, room, false)
            }
            made => made,
        }
    }

    fn make_engine(
        &mut self,
        batching: &Batching,
        largest: u32,
        shapes: &[ImageShape],
        (frames, bytes): (usize, usize),
        many: bool,
    ) -> Result<CachedEngine, EngineError> {
        let most = match many {
            true => largest,
            false => u32::try_from(frames.max(1)).map_or(largest, |frames| frames.min(largest)),
        };
        let source = self.source;
        let make = || match batching.key.is_mixed() {
            true => source.make_mixed(shapes, most, bytes, many),
            false => source.make(shapes, most, many),
        };
        let engine = loop {
            match make() {
                Err(error) if error.is_shortage() && !self.open.is_empty() => self.drain_first(),
                made => break Arc::new(made?),
            }
        };
        let bytes = engine.room_bytes().unwrap_or(usize::MAX);
        Ok(CachedEngine {
            is_largest: most == largest && bytes >= batching.max_bytes,
            is_single: !many,
            key: batching.key.clone(),
            frames: most as usize,
            bytes,
            engine,
            outstanding: ProcessBound::new(WaitGroup::new()),
        })
    }

    /// Bytes of memory of all engines, on the device and page-locked.
    fn bytes(&self) -> usize {
        let of_engine = |open: &CachedEngine| {
            let statistics = open.engine.statistics();
            statistics.device_bytes + statistics.pinned_bytes
        };
        self.open.iter().map(of_engine).sum()
    }

    /// Drains the engine that was used least recently.
    fn drain_first(&mut self) {
        if !self.open.is_empty() {
            let first = self.open.remove(0);
            self.drain(first);
        }
    }

    /// Waits until all results of an engine are taken, and gives its memory back.
    fn drain(&self, cached: CachedEngine) {
        let CachedEngine {
            engine,
            outstanding,
            ..
        } = cached;
        // In a forked child nobody takes results, and locks may be held by threads that do not exist there.
        if let Some(outstanding) = ProcessBound::into_inner(outstanding) {
            outstanding.wait();
            self.source.finish(&engine);
        }
    }

    /// Waits until all results are taken, and ends all engines. A cache that is dropped does so too.
    pub fn finish(self) {
        drop(self);
    }
}

impl<S: EngineSource, T> Drop for EngineCache<'_, S, T> {
    fn drop(&mut self) {
        while !self.open.is_empty() {
            self.drain_first();
        }
    }
}

impl<S: EngineSource, T> fmt::Debug for EngineCache<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "EngineCache({} of {})",
            self.open.len(),
            self.max_engines
        )
    }
}

/// A batch of an [`EngineCache`] was not begun.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CacheError {
    /// There is no engine for the shapes, and none could be made.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine is closed or has stopped.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

impl CacheError {
    /// Whether no later batch can be begun either.
    pub fn is_fatal(&self) -> bool {
        match self {
            CacheError::Engine(error) => error.is_fatal(),
            // Goes away with the leases that the thread holds.
            CacheError::Submit(error) => !matches!(error, SubmitError::Deadlock { .. }),
        }
    }

    /// Whether a batch of fewer frames might be begun: there is not enough memory for this one.
    pub fn is_shortage(&self) -> bool {
        matches!(self, CacheError::Engine(error) if error.is_shortage())
    }
}
