//! Tensors that are given away several times, image by image, and as copies.

use crate::support::{Given, hold, tensor_of};
use pixelflume_device::{Address, Device, HostConfig, Stream};
use pixelflume_memory::{MemoryConfig, MemoryError, MemoryManager};
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::dlpack::abi::FLAG_IS_COPIED;
use pixelflume_pipeline::dlpack::{DlExport, DlpackError};
use pixelflume_pipeline::{BatchLayout, DeviceTensor, ImageError};
use std::sync::Arc;

fn checked() -> (Device, MemoryManager) {
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(true));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    (device, memory)
}

fn give(tensor: &Arc<DeviceTensor>, consumer: Option<&Stream>) -> Given {
    let export = DlExport::tensor(Arc::clone(tensor), consumer).unwrap();
    Given::Versioned(export.into_dlpack())
}

/// Each consumer reads in a stream of its own; the memory is used again behind all of them, and not before the owner is gone.
#[test]
fn several_consumers_are_ordered_each_in_its_stream() {
    let (device, memory) = checked();
    let ours = device.stream().unwrap();
    let theirs: Vec<Stream> = (0..3).map(|_| device.stream().unwrap()).collect();
    let layout = BatchLayout::tight(ImageShape::u8(50, 40, 3), 2);
    let bytes = layout.end().unwrap();
    for round in 0..20 {
        let written = hold(&ours);
        let tensor = Arc::new(tensor_of(&memory, &ours, layout, round));
        let address = tensor.address();
        let mut read = Vec::new();
        for consumer in &theirs {
            let given = give(&tensor, Some(consumer));
            assert_eq!(Address::from_ptr(given.tensor().data.cast_const()), address);
            let mut pinned = memory.pinned(bytes).unwrap();
            given.download(&mut pinned, consumer);
            given.delete();
            read.push(pinned);
        }
        assert!(memory.statistics().device.in_use > 0);
        drop(tensor);
        let next = tensor_of(&memory, &ours, layout, 100);
        assert_eq!(next.address(), address, "round {round}");
        drop(written);
        for (consumer, pinned) in theirs.iter().zip(&mut read) {
            consumer.synchronize().unwrap();
            assert_eq!(pinned.as_slice().unwrap(), vec![round; bytes]);
        }
        drop(next);
        ours.synchronize().unwrap();
    }
    assert_eq!(memory.statistics().device.in_use, 0);
}

#[test]
fn an_image_of_a_batch_has_its_place_and_keeps_the_batch() {
    let (device, memory) = checked();
    let stream = device.stream().unwrap();
    let layout = BatchLayout::tight(ImageShape::u8(5, 4, 3), 3)
        .at(128)
        .with_row_pitch(32)
        .with_batch_stride(200);
    let tensor = Arc::new(tensor_of(&memory, &stream, layout, 7));
    for frame in 0..3 {
        let export = DlExport::tensor_image(Arc::clone(&tensor), frame, None).unwrap();
        let given = Given::Versioned(export.into_dlpack());
        assert_eq!(given.shape_and_strides(), (vec![4, 5, 3], vec![32, 3, 1]));
        let at = tensor.address().offset(200 * frame);
        assert_eq!(Address::from_ptr(given.tensor().data.cast_const()), at);
        given.delete();
    }
    for frame in [3, usize::MAX] {
        let error = DlExport::tensor_image(Arc::clone(&tensor), frame, None).unwrap_err();
        assert!(
            matches!(error, DlpackError::Image(ImageError::Frames { .. })),
            "{error}"
        );
    }
    let export = DlExport::tensor_image(Arc::clone(&tensor), 2, None).unwrap();
    let given = Given::Legacy(export.into_dlpack_legacy());
    drop(tensor);
    assert!(memory.statistics().device.in_use > 0);
    assert_eq!(given.bytes(15), [7; 15]);
    given.delete();
    assert_eq!(memory.statistics().device.in_use, 0);
}

#[test]
fn a_copy_has_memory_of_its_own() {
    let (device, memory) = checked();
    let stream = device.stream().unwrap();
    let layout = BatchLayout::tight(ImageShape::u8(5, 4, 3), 3).at(64);
    let tensor = tensor_of(&memory, &stream, layout, 9);
    let copy = tensor.copy_of(1..3, &stream).unwrap();
    assert_eq!(copy.shape(), [2, 4, 5, 3]);
    assert_ne!(copy.address(), tensor.address().offset(60));
    drop(tensor);
    let export = DlExport::tensor(copy, None).unwrap().marked_as_copy();
    let given = Given::Versioned(export.into_dlpack());
    assert_eq!(given.flags(), Some(FLAG_IS_COPIED));
    assert_eq!(given.bytes(120), [9; 120]);
    given.delete();

    let tensor = tensor_of(&memory, &stream, layout, 9);
    let error = tensor.copy_of(2..4, &stream).unwrap_err();
    assert!(matches!(error, MemoryError::OutOfRange { .. }), "{error}");
    drop(tensor);
    assert_eq!(memory.statistics().device.in_use, 0);
}

