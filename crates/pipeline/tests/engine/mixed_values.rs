//! Operators whose effect differs from image to image in an engine: numbers, passes, given values.

use crate::mixed::noise;
use crate::support::HOST;
use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{CropBox, ImageShape, Operator, RandomResizedCrop, Resize, ResizedCrop};
use pixelflume_pipeline::engine::{
    BatchWriter, Engine, EngineConfig, EngineError, FailureCause, FrameError,
};
use pixelflume_pipeline::{
    BatchParameters, ExecutionConfig, Image, Pipeline, PipelineBuilder, Runner,
};

const EXAMPLE: ImageShape = ImageShape::u8(40, 30, 3);

fn one(name: &str, operator: impl Operator + 'static) -> Pipeline {
    let mut builder = PipelineBuilder::new("one");
    let input = builder.input("photos").unwrap();
    builder.then(input, name, operator).unwrap();
    builder.build().unwrap()
}

fn random() -> RandomResizedCrop {
    RandomResizedCrop::new(8, 6).unwrap()
}

/// What the random crop makes of the image with this number in this pass.
fn drawn(image: &Image, epoch: u64, index: u64) -> Image {
    let shape = image.shape();
    let crop = random().draw(epoch, index, shape.width, shape.height);
    cropped(image, crop)
}

fn cropped(image: &Image, crop: CropBox) -> Image {
    let pipeline = one("crop", ResizedCrop::new(crop, 8, 6).unwrap());
    let mut runner = Runner::new(pipeline, &HOST, ExecutionConfig::default()).unwrap();
    runner.run(&[image]).unwrap().images("crop").unwrap()[0].clone()
}

fn checked() -> Device {
    Device::host_with(HostConfig::default().with_threads(2).with_checked(true))
}

#[test]
fn images_are_counted_in_the_order_of_submission() {
    let config = EngineConfig::new()
        .max_batch(3)
        .first_index(100)
        .mixed_bytes(64 << 10);
    let engine = Engine::mixed(one("crop", random()), &checked(), &[EXAMPLE], config).unwrap();
    let images: Vec<Image> = (0..3)
        .map(|at| noise(30 + at * 7, 50 - at * 9, 3, at.into()))
        .collect();
    let all: Vec<&Image> = images.iter().collect();
    // Begun and filled in another order than submitted; one is abandoned, and counts for nothing.
    let mut second = engine.begin_batch().unwrap();
    second.push(&images[0]).unwrap();
    let mut abandoned = engine.begin_batch().unwrap();
    abandoned.push(&images[1]).unwrap();
    drop(abandoned);
    engine.submit(&all).unwrap();
    second.push(&images[2]).unwrap();
    second.submit().unwrap();
    let mut third = engine.begin_batch().unwrap();
    third.set_epoch(2);
    for (frame, image) in images.iter().enumerate() {
        third.push(image).unwrap();
        if frame != 1 {
            third.set_index(frame, 7 + frame as u64).unwrap();
        }
    }
    assert!(third.set_index(3, 0).is_err());
    third.submit().unwrap();
    let expected = [
        vec![
            drawn(&images[0], 0, 100),
            drawn(&images[1], 0, 101),
            drawn(&images[2], 0, 102),
        ],
        vec![drawn(&images[0], 0, 103), drawn(&images[2], 0, 104)],
        vec![
            drawn(&images[0], 2, 7),
            drawn(&images[1], 2, 106),
            drawn(&images[2], 2, 9),
        ],
    ];
    for expected in expected {
        let lease = engine.next().unwrap().unwrap();
        assert_eq!(lease.to_images("crop").unwrap(), expected);
    }
}

#[test]
fn numbers_and_epochs_count_before_an_image_and_behind_it() {
    let config = EngineConfig::new().max_batch(2).mixed_bytes(64 << 10);
    let engine = Engine::mixed(one("crop", random()), &checked(), &[EXAMPLE], config).unwrap();
    let images = [noise(30, 50, 3, 1), noise(44, 20, 3, 2)];
    let expected = [drawn(&images[0], 5, 70), drawn(&images[1], 5, 3)];
    type Told = fn(&mut BatchWriter, &Image, usize, u64);
    let orders: [Told; 4] = [
        |batch, image, frame, index| {
            batch.set_epoch(5);
            batch.set_index(frame, index).unwrap();
            batch.push(image).unwrap();
        },
        |batch, image, frame, index| {
            batch.set_index(frame, index).unwrap();
            batch.push(image).unwrap();
            batch.set_epoch(5);
        },
        |batch, image, frame, index| {
            batch.set_epoch(5);
            batch.push(image).unwrap();
            batch.set_index(frame, index).unwrap();
        },
        |batch, image, frame, index| {
            batch.set_epoch(5);
            batch.set_index(frame, index + 1).unwrap();
            batch.push(image).unwrap();
            batch.set_index(frame, index).unwrap();
        },
    ];
    for tell in orders {
        let mut batch = engine.begin_batch().unwrap();
        for (frame, (image, index)) in images.iter().zip([70, 3]).enumerate() {
            tell(&mut batch, image, frame, index);
        }
        batch.submit().unwrap();
        let lease = engine.next().unwrap().unwrap();
        assert_eq!(lease.to_images("crop").unwrap(), expected);
    }
}

