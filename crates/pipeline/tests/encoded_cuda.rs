//! Files as inputs of a runner on CUDA, on a driver without a GPU: which images there are, where, and in which order. Their pixels are
//! compared on a GPU (the check `encoded`).
#![cfg(feature = "cuda")]

use pixelflume_codec::{
    DecodeError, DecodeOptions, EncodeOptions, Format, Limits, OpenImage, Rect, encode,
};
use pixelflume_cuda_driver::testing::{FakeConfig, TestDriver};
use pixelflume_device::Device;
use pixelflume_ops::Flip;
use pixelflume_pipeline::{
    ExecutionConfig, Image, ImageView, Input, Pipeline, PipelineBuilder, PipelineError, Runner,
};

fn file(width: u32, height: u32, format: Format) -> Vec<u8> {
    let image = Image::from_fn(width, height, 3, |x, y, c| (x * 9 + y * 5 + c * 60) as u8);
    encode(
        ImageView::from(&image.unwrap()),
        format,
        &EncodeOptions::default(),
    )
    .unwrap()
}

fn flip() -> Pipeline {
    let mut builder = PipelineBuilder::new("flip");
    let input = builder.input("photos").unwrap();
    builder.then(input, "flip", Flip::default()).unwrap();
    builder.build().unwrap()
}

fn runner(pipeline: Pipeline) -> Runner {
    let (driver, _) = TestDriver::fake(FakeConfig::default());
    let device = Device::cuda_on(driver.driver(), 0).unwrap();
    Runner::new(pipeline, &device, ExecutionConfig::default()).unwrap()
}

/// Files for the device, for the CPU, and for nobody, of sizes of their own.
fn files() -> Vec<Vec<u8>> {
    vec![
        file(20, 10, Format::Png),
        file(21, 11, Format::Jpeg),
        b"no image".to_vec(),
        file(23, 13, Format::Bmp),
        b"\xff\xd8\xff".to_vec(),
        file(25, 15, Format::Jpeg),
    ]
}

fn widths(images: &[Image]) -> Vec<u32> {
    images.iter().map(|image| image.shape().width).collect()
}

#[test]
fn one_list_has_the_images_of_the_device_and_of_the_cpu_in_order() {
    let files = files();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let mut runner = runner(flip());
    let results = runner.run_encoded(&files).unwrap();
    assert_eq!(results.frames, [0, 1, 3, 5]);
    let images = results.outputs.images("flip").unwrap();
    assert_eq!(widths(images), [20, 21, 23, 25]);
    let failed: Vec<usize> = results.failed.iter().map(|failed| failed.frame).collect();
    assert_eq!(failed, [2, 4]);
    assert!(matches!(
        results.failed[0].error,
        DecodeError::Unknown { .. }
    ));
    assert!(matches!(results.failed[1].error, DecodeError::Jpeg(_)));
    // All are in memory of the device.
    let good = [files[0], files[1], files[3]];
    let on_device = runner.with_decoded(
        &[Input::Encoded(&good)],
        |_, inputs| matches!(inputs, [Input::DeviceList(images)] if images.len() == 3),
    );
    assert!(on_device.unwrap());
    // All or none, where that is asked for.
    let error = runner
        .with_decoded(&[Input::Encoded(&files)], |_, _| panic!("it was called"))
        .unwrap_err();
    let PipelineError::Decode { failures, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(failures.len(), 2);
}

#[test]
fn images_take_room_in_the_batch_in_the_order_of_their_files() {
    let files = files();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    // The first three images fit, and no fourth one.
    let opened = OpenImage::of_bytes(files[1], &DecodeOptions::default()).unwrap();
    let beside = opened.need().bytes - 21 * 11 * 3;
    let max_batch_bytes = (20 * 10 + 21 * 11 + 23 * 13) * 3 + beside;
    let options = DecodeOptions {
        limits: Limits {
            max_batch_bytes,
            ..Limits::default()
        },
        ..DecodeOptions::default()
    };
    let mut runner = runner(flip().with_decode_options(options));
    let results = runner.run_encoded(&files).unwrap();
    assert_eq!(results.frames, [0, 1, 3]);
    assert!(matches!(
        results.failed[2].error,
        DecodeError::BatchFull { .. }
    ));
}

#[test]
fn files_that_take_too_much_memory_on_the_device_are_decoded_by_the_cpu() {
    let (large, small) = (file(800, 600, Format::Jpeg), file(40, 30, Format::Jpeg));
    let options = DecodeOptions {
        crop: Some(Rect {
            x: 3,
            y: 4,
            width: 24,
            height: 20,
        }),
        // Coefficients have 3 bytes for each pixel of 4:2:0.
        limits: Limits {
            max_bytes: 800 * 600 * 2,
            ..Limits::default()
        },
        ..DecodeOptions::default()
    };
    let mut runner = runner(flip().with_decode_options(options));
    let results = runner.run_encoded(&[&large, &small]).unwrap();
    assert!(results.failed.is_empty(), "{:?}", results.failed);
    let images = results.outputs.images("flip").unwrap();
    assert_eq!(widths(images), [24, 24]);
}
