//! Random batches of images, memory layouts and devices for property tests.

use crate::harness::{self, DEVICES, Place};
use pixelflume_ops::reference::Image;
use pixelflume_ops::spec::Samples;
use pixelflume_ops::{ImageShape, Operator};
use proptest::prelude::*;

/// An image of this shape whose bytes are those of splitmix64.
fn noise(shape: ImageShape, seed: u64) -> Samples {
    let mut state = seed;
    let mut byte = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z >> 56) as u8
    };
    let bytes = (0..shape.bytes()).map(|_| byte()).collect();
    Samples { shape, bytes }
}

/// The shape of a batch but for its channels, with its memory layout and its device.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) batch: usize,
    pub(crate) seed: u64,
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) device: usize,
}

impl Setting {
    /// A batch of images of this shape.
    pub(crate) fn images(&self, shape: ImageShape) -> Vec<Samples> {
        let image = |i| noise(shape, self.seed.wrapping_add(i));
        (0..self.batch as u64).map(image).collect()
    }

    pub(crate) fn check(
        &self,
        operator: &dyn Operator,
        channels: usize,
        expected: impl Fn(&Image<u8>) -> Vec<u8>,
    ) {
        let sides = [self.width, self.height, channels].map(|side| side as u32);
        let images = self.images(ImageShape::u8(sides[0], sides[1], sides[2]));
        let device = &DEVICES[self.device];
        let (shape, outputs) = harness::run(device, operator, &[(&images, self.from)], self.to);
        let image = |samples: &Samples| samples.image().expect("8-bit samples");
        let expected: Vec<_> = images.iter().map(|of| expected(&image(of))).collect();
        equal(operator, shape, &outputs, &expected);
    }
}

pub(crate) fn equal(
    operator: &dyn Operator,
    shape: ImageShape,
    outputs: &[Vec<u8>],
    expected: &[Vec<u8>],
) {
    assert_eq!(outputs.len(), expected.len());
    for (frame, (output, expected)) in outputs.iter().zip(expected).enumerate() {
        assert_eq!(output.len(), expected.len());
        if let Some(first) = (0..output.len()).find(|&i| output[i] != expected[i]) {
            panic!(
                "{operator:?} on frame {frame}: byte {first} of {shape} is {}, not {}",
                output[first], expected[first]
            );
        }
    }
}

pub(crate) fn place() -> impl Strategy<Value = Place> {
    (0..4usize, 0..=17usize, 0..40usize).prop_map(|(offset, padding, gap)| Place {
        offset,
        padding,
        gap,
    })
}

/// Mostly small images, and sometimes images that are wide or high enough to be split into strips.
fn sides() -> impl Strategy<Value = (usize, usize)> {
    prop_oneof![
        6 => (1..=70usize, 1..=70usize),
        2 => (1..=4usize, 1..=4usize),
        1 => (300..=1500usize, 20..=90usize),
        1 => (1..=40usize, 100..=400usize),
    ]
}

pub(crate) fn setting() -> impl Strategy<Value = Setting> {
    (
        sides(),
        1..=5usize,
        any::<u64>(),
        place(),
        place(),
        0..3usize,
    )
        .prop_map(|((width, height), batch, seed, from, to, device)| Setting {
            width,
            height,
            batch: if width * height > 10_000 {
                batch.min(2)
            } else {
                batch
            },
            seed,
            from,
            to,
            device,
        })
}

pub(crate) fn channels() -> impl Strategy<Value = usize> {
    prop_oneof![Just(1), Just(3), Just(4)]
}
