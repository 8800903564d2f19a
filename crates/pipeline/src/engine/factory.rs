//! Making engines for batches of different shapes.

use super::batching::{BatchKey, Batching};
#[cfg(feature = "codec")]
use super::encoded::{LEAST_ROW, TENSOR_ROW};
use super::mixed::MixedInputs;
use super::room::place_bytes;
use super::sized::ImageParameter;
use super::source::EngineSource;
use super::start::{self, Inputs};
use super::{EffectiveConfig, Engine, EngineConfig, EngineError, Shutdown};
use crate::error::PipelineError;
use crate::lane::pixels::ALIGNMENT;
use crate::mixed::values::{BatchParameters, KeptValues};
use crate::pipeline::Pipeline;
#[cfg(feature = "codec")]
use pixelflume_device::DeviceKind;
use pixelflume_device::sync::Mutex;
use pixelflume_memory::MemoryManager;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::error::checked_bytes;
use pixelflume_scheduler::settings::SettingError;
use std::sync::Arc;

/// Batches of [`EngineFactory::with_batch_bytes`] that may be in flight; of larger frames fewer are.
const MAX_BATCHES: usize = 3;

/// Bytes of the smallest room for pixels of an engine for many batches of images of any sizes.
const LEAST_ROOM: usize = 8 << 20;

/// Sets of formats whose plans a factory remembers.
const MAX_FORMATS: usize = 64;

/// Makes engines for one pipeline on one device. All of them share one memory manager, and the size of their batches is
/// bound by the bytes of a frame.
#[derive(Debug)]
pub struct EngineFactory {
    pipeline: Pipeline,
    memory: MemoryManager,
    config: EngineConfig,
    effective: EffectiveConfig,
    batch_bytes: usize,
    /// The reason why images of several sizes do not share an engine, where that is asked for.
    equal_shapes: Option<Arc<str>>,
    /// Values of one image, for nodes that need values of each.
    values: Option<KeptValues>,
    /// For each set of formats that was asked for, the plan for images of any sizes, or the reason why there is none.
    mixed: Mutex<Vec<(Vec<ImageShape>, MixedAnswer)>>,
}

/// The plan for images of any sizes, or the reason why there is none.
type MixedAnswer = Result<Arc<MixedInputs>, Arc<str>>;

impl EngineFactory {
    /// A factory for engines on the device of `memory`. The settings of memory in `config` are not used. No engine is made
    /// yet.
    ///
    /// # Errors
    /// A setting of `config` or of the environment is out of range.
    pub fn new(
        pipeline: Pipeline,
        memory: &MemoryManager,
        config: EngineConfig,
    ) -> Result<Self, SettingError> {
        Ok(EngineFactory {
            effective: config.effective()?,
            pipeline,
            memory: memory.clone(),
            config,
            batch_bytes: 64 << 20,
            equal_shapes: None,
            values: None,
            mixed: Mutex::default(),
        })
    }

    /// Sets the bytes that the frames of a batch may have, as they go in or as they come out; a single frame may have more.
    /// Default 64 MiB. An engine has memory for them on the device and in page-locked memory, for each batch in flight.
    #[must_use]
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// Has images share a batch only where they have one shape, even if the pipeline takes images of any sizes: for frames of a video, say, for
    /// which an engine of their shape is made.
    #[must_use]
    pub fn with_equal_shapes(mut self) -> Self {
        self.equal_shapes = Some(Arc::from("batches of one shape were asked for"));
        self
    }

    /// Sets the values of one image, the example, for a pipeline with nodes that need values of each image, as
    /// [`Engine::mixed_with_values`] and [`Engine::with_values`] take them. Those of the others are given before each is pushed, by
    /// [`BatchWriter::give`](super::BatchWriter::give) of [`CachedBatch::writer`](super::CachedBatch::writer).
    ///
    /// # Errors
    /// The values are not for one image of this pipeline.
    pub fn with_values(mut self, values: &BatchParameters<'_>) -> Result<Self, PipelineError> {
        values.check(&self.pipeline, 1)?;
        self.values = Some(KeptValues::new(values));
        self.mixed.get_mut().clear();
        Ok(self)
    }

    /// Finds a parameter of a node for which every image may have values of its own, for the batches of all engines.
    ///
    /// # Errors
    /// The same as for [`Engine::image_parameter`].
    pub fn image_parameter(
        &self,
        node: &str,
        parameter: &str,
    ) -> Result<ImageParameter, PipelineError> {
        ImageParameter::find(&self.pipeline, node, parameter)
    }

    /// The pipeline of all engines.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The memory manager of all engines.
    pub fn memory(&self) -> &MemoryManager {
        &self.memory
    }

    /// The settings in force, each with its origin.
    pub fn effective(&self) -> &EffectiveConfig {
        &self.effective
    }

    /// Bytes of a frame as it goes in, or as it comes out where that is more.
    fn frame_bytes(&self, shapes: &[ImageShape]) -> usize {
        // Impossible shapes are refused by `make`.
        let bytes = |shape| checked_bytes(shape).unwrap_or(0);
        let inputs = shapes.iter().map(bytes).fold(0, usize::saturating_add);
        inputs.max(self.result_bytes(shapes)).max(1)
    }

