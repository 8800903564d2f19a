//! Random cases and the reference of `resample` for tests.

use super::reference;
use super::{KIND, Resample, ResampleFilter, ResampleLike, ResampleSize};
use crate::contract::OperatorError;
use crate::image::ImageShape;
use crate::oracle::Image;
use crate::spec::{OperatorTesting, Part, Values, shared};
use crate::testing::Random;
use std::any::Any;

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| shared(sample(random, *shape)?),
    reference: |values, images| reference_of(values, &images[0].u8_image()).into(),
    part: Some(Part::Geometry),
};

/// The most pixels along an edge of the output.
const MOST: u32 = 1 << 9;

fn sample(random: &mut Random, shape: ImageShape) -> Result<Resample, OperatorError> {
    let like = random.pick(&ResampleLike::ALL);
    let filter: ResampleFilter = random.pick(like.filters());
    loop {
        let mut resample = Resample::new(size(random, shape), filter, like)?;
        if random.within(0, 4) == 0 {
            resample = resample.round_up_to(random.within(1, 16))?;
        }
        // Some rules refuse some shapes, or make an edge of no pixels, or a very long one.
        match resample.target(shape.width, shape.height) {
            Ok((width, height)) if width.max(height) <= MOST => {}
            _ => continue,
        }
        let is_exact = matches!(resample.size(), ResampleSize::Exact { .. });
        if like.is_pillow()
            && is_exact
            && resample.multiple_of_edges() == 1
            && random.within(0, 2) == 0
        {
            resample = resample.source_box(source_box(random, shape))?;
        }
        return Ok(resample);
    }
}

fn size(random: &mut Random, shape: ImageShape) -> ResampleSize {
    let some = |random: &mut Random, value: u32| (random.within(0, 1) == 0).then_some(value);
    let (width, height) = (random.side(), random.side());
    match random.within(0, 13) {
        0 => ResampleSize::ShortestEdge {
            edge: width,
            max_size: some(random, height),
        },
        1 => ResampleSize::ShortestEdgeDetr {
            edge: width,
            max_size: some(random, height),
        },
        2 => ResampleSize::LongestEdge { edge: width },
        3 => ResampleSize::LongestEdgeIdefics3 { edge: width },
        4 => ResampleSize::Within {
            max_width: width,
            max_height: height,
        },
        5 => {
            let multiple = random.within(1, 40);
            let pixels = random.within(multiple * multiple, MOST * MOST);
            ResampleSize::Multiple {
                multiple,
                min_pixels: some(random, pixels / 2 + 1),
                max_pixels: some(random, pixels),
            }
        }
        6 => ResampleSize::Tiles {
            tile: random.within(1, 64),
        },
        // One edge as it is, and so one pass.
        7 => ResampleSize::Exact {
            width: shape.width,
            height,
        },
        8 => ResampleSize::Exact {
            width,
            height: shape.height,
        },
        _ => ResampleSize::Exact { width, height },
    }
}

/// A part of the input that is not empty, at times between pixels.
fn source_box(random: &mut Random, shape: ImageShape) -> [f64; 4] {
    let mut edges = |length: u32| {
        let start = random.within(0, length - 1);
        let end = random.within(start + 1, length);
        match random.within(0, 2) {
            0 => (f64::from(start), f64::from(end)),
            _ => {
                let length = f64::from(end - start);
                let start = f64::from(start) + random.number(0.0, 0.4) * length;
                (start, start + random.number(0.2, 0.6) * length)
            }
        }
    };
    let ((left, right), (top, bottom)) = (edges(shape.width), edges(shape.height));
    [left, top, right, bottom]
}

/// The output by the reference of the library that the values name.
fn reference_of(values: &Values, image: &Image<u8>) -> Image<u8> {
    let operator = values.build().expect("possible values");
    let operator: &dyn Any = &*operator;
    let resample: &Resample = operator.downcast_ref().expect(KIND);
    let (width, height) = resample
        .target(image.width as u32, image.height as u32)
        .expect("a possible shape");
    let (size, filter) = ((width as usize, height as usize), resample.filter());
    match resample.convention() {
        ResampleLike::Torchvision => reference::resample_torchvision(image, size, filter),
        ResampleLike::TorchCuda => reference::resample_torch_cuda(image, size, filter),
        like => reference::resample_pillow(image, size, filter, resample.part(), like),
    }
}