#[test]
fn a_tensor_is_read_piece_by_piece() {
    let (device, memory) = checked();
    let stream = device.stream().unwrap();
    let shape = ImageShape::u8(1023, 701, 3);
    let padded = BatchLayout::tight(shape, 5)
        .at(192)
        .with_row_pitch(3 * 1024)
        .with_batch_stride(3 * 1024 * 720);
    for layout in [BatchLayout::tight(shape, 5), padded] {
        let bytes = layout.end().unwrap();
        let content: Vec<u8> = (0..bytes).map(|at| (at * 31 % 251) as u8).collect();
        let mut staging = memory.pinned(bytes).unwrap();
        staging.as_mut_slice().unwrap().copy_from_slice(&content);
        let mut buffer = memory.allocate(bytes, &stream).unwrap();
        buffer.upload(0, &mut staging, 0..bytes, &stream).unwrap();
        let tensor = DeviceTensor::new(buffer, layout, &memory).unwrap();
        for frames in [0..5, 0..1, 1..2, 3..5, 2..2] {
            let part = layout.frames(frames.clone()).unwrap();
            let expected = match frames.is_empty() {
                true => &[],
                false => &content[part.offset()..part.end().unwrap()],
            };
            let mut target = vec![0; expected.len()];
            tensor.read(frames.clone(), &mut target).unwrap();
            assert!(target == expected, "{frames:?}");
            let mut longer = vec![0; expected.len() + 1];
            let refused = tensor.read(frames, &mut longer).unwrap_err();
            assert!(
                matches!(refused, MemoryError::OutOfRange { .. }),
                "{refused}"
            );
        }
        assert!(tensor.read(4..6, &mut [0; 9]).is_err());
        for (frame, dimensions) in [(None, 4), (Some(3), 3)] {
            let frames = frame.map_or(0..5, |frame| frame..frame + 1);
            let part = layout.frames(frames).unwrap();
            let copy = DlExport::copy_of(&tensor, frame).unwrap();
            assert_eq!(copy.shape().len(), dimensions);
            let given = Given::Versioned(copy.into_dlpack());
            assert_eq!(given.flags(), Some(FLAG_IS_COPIED));
            let expected = &content[part.offset()..part.end().unwrap()];
            assert!(given.bytes(expected.len()) == expected);
            given.delete();
        }
        assert!(DlExport::copy_of(&tensor, Some(5)).is_err());
    }
}

/// Exports, deletions and drops of the owner in any order, on several threads: each batch is freed once, behind its consumers.
#[test]
fn any_order_of_exports_and_deletions_frees_once() {
    let (device, memory) = checked();
    let streams: Vec<Stream> = (0..3).map(|_| device.stream().unwrap()).collect();
    let layout = BatchLayout::tight(ImageShape::u8(9, 7, 1), 4);
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let (memory, streams) = (&memory, &streams);
            scope.spawn(move || {
                // A linear congruential generator.
                let mut state = 2 * thread + 1;
                let mut draw = |below: u32| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 16) % below
                };
                for round in 0..100 {
                    let home = &streams[draw(3) as usize];
                    let value = (round % 256) as u8;
                    let tensor = Arc::new(tensor_of(memory, home, layout, value));
                    let mut owner = Some(Arc::clone(&tensor));
                    let mut given = Vec::new();
                    for _ in 0..draw(6) {
                        let consumer = &streams[draw(3) as usize];
                        let export = match draw(2) {
                            0 => DlExport::tensor(Arc::clone(&tensor), Some(consumer)),
                            _ => {
                                let frame = draw(4) as usize;
                                DlExport::tensor_image(Arc::clone(&tensor), frame, Some(consumer))
                            }
                        };
                        given.push(Given::Versioned(export.unwrap().into_dlpack()));
                        if draw(4) == 0 {
                            owner = None;
                        }
                        if draw(3) == 0 {
                            let last = given.swap_remove(draw(given.len() as u32) as usize);
                            last.delete();
                        }
                    }
                    drop((tensor, owner));
                    for given in given {
                        given.delete();
                    }
                }
            });
        }
    });
    assert_eq!(memory.statistics().device.in_use, 0);
    device.synchronize().unwrap();
}