    /// Bytes of the results of a frame of these shapes; 0 where the pipeline cannot take images like these, which
    /// [`EngineSource::make`] reports.
    pub fn result_bytes(&self, shapes: &[ImageShape]) -> usize {
        if let Ok(Ok(mixed)) = self.mixed(shapes) {
            return mixed.result_bytes;
        }
        let values = self.values();
        let executed = start::for_example(&self.pipeline, shapes, values.as_ref());
        let inferred = executed.and_then(|pipeline| pipeline.infer(shapes));
        inferred.map_or(0, |shapes| {
            let nodes = self.pipeline.output_nodes().iter();
            nodes.map(|&node| shapes.nodes[node].bytes()).sum()
        })
    }

    fn values(&self) -> Option<BatchParameters<'_>> {
        let values = self.values.as_ref();
        values.map(|values| values.of_one_image(&self.pipeline))
    }

    /// The plan for images of any sizes like these, or the reason why there is none.
    ///
    /// # Errors
    /// The pipeline cannot take these shapes. That says nothing of others.
    fn mixed(&self, shapes: &[ImageShape]) -> Result<MixedAnswer, EngineError> {
        if let Some(reason) = &self.equal_shapes {
            return Ok(Err(Arc::clone(reason)));
        }
        let is_known = |(others, answer): &&(Vec<ImageShape>, MixedAnswer)| {
            let key = |shapes: &[ImageShape]| {
                BatchKey::of_formats(shapes, |input| match answer {
                    Ok(mixed) => mixed.is_sized(input),
                    Err(_) => true,
                })
            };
            others.len() == shapes.len() && key(others) == key(shapes)
        };
        if let Some((_, answer)) = self.mixed.lock().iter().find(is_known) {
            return Ok(answer.clone());
        }
        // Without the lock, since operators of the user are asked.
        let (values, device) = (self.values(), self.memory.device());
        let answer = match MixedInputs::new(&self.pipeline, shapes, values.as_ref(), device) {
            Ok(mixed) => Ok(Arc::new(mixed)),
            Err(EngineError::NotMixed { reason, .. }) => Err(Arc::from(reason)),
            Err(other) => return Err(other),
        };
        let mut answers = self.mixed.lock();
        if answers.len() >= MAX_FORMATS {
            drop(answers.remove(0));
        }
        answers.push((shapes.to_vec(), answer.clone()));
        Ok(answer)
    }

    /// The reason why images like these, of several sizes, do not share an engine; `None` where they do, or where the pipeline cannot
    /// take these shapes.
    pub fn not_mixed(&self, shapes: &[ImageShape]) -> Option<Arc<str>> {
        self.mixed(shapes).ok()?.err()
    }

    /// Whether a JPEG file with the image of this input, in a frame of these shapes, is best decoded to a tensor
    /// ([`Engine::takes_tensor`]), and there is room for it.
    #[cfg(feature = "codec")]
    pub fn takes_tensor(&self, shapes: &[ImageShape], input: usize) -> bool {
        let is_cuda = self.memory.device().kind() == DeviceKind::Cuda;
        if !is_cuda || tensor_bytes(shapes) > self.effective.tensor_bytes.value {
            return false;
        }
        let row = shapes[input].row_bytes();
        match self.mixed(shapes) {
            Ok(Ok(mixed)) if mixed.is_sized(input) => row >= LEAST_ROW,
            Ok(Err(_)) if self.pipeline.is_per_image() => false,
            Ok(_) => row.is_multiple_of(TENSOR_ROW),
            Err(_) => false,
        }
    }

    /// The most frames of a batch, of which a frame takes so many bytes.
    fn fitting(&self, frame_bytes: usize) -> u32 {
        let fitting = self.batch_bytes / frame_bytes;
        let fitting = u32::try_from(fitting).unwrap_or(u32::MAX);
        self.effective.max_batch.value.min(fitting.max(1))
    }

    /// Bytes of the room for pixels of an engine for images of any sizes.
    fn room_bytes(&self) -> usize {
        let setting = self.effective.mixed_bytes.value;
        setting.min(self.batch_bytes).max(ALIGNMENT)
    }

    /// Makes an engine, for images of any sizes where a plan for these is given. `batch_bytes` are those of the largest batch.
    fn make_of(
        &self,
        mixed: Option<Arc<MixedInputs>>,
        batch_bytes: usize,
        shapes: &[ImageShape],
        frames: u32,
        more_follow: bool,
    ) -> Result<Engine, EngineError> {
        let fitting = MAX_BATCHES.saturating_mul(self.batch_bytes) / batch_bytes.max(1);
        let fitting = fitting.max(1);
        let in_flight = match more_follow {
            true => self.effective.in_flight.value.min(fitting),
            false => 1,
        };
        let values = self.values();
        let make = |in_flight| {
            let mut config = self.config.clone();
            config = config.max_batch(frames).in_flight(in_flight);
            if mixed.is_some() {
                config = config.mixed_bytes(batch_bytes);
            }
            if !more_follow {
                // Small enough to be made for a single image.
                config = config.output_buffers(1);
            }
            let inputs = match &mixed {
                Some(mixed) => Inputs::Mixed(Arc::clone(mixed)),
                None => Inputs::Uniform(values.as_ref()),
            };
            start::start(self.pipeline.clone(), inputs, &self.memory, shapes, config)
        };
        match make(in_flight) {
            Err(error) if in_flight > 1 && error.is_shortage() => make(1),
            made => made,
        }
    }
}

