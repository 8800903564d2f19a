//! Leases: results in the hands of a user.

use super::BatchId;
use super::batch::ResultMemory;
use super::place::ResultPlace;
use super::shared::Shared;
use crate::error::PipelineError;
use crate::error::copy::CopyName;
use crate::image::tensor::DeviceTensor;
use crate::pipeline::node::Source;
use pixelflume_graph::text::Listed;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::owned::Image;
use std::fmt;
use std::sync::Arc;

/// The results of one batch of an engine, complete. Dropping the lease gives their memory back to the engine; until then it
/// holds its bytes of the memory for results, and nothing else, so that the device goes on.
///
/// The results are in page-locked memory ([`OutputLease::outputs`]), or, with
/// [`EngineConfig::device_outputs`](crate::EngineConfig::device_outputs), on the device ([`OutputLease::tensors`]). Work on
/// the tensors in a stream of the consumer needs no wait of the host: see [`DeviceTensor`].
///
/// ```
/// use pixelflume_device::Device;
/// use pixelflume_ops::{ImageShape, Sobel};
/// use pixelflume_pipeline::{Engine, EngineConfig, Image, PipelineBuilder};
///
/// let mut builder = PipelineBuilder::new("edges");
/// let input = builder.input("input")?;
/// builder.then(input, "edges", Sobel::magnitude())?;
/// let config = EngineConfig::new().device_outputs(true);
/// let engine = Engine::new(builder.build()?, &Device::host(), &[ImageShape::u8(4, 3, 1)], config)?;
/// engine.submit(&[&Image::from_fn(4, 3, 1, |x, _, _| if x < 2 { 0 } else { 10 })?])?;
///
/// let lease = engine.next().expect("one was submitted")?;
/// let mine = engine.device().stream()?;
/// let edges = &lease.tensors()[0];
/// edges.order_before(&mine)?;
/// // ... work of `mine` reads `edges.address()` ...
/// edges.order_after(&mine)?;
/// let kept = lease.into_tensors(); // or drop the lease: its memory is written again behind that work
/// drop(engine);
/// assert_eq!(kept[0].shape(), [1, 3, 4, 1]);
/// assert_eq!(kept[0].to_images()?[0].data()[..4], [0, 40, 40, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Any number of threads may read a lease at once. It outlives the engine.
#[must_use = "dropping it gives the results back"]
pub struct OutputLease {
    shared: Arc<Shared>,
    outputs: Option<ResultMemory>,
    batch: BatchId,
    frames: usize,
}

/// The frames of one output of a batch.
#[derive(Copy, Clone, Debug)]
pub struct OutputView<'a> {
    name: &'a str,
    shape: ImageShape,
    bytes: &'a [u8],
}

impl<'a> OutputView<'a> {
    /// The name of the output in the pipeline.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The shape of every frame.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The number of frames.
    pub fn frames(&self) -> usize {
        self.bytes.len() / self.shape.bytes()
    }

    /// The bytes of all frames, one after the other, without padding.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes of one frame; `None` where the batch has fewer frames.
    pub fn frame(&self, index: usize) -> Option<&'a [u8]> {
        self.bytes.chunks_exact(self.shape.bytes()).nth(index)
    }

    /// Copies all frames.
    pub fn to_images(&self) -> Vec<Image> {
        let frames = self.bytes.chunks_exact(self.shape.bytes());
        frames
            .map(|bytes| Image::new(self.shape, bytes.to_vec()))
            .map(|image| image.expect("these are the bytes of one frame"))
            .collect()
    }
}

impl OutputLease {
    pub(super) fn new(
        shared: &Arc<Shared>,
        outputs: ResultMemory,
        batch: BatchId,
        frames: usize,
    ) -> Self {
        OutputLease {
            shared: Arc::clone(shared),
            outputs: Some(outputs),
            batch,
            frames,
        }
    }

    /// The number of the batch.
    pub fn batch(&self) -> BatchId {
        self.batch
    }

