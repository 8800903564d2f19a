//! Streams batches through an engine, from one producer to one consumer.

use crate::error::Measured;
use crate::workload::Workload;
use pixelflume::device::{Device, DeviceKind};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::{EngineConfig, Shutdown};
use pixelflume::pipeline::{Engine, Pipeline, SubmitError};
use std::collections::VecDeque;
use std::thread;
use std::time::Instant;

/// The workload whose pipeline is streamed.
pub(super) const WORKLOAD: &str = "edge-small";
/// Frames of a batch.
pub(super) const BATCH: u32 = 8;

/// The amount of work that is streamed.
pub(super) struct StreamSizes {
    pipeline: &'static str,
    pub(super) shape: ImageShape,
    /// Batches before the timed ones.
    warm_up: u64,
    pub(super) batches: u64,
    /// Batches of the runs that hold results.
    pub(super) held_batches: u64,
    /// Uploads that the bandwidth of bare uploads is measured with.
    pub(super) copies: usize,
}

impl StreamSizes {
    pub(super) fn new(workload: &'static Workload, device: &Device, quick: bool) -> Self {
        let sizes = match device.kind() {
            DeviceKind::Host => StreamSizes {
                pipeline: workload.pipeline,
                shape: ImageShape::u8(640, 360, 3),
                warm_up: 10,
                batches: 100,
                held_batches: 60,
                copies: 20,
            },
            DeviceKind::Cuda => StreamSizes {
                pipeline: workload.pipeline,
                shape: workload.input,
                warm_up: 60,
                batches: 1000,
                held_batches: 400,
                copies: 200,
            },
        };
        match quick {
            true => StreamSizes {
                warm_up: sizes.warm_up / 5,
                batches: sizes.batches / 5,
                held_batches: sizes.held_batches / 5,
                ..sizes
            },
            false => sizes,
        }
    }

    pub(super) fn batch_bytes(&self) -> usize {
        self.shape.bytes() * BATCH as usize
    }

    pub(super) fn engine(&self, device: &Device, config: EngineConfig) -> Measured<Engine> {
        let pipeline = Pipeline::from_toml(self.pipeline, WORKLOAD)?;
        Ok(Engine::new(pipeline, device, &[self.shape], config)?)
    }
}

/// Streams batches from one producer to a consumer that holds the newest `hold` results; frames per second.
pub(super) fn stream(
    engine: &Engine,
    sizes: &StreamSizes,
    batches: u64,
    hold: usize,
) -> Measured<f64> {
    let warm_up = sizes.warm_up.max(hold as u64 + 1);
    let seconds = thread::scope(|scope| -> Measured<f64> {
        let producer = scope.spawn(|| {
            let done = produce(engine, warm_up, batches);
            engine.close();
            done
        });
        let mut start = Instant::now();
        let mut held = VecDeque::new();
        for (batch, result) in (0..).zip(engine.results()) {
            held.push_back(result?);
            if held.len() > hold {
                held.pop_front();
            }
            if batch == warm_up - 1 {
                start = Instant::now();
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        producer.join().map_err(|_| "the producer panicked")??;
        Ok(seconds)
    })?;
    engine.shutdown(Shutdown::Drain);
    Ok((batches * u64::from(BATCH)) as f64 / seconds)
}

/// Submits batches. The frames of the first ones are written; those after them find frames in their memory.
fn produce(engine: &Engine, warm_up: u64, batches: u64) -> Result<(), SubmitError> {
    for batch in 0..warm_up + batches {
        let mut writer = engine.begin_batch()?;
        for frame in 0..BATCH as usize {
            let bytes = writer.frame_mut(0, frame);
            let bytes = bytes.expect("the batch has room, and its memory is at rest");
            if batch < warm_up {
                bytes.fill((batch * 31 + frame as u64) as u8);
            }
        }
        writer.submit()?;
    }
    Ok(())
}
