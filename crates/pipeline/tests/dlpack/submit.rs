//! Batches that are submitted with tensors of other libraries, and whose results are given away.

use crate::support::{Array, Given, Recipe, hold};
use pixelflume_device::{Device, HostConfig};
use pixelflume_ops::{Color, ColorConversion};
use pixelflume_pipeline::dlpack::DlExport;
use pixelflume_pipeline::{ExecutionConfig, Output, PipelineBuilder, Runner};

#[test]
fn a_tensor_is_kept_until_the_batch_that_reads_it_is_complete() {
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(true));
    let stream = device.stream().unwrap();
    let mut builder = PipelineBuilder::new("gray");
    let input = builder.input("input").unwrap();
    let color = Color::new(ColorConversion::RgbToGray);
    builder.then(input, "gray", color).unwrap();
    let pipeline = builder.build().unwrap();
    let mut runner = Runner::new(pipeline, &device, ExecutionConfig::default()).unwrap();
    let again = Recipe::bytes(&[2, 6, 5, 3], &[0; 180]).make();
    let again = again.import(None, &stream).unwrap();
    for round in 0..6 {
        let expected: Vec<u8> = (round..round + 60).collect();
        let pixels: Vec<u8> = expected.iter().flat_map(|&value| [value; 3]).collect();
        let made = Recipe::bytes(&[2, 6, 5, 3], &pixels).make();
        let tensor = made.import(None, &stream).unwrap();
        let open = hold(&stream);
        let mut result = None;
        let pending = runner.submit(
            &[tensor.input()],
            &mut [Output::Tensor(&mut result)],
            &stream,
        );
        // Neither the tensor nor the batch is held, and the batch has not begun.
        drop((tensor, pending.unwrap()));
        assert_eq!(made.calls(), 0, "round {round}");
        // The result is given away before it is computed, to a stream that comes behind it.
        let theirs = device.stream().unwrap();
        let export = DlExport::tensor(result.unwrap(), Some(&theirs)).unwrap();
        let given = Given::Versioned(export.into_dlpack());
        assert_eq!(given.shape_and_strides().0, [2, 6, 5, 1]);
        drop(open);
        theirs.synchronize().unwrap();
        assert_eq!(given.bytes(60), expected);
        given.delete();
        // Nobody waits for the batch; the runner lets go of what it held when it waits for one behind it.
        let outputs = &mut [Output::Discard];
        let execution = runner.execute(&[again.input()], outputs);
        execution.unwrap().into_result().unwrap();
        assert_eq!(made.calls(), 1, "round {round}");
    }
}

/// The bytes between the samples of a tensor with gaps are not written.
#[test]
fn a_tensor_with_gaps_is_written_around_them() {
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(true));
    let stream = device.stream().unwrap();
    let mut builder = PipelineBuilder::new("gray");
    let input = builder.input("input").unwrap();
    let color = Color::new(ColorConversion::RgbToGray);
    builder.then(input, "gray", color).unwrap();
    let mut runner = Runner::new(
        builder.build().unwrap(),
        &device,
        ExecutionConfig::default(),
    )
    .unwrap();
    let input = Recipe::bytes(&[2, 6, 5, 3], &[9; 180]).make();
    let output = Recipe {
        strides: Array::Of(vec![50, 8, 1, 1]),
        ..Recipe::bytes(&[2, 6, 5, 1], &[1; 100])
    };
    let output = output.make();
    let (photo, mut gray) = (
        input.import(None, &stream).unwrap(),
        output.import(None, &stream).unwrap(),
    );
    let pending = runner.submit(&[photo.input()], &mut [gray.output().unwrap()], &stream);
    pending.unwrap().wait().unwrap().into_result().unwrap();
    for (at, byte) in output.bytes(96).into_iter().enumerate() {
        let (row, column) = (at % 50 / 8, at % 50 % 8);
        let expected = if row < 6 && column < 5 { 9 } else { 1 };
        assert_eq!(byte, expected, "byte {at}");
    }
}
