//! Lists of images in device memory.

use crate::support::*;
use pixelflume_memory::{DeviceBuffer, MemoryManager};
use pixelflume_pipeline::{
    BatchLayout, DeviceImages, Image, Input, Output, Pipeline, PipelineError, Runner,
};
use pixelflume_scheduler::ExecutionMode;

/// Puts an image into device memory of its own with rows that are `padding` bytes apart.
fn upload(memory: &MemoryManager, image: &Image, padding: usize) -> (DeviceBuffer, BatchLayout) {
    let stream = memory.device().stream().unwrap();
    let shape = image.shape();
    let layout = BatchLayout::tight(shape, 1).with_row_pitch(shape.row_bytes() + padding);
    let bytes = layout.end().unwrap();
    let mut pinned = memory.pinned(bytes).unwrap();
    let rows = pinned
        .as_mut_slice()
        .unwrap()
        .chunks_mut(layout.row_pitch());
    for (row, source) in rows.zip(image.data().chunks(shape.row_bytes())) {
        row[..source.len()].copy_from_slice(source);
    }
    let mut buffer = memory.allocate(bytes, &stream).unwrap();
    buffer.upload(0, &mut pinned, 0..bytes, &stream).unwrap();
    (buffer, layout)
}

fn runner(pipeline: &Pipeline) -> Runner {
    Runner::new(pipeline.clone(), &checked(), config(ExecutionMode::Direct)).unwrap()
}

#[test]
fn images_in_device_memory_are_read_in_place() {
    for text in [TENSOR, BEHIND, GROUPED] {
        let pipeline = pipeline(text);
        let mut runner = runner(&pipeline);
        let memory = runner.memory().clone();
        // Of several sizes, and of one.
        for images in [photos(7, 1), vec![image(20, 22, 3, 1), image(20, 22, 3, 2)]] {
            let sources: Vec<_> = images
                .iter()
                .enumerate()
                .map(|(number, image)| upload(&memory, image, number % 3))
                .collect();
            let list: Vec<DeviceImages<'_>> = sources
                .iter()
                .map(|(buffer, layout)| DeviceImages::new(*layout, buffer).unwrap())
                .collect();
            let mut results = vec![Vec::new(); pipeline.outputs().len()];
            {
                let mut outputs: Vec<_> = results.iter_mut().map(Output::Images).collect();
                let execution = runner
                    .execute(&[Input::DeviceList(&list)], &mut outputs)
                    .unwrap();
                assert!(execution.is_success());
            }
            assert!(results == one_by_one(&pipeline, &references(&images)));
        }
    }
}

#[test]
fn an_entry_of_a_list_is_one_image() {
    let mut runner = runner(&pipeline(TENSOR));
    let memory = runner.memory().clone();
    let (buffer, layout) = upload(&memory, &image(10, 12, 3, 0), 0);
    let one = DeviceImages::new(layout, &buffer).unwrap();
    let two = BatchLayout::tight(one.layout().shape(), 2).with_batch_stride(0);
    assert!(two.end().is_err());
    let two = BatchLayout::tight(pixelflume_ops::ImageShape::u8(10, 6, 3), 2);
    let two = DeviceImages::new(two, &buffer).unwrap();
    let error = runner
        .execute(&[Input::DeviceList(&[one, two])], &mut [Output::Discard])
        .unwrap_err();
    let PipelineError::ListedBatch {
        frame: 1, got: 2, ..
    } = error
    else {
        panic!("{error}");
    };
    let mut compiled = runner
        .pipeline()
        .compile_with(&memory, &[layout.shape()], config(ExecutionMode::Direct))
        .unwrap();
    let error = compiled
        .execute(&[Input::DeviceList(&[one])], &mut [Output::Discard])
        .unwrap_err();
    assert!(
        matches!(error, PipelineError::ListedImages { .. }),
        "{error}"
    );
}
