//! Random pipelines over images of random sizes have the results of their images.

use crate::support::*;
use pixelflume_memory::MemoryManager;
use pixelflume_ops::testing::Random;
use pixelflume_ops::{
    AbsDiff, CenterCrop, Color, ColorConversion, Flip, FlipAxis, GaussianBlur, Interpolation,
    Letterbox, Operator, Resize, Sobel, Threshold, ToFloat,
};
use pixelflume_pipeline::{
    BatchLayout, DeviceImages, Image, ImageView, Input, Output, Pipeline, PipelineBuilder, Port,
    Runner,
};
use pixelflume_scheduler::ExecutionMode;
use proptest::prelude::*;
use std::sync::Arc;

/// A node or the input, and what it gives.
#[derive(Copy, Clone)]
struct Given {
    port: Port,
    channels: u32,
    /// Floating point samples are read by nothing here.
    is_last: bool,
}

/// An operator that takes 8-bit images of any size and this number of channels, with the channels of its output.
fn operator(random: &mut Random, channels: u32) -> (Arc<dyn Operator>, u32, bool) {
    let side = |random: &mut Random| random.within(3, 40);
    match random.within(0, 9) {
        0..=2 => {
            let resize = Resize::new(side(random), side(random)).unwrap();
            let interpolation = random.pick(&Interpolation::ALL);
            (
                Arc::new(resize.interpolation(interpolation)),
                channels,
                false,
            )
        }
        3 => {
            let letterbox = Letterbox::new(side(random), side(random)).unwrap();
            (Arc::new(letterbox), channels, false)
        }
        4 => (Arc::new(GaussianBlur::new(3).unwrap()), channels, false),
        5 if channels == 3 => (Arc::new(Color::new(ColorConversion::RgbToGray)), 1, false),
        5 => (Arc::new(Sobel::magnitude()), channels, false),
        6 => (Arc::new(Flip::new(FlipAxis::Horizontal)), channels, false),
        7 => (Arc::new(Threshold::new(random.byte())), channels, false),
        8 => (Arc::new(ToFloat::new()), channels, true),
        _ => (Arc::new(CenterCrop::new(2, 3).unwrap()), channels, false),
    }
}

fn random_pipeline(random: &mut Random) -> Pipeline {
    let mut builder = PipelineBuilder::new("random");
    builder.fusion(random.within(0, 5) > 0);
    let mut ports = vec![Given {
        port: builder.input("photo").unwrap(),
        channels: 3,
        is_last: false,
    }];
    for index in 0..random.within(1, 7) {
        // Mostly a chain.
        let from = match random.within(0, 2) {
            0 => random.within(0, ports.len() as u32 - 1) as usize,
            _ => ports.len() - 1,
        };
        let from = ports[..=from].iter().rev().find(|given| !given.is_last);
        let from = *from.unwrap();
        let name = format!("n{index}");
        let (port, channels, is_last) = match random.within(0, 11) {
            0 => {
                let node = builder.add(&name, AbsDiff::new()).unwrap();
                builder.connect(from.port, node).unwrap();
                builder.connect(from.port, node).unwrap();
                (node, from.channels, false)
            }
            _ => {
                let (operator, channels, is_last) = operator(random, from.channels);
                let node = builder.add_boxed(&name, operator).unwrap();
                builder.connect(from.port, node).unwrap();
                (node, channels, is_last)
            }
        };
        ports.push(Given {
            port,
            channels,
            is_last,
        });
    }
    builder.build().unwrap()
}

fn random_images(random: &mut Random) -> Vec<Image> {
    let most = random.pick(&[4, 30, 60]);
    let count = random.within(1, 9);
    let mut images: Vec<Image> = Vec::new();
    for seed in 0..count {
        let (width, height) = match images.last() {
            // At times the size of another one.
            Some(last) if random.within(0, 3) == 0 => (last.shape().width, last.shape().height),
            _ => (random.within(2, most), random.within(3, most)),
        };
        images.push(image(width, height, 3, seed));
    }
    images
}

/// The images in device memory of their own.
fn list_of(images: &[Image], memory: &MemoryManager) -> Vec<pixelflume_memory::DeviceBuffer> {
    let stream = memory.device().stream().unwrap();
    let upload = |image: &Image| {
        let bytes = image.data().len();
        let mut pinned = memory.pinned(bytes).unwrap();
        pinned.as_mut_slice().unwrap().copy_from_slice(image.data());
        let mut buffer = memory.allocate(bytes, &stream).unwrap();
        buffer.upload(0, &mut pinned, 0..bytes, &stream).unwrap();
        buffer
    };
    images.iter().map(upload).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn a_mixed_batch_has_the_results_of_its_images(seed: u64) {
        let mut random = Random::new(seed);
        let pipeline = random_pipeline(&mut random);
        let mode = random.pick(&[ExecutionMode::Direct, ExecutionMode::Replay]);
        let mut runner = Runner::new(pipeline.clone(), &checked(), config(mode)).unwrap();
        let memory = runner.memory().clone();
        for _ in 0..random.within(1, 5) {
            let images = random_images(&mut random);
            let expected = one_by_one(&pipeline, &references(&images));
            let frames = references(&images);
            let views: Vec<ImageView<'_>> = images.iter().map(ImageView::from).collect();
            let buffers = list_of(&images, &memory);
            let list: Vec<DeviceImages<'_>> = images.iter().zip(&buffers).map(|(image, buffer)| {
                DeviceImages::new(BatchLayout::tight(image.shape(), 1), buffer).unwrap()
            }).collect();
            let input = match random.within(0, 2) {
                0 => Input::Images(&frames),
                1 => Input::Views(&views),
                _ => Input::DeviceList(&list),
            };
            let mut got = vec![Vec::new(); expected.len()];
            {
                let mut outputs: Vec<_> = got.iter_mut().map(Output::Images).collect();
                let execution = runner.execute(&[input], &mut outputs).unwrap();
                prop_assert!(execution.is_success());
            }
            prop_assert!(got == expected, "{pipeline:?}");
        }
    }
}
