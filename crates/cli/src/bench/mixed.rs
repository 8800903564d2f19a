//! The section `mixed`: batches of 64 images of several sizes, to 224x224 normalized planar tensors, by a resize of photographs of 300
//! to 600 pixels a side, and on GPUs by the resamples of the CLIP preprocessing of photographs of 256 to 1280 pixels a side. Every batch
//! has sizes that were never seen before.

pub(super) mod long;

use super::Measured;
use super::spread::Spread;
use crate::table;
use pixelflume::device::{Device, DeviceKind, Stream, sync::Mutex};
use pixelflume::memory::{DeviceBuffer, MemoryConfig, MemoryManager, PinnedBuffer};
use pixelflume::ops::{
    CenterCrop, ImageShape, Normalize, Resample, ResampleFilter, ResampleLike, ResampleSize, Resize,
};
use pixelflume::pipeline::{
    BatchLayout, DeviceImages, ExecutionConfig, ImageView, Input, Output, Pipeline,
    PipelineBuilder, Runner,
};
use pixelflume::scheduler::ExecutionMode;
use pixelflume_heap_counter::counted;
use serde::Serialize;
use std::time::Instant;

/// Images of a batch.
const IMAGES: usize = 64;
/// Sets of images in device memory that are used in turn, more bytes than a cache holds.
const SETS: usize = 4;
/// Submissions between two waits, fewer than may be in flight, so that none waits.
const IN_A_ROW: usize = 16;
/// Bytes of the pieces of the bare copies.
const PIECE: usize = 1 << 20;
/// Bytes of a copy that the device is busy with while submissions gather behind it.
const AHEAD: usize = 1 << 31;
/// Samples of a figure, and those with `--quick`.
const SAMPLES: [usize; 2] = [60, 3];
/// Executions before the first sample.
const WARM_UP: usize = 4;

/// What is done to the images.
#[derive(Copy, Clone, Debug)]
enum Work {
    /// A resize of images of 300 to 600 pixels a side.
    Resize,
    /// The CLIP preprocessing of images of 256 to 1280 pixels a side, as this library computes it.
    Clip(ResampleLike),
}

impl Work {
    /// The least and the largest side of an image in pixels.
    fn sides(self) -> (u32, u32) {
        match self {
            Work::Resize => (300, 600),
            Work::Clip(_) => (256, 1280),
        }
    }

    fn largest(self) -> ImageShape {
        let (_, side) = self.sides();
        ImageShape::u8(side, side, 3)
    }
}

/// Where kernels read the tables of image descriptors.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Tables {
    /// In page-locked memory.
    InPlace,
    /// In a copy on the device.
    Copied,
}

/// The results of the section.
#[derive(Debug, Serialize)]
pub(super) struct Mixed {
    images: usize,
    ways: Vec<Way>,
    /// The paths that replayed runs took.
    paths: String,
}

/// One way to execute a batch.
#[derive(Debug, Serialize)]
struct Way {
    name: String,
    us: Spread,
    /// Heap allocations of all threads for one batch; `None` where they are not counted.
    heap_allocations: Option<f64>,
}

pub(super) fn measure(device: &Device, quick: bool) -> Measured<Mixed> {
    let samples = SAMPLES[usize::from(quick)];
    let mut ways = Vec::new();
    let paths = resident(Work::Resize, device, Tables::InPlace, samples, &mut ways)?;
    if device.kind() != DeviceKind::Host {
        resident(Work::Resize, device, Tables::Copied, samples, &mut ways)?;
        for like in [ResampleLike::Torchvision, ResampleLike::TorchCuda] {
            for tables in [Tables::InPlace, Tables::Copied] {
                resident(Work::Clip(like), device, tables, samples, &mut ways)?;
            }
        }
    }
    ordinary(device, samples, &mut ways)?;
    if device.kind() == DeviceKind::Host {
        one_by_one(device, samples, &mut ways)?;
    }
    Ok(Mixed {
        images: IMAGES,
        ways,
        paths,
    })
}

/// Sizes that follow one another without an end: the state of the generator, and the least and the largest side.
struct Sizes(u64, (u32, u32));

impl Sizes {
    fn next(&mut self) -> ImageShape {
        let mut side = || {
            // Numerical Recipes' linear congruential generator.
            self.0 = (self.0.wrapping_mul(1_664_525)).wrapping_add(1_013_904_223) & 0xffff_ffff;
            let (least, most) = self.1;
            least + (self.0 >> 8) as u32 % (most - least + 1)
        };
        ImageShape::u8(side(), side(), 3)
    }
}

fn runner(work: Work, device: &Device, mode: ExecutionMode, tables: Tables) -> Measured<Runner> {
    let config = ExecutionConfig::default()
        .with_copied_tables(tables == Tables::Copied)
        .with_max_batch(IMAGES as u32)
        .with_in_flight(2 * IN_A_ROW)
        .with_execution(mode);
    Ok(Runner::new(pipeline(work)?, device, config)?)
}

fn pipeline(work: Work) -> Measured<Pipeline> {
    let mut builder = PipelineBuilder::new("mixed");
    let input = builder.input("input")?;
    let small = match work {
        Work::Resize => builder.then(input, "small", Resize::new(224, 224)?)?,
        Work::Clip(like) => {
            let size = ResampleSize::ShortestEdge {
                edge: 224,
                max_size: None,
            };
            let small = Resample::new(size, ResampleFilter::Bicubic, like)?;
            let small = builder.then(input, "small", small)?;
            builder.then(small, "crop", CenterCrop::new(224, 224)?)?
        }
    };
    let normalize = Normalize::new(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225])?;
    builder.then(small, "tensor", normalize)?;
    Ok(builder.build()?)
}

