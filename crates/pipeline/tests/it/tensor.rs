//! Tensors: shapes, strides, and memory that goes back to the pool from any thread.

use pixelflume_device::Device;
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{ImageShape, Layout, SampleType};
use pixelflume_pipeline::{BatchLayout, DeviceTensor, Image, ImageError};
use std::thread;

fn tensor(
    memory: &MemoryManager,
    layout: BatchLayout,
    bytes: usize,
) -> Result<DeviceTensor, ImageError> {
    let stream = memory.device().stream().unwrap();
    DeviceTensor::new(memory.allocate(bytes, &stream).unwrap(), layout, memory)
}

#[test]
fn shapes_and_strides_are_in_the_order_of_the_layout() {
    let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
    let planar = ImageShape {
        width: 5,
        height: 4,
        channels: 3,
        sample: SampleType::F32,
        layout: Layout::Planar,
    };
    let tight = tensor(&memory, BatchLayout::tight(planar, 2), 480).unwrap();
    assert_eq!(
        (tight.shape(), tight.strides()),
        ([2, 3, 4, 5], [60, 20, 5, 1])
    );
    assert_eq!(tight.sample(), SampleType::F32);

    let padded = BatchLayout::tight(ImageShape::u8(5, 4, 3), 2)
        .with_row_pitch(16)
        .with_batch_stride(100)
        .at(8);
    let padded = tensor(&memory, padded, 8 + 100 + 48 + 15).unwrap();
    assert_eq!(
        (padded.shape(), padded.strides()),
        ([2, 4, 5, 3], [100, 16, 3, 1])
    );
    assert_eq!(
        padded.images().memory().address().offset(8),
        padded.address()
    );
    assert_eq!(padded.images().layout(), padded.layout());

    let error = tensor(&memory, BatchLayout::tight(planar, 2), 479).unwrap_err();
    assert!(
        matches!(
            error,
            ImageError::Room {
                expected: 480,
                got: 479,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn memory_goes_back_from_the_thread_that_drops_the_tensor() {
    let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
    let mut tensor = tensor(&memory, BatchLayout::tight(ImageShape::u8(8, 8, 1), 1), 64).unwrap();
    assert_eq!(tensor.images_mut().layout(), tensor.layout());
    assert_eq!(memory.statistics().device.in_use, 512);
    thread::scope(|scope| {
        scope.spawn(move || drop(tensor));
    });
    let statistics = memory.statistics().device;
    assert_eq!((statistics.in_use, statistics.reserved), (0, 512));
}

#[test]
fn a_tensor_outlives_the_last_other_handle_of_its_manager() {
    let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
    let tensor = tensor(&memory, BatchLayout::tight(ImageShape::u8(8, 8, 1), 1), 64).unwrap();
    drop(memory);
    // The manager is not shut down: it hands out memory.
    let memory = tensor.memory().clone();
    let buffer = tensor.into_buffer();
    assert_eq!(memory.statistics().device.buffers, 1);
    drop(memory.allocate(1, buffer.stream()).unwrap());
    drop(buffer);
    assert_eq!(memory.shutdown().unwrap(), []);
}

#[test]
fn all_images_of_a_tensor_are_copied_whole() {
    let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
    let shape = ImageShape::u8(5, 4, 3);
    let tight = BatchLayout::tight(shape, 3);
    let padded = tight.with_row_pitch(16).with_batch_stride(100).at(8);
    for layout in [tight, padded] {
        let stream = memory.device().stream().unwrap();
        let bytes = layout.end().unwrap();
        let mut buffer = memory.allocate(bytes, &stream).unwrap();
        let mut pinned = memory.pinned(bytes).unwrap();
        let samples = pinned.as_mut_slice().unwrap().iter_mut().enumerate();
        samples.for_each(|(at, sample)| *sample = at as u8);
        buffer.upload(0, &mut pinned, 0..bytes, &stream).unwrap();
        let tensor = DeviceTensor::new(buffer, layout, &memory).unwrap();
        let got = tensor.to_images().unwrap();
        let images = (0..3).map(|frame| {
            let first = layout.offset() + frame * layout.batch_stride();
            let sample =
                |x, y, c| (first + y as usize * layout.row_pitch() + (3 * x + c) as usize) as u8;
            Image::from_fn(5, 4, 3, sample).unwrap()
        });
        assert_eq!(got, images.collect::<Vec<_>>());
    }
}
