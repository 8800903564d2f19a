//! The section `mixed`: batches of 64 images of several sizes, to 224x224 normalized planar tensors, by a resize of photographs of 300
//! to 600 pixels a side, and on GPUs by the resamples of the CLIP preprocessing of photographs of 256 to 1280 pixels a side. Every batch
//! has sizes that were never seen before.

pub(crate) mod long;
mod ordinary;
mod resident;

use self::ordinary::{one_by_one, ordinary};
use self::resident::resident;
use crate::error::Measured;
use crate::spread::Spread;
use crate::table;
use pixelflume::device::{Device, DeviceKind};
use pixelflume::ops::{
    CenterCrop, ImageShape, Normalize, Resample, ResampleFilter, ResampleLike, ResampleSize, Resize,
};
use pixelflume::pipeline::{ExecutionConfig, Pipeline, PipelineBuilder, Runner};
use pixelflume::scheduler::ExecutionMode;
use serde::Serialize;

/// Images of a batch.
const IMAGES: usize = 64;
/// Images of the small batches whose time is measured on GPUs as well.
const FEW: [usize; 2] = [8, 1];
/// Sets of images in device memory that are used in turn, more bytes than a cache holds.
const SETS: usize = 4;
/// Submissions between two waits, fewer than may be in flight, so that none waits.
const IN_A_ROW: usize = 16;
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
pub(crate) struct Mixed {
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

pub(crate) fn measure(device: &Device, quick: bool) -> Measured<Mixed> {
    let samples = SAMPLES[usize::from(quick)];
    let mut ways = Vec::new();
    let mut measured =
        |work, images, tables| resident(work, images, device, tables, samples, &mut ways);
    let paths = measured(Work::Resize, IMAGES, Tables::InPlace)?;
    if device.kind() != DeviceKind::Host {
        measured(Work::Resize, IMAGES, Tables::Copied)?;
        for images in FEW {
            measured(Work::Resize, images, Tables::InPlace)?;
        }
        for like in [ResampleLike::Torchvision, ResampleLike::TorchCuda] {
            for tables in [Tables::InPlace, Tables::Copied] {
                measured(Work::Clip(like), IMAGES, tables)?;
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

/// The table.
pub(crate) fn text(device: &Device, mixed: &Mixed) -> String {
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
