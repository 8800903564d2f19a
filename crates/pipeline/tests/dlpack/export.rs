//! Images that are given away, on the host device, and taken back.

use crate::support::{Given, hold, tensor_of};
use pixelflume_device::{Address, Device, HostConfig};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{ImageShape, Layout, SampleType};
use pixelflume_pipeline::dlpack::abi::{FLAG_IS_COPIED, VERSION};
use pixelflume_pipeline::dlpack::{DlExport, DlTensor, DlpackError};
use pixelflume_pipeline::{BatchLayout, DeviceTensor, Image, ImageError, Input};

fn image(seed: u8) -> Image {
    Image::from_fn(5, 4, 3, |x, y, c| seed + (20 * y + 4 * x + c) as u8).unwrap()
}

fn checked() -> Device {
    Device::host_with(HostConfig::default().with_threads(2).with_checked(true))
}

#[test]
fn an_image_is_moved_and_a_batch_is_copied() {
    let (first, second) = (image(0), image(100));
    let bytes = first.data().to_vec();
    let address = Address::from_ptr(first.data().as_ptr()).raw();
    let images = [first.clone(), second];

    let moved = DlExport::image(first).unwrap();
    assert_eq!(
        (moved.shape(), moved.strides()),
        (&[4, 5, 3][..], &[15, 3, 1][..])
    );
    let given = Given::Versioned(moved.into_dlpack());
    let tensor = given.tensor();
    assert_eq!((given.version(), given.flags()), (Some(VERSION), Some(0)));
    assert_eq!(
        (tensor.data.addr() as u64, tensor.byte_offset),
        (address, 0)
    );
    assert_eq!(
        (tensor.device.device_type.0, tensor.device.device_id),
        (1, 0)
    );
    assert_eq!(
        (tensor.dtype.code.0, tensor.dtype.bits, tensor.dtype.lanes),
        (1, 8, 1)
    );
    assert_eq!(given.shape_and_strides(), (vec![4, 5, 3], vec![15, 3, 1]));
    assert_eq!(given.bytes(60), bytes);
    given.delete();

    let copied = Given::Versioned(DlExport::images(&images).unwrap().into_dlpack());
    assert_eq!(copied.flags(), Some(FLAG_IS_COPIED));
    assert_eq!(copied.tensor().data.addr() % 64, 0);
    assert_eq!(
        copied.shape_and_strides(),
        (vec![2, 4, 5, 3], vec![60, 15, 3, 1])
    );
    assert_eq!(
        copied.bytes(120),
        [images[0].data(), images[1].data()].concat()
    );
    copied.delete();

    let legacy = Given::Legacy(DlExport::images(&images).unwrap().into_dlpack_legacy());
    assert_eq!(
        legacy.shape_and_strides(),
        (vec![2, 4, 5, 3], vec![60, 15, 3, 1])
    );
    assert_eq!(legacy.bytes(60), bytes);
    legacy.delete();
}

#[test]
fn all_sample_types_and_layouts_come_back() {
    let stream = checked().stream().unwrap();
    for sample in [
        SampleType::U8,
        SampleType::I16,
        SampleType::F16,
        SampleType::Bf16,
        SampleType::F32,
        SampleType::F64,
        SampleType::I32,
    ] {
        for (layout, channels) in [
            (Layout::Interleaved, 3),
            (Layout::Planar, 3),
            (Layout::Planar, 1),
        ] {
            let shape = ImageShape {
                sample,
                layout,
                ..ImageShape::u8(5, 6, channels)
            };
            let image = Image::new(shape, vec![3; shape.bytes()]).unwrap();
            let given = Given::Versioned(DlExport::image(image).unwrap().into_dlpack());
            let back = given.import(None, &stream).unwrap();
            assert_eq!(back.layout(), BatchLayout::tight(shape, 1));
        }
    }
}

#[test]
fn batches_that_are_none_are_refused() {
    let error = DlExport::images(&[]).unwrap_err();
    assert!(
        matches!(error, DlpackError::Image(ImageError::NoImages)),
        "{error}"
    );
    let other = Image::from_fn(5, 4, 1, |_, _, _| 0).unwrap();
    let error = DlExport::images(&[image(0), image(1), other]).unwrap_err();
    assert!(
        matches!(error, DlpackError::Shapes { index: 2, .. }),
        "{error}"
    );
}

