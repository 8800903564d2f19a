//! Frames per second of the streaming engine from page-locked memory to page-locked memory, beside the bandwidth of bare
//! copies of the same size, measured before and after in the same run.

use anyhow::anyhow;
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::pipeline::Engine;
use pixelflume::pipeline::engine::{EngineConfig, Shutdown};
use pixelflume::prelude::*;
use std::thread;
use std::time::Instant;

const BATCH: u32 = 8;
const SHAPE: ImageShape = ImageShape::u8(1920, 1080, 3);
const WARM_UP: u64 = 60;
const BATCHES: u64 = 1000;

pub(crate) fn run(device: &Device) -> anyhow::Result<()> {
    println!(
        "resize 1920x1080x3 to 320x240, gray, blur 5, sobel on {device}: batches of {BATCH}, {BATCHES} of them, one \
         producer that writes its frames in place (they are there already), one consumer"
    );
    println!("in flight   frames/s     GB/s up   of bare copies   bare GB/s before, after");
    for in_flight in [1, 2, 3, 4, 6] {
        let before = copies(device)?;
        let frames = engine(device, in_flight)?;
        let after = copies(device)?;
        let rate = frames * SHAPE.bytes() as f64 / 1e9;
        let share = 100.0 * rate / before.max(after);
        println!(
            "{in_flight:>9}  {frames:>9.0}  {rate:>10.2}   {share:>12.1} %   {before:>9.2}, {after:.2}"
        );
    }
    Ok(())
}

/// GB/s of uploads of a batch, one behind the other on one stream.
fn copies(device: &Device) -> anyhow::Result<f64> {
    let bytes = SHAPE.bytes() * BATCH as usize;
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let stream = device.stream()?;
    let target = memory.allocate(bytes, &stream)?;
    let mut sources = [
        memory.pinned(bytes)?,
        memory.pinned(bytes)?,
        memory.pinned(bytes)?,
    ];
    let rounds = 200;
    let mut start = Instant::now();
    for round in 0..rounds + 20 {
        if round == 20 {
            stream.synchronize()?;
            start = Instant::now();
        }
        let source = &mut sources[round % 3];
        target.upload(0, source, 0..bytes, &stream)?;
    }
    stream.synchronize()?;
    Ok((bytes * rounds) as f64 / start.elapsed().as_secs_f64() / 1e9)
}

/// Frames per second.
fn engine(device: &Device, in_flight: usize) -> anyhow::Result<f64> {
    let mut builder = PipelineBuilder::new("edges");
    let input = builder.input("input")?;
    let resized = builder.then(input, "small", Resize::new(320, 240)?)?;
    let gray = builder.then(resized, "gray", Color::new(ColorConversion::RgbToGray))?;
    let smooth = builder.then(gray, "smooth", GaussianBlur::new(5)?)?;
    builder.then(smooth, "edges", Sobel::magnitude())?;
    let config = EngineConfig::new().in_flight(in_flight).max_batch(BATCH);
    let engine = Engine::new(builder.build()?, device, &[SHAPE], config)?;
    let seconds = thread::scope(|scope| -> anyhow::Result<f64> {
        let producer = scope.spawn(|| -> anyhow::Result<()> {
            let submit = || -> anyhow::Result<()> {
                for batch in 0..WARM_UP + BATCHES {
                    let mut writer = engine.begin_batch()?;
                    for frame in 0..BATCH as usize {
                        let bytes = writer.frame_mut(0, frame)?;
                        if batch < WARM_UP {
                            bytes.fill((batch * 31 + frame as u64) as u8);
                        }
                    }
                    writer.submit()?;
                }
                Ok(())
            };
            let done = submit();
            engine.close();
            done
        });
        let mut start = Instant::now();
        for (batch, result) in (0..).zip(engine.results()) {
            drop(result?);
            if batch == WARM_UP - 1 {
                start = Instant::now();
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        producer
            .join()
            .map_err(|_| anyhow!("the producer panicked"))??;
        Ok(seconds)
    })?;
    engine.shutdown(Shutdown::Drain);
    Ok((BATCHES * u64::from(BATCH)) as f64 / seconds)
}
