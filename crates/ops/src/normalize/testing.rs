//! Random cases and the reference of `normalize` for tests.

use super::{Normalize, NormalizeLike, reference};
use crate::float_table::testing::{output, samples};
use crate::spec::{OperatorTesting, Part, Samples, Values, shared};

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
        let like = random.pick(&NormalizeLike::ALL);
        // The inverse of the smallest scale is beyond f32, and with it transformers' products.
        let with_edges = like.has_scale() && like != NormalizeLike::Transformers;
        if with_edges && random.within(0, 3) == 0 {
            let (edge, factor) = random.pick(&EDGES);
            mean.fill(edge);
            std.fill(1.0);
            scale = factor;
        }
        let mut normalize = Normalize::new(&mean, &std)?.like(like)?;
        if like.has_scale() {
            normalize = normalize.scale(scale)?;
        }
        let output = output(random, super::KIND)?;
        shared(normalize.sample(output.sample())?.layout(output.layout))
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
    let like = values.name("like").parse().expect("a convention");
    let scale = values.number("scale");
    let numbers = reference::normalize(image, &of_all(mean), &of_all(std), scale, like);
    samples(values, numbers)
}
