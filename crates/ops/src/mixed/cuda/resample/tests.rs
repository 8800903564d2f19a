//! The kernels of mixed chains with a resample must compute what the operators compute: their windows and weights are those of the
//! tables, their outputs those of the operators one by one, and what they keep in shared memory fits there.

use super::memory::{SHARED_BYTES, STRIP};
use super::model;
use crate::contract::stage::{
    AxisWeights, ResampleAxis, ResampleTables, WindowFilter, WindowWeights,
};
use crate::contract::{Action, Stage};
use crate::mixed::cuda::CudaChain;
use crate::mixed::cuda::model::record;
use crate::mixed::testing::{DEVICES, Image, one_by_one};
use crate::mixed::{ChainImage, MixedChain};
use crate::testing::Random;
use crate::*;
use pixelflume_device::{Address, DeviceKind};
use pixelflume_kernels::args::{ResampleMixedAxis, ResampleMixedImage};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The conventions and filters whose weights have the same bits on every device.
fn any_weights(random: &mut Random) -> (ResampleLike, ResampleFilter) {
    let like = random.pick(&ResampleLike::ALL);
    let filters = [
        ResampleFilter::Box,
        ResampleFilter::Bilinear,
        ResampleFilter::Bicubic,
    ];
    loop {
        let filter = random.pick(&filters);
        if like.filters().contains(&filter) {
            return (like, filter);
        }
    }
}

fn exact(width: u32, height: u32) -> ResampleSize {
    ResampleSize::Exact { width, height }
}

/// An image of this size, whose memory is not read.
fn without_memory(shape: ImageShape) -> ChainImage<'static> {
    ChainImage {
        shape,
        base: Address::new(4096),
        row_pitch: shape.row_bytes(),
        index: 0,
        epoch: 0,
        frame: 0,
        values: &[],
    }
}

fn tables(resample: &Resample, shape: ImageShape) -> Arc<ResampleTables> {
    let plan = resample.own_plan(&[shape]).unwrap();
    match plan.stage().map(|Stage { action, .. }| action) {
        Some(Action::Resample(tables)) => tables,
        _ => panic!("a resample"),
    }
}

/// Compares the windows and weights of an axis with those of the tables; where there is no pass, each position is copied.
fn compare_axis(
    weights: WindowWeights,
    axis: &ResampleMixedAxis,
    expected: Option<&ResampleAxis>,
    memory: (u32, u32, u32),
) {
    let fixed = |filter: WindowFilter, bits: Option<u32>| {
        let shift = bits.unwrap_or_else(|| model::bits(axis, filter));
        move |at: u32| {
            let window = model::window(axis, at);
            let weights = model::weights(axis, filter, &window, shift);
            let most = if bits.is_some() { 1 << 23 } else { 1 << 15 };
            assert!(weights.iter().all(|weight| (-most..most).contains(weight)));
            (
                window.first,
                weights
                    .iter()
                    .map(|&w| f64::from(w) / f64::from(1 << shift))
                    .collect(),
            )
        }
    };
    let single = |filter: WindowFilter| {
        move |at: u32| {
            let window = model::single_window(axis, at);
            let weights = model::single_weights(axis, filter, &window);
            (window.first, weights.into_iter().map(f64::from).collect())
        }
    };
    let got: Vec<(u32, Vec<f64>)> = match weights {
        WindowWeights::Fixed { filter, bits } => {
            (0..axis.target).map(fixed(filter, bits)).collect()
        }
        WindowWeights::Single(filter) => (0..axis.target).map(single(filter)).collect(),
    };
    for (at, got) in got.iter().enumerate() {
        let Some(table) = expected else {
            assert_eq!(got, &(at as u32, vec![1.0]));
            continue;
        };
        let span = table.spans[at];
        let range = span.weight as usize..(span.weight + span.count) as usize;
        let of_table: Vec<f64> = match &table.weights {
            AxisWeights::Fixed { values, shift } => {
                let number = |&value: &i32| f64::from(value) / f64::from(1 << shift);
                values[range].iter().map(number).collect()
            }
            AxisWeights::Float(values) => values[range].iter().copied().map(f64::from).collect(),
        };
        assert_eq!(got, &(span.first, of_table), "position {at} of {axis:?}");
    }
    // What a tile holds, wherever it begins.
    let (taps, columns, width) = memory;
    for (at, first) in got.iter().enumerate() {
        assert!(first.1.len() as u32 <= taps, "position {at} of {axis:?}");
        let last = &got[(at + columns as usize - 1).min(got.len() - 1)];
        let end = last.0 + last.1.len() as u32;
        let words = (end - first.0 / 4 * 4).next_multiple_of(4);
        assert!(words <= width, "{words} words from {at} of {axis:?}");
    }
}