/// Bytes that the images of a frame take as tensors.
fn tensor_bytes(shapes: &[ImageShape]) -> usize {
    let bytes = |shape| checked_bytes(shape).map_or(usize::MAX, place_bytes);
    shapes.iter().map(bytes).fold(0, usize::saturating_add)
}

impl EngineSource for EngineFactory {
    /// Frames share a batch where they have one format, if the pipeline takes images of any sizes on this device. A frame that is
    /// larger than the room for pixels has an engine for frames of its shapes alone.
    fn batching(&self, shapes: &[ImageShape]) -> Batching {
        let max_tensor_bytes = self.effective.tensor_bytes.value;
        let Ok(Ok(mixed)) = self.mixed(shapes) else {
            return Batching {
                max_tensor_bytes,
                ..Batching::of_shapes(shapes)
            };
        };
        let frame_bytes = mixed.room_bytes(shapes);
        let room = self.room_bytes();
        let (key, max_bytes) = match frame_bytes <= room {
            true => {
                let key = BatchKey::of_formats(shapes, |input| mixed.is_sized(input));
                (key, room)
            }
            false => (BatchKey::of_large(shapes), frame_bytes),
        };
        Batching {
            key,
            frame_bytes,
            max_bytes,
            tensor_bytes: 0,
            max_tensor_bytes,
        }
    }

    /// The same, but for frames of any size: none is larger than the room for pixels.
    fn tensor_batching(&self, shapes: &[ImageShape]) -> Batching {
        let mut batching = self.batching(shapes);
        if let Ok(Ok(mixed)) = self.mixed(shapes) {
            batching.key = BatchKey::of_formats(shapes, |input| mixed.is_sized(input));
            (batching.frame_bytes, batching.max_bytes) = (0, self.room_bytes());
        }
        batching.tensor_bytes = tensor_bytes(shapes);
        batching
    }

    /// The room is twice the bytes that are asked for, from 8 MiB to the setting, for more batches, and otherwise as large as those.
    fn make_mixed(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        bytes: usize,
        more_follow: bool,
    ) -> Result<Engine, EngineError> {
        let Ok(mixed) = self.mixed(shapes)? else {
            return self.make(shapes, frames, more_follow);
        };
        let bytes = bytes.max(ALIGNMENT);
        let room = match more_follow {
            true => {
                let room = bytes.saturating_mul(2).checked_next_power_of_two();
                let most = self.room_bytes();
                let room = room.unwrap_or(most).max(LEAST_ROOM).min(most);
                room.max(bytes)
            }
            false => bytes,
        };
        let plan = Some(mixed);
        self.make_of(plan, room, shapes, frames, more_follow)
    }

    /// As many frames as the settings allow, or fewer where frames are large.
    fn max_frames(&self, shapes: &[ImageShape]) -> u32 {
        let frame_bytes = match self.mixed(shapes) {
            // The room for pixels has a bound of its own. A frame that is larger is alone.
            Ok(Ok(mixed)) if mixed.room_bytes(shapes) <= self.room_bytes() => {
                mixed.fixed_bytes(shapes).max(mixed.result_bytes).max(1)
            }
            Ok(Ok(_)) => usize::MAX,
            _ => self.frame_bytes(shapes),
        };
        self.fitting(frame_bytes)
    }

    fn max_tensor_frames(&self, shapes: &[ImageShape]) -> u32 {
        match self.mixed(shapes) {
            Ok(Ok(mixed)) => self.fitting(mixed.fixed_bytes(shapes).max(mixed.result_bytes).max(1)),
            _ => self.max_frames(shapes),
        }
    }

    /// The engine has several batches in flight where more than one is to be expected, the frames are not too large, and
    /// there is memory for them.
    fn make(
        &self,
        shapes: &[ImageShape],
        frames: u32,
        more_follow: bool,
    ) -> Result<Engine, EngineError> {
        // One launch for all images, where the chain that a node with draws is in can have one.
        if self.pipeline.is_per_image()
            && let Ok(mixed) = self.mixed(shapes)?
        {
            let bytes = mixed.room_bytes(shapes).saturating_mul(frames as usize);
            return self.make_of(Some(mixed), bytes, shapes, frames, more_follow);
        }
        let batch_bytes = self.frame_bytes(shapes).saturating_mul(frames as usize);
        self.make_of(None, batch_bytes, shapes, frames, more_follow)
    }

    fn finish(&self, engine: &Engine) {
        engine.shutdown(Shutdown::Drain);
        while engine.try_next().is_some() {}
    }
}
