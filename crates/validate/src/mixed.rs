//! The check `mixed`: batches of images of random sizes through mixed chains, on CUDA and on the host, against the operators one by
//! one.
#![expect(unsafe_code, reason = "takes plans out of mixed chains")]

use crate::chains::Chain;
use crate::check::Context;
use crate::compare::{Bench, Padding};
use crate::mismatch::{Case, equal_image};
use anyhow::{Context as _, bail, ensure};
use pixelflume::memory::DeviceBuffer;
use pixelflume::ops::mixed::{ChainImage, ImageDescriptor, MixedChain};
use pixelflume::ops::spec::Part;
use pixelflume::ops::testing::Random;
use pixelflume::ops::{CenterCropLike, ImageBatch, ImageContext};
use pixelflume::prelude::*;
use std::sync::Arc;

/// The most draws for a chain that the kernel takes.
const DRAWS: usize = 100;

/// Outputs, and tables of descriptors, without padding.
const TIGHT: Padding = Padding { row: 0, frame: 0 };

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let cases = context.cases(12, 200);
    let [host, cuda] = [Bench::new(&context.host)?, Bench::new(&context.cuda)?];
    let (mut images, mut bytes) = (0, 0);
    for case in cases.clone() {
        let mut random = Random::new(context.seed.wrapping_mul(9_576_890_767).wrapping_add(case));
        let batch = Batch::random(&mut random, &cuda)?;
        let failed = || Case {
            number: case,
            what: format!("case {case} (seed {}): {batch:?}", context.seed),
        };
        let expected = batch.one_by_one(&host).with_context(failed)?;
        let by_host = batch.mixed(&host, TIGHT).with_context(failed)?;
        let padding = Padding {
            row: random.pick(&[0, 16, 64]),
            frame: random.pick(&[0, 0, 8, 128]),
        };
        let by_cuda = batch.mixed(&cuda, padding).with_context(failed)?;
        for (frame, expected) in expected.iter().enumerate() {
            for (name, got) in [("on the host", &by_host), ("by the kernel", &by_cuda)] {
                let what = format!("image {frame} of the mixed batch {name}");
                equal_image(&what, batch.chain.output, expected, &got[frame])
                    .with_context(failed)?;
            }
            bytes += expected.len();
        }
        images += expected.len();
    }
    Ok(format!(
        "{} batches of {images} images of random sizes equal, {bytes} bytes",
        cases.count()
    ))
}

/// A random chain, and images of random sizes that it takes.
#[derive(Debug)]
struct Batch {
    chain: Chain,
    images: Vec<RandomImage>,
}

struct RandomImage {
    shape: ImageShape,
    /// The number of the image, from which operators draw.
    number: u64,
    row_pitch: usize,
    /// Bytes before the image.
    skip: usize,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for RandomImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} pitch {} at {}",
            self.shape, self.row_pitch, self.skip
        )
    }
}

impl RandomImage {
    fn random(shape: ImageShape, number: u64, random: &mut Random) -> Self {
        let row_pitch = shape.row_bytes() + random.pick(&[0, 0, 0, 1, 2, 5, 16]);
        let skip = random.within(0, 20) as usize;
        // The image ends where its memory ends.
        let bytes = skip + row_pitch * (shape.rows() - 1) + shape.row_bytes();
        RandomImage {
            shape,
            number,
            row_pitch,
            skip,
            bytes: random.bytes(bytes),
        }
    }

    /// The rows without padding.
    fn tight(&self) -> Vec<u8> {
        let rows = self.bytes[self.skip..].chunks(self.row_pitch);
        let rows = rows.flat_map(|row| &row[..self.shape.row_bytes()]);
        rows.copied().collect()
    }
}

impl Batch {
    /// A chain that the device of a bench takes, and images for it.
    fn random(random: &mut Random, bench: &Bench) -> anyhow::Result<Self> {
        for _ in 0..DRAWS {
            let chain = chain(random)?;
            let is_frame = chain.operators[0].kind() == "nv12_to_rgb";
            let size = |random: &mut Random| match is_frame {
                true => (2 * random.within(1, 200), 3 * random.within(1, 200)),
                false => (random.side(), random.side()),
            };
            let count = random.within(1, 9);
            let mut images = vec![RandomImage::random(chain.input, 0, random)];
            for number in 1..count {
                let (width, height) = size(random);
                let shape = ImageShape {
                    width,
                    height,
                    ..chain.input
                };
                images.push(RandomImage::random(shape, u64::from(number), random));
            }
            let mut batch = Batch { chain, images };
            let (held, Some(mixed)) = batch.on(bench)? else {
                continue;
            };
            let fits = |(frame, image): (usize, &RandomImage)| {
                let image = chain_image(image, &held[frame], frame);
                mixed.describe(&image).is_ok()
            };
            let fits: Vec<bool> = batch.images.iter().enumerate().map(fits).collect();
            let mut fits = fits.into_iter();
            batch.images.retain(|_| fits.next() == Some(true));
            return Ok(batch);
        }
        bail!("none of {DRAWS} random chains is a mixed chain");
    }