fn like_torchvision(weights: WindowWeights) -> bool {
    matches!(weights, WindowWeights::Fixed { bits: None, .. })
}

fn compare(resample: Resample, shape: ImageShape) -> bool {
    let image = without_memory(shape);
    let Ok(chain) = CudaChain::new(&[Arc::new(resample)], &image) else {
        return false;
    };
    let weights = chain.template.resample.unwrap();
    let of_image: ResampleMixedImage = record(&chain.describe(&image).unwrap());
    let tables = tables(&resample, shape);
    assert_eq!(of_image.premultiplied != 0, tables.premultiplied);
    let tile = 1 << of_image.tile;
    let columns = (of_image.column_taps, tile, of_image.stage_pitch);
    compare_axis(weights, &of_image.columns, tables.columns.as_ref(), columns);
    let lines = (of_image.line_taps, 1, u32::MAX);
    compare_axis(weights, &of_image.lines, tables.lines.as_ref(), lines);
    // The parts, as the kernel lays them out.
    let [tile, column_taps, line_taps, pitch] = [
        tile,
        of_image.column_taps,
        of_image.line_taps,
        of_image.stage_pitch,
    ];
    let numbers = tile * column_taps + STRIP * line_taps;
    let fixed = |digits: u32| {
        let weights = (column_taps + 6) / 4 * digits * tile + STRIP * line_taps;
        let walk = 16 * (pitch / 4) * shape.channels + (line_taps + 16) * tile;
        weights + walk.max(2 * numbers)
    };
    let words = match weights {
        WindowWeights::Fixed { .. } if like_torchvision(weights) => fixed(2),
        WindowWeights::Fixed { .. } => fixed(3),
        WindowWeights::Single(_) => {
            numbers + (16 * pitch + (line_taps + 16) * tile * shape.channels).max(numbers)
        }
    };
    assert!(4 * words <= SHARED_BYTES);
    true
}

#[test]
fn windows_and_weights_are_those_of_the_tables_and_fit() {
    let mut random = Random::new(5);
    let mut taken = 0;
    for _ in 0..if cfg!(debug_assertions) { 600 } else { 5000 } {
        let (like, filter) = any_weights(&mut random);
        let mut side = || match random.within(0, 9) {
            0 => random.within(1, 4),
            1..=7 => random.within(1, 700),
            8 => random.within(1, 5000),
            _ => random.within(60_000, 65_536),
        };
        let (source, target) = ((side(), side()), (side() % 3000 + 1, side() % 3000 + 1));
        let shape = ImageShape::u8(source.0, source.1, random.pick(&[1, 3, 4]));
        let mut resample = Resample::new(exact(target.0, target.1), filter, like).unwrap();
        if like.is_pillow() && random.within(0, 2) == 0 {
            let mut part = |length: u32| {
                let length = f64::from(length);
                let [a, b] = [(); 2].map(|()| f64::from(random.within(0, 1000)) / 1000.0 * length);
                match random.within(0, 3) {
                    0 => (a.floor().min(length - 1.0), length),
                    _ => (a.min(b), a.max(b) + 0.001),
                }
            };
            let (x, y) = (part(source.0), part(source.1));
            let ends = [x.1.min(source.0.into()), y.1.min(source.1.into())];
            if let Ok(with_box) = resample.source_box([x.0, y.0, ends[0], ends[1]]) {
                resample = with_box;
            }
        }
        taken += u32::from(compare(resample, shape));
    }
    assert!(taken > 200, "{taken}");
    for like in [ResampleLike::Torchvision, ResampleLike::TorchCuda] {
        let resample = |size| Resample::new(size, ResampleFilter::Bicubic, like).unwrap();
        // Photographs to thumbnails, and the largest enlargement.
        assert!(compare(
            resample(exact(224, 224)),
            ImageShape::u8(4000, 3000, 3)
        ));
        assert!(compare(
            resample(exact(65_536, 65_535)),
            ImageShape::u8(65_535, 65_536, 3)
        ));
        assert!(compare(resample(exact(65_536, 1)), ImageShape::u8(1, 1, 3)));
    }
}