    /// The number of frames in the batch.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The names of the outputs, in the order of the pipeline.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.shared.output_names.iter().map(String::as_str)
    }

    fn place(&self) -> &ResultPlace {
        let outputs = self.outputs.as_ref();
        &outputs
            .expect("a lease has its results until it is dropped")
            .place
    }

    /// All outputs in page-locked memory, in the order of the pipeline; none where results stay on the device, and in a child that
    /// was forked since, which does not have the memory. This call waits for nothing.
    ///
    /// # Panics
    /// Never: the copies into the memory were waited for before the lease was made.
    pub fn outputs(&self) -> impl Iterator<Item = OutputView<'_>> {
        let bytes = match self.place() {
            _ if self.shared.is_inherited() => None,
            ResultPlace::Pinned(buffer) => Some(buffer.as_slice()),
            ResultPlace::Device(_) => None,
        };
        let bytes = bytes
            .map(|bytes| bytes.expect("no copy is in flight, so there is no wait that could fail"));
        let shared = &*self.shared;
        let places = shared.output_shapes.iter().zip(&shared.layout.offsets);
        let places = places.zip(&shared.output_names);
        bytes.into_iter().flat_map(move |bytes| {
            places
                .clone()
                .map(move |((&shape, &begin), name)| OutputView {
                    name,
                    shape,
                    bytes: &bytes[begin..begin + shape.bytes() * self.frames],
                })
        })
    }

    /// All outputs on the device, in the order of the pipeline; none where results are in page-locked memory, and none in a child
    /// that was forked since.
    pub fn tensors(&self) -> &[DeviceTensor] {
        match self.place() {
            ResultPlace::Device(results) if !self.shared.is_inherited() => results.tensors(),
            _ => &[],
        }
    }

    /// Takes all outputs on the device out, in the order of the pipeline, for as long as the caller likes; none where results
    /// are in page-locked memory. They do not count as memory for results anymore: the engine allocates others in their place.
    pub fn into_tensors(mut self) -> Vec<DeviceTensor> {
        match self.outputs.as_mut().map(|outputs| &mut outputs.place) {
            Some(ResultPlace::Device(results)) if !self.shared.is_inherited() => results.take(),
            _ => Vec::new(),
        }
    }

    /// The output of this index in page-locked memory; `None` where the pipeline has fewer, and where results stay on the
    /// device.
    pub fn output(&self, index: usize) -> Option<OutputView<'_>> {
        self.outputs().nth(index)
    }

    /// The output of this name in page-locked memory; `None` where the pipeline has none, and where results stay on the device.
    pub fn get(&self, name: &str) -> Option<OutputView<'_>> {
        self.outputs().find(|output| output.name == name)
    }

    /// Copies all frames of the output of this name; from the device where results stay there, which it waits for.
    ///
    /// # Errors
    /// There is no such output, the copy from the device fails, or this process was forked since.
    pub fn to_images(&self, name: &str) -> Result<Vec<Image>, PipelineError> {
        self.shared.memory.device().check_process()?;
        let Some(index) = self.names().position(|known| known == name) else {
            return Err(PipelineError::UnknownNode {
                name: name.to_owned(),
                known: Listed::new(self.names()).to_string(),
            });
        };
        match (self.output(index), self.tensors().get(index)) {
            (Some(output), _) => Ok(output.to_images()),
            (None, Some(tensor)) => tensor.to_images().map_err(|error| {
                let pipeline = &self.shared.pipeline;
                let copy = CopyName::Download {
                    batch: self.batch.number(),
                    frames: self.frames,
                };
                pipeline.copy_failed(copy, Source::Node(pipeline.output_nodes()[index]), error)
            }),
            (None, None) => unreachable!("a lease has its outputs, here or there"),
        }
    }

    /// Marks the lease as one that another thread will drop, so that a call of this thread that waits for room waits for
    /// that, and reports no deadlock.
    pub fn detach(self) -> Self {
        if self.shared.is_inherited() {
            return self;
        }
        let mut state = self.shared.state.lock();
        let batch = self.batch;
        if let Some((_, owner)) = state.leases.iter_mut().find(|(held, _)| *held == batch) {
            *owner = None;
        }
        drop(state);
        self
    }
}

impl Drop for OutputLease {
    fn drop(&mut self) {
        if self.shared.is_inherited() {
            std::mem::forget((self.outputs.take(), Arc::clone(&self.shared)));
            return;
        }
        if let Some(ResultMemory { place, export }) = self.outputs.take() {
            self.shared.give_back(place);
            let mut state = self.shared.state.lock();
            state.forget_lease(self.batch);
            state.progress += 1;
            drop(state);
            // Last, so that the rings give no bytes away that arena or pool do not have back, and because this wakes the threads
            // that wait for room.
            drop(export);
        }
    }
}

impl fmt::Debug for OutputLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutputLease({}, {} frame(s))", self.batch, self.frames)
    }
}