#[test]
fn the_drop_of_an_export_drops_the_images() {
    let device = checked();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let stream = device.stream().unwrap();
    let tensor = tensor_of(
        &memory,
        &stream,
        BatchLayout::tight(ImageShape::u8(5, 4, 3), 2),
        1,
    );
    assert!(memory.statistics().device.in_use > 0);
    drop(DlExport::tensor(tensor, None).unwrap());
    assert_eq!(memory.statistics().device.in_use, 0);
}

/// Padding, the offset in the buffer, and a drop on another thread when nothing else of the device is left.
#[test]
fn a_device_tensor_is_given_in_place_and_outlives_its_manager() {
    let device = checked();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let stream = device.stream().unwrap();
    let shape = ImageShape {
        sample: SampleType::F32,
        layout: Layout::Planar,
        ..ImageShape::u8(5, 4, 3)
    };
    let layout = BatchLayout::tight(shape, 2)
        .at(128)
        .with_row_pitch(32)
        .with_batch_stride(400);
    let tensor = tensor_of(&memory, &stream, layout, 7);
    let address = tensor.address().raw();
    let given = Given::Versioned(DlExport::tensor(tensor, None).unwrap().into_dlpack());
    assert_eq!(given.tensor().data.addr() as u64, address);
    assert_eq!(given.flags(), Some(0));
    assert_eq!(
        given.shape_and_strides(),
        (vec![2, 3, 4, 5], vec![100, 32, 8, 1])
    );
    // Without a stream of the consumer the images are complete.
    assert_eq!(given.bytes(20), [7; 20]);
    let back = given.import(None, &stream).unwrap();
    assert_eq!(back.layout(), layout.at(0));
    drop((memory, stream, device));
    std::thread::spawn(move || drop(back)).join().unwrap();
}

#[test]
fn the_consumers_stream_is_ordered_on_both_sides() {
    let device = checked();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let [ours, theirs] = [device.stream().unwrap(), device.stream().unwrap()];
    let layout = BatchLayout::tight(ImageShape::u8(50, 40, 3), 2);
    for round in 0..20 {
        let written = hold(&ours);
        let tensor = tensor_of(&memory, &ours, layout, round);
        let address = tensor.address();
        let export = DlExport::tensor(tensor, Some(&theirs)).unwrap();
        let given = Given::Versioned(export.into_dlpack());
        // Their work reads what ours did not write yet, and is not complete when the deleter is called.
        let mut pinned = memory.pinned(layout.end().unwrap()).unwrap();
        given.download(&mut pinned, &theirs);
        given.delete();
        // The memory is used again at once, behind their work.
        let next = tensor_of(&memory, &ours, layout, 100);
        assert_eq!(next.address(), address, "round {round}");
        drop(written);
        theirs.synchronize().unwrap();
        assert_eq!(
            pinned.as_slice().unwrap(),
            vec![round; layout.end().unwrap()]
        );
        drop(next);
        ours.synchronize().unwrap();
    }
    assert_eq!(memory.statistics().device.in_use, 0);
}

#[test]
fn a_stream_of_another_device_is_refused() {
    let device = checked();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let layout = BatchLayout::tight(ImageShape::u8(5, 4, 3), 2);
    let tensor: DeviceTensor = tensor_of(&memory, &device.stream().unwrap(), layout, 1);
    let other = checked().stream().unwrap();
    let error = DlExport::tensor(tensor, Some(&other)).unwrap_err();
    assert!(matches!(error, DlpackError::Driver(_)), "{error}");
    assert_eq!(memory.statistics().device.in_use, 0);
}

/// A tensor that nobody but the consumer holds is an input again.
#[test]
fn a_tensor_that_comes_back_is_read_in_place() {
    let device = checked();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let stream = device.stream().unwrap();
    let layout = BatchLayout::tight(ImageShape::u8(5, 6, 3), 2);
    let tensor = tensor_of(&memory, &stream, layout, 1);
    let address = tensor.address();
    let given = Given::Legacy(
        DlExport::tensor(tensor, Some(&stream))
            .unwrap()
            .into_dlpack_legacy(),
    );
    let back: DlTensor = given.import(None, &stream).unwrap();
    let Input::Device(images) = back.input() else {
        panic!("the memory is not used in place");
    };
    assert_eq!(images.memory().address(), address);
    assert!(memory.statistics().device.in_use > 0);
    drop(back);
    assert_eq!(memory.statistics().device.in_use, 0);
}
