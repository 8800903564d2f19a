//! Images in ordinary memory.

use super::{IMAGES, Sizes, Tables, WARM_UP, Way, Work, pipeline, runner};
use crate::error::Measured;
use crate::spread::Spread;
use pixelflume::device::{Device, Stream, sync::Mutex};
use pixelflume::memory::{DeviceBuffer, MemoryConfig, MemoryManager, PinnedBuffer};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{ExecutionConfig, ImageView, Input, Output, Runner};
use pixelflume::scheduler::ExecutionMode;
use std::time::Instant;

/// Bytes of the pieces of the bare copies.
const PIECE: usize = 1 << 20;

/// Memory for the images of a batch in ordinary memory.
fn ordinary_memory() -> Vec<Vec<u8>> {
    let most = Work::Resize.largest().bytes();
    let bytes = |image: usize| (0..most).map(move |at| (at * 7 + image) as u8);
    (0..IMAGES).map(|image| bytes(image).collect()).collect()
}

/// Images of these shapes, each in its memory.
fn views<'a>(memory: &'a [Vec<u8>], shapes: &[ImageShape]) -> Measured<Vec<ImageView<'a>>> {
    let view = |(bytes, &shape): (&'a Vec<u8>, &ImageShape)| {
        Ok(ImageView::new(shape, shape.row_bytes(), bytes)?)
    };
    memory.iter().zip(shapes).map(view).collect()
}

/// Images in ordinary memory to tensors on the device, beside bare copies of the same bytes: packed by the same threads into
/// page-locked pieces that are uploaded.
pub(super) fn ordinary(device: &Device, samples: usize, ways: &mut Vec<Way>) -> Measured<()> {
    let mut runner = runner(Work::Resize, device, ExecutionMode::Replay, Tables::InPlace)?;
    let images = ordinary_memory();
    let mut sizes = Sizes(2, Work::Resize.sides());
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let on = device.stream()?;
    let most = Work::Resize.largest().bytes() * IMAGES;
    let target = Mutex::new(memory.allocate(most, &on)?);
    let pieces = (0..most.div_ceil(PIECE))
        .map(|_| Ok(Mutex::new(memory.pinned(PIECE)?)))
        .collect::<Measured<Vec<Mutex<PinnedBuffer>>>>()?;
    let [mut mixed, mut bare] = [Vec::new(), Vec::new()];
    for sample in 0..samples + WARM_UP {
        let shapes: [ImageShape; IMAGES] = std::array::from_fn(|_| sizes.next());
        let views = views(&images, &shapes)?;
        let start = Instant::now();
        let mut tensor = None;
        let outputs = &mut [Output::Tensor(&mut tensor)];
        runner
            .execute(&[Input::Views(&views)], outputs)?
            .into_result()?;
        let times = start.elapsed().as_secs_f64() * 1e6;
        let bytes = shapes.iter().map(ImageShape::bytes).sum();
        let start = Instant::now();
        staged(&images, bytes, &pieces, &target, &memory, &on)?;
        let copies = start.elapsed().as_secs_f64() * 1e6;
        if sample >= WARM_UP {
            mixed.push(times);
            bare.push(copies);
        }
    }
    for (name, us) in [("ordinary memory", mixed), ("bare staged copies", bare)] {
        ways.push(Way {
            name: name.to_owned(),
            us: Spread::new(us),
            heap_allocations: None,
        });
    }
    Ok(())
}

/// Copies this many bytes of the images to the device, and waits.
fn staged(
    images: &[Vec<u8>],
    bytes: usize,
    pieces: &[Mutex<PinnedBuffer>],
    target: &Mutex<DeviceBuffer>,
    memory: &MemoryManager,
    on: &Stream,
) -> Measured<()> {
    let failed = Mutex::new(None);
    memory
        .copy_threads()
        .for_each(bytes.div_ceil(PIECE), &|piece| {
            let count = PIECE.min(bytes - piece * PIECE);
            let mut pinned = pieces[piece].lock();
            let copied = pinned.as_mut_slice().map(|room| {
                let from = &images[piece % IMAGES];
                room[..count].copy_from_slice(&from[..count]);
            });
            let copied = copied.and_then(|()| {
                let mut target = target.lock();
                target.upload(piece * PIECE, &mut pinned, 0..count, on)
            });
            if let Err(error) = copied {
                failed.lock().get_or_insert(error);
            }
        });
    if let Some(error) = failed.into_inner() {
        return Err(error.into());
    }
    Ok(on.synchronize()?)
}

/// The host: batches beside their images one by one, with plans for their sizes and without.
pub(super) fn one_by_one(device: &Device, samples: usize, ways: &mut Vec<Way>) -> Measured<()> {
    let images = ordinary_memory();
    for (names, is_fresh) in [
        (["batch, known sizes", "one by one, known sizes"], false),
        (["batch, new sizes", "one by one, new sizes"], true),
    ] {
        let config = ExecutionConfig::default()
            .with_max_batch(IMAGES as u32)
            .with_plan_cache(IMAGES);
        let mut batch = Runner::new(pipeline(Work::Resize)?, device, config.clone())?;
        let mut single = Runner::new(pipeline(Work::Resize)?, device, config)?;
        let mut sizes = Sizes(3, Work::Resize.sides());
        let mut shapes: [ImageShape; IMAGES] = std::array::from_fn(|_| sizes.next());
        let mut times = [Vec::new(), Vec::new()];
        let mut results = Vec::new();
        for sample in 0..samples + WARM_UP {
            if is_fresh {
                shapes = std::array::from_fn(|_| sizes.next());
            }
            let views = views(&images, &shapes)?;
            let start = Instant::now();
            let outputs = &mut [Output::Images(&mut results)];
            batch
                .execute(&[Input::Views(&views)], outputs)?
                .into_result()?;
            let of_batch = start.elapsed().as_secs_f64() * 1e6;
            let start = Instant::now();
            for view in &views {
                let input = [Input::Views(std::slice::from_ref(view))];
                let outputs = &mut [Output::Images(&mut results)];
                single.execute(&input, outputs)?.into_result()?;
            }
            let of_singles = start.elapsed().as_secs_f64() * 1e6;
            if sample >= WARM_UP {
                times[0].push(of_batch);
                times[1].push(of_singles);
            }
        }
        for (name, us) in names.into_iter().zip(times) {
            ways.push(Way {
                name: name.to_owned(),
                us: Spread::new(us),
                heap_allocations: None,
            });
        }
    }
    Ok(())
}
