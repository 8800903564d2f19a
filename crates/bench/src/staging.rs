//! The section `staging`: batches in ordinary memory, beside the copy rate of page-locked memory.

use crate::error::Measured;
use crate::frames::{DISTINCT, frame};
use crate::spread::Spread;
use crate::table;
use pixelflume::device::Device;
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::ops::{ImageShape, Normalize, Resize};
use pixelflume::pipeline::{
    BatchOutputs, ExecutionConfig, Image, Input, Pipeline, PipelineBuilder, Runner,
};
use pixelflume_heap_counter::counted;
use serde::Serialize;
use std::time::Instant;

/// Images of the large batch, of 450x450 pixels in RGB.
const LARGE: usize = 64;
/// Images of the small batch, which one thread copies.
const SMALL: usize = 1;
/// Samples of a figure, and those with `--quick`.
const SAMPLES: [usize; 2] = [101, 5];
/// Executions before the first sample.
const WARM_UP: usize = 5;

/// The results of the section.
#[derive(Debug, Serialize)]
pub(crate) struct Staging {
    batches: Vec<Batch>,
}

/// One batch.
#[derive(Debug, Serialize)]
struct Batch {
    images: usize,
    /// Bytes from ordinary memory to the device, and back.
    up_bytes: usize,
    down_bytes: usize,
    /// The copies of these bytes alone, one behind the other, from and to page-locked memory.
    copies_ms: Spread,
    ways: Vec<Way>,
}

/// One way to execute the batch.
#[derive(Debug, Serialize)]
struct Way {
    name: &'static str,
    /// Threads that help the calling thread.
    copy_threads: usize,
    /// From the call to the results.
    ms: Spread,
    /// The time of the copies as a share of this time.
    share: f64,
    /// Heap allocations of all threads in one execution.
    heap_allocations: f64,
}

/// Measures a pipeline that makes 224x224 tensors of `f32` of the images: with results in new images, and in the images of the
/// execution before, with the help of as many threads as by default, of half of them, and of none.
pub(crate) fn measure(device: &Device, quick: bool) -> Measured<Staging> {
    let samples = SAMPLES[usize::from(quick)];
    let batches = [LARGE, SMALL].map(|images| batch(device, images, samples));
    let batches = batches.into_iter().collect::<Measured<Vec<_>>>()?;
    Ok(Staging { batches })
}

fn batch(device: &Device, count: usize, samples: usize) -> Measured<Batch> {
    let shape = ImageShape::u8(450, 450, 3);
    let distinct = (0..DISTINCT.min(count))
        .map(|index| frame(shape, index))
        .collect::<Result<Vec<_>, _>>()?;
    // Each image has memory of its own, so that no cache holds all of it.
    let images: Vec<Image> = distinct.iter().cycle().take(count).cloned().collect();
    let frames: Vec<&Image> = images.iter().collect();
    let up_bytes = shape.bytes() * count;
    let down_bytes = 224 * 224 * 3 * size_of::<f32>() * count;
    let copies_ms = copies(device, up_bytes, down_bytes, samples)?;
    let mut ways = Vec::new();
    let most = MemoryManager::new(device, MemoryConfig::default());
    let most = most.copy_threads().count();
    let mut threads = vec![most, most / 2, 0];
    threads.dedup();
    for threads in threads {
        let config = ExecutionConfig::default()
            .with_max_batch(count as u32)
            .with_copy_threads(threads);
        let mut runner = Runner::new(pipeline()?, device, config)?;
        let mut kept = BatchOutputs::default();
        let [run, run_into] = [
            timed(samples, || {
                runner.run(&frames)?;
                Ok(())
            }),
            timed(samples, || {
                runner.run_into(&[Input::Images(&frames)], &mut kept)?;
                Ok(())
            }),
        ];
        // A small batch starts no threads.
        let copy_threads = match count {
            SMALL => 0,
            _ => runner.memory().copy_threads().count(),
        };
        for (name, timed) in [("run", run), ("run_into", run_into)] {
            let (ms, heap_allocations) = timed?;
            ways.push(Way {
                name,
                copy_threads,
                ms,
                share: copies_ms.median / ms.median,
                heap_allocations,
            });
        }
        if count == SMALL {
            break;
        }
    }
    Ok(Batch {
        images: count,
        up_bytes,
        down_bytes,
        copies_ms,
        ways,
    })
}

fn pipeline() -> Measured<Pipeline> {
    let mut builder = PipelineBuilder::new("staging");
    let input = builder.input("input")?;
    let small = builder.then(input, "small", Resize::new(224, 224)?)?;
    let normalize = Normalize::new(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225])?;
    builder.then(small, "tensor", normalize)?;
    Ok(builder.build()?)
}

/// Milliseconds of an upload and a download from and to page-locked memory, one behind the other.
fn copies(device: &Device, up: usize, down: usize, samples: usize) -> Measured<Spread> {
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let stream = device.stream()?;
    let mut buffer = memory.allocate(up.max(down), &stream)?;
    let mut source = memory.pinned(up)?;
    let mut target = memory.pinned(down)?;
    let (ms, _) = timed(samples, || {
        buffer.upload(0, &mut source, 0..up, &stream)?;
        buffer.download(0, &mut target, 0..down, &stream)?;
        stream.synchronize()?;
        Ok(())
    })?;
    Ok(ms)
}

/// Milliseconds of a call, and the heap allocations of one.
fn timed(samples: usize, mut call: impl FnMut() -> Measured<()>) -> Measured<(Spread, f64)> {
    for _ in 0..WARM_UP {
        call()?;
    }
    let mut times = Vec::with_capacity(samples);
    let (allocations, result) = counted(|| {
        (0..samples).try_for_each(|_| {
            let start = Instant::now();
            call()?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            Measured::Ok(())
        })
    });
    result?;
    Ok((Spread::new(times), allocations as f64 / samples as f64))
}

/// The table.
pub(crate) fn text(device: &Device, staging: &Staging) -> String {
    let mut rows = vec![
        [
            "way", "images", "threads", "ms", "p10", "p90", "share", "allocs",
        ]
        .map(str::to_owned),
    ];
    for batch in &staging.batches {
        let times = |ms: &Spread| [ms.median, ms.p10, ms.p90].map(|ms| format!("{ms:.3}"));
        let [median, p10, p90] = times(&batch.copies_ms);
        let images = batch.images.to_string();
        let none = || "-".to_owned();
        rows.push([
            "page-locked copies".to_owned(),
            images.clone(),
            none(),
            median,
            p10,
            p90,
            "1.00".to_owned(),
            none(),
        ]);
        for way in &batch.ways {
            let [median, p10, p90] = times(&way.ms);
            rows.push([
                way.name.to_owned(),
                images.clone(),
                // With the calling thread.
                (way.copy_threads + 1).to_string(),
                median,
                p10,
                p90,
                format!("{:.2}", way.share),
                format!("{:.1}", way.heap_allocations),
            ]);
        }
    }
    format!(
        "RGB images of 450x450 in ordinary memory to 224x224 f32 in ordinary memory on {device}; ms: median; share: time of \
         the page-locked copies of the same bytes, of this time; allocs: heap allocations of one execution\n{}",
        table::rows(&rows)
    )
}
