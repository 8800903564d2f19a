//! Pipelines and images of many sizes.

use pixelflume_device::{Device, HostConfig};
use pixelflume_pipeline::{BatchOutputs, ExecutionConfig, Image, Pipeline, Runner};
use pixelflume_scheduler::ExecutionMode;

/// A part of the pipeline is a mixed chain on every device: photographs to planar tensors.
pub(crate) const TENSOR: &str = "
[[node]]
name = \"small\"
op = \"resize\"
from = \"input\"
width = 20
height = 14

[[node]]
name = \"tensor\"
op = \"normalize\"
from = \"small\"
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
layout = \"planar\"
";

/// A chain, and two nodes behind it that see images of one shape.
pub(crate) const BEHIND: &str = "
[[node]]
name = \"gray\"
op = \"color\"
conversion = \"rgb_to_gray\"
from = \"input\"

[[node]]
name = \"small\"
op = \"resize\"
from = \"gray\"
width = 17
height = 11

[[node]]
name = \"smooth\"
op = \"gaussian_blur\"
from = \"small\"
size = 5

[[node]]
name = \"edges\"
op = \"sobel\"
from = \"smooth\"
";

/// No chain: a blur before the resize. One output has as many shapes as the input.
pub(crate) const GROUPED: &str = "
[[node]]
name = \"smooth\"
op = \"gaussian_blur\"
from = \"input\"
size = 5

[[node]]
name = \"same\"
op = \"flip\"
from = \"smooth\"

[[node]]
name = \"small\"
op = \"resize\"
from = \"smooth\"
width = 9
height = 8
";

/// Numbers about each image, whatever its size, and about images of one size.
pub(crate) const MEASURED: &str = "
[[node]]
name = \"histogram\"
op = \"histogram\"
from = \"input\"

[[node]]
name = \"mean_std\"
op = \"mean_std\"
from = \"input\"

[[node]]
name = \"small\"
op = \"resize\"
from = \"input\"
width = 20
height = 14

[[node]]
name = \"sum\"
op = \"sum\"
from = \"small\"
";

pub(crate) fn pipeline(text: &str) -> Pipeline {
    Pipeline::from_toml(text, "mixed.toml").unwrap()
}

/// The host device that refuses what is not ordered.
pub(crate) fn checked() -> Device {
    Device::host_with(HostConfig::default().with_threads(3).with_checked(true))
}

pub(crate) fn config(execution: ExecutionMode) -> ExecutionConfig {
    ExecutionConfig::default()
        .with_max_batch(4)
        .with_execution(execution)
}

pub(crate) const MODES: [ExecutionMode; 2] = [ExecutionMode::Direct, ExecutionMode::Replay];

/// An image whose samples depend on their place and on `seed`.
pub(crate) fn image(width: u32, height: u32, channels: u32, seed: u32) -> Image {
    Image::from_fn(width, height, channels, |x, y, c| {
        (x * 7 + y * 13 + c * 71 + seed * 29 + x * y * (seed + 1)) as u8
    })
    .unwrap()
}

/// Photographs of different sizes; some sizes occur twice.
pub(crate) fn photos(count: usize, seed: u32) -> Vec<Image> {
    let photo = |number: usize| {
        let number = number as u32;
        let (width, height) = match number % 3 {
            0 => (31 + seed % 5, 24),
            1 => (
                40 + (number * 7 + seed) % 23,
                30 + (number * 5 + seed * 3) % 17,
            ),
            _ => (20 + (number * 11 + seed) % 19, 50),
        };
        image(width, height, 3, number + seed)
    };
    (0..count).map(photo).collect()
}

pub(crate) fn references(images: &[Image]) -> Vec<&Image> {
    images.iter().collect()
}

/// The results of executing the images one by one, by a runner of its own: for each output the images.
pub(crate) fn one_by_one(pipeline: &Pipeline, images: &[&Image]) -> Vec<Vec<Image>> {
    let device = Device::host();
    let mut runner = Runner::new(pipeline.clone(), &device, ExecutionConfig::default()).unwrap();
    let mut all = vec![Vec::new(); pipeline.outputs().len()];
    for &image in images {
        let outputs = runner.run(&[image]).unwrap();
        for (own, (_, images)) in all.iter_mut().zip(outputs.outputs()) {
            own.extend_from_slice(images.unwrap());
        }
    }
    all
}

#[track_caller]
pub(crate) fn assert_outputs(outputs: &BatchOutputs, expected: &[Vec<Image>]) {
    assert_eq!(outputs.outputs().len(), expected.len());
    for ((name, images), expected) in outputs.outputs().zip(expected) {
        let images = images.unwrap();
        assert_eq!(images.len(), expected.len(), "{name}");
        for (frame, (got, expected)) in images.iter().zip(expected).enumerate() {
            assert!(
                got == expected,
                "{name}, frame {frame}: {got:?} {expected:?}"
            );
        }
    }
}