/// A random chain with a resample, and whose samples that equals.
fn any_chain(random: &mut Random, channels: u32) -> (Vec<Arc<dyn Operator>>, ResampleLike) {
    let color = match channels {
        1 => ColorConversion::GrayToRgb,
        3 => random.pick(&[ColorConversion::RgbToGray, ColorConversion::RgbToBgr]),
        _ => random.pick(&[ColorConversion::RgbaToRgb, ColorConversion::RgbaToGray]),
    };
    let first_crop = Crop::new(random.within(0, 4), random.within(0, 4), 20, 16).unwrap();
    let (like, filter) = any_weights(random);
    let (edge, max_size) = (random.within(8, 40), None);
    let size = match random.within(0, 1) {
        0 => ResampleSize::ShortestEdge { edge, max_size },
        _ => exact(random.within(1, 70), random.within(1, 70)),
    };
    let flips = [(); 2].map(|()| Flip::new(random.pick(&FlipAxis::ALL)));
    let pad = Pad::new(random.within(0, 3), 1, 0, random.within(0, 40));
    let crop = CenterCrop::new(random.within(1, 45), random.within(1, 70)).unwrap();
    let layout = random.pick(&[Layout::Planar, Layout::Interleaved]);
    // Each with the share of chains that have it.
    let all: [(u32, Arc<dyn Operator>); 9] = [
        (3, Arc::new(Color::new(color))),
        (3, Arc::new(first_crop)),
        (1, Arc::new(Resample::new(size, filter, like).unwrap())),
        (2, Arc::new(flips[0])),
        (2, Arc::new(pad.value(&[9.0]).unwrap())),
        (2, Arc::new(flips[1])),
        (1, Arc::new(crop.like(CenterCropLike::Torchvision))),
        (2, Arc::new(Threshold::new(99))),
        (2, Arc::new(ToFloat::new().layout(layout))),
    ];
    let some = all
        .into_iter()
        .filter(|(one_of, _)| random.within(1, *one_of) == 1);
    (some.map(|(_, operator)| operator).collect(), like)
}

#[test]
fn the_kernels_compute_what_the_operators_compute() {
    let mut random = Random::new(23);
    let mut taken = BTreeMap::<&str, u32>::new();
    for case in 0..if cfg!(debug_assertions) { 500 } else { 4000 } {
        let channels = random.pick(&[1, 3, 4]);
        let images: Vec<Image> = (0..3)
            .map(|_| {
                let size = (random.within(24, 100), random.within(20, 100));
                Image::random(ImageShape::u8(size.0, size.1, channels), &mut random)
            })
            .collect();
        let (operators, like) = any_chain(&mut random, channels);
        let Ok(chain) = CudaChain::new(&operators, &images[0].chain_image(0)) else {
            continue;
        };
        for (frame, image) in images.iter().enumerate() {
            let of_chain = image.chain_image(frame);
            let Ok(descriptor) = chain.describe(&of_chain) else {
                assert!(frame > 0, "the first image is taken");
                continue;
            };
            let of_image: ResampleMixedImage = record(&descriptor);
            let corner = (of_image.base - of_chain.base.raw()) as usize;
            let got = model::output(&chain.template, &of_image, |x, y| {
                let channels = channels as usize;
                let at = corner + y as usize * image.row_pitch + x as usize * channels;
                let mut pixel = [0; 4];
                pixel[..channels].copy_from_slice(&image.bytes[at..at + channels]);
                pixel
            });
            let (output, expected) = one_by_one(&operators, image, &DEVICES[0]);
            assert_eq!(output, chain.template.output);
            assert!(got == expected, "case {case}, image {frame}: {operators:?}");
            *taken.entry(like.name()).or_default() += 1;
        }
    }
    assert_eq!(taken.len(), 4, "{taken:?}");
    assert!(taken.values().all(|&images| images > 50), "{taken:?}");
}

