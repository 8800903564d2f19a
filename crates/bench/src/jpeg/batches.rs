//! Batches of files on CUDA that follow one another, and files alone.

use super::batch_options;
use super::figures::per_second;
use crate::error::Measured;
use crate::spread::{Latency, Spread};
use pixelflume::codec::DecodeError;
use pixelflume::codec::cuda::{
    BatchConfig, BatchDecoder, BatchError, DecodedImage, Pending as Decoding,
};
use pixelflume::memory::MemoryManager;
use pixelflume::pipeline::{
    BatchLayout, DeviceImages, DeviceTensor, ExecutionConfig, Input, Output, Pending, Pipeline,
    Runner,
};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

/// Batches in flight in the decoder: one is decoded, one waits for the device, and one is copied.
const IN_FLIGHT: usize = 3;

/// Batches of tensors in flight behind the decoder.
const TENSORS_IN_FLIGHT: usize = 4;

/// What becomes of the images of a batch.
pub(super) enum End {
    /// They are dropped.
    Pixels,
    /// They become tensors by this runner, on the memory of the decoder.
    Tensors(Box<Runner>),
}

impl End {
    /// Tensors of batches of this size by a pipeline.
    pub(super) fn tensors(
        pipeline: Pipeline,
        memory: &MemoryManager,
        batch: usize,
    ) -> Measured<Self> {
        let config = ExecutionConfig::default()
            .with_max_batch(batch as u32)
            .with_in_flight(TENSORS_IN_FLIGHT + 1);
        let runner = Runner::with_memory(pipeline, memory, config)?;
        Ok(End::Tensors(Box::new(runner)))
    }
}

/// Images per second of `count` batches that follow one another, taken in turn from `batches`, which has at least one: one thread
/// submits them, and this one waits for them and has them processed. The first fifth is not counted.
pub(super) fn in_a_row(
    memory: &MemoryManager,
    batches: &[Vec<&[u8]>],
    mut end: End,
    count: usize,
) -> Measured<Spread> {
    let config = BatchConfig {
        in_flight: IN_FLIGHT,
        ..BatchConfig::default()
    };
    let decoder = &BatchDecoder::new(memory, config)?;
    let (permits, permitted) = sync_channel(IN_FLIGHT);
    let (to_end, submitted) = sync_channel(IN_FLIGHT);
    let complete = thread::scope(|scope| -> Measured<Vec<Instant>> {
        let batches = batches.iter().cycle().take(count);
        let producer = scope.spawn(move || produce(decoder, batches, &permitted, &to_end));
        // Both ends of the channels are dropped with it, so that the producer ends where this fails.
        let complete = consume(decoder, submitted, permits, &mut end);
        producer.join().map_err(|_| "the producer panicked")??;
        complete
    })?;
    decoder.stream().synchronize()?;
    Ok(per_second(&complete[count / 5..], batches[0].len()))
}

/// Submits batches, each with a permit, until nobody gives permits or takes batches any more.
fn produce<'a>(
    decoder: &BatchDecoder,
    batches: impl Iterator<Item = &'a Vec<&'a [u8]>>,
    permitted: &Receiver<()>,
    to_end: &SyncSender<Decoding>,
) -> Result<(), BatchError> {
    let options = batch_options();
    for batch in batches {
        if permitted.recv().is_err() {
            break;
        }
        let decoding = decoder.submit(batch, &options)?;
        if to_end.send(decoding).is_err() {
            break;
        }
    }
    Ok(())
}

/// Waits for the batches, and gives the times at which they were decoded.
fn consume(
    decoder: &BatchDecoder,
    submitted: Receiver<Decoding>,
    permits: SyncSender<()>,
    end: &mut End,
) -> Measured<Vec<Instant>> {
    for _ in 0..IN_FLIGHT {
        permits.send(())?;
    }
    let mut complete = Vec::new();
    let mut in_flight: VecDeque<(Pending, Option<DeviceTensor>)> = VecDeque::new();
    for decoding in submitted {
        let images = decoding.wait()?;
        // The producer is gone behind its last batch.
        let _ = permits.send(());
        let images = images
            .into_iter()
            .collect::<Result<Vec<_>, DecodeError>>()?;
        if let End::Tensors(runner) = end {
            if in_flight.len() == TENSORS_IN_FLIGHT
                && let Some((pending, _)) = in_flight.pop_front()
            {
                pending.wait()?.into_result()?;
            }
            in_flight.push_back(submit(runner, &images, decoder)?);
        }
        drop(images);
        complete.push(Instant::now());
    }
    for (pending, _) in in_flight {
        pending.wait()?.into_result()?;
    }
    Ok(complete)
}

/// Submits decoded images to a runner.
pub(super) fn submit(
    runner: &mut Runner,
    images: &[DecodedImage],
    decoder: &BatchDecoder,
) -> Measured<(Pending, Option<DeviceTensor>)> {
    let mut list = Vec::with_capacity(images.len());
    for image in images {
        let layout = BatchLayout::tight(image.shape(), 1).with_row_pitch(image.row_pitch());
        list.push(DeviceImages::new(layout, image.memory()?)?);
    }
    let mut tensor = None;
    let outputs = &mut [Output::Tensor(&mut tensor)];
    let pending = runner.submit(&[Input::DeviceList(&list)], outputs, decoder.stream())?;
    Ok((pending, tensor))
}

/// The time of one file alone, from the call to pixels in device memory: `count` times after a warm-up, with the files in turn.
pub(super) fn alone(memory: &MemoryManager, files: &[&[u8]], count: usize) -> Measured<Latency> {
    let decoder = BatchDecoder::new(memory, BatchConfig::default())?;
    let options = batch_options();
    let warm_up = count / 5;
    let mut us = Vec::with_capacity(count);
    for (number, file) in files.iter().cycle().take(warm_up + count).enumerate() {
        let start = Instant::now();
        let images = decoder.submit(&[file], &options)?.wait()?;
        decoder.stream().synchronize()?;
        let time = start.elapsed().as_secs_f64() * 1e6;
        images.into_iter().collect::<Result<Vec<_>, _>>()?;
        if number >= warm_up {
            us.push(time);
        }
    }
    Ok(Latency::new(us))
}