#[test]
fn values_are_given_with_each_image() {
    let pipeline = one("crop", ResizedCrop::given(8, 6).unwrap());
    let device = checked();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let config = || EngineConfig::new().max_batch(4).mixed_bytes(64 << 10);
    let without = Engine::mixed(pipeline.clone(), &device, &[EXAMPLE], config());
    assert!(
        matches!(without, Err(EngineError::NotMixed { .. })),
        "{without:?}"
    );
    let mut example = BatchParameters::new(&pipeline);
    example
        .set("crop", "box", 4, &[0.0, 0.0, 4.0, 4.0])
        .unwrap();
    let engine =
        Engine::mixed_with_values(pipeline.clone(), &memory, &[EXAMPLE], &example, config())
            .unwrap();
    let boxes = engine.image_parameter("crop", "box").unwrap();
    let unknown = engine
        .image_parameter("crop", "bix")
        .unwrap_err()
        .to_string();
    assert!(unknown.contains("no parameter \"bix\""), "{unknown}");
    let images: Vec<Image> = (0..3)
        .map(|at| noise(30 + at * 7, 50 - at * 9, 3, at.into()))
        .collect();
    let crops = [
        CropBox::new(1, 2, 20, 9),
        CropBox::new(0, 0, 37, 41),
        CropBox::new(30, 5, 4, 4),
    ];
    let values = |crop: CropBox| [crop.x, crop.y, crop.width, crop.height].map(f64::from);
    let mut writer = engine.begin_batch().unwrap();
    let error = writer.push(&images[0]).unwrap_err();
    assert!(matches!(error, FrameError::Image(_)), "{error}");
    for (frame, (image, crop)) in images.iter().zip(crops).enumerate() {
        // The values that were given last count.
        writer.give(frame, boxes, &[0.0, 0.0, 1.0, 1.0]).unwrap();
        writer.give(frame, boxes, &values(crop)).unwrap();
        writer.push(image).unwrap();
    }
    // A box that leaves its image.
    writer.give(3, boxes, &[0.0, 0.0, 31.0, 5.0]).unwrap();
    let error = writer.push(&images[0]).unwrap_err().to_string();
    // The operator sees one image, and does not say which: there would be two numbers.
    assert!(
        error.starts_with(
            "node \"crop\": frame 3: resized_crop: box of the image is [0.0, 0.0, 31.0, 5.0]; give"
        ),
        "{error}"
    );
    assert!(writer.give(4, boxes, &[0.0; 4]).is_err());
    writer.submit().unwrap();
    let got = engine.next().unwrap().unwrap().to_images("crop").unwrap();
    let expected: Vec<Image> = images
        .iter()
        .zip(crops)
        .map(|(image, crop)| cropped(image, crop))
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn values_of_another_count_fail_the_batch_when_they_change_behind_the_image() {
    let pipeline = one("crop", ResizedCrop::given(8, 6).unwrap());
    let memory = MemoryManager::new(&HOST, MemoryConfig::default());
    let mut example = BatchParameters::new(&pipeline);
    example
        .set("crop", "box", 4, &[0.0, 0.0, 4.0, 4.0])
        .unwrap();
    let config = EngineConfig::new().mixed_bytes(64 << 10);
    let engine =
        Engine::mixed_with_values(pipeline, &memory, &[EXAMPLE], &example, config).unwrap();
    let boxes = engine.image_parameter("crop", "box").unwrap();
    let mut writer = engine.begin_batch().unwrap();
    writer.give(0, boxes, &[0.0, 0.0, 4.0, 4.0]).unwrap();
    writer.push(&noise(30, 30, 3, 1)).unwrap();
    writer.give(0, boxes, &[0.0, 0.0, 400.0, 4.0]).unwrap();
    writer.submit().unwrap();
    let failure = engine.next().unwrap().unwrap_err();
    assert!(
        matches!(failure.cause, FailureCause::Frame(FrameError::Image(_))),
        "{failure}"
    );
}

#[test]
fn a_node_that_does_the_same_to_every_image_takes_no_values() {
    let resize = one("small", Resize::new(4, 4).unwrap());
    let engine = Engine::new(resize, &HOST, &[EXAMPLE], EngineConfig::new()).unwrap();
    assert!(engine.image_parameter("small", "width").is_err());
}