fn refusal(operators: &[Arc<dyn Operator>], shape: ImageShape) -> String {
    let chain = MixedChain::new(operators, &without_memory(shape), DeviceKind::Cuda);
    chain.err().unwrap_or_default()
}

#[test]
fn what_the_kernels_cannot_compute_is_refused_with_a_reason() {
    let resample = |filter, like| -> Arc<dyn Operator> {
        Arc::new(Resample::new(exact(20, 16), filter, like).unwrap())
    };
    let cubic = |like| resample(ResampleFilter::Bicubic, like);
    let rgb = ImageShape::u8(40, 30, 3);
    let flip: Arc<dyn Operator> = Arc::new(Flip::new(FlipAxis::Horizontal));
    let torchvision = cubic(ResampleLike::Torchvision);
    assert_eq!(refusal(std::slice::from_ref(&torchvision), rgb), "");
    for (operators, shape, reason) in [
        (
            vec![flip, Arc::clone(&torchvision)],
            rgb,
            "it resamples pixels in another order than they have in the source",
        ),
        (
            vec![resample(ResampleFilter::Lanczos, ResampleLike::Pillow12)],
            rgb,
            "resample: the kernel of mixed batches does not compute it",
        ),
        (
            vec![cubic(ResampleLike::Pillow13)],
            ImageShape::u8(40, 90, 3),
            "resample: its vertical pass is the first one",
        ),
        (
            vec![Arc::clone(&torchvision)],
            ImageShape::u8(40, 60_000, 3),
            "a pixel of its output is made from 10 columns and 15002 rows, more than the kernel of mixed batches takes",
        ),
        (
            vec![Arc::new(Nv12ToRgb::new()), Arc::clone(&torchvision)],
            ImageShape::u8(40, 30, 1),
            "resample: the kernel of mixed batches does not resample NV12 frames",
        ),
        (
            vec![
                Arc::new(Color::new(ColorConversion::RgbToRgba)),
                cubic(ResampleLike::Pillow12),
            ],
            rgb,
            "resample: a conversion before it moves or makes alpha",
        ),
    ] {
        assert_eq!(refusal(&operators, shape), reason, "{operators:?}");
    }
}

/// A custom operator whose step for the second image is that of another resample, or for an image of another size.
#[derive(Debug)]
struct Other(Resample, Resample, ImageShape);

impl Operator for Other {
    fn kind(&self) -> &'static str {
        "other"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        self.0.plan(inputs)
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        match image.index {
            0 => self.0.chain_step(image),
            _ => self.1.chain_step(&ImageContext::first(self.2)),
        }
    }
}

/// The kernel would read outside of the image, or with the weights of another filter.
#[test]
fn steps_that_are_not_those_of_the_image_are_refused() {
    let of = |like| Resample::new(exact(20, 16), ResampleFilter::Bilinear, like).unwrap();
    let torchvision = of(ResampleLike::Torchvision);
    let shape = ImageShape::u8(40, 30, 3);
    for (other, of_shape, reason) in [
        (
            torchvision,
            ImageShape::u8(4000, 30, 3),
            "other: its step is for an image of another size",
        ),
        (
            of(ResampleLike::Pillow12),
            shape,
            "the first image is resampled in another way than this one",
        ),
    ] {
        let operator: Arc<dyn Operator> = Arc::new(Other(torchvision, other, of_shape));
        let first = without_memory(shape);
        let chain = CudaChain::new(&[operator], &first).unwrap();
        let second = ChainImage { index: 1, ..first };
        assert_eq!(chain.describe(&second).unwrap_err().to_string(), reason);
    }
}