/// Images in device memory: the time of a submission, and of the device for one.
fn resident(
    work: Work,
    device: &Device,
    tables: Tables,
    samples: usize,
    ways: &mut Vec<Way>,
) -> Measured<String> {
    let mut paths = String::new();
    for (mode, call, time) in [
        (ExecutionMode::Direct, "submit, direct", "device, direct"),
        (ExecutionMode::Replay, "submit, replay", "device, replay"),
    ] {
        let mut runner = runner(work, device, mode, tables)?;
        let memory = runner.memory().clone();
        let on = device.stream()?;
        let buffers = (0..SETS * IMAGES)
            .map(|_| Ok(memory.allocate(work.largest().bytes(), &on)?))
            .collect::<Measured<Vec<DeviceBuffer>>>()?;
        let mut sizes = Sizes(1, work.sides());
        let mut number = 0;
        let mut submit = || {
            number += 1;
            let set = &buffers[number % SETS * IMAGES..][..IMAGES];
            submit(&mut runner, set, &mut sizes, &on)
        };
        let mut calls = Vec::new();
        let mut allocations = 0;
        for row in 0..samples + WARM_UP {
            let is_timed = row >= WARM_UP;
            for _ in 0..IN_A_ROW {
                let (counted, time) = counted(&mut submit);
                let time = time?;
                if is_timed {
                    calls.push(time);
                    allocations += counted;
                }
            }
            on.synchronize()?;
        }
        let name = |way: &str| {
            let work = match work {
                Work::Resize => String::new(),
                Work::Clip(like) => format!(", CLIP as {}", like.name()),
            };
            let tables = match tables {
                Tables::InPlace => "",
                Tables::Copied => ", tables copied",
            };
            format!("{way}{work}{tables}")
        };
        let per_batch = allocations as f64 / calls.len() as f64;
        ways.push(Way {
            name: name(call),
            us: Spread::new(calls),
            // The kernels of the host run on other threads meanwhile.
            heap_allocations: (device.kind() != DeviceKind::Host).then_some(per_batch),
        });
        if device.kind() != DeviceKind::Host {
            ways.push(Way {
                name: name(time),
                us: device_time(&memory, samples, &on, &mut submit)?,
                heap_allocations: None,
            });
        }
        paths = runner.replay_statistics().to_string();
    }
    Ok(paths)
}

/// Submits a batch of images of new sizes, and gives the microseconds from the list of images to the return of the call.
fn submit(
    runner: &mut Runner,
    set: &[DeviceBuffer],
    sizes: &mut Sizes,
    on: &Stream,
) -> Measured<f64> {
    let shapes: [ImageShape; IMAGES] = std::array::from_fn(|_| sizes.next());
    let start = Instant::now();
    let mut list = Vec::with_capacity(IMAGES);
    for (buffer, &shape) in set.iter().zip(&shapes) {
        list.push(DeviceImages::new(BatchLayout::tight(shape, 1), buffer)?);
    }
    let mut tensor = None;
    let outputs = &mut [Output::Tensor(&mut tensor)];
    let pending = runner.submit(&[Input::DeviceList(&list)], outputs, on)?;
    drop((pending, tensor));
    Ok(start.elapsed().as_secs_f64() * 1e6)
}

/// The time of the device for one batch: of batches that follow one another without a gap, since all were submitted while the
/// device was busy with a copy.
fn device_time(
    memory: &MemoryManager,
    samples: usize,
    on: &Stream,
    mut submit: impl FnMut() -> Measured<f64>,
) -> Measured<Spread> {
    let mut target = memory.allocate(AHEAD, on)?;
    let source = memory.allocate(AHEAD, on)?;
    let [start, end] = [on.device().timing_event()?, on.device().timing_event()?];
    let mut times = Vec::new();
    for _ in 0..samples {
        target.copy_from(0, &source, 0..AHEAD, on)?;
        on.record(&start)?;
        for _ in 0..IN_A_ROW {
            submit()?;
        }
        on.record(&end)?;
        end.synchronize()?;
        let seconds = end.seconds_since(&start)?;
        let seconds = seconds.ok_or("the device does not tell the time between two events")?;
        times.push(seconds * 1e6 / IN_A_ROW as f64);
    }
    Ok(Spread::new(times))
}

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
fn ordinary(device: &Device, samples: usize, ways: &mut Vec<Way>) -> Measured<()> {
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
fn one_by_one(device: &Device, samples: usize, ways: &mut Vec<Way>) -> Measured<()> {
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

/// The table.
pub(super) fn text(device: &Device, mixed: &Mixed) -> String {
    let head = ["way", "us", "least", "p90", "allocs"];
    let mut rows = vec![head.map(str::to_owned)];
    for way in &mixed.ways {
        let [median, least, p90] =
            [way.us.median, way.us.min, way.us.p90].map(|us| format!("{us:.1}"));
        let allocations = way.heap_allocations;
        let allocations = allocations.map_or("-".to_owned(), |count| format!("{count:.1}"));
        rows.push([way.name.clone(), median, least, p90, allocations]);
    }
    format!(
        "{} images of new sizes each time to 224x224 normalized planar f32 on {device}, by a resize of 300 to 600 pixels a side, or \
         by CLIP's resample and crop of 256 to 1280 pixels a side; us: median of a batch; submit: from the list of images in device memory to the return of the call; device: time of the device for a \
         batch of those; tables copied: the tables of image descriptors are copied to the device before each run, in place of being read in page-locked memory; ordinary memory: to a tensor, waited for; allocs: heap allocations of a batch, one of which is the list\n{}replay: {}\n",
        mixed.images,
        table::rows(&rows),
        mixed.paths
    )
}