    /// The images in the memory of a device, and the chain; `None` where the device does not take it.
    fn on(&self, bench: &Bench) -> anyhow::Result<(Vec<DeviceBuffer>, Option<MixedChain>)> {
        let images = self.images.iter().map(|image| bench.hold(&image.bytes));
        let held = images.collect::<anyhow::Result<Vec<_>>>()?;
        let first = chain_image(&self.images[0], &held[0], 0);
        let mixed = MixedChain::new(&self.chain.operators, &first, bench.kind());
        Ok((held, mixed.ok()))
    }

    /// The output of each image, by one launch.
    fn mixed(&self, bench: &Bench, padding: Padding) -> anyhow::Result<Vec<Vec<u8>>> {
        let (held, mixed) = self.on(bench)?;
        let mixed = mixed.context("the chain is refused")?;
        ensure!(mixed.output() == self.chain.output, "another output");
        let count = self.images.len();
        let mut table = Vec::new();
        for (frame, (image, held)) in self.images.iter().zip(&held).enumerate() {
            let descriptor = mixed.describe(&chain_image(image, held, frame))?;
            table.extend_from_slice(descriptor.bytes());
            table.resize(table.len() + padding.row + padding.frame, 0x5a);
        }
        let shape = ImageDescriptor::SHAPE;
        table.truncate(Bench::input_bytes(shape, count as u32, padding));
        // SAFETY: the table has descriptors of this chain, and the images are held until the launch is complete, for which
        // `Bench::run` waits.
        let plan = unsafe { mixed.plan() };
        let output = bench.run(plan, shape, count as u32, padding, &table)?;
        let ImageBatch {
            row_pitch,
            batch_stride,
            ..
        } = Bench::output(plan, count as u32, padding);
        let row_bytes = mixed.output().row_bytes();
        let frames = output.chunks(batch_stride).map(|frame| {
            let rows = frame.chunks(row_pitch).take(mixed.output().rows());
            rows.flat_map(|row| &row[..row_bytes]).copied().collect()
        });
        Ok(frames.collect())
    }

    /// The output of each image, by one operator after the other.
    fn one_by_one(&self, host: &Bench) -> anyhow::Result<Vec<Vec<u8>>> {
        let one = |image: &RandomImage| {
            let (mut shape, mut bytes) = (image.shape, image.tight());
            for operator in &self.chain.operators {
                let drawn = operator.for_image(&ImageContext {
                    index: image.number,
                    ..ImageContext::first(shape)
                })?;
                let plan = drawn.as_ref().unwrap_or(operator).plan(&[shape])?;
                bytes = host.run(&plan, shape, 1, TIGHT, &bytes)?;
                shape = plan.output();
            }
            ensure!(shape == self.chain.output, "an output of {shape}");
            Ok(bytes)
        };
        self.images.iter().map(one).collect()
    }
}

fn chain_image<'a>(image: &RandomImage, held: &DeviceBuffer, frame: usize) -> ChainImage<'a> {
    ChainImage {
        shape: image.shape,
        base: held.address().offset(image.skip),
        row_pitch: image.row_pitch,
        index: image.number,
        epoch: 0,
        frame,
        values: &[],
    }
}

/// A resample to this size with the arithmetic of any library.
fn resample(random: &mut Random, size: ResampleSize) -> anyhow::Result<Resample> {
    let like = random.pick(&ResampleLike::ALL);
    let filter = random.pick(like.filters());
    Ok(Resample::new(size, filter, like)?)
}

/// A random chain that makes one size of all images.
fn chain(random: &mut Random) -> anyhow::Result<Chain> {
    let input = ImageShape::u8(random.side(), random.side(), random.pick(&[1, 3, 3, 4]));
    let mut chain = Chain::new(input);
    if random.within(0, 1) == 0 {
        let part = random.pick(&[Part::Source, Part::Color, Part::Color]);
        chain.push_any(random, part)?;
    }
    let add = |chain: &mut Chain, operator: Arc<dyn Operator>| -> anyhow::Result<()> {
        chain.output = operator.plan(&[chain.output])?.output();
        chain.operators.push(operator);
        Ok(())
    };
    if random.within(0, 2) == 0 {
        add(&mut chain, Arc::new(Flip::new(random.pick(&FlipAxis::ALL))))?;
    }
    let (width, height) = (random.within(1, 400), random.within(1, 300));
    let size: Arc<dyn Operator> = match random.within(0, 9) {
        // Images of one size behind a crop, as the preprocessing of models makes them.
        6 => {
            // The longer side of a thin image becomes many times as long, and may be 65536.
            let ImageShape { width, height, .. } = chain.output;
            let most = 65536 * width.min(height) / width.max(height);
            let edge = random.within(1, most.min(400));
            let size = ResampleSize::ShortestEdge {
                edge,
                max_size: None,
            };
            add(&mut chain, Arc::new(resample(random, size)?))?;
            Arc::new(CenterCrop::new(width, height)?.like(CenterCropLike::Torchvision))
        }
        7.. => Arc::new(resample(random, ResampleSize::Exact { width, height })?),
        0 => Arc::new(CenterCrop::new(width, height)?.like(CenterCropLike::Torchvision)),
        1 | 2 => Arc::new(Letterbox::new(width, height)?.value(random.color())),
        _ => Arc::new(Resize::new(width, height)?),
    };
    add(&mut chain, size)?;
    for part in [Part::Geometry, Part::Color, Part::Pointwise, Part::Final] {
        if random.within(0, 2) == 0 {
            chain.push_any(random, part)?;
        }
    }
    Ok(chain)
}
