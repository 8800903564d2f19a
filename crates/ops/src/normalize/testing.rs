//! Random cases and the reference of `normalize` for tests.

use super::Normalize;
use super::reference;
use super::spec::sample_type;
use crate::image::{ImageShape, Layout, SampleType};
use crate::spec::{OperatorTesting, Part, Samples, Values, shared};
use half::f16;

/// Mean and scale, with a standard deviation of 1, at which roundings differ.
const EDGES: [(f64, f64); 6] = [
    // Integers, of which bf16 and f16 have every second one: ties.
    (-256.0, 1.0),
    (-2048.0, 1.0),
    // Beyond the largest bf16 and the largest f16.
    (0.0, 1.334e36),
    (0.0, 300.0),
    // Subnormal numbers of bf16 and f16.
    (0.0, 1e-40),
    (0.0, 1e-7),
];

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, shape| {
        let count = match random.within(0, 3) {
            0 => 1,
            _ => shape.channels,
        };
        let mut mean: Vec<f64> = (0..count).map(|_| random.number(-2.0, 2.0)).collect();
        let mut std: Vec<f64> = (0..count).map(|_| random.number(0.01, 2.0)).collect();
        let mut scale = match random.within(0, 2) {
            0 => 1.0 / 255.0,
            1 => 1.0,
            _ => random.number(-2.0, 2.0),
        };
        if random.within(0, 3) == 0 {
            let (edge, factor) = random.pick(&EDGES);
            mean.fill(edge);
            std.fill(1.0);
            scale = factor;
        }
        let normalize = Normalize::new(&mean, &std)?
            .scale(scale)?
            .sample(random.pick(&Normalize::SAMPLES))?;
        shared(normalize.layout(random.pick(&[Layout::Interleaved, Layout::Planar])))
    },
    reference: normalize,
    part: Some(Part::Final),
};

fn normalize(values: &Values, images: &[Samples]) -> Samples {
    let image = &images[0].u8_image();
    let (mean, std) = (values.numbers("mean"), values.numbers("std"));
    let of_all = |numbers: &[f64]| match *numbers {
        [all] => vec![all; image.channels],
        _ => numbers.to_vec(),
    };
    let scale = values.number("scale");
    let normalized = reference::normalize(image, &of_all(mean), &of_all(std), scale);
    let sides = [image.width, image.height, image.channels].map(|side| side as u32);
    let sample_type = sample_type(values);
    let planar = values.name("layout") == "planar";
    let samples: Vec<f32> = match planar {
        true => (0..image.channels)
            .flat_map(|channel| {
                let samples = normalized.data.iter().copied();
                samples.skip(channel).step_by(image.channels)
            })
            .collect(),
        false => normalized.data,
    };
    let bytes = |sample: f32| match sample_type {
        SampleType::Bf16 => reference::bf16_bits(sample).to_ne_bytes().to_vec(),
        SampleType::F16 => f16::from_f32(sample).to_ne_bytes().to_vec(),
        _ => sample.to_ne_bytes().to_vec(),
    };
    Samples {
        shape: ImageShape {
            sample: sample_type,
            layout: if planar {
                Layout::Planar
            } else {
                Layout::Interleaved
            },
            ..ImageShape::u8(sides[0], sides[1], sides[2])
        },
        bytes: samples.into_iter().flat_map(bytes).collect(),
    }
}
