//! Imports and exports on a driver without a GPU: device numbers, kinds of memory, and ordinary memory beside a GPU.

use crate::support::{Data, Given, Recipe, tensor_of};
use pixelflume_cuda_driver::testing::{Fake, FakeConfig, Fault, MemoryKind, TestDriver, When};
use pixelflume_cuda_driver::{CuResult, Function};
use pixelflume_device::Device;
use pixelflume_memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::dlpack::abi::FLAG_READ_ONLY;
use pixelflume_pipeline::dlpack::{DlExport, DlpackError};
use pixelflume_pipeline::{BatchLayout, Input, Output};

/// Two GPUs.
fn devices() -> ([Device; 2], &'static Fake) {
    let (driver, fake) = TestDriver::fake(FakeConfig {
        devices: 2,
        ..FakeConfig::default()
    });
    let devices = [0, 1].map(|index| Device::cuda_on(driver.driver(), index).unwrap());
    (devices, fake)
}

fn tensor_in(memory: &DeviceBuffer, device: (i32, i32)) -> Recipe {
    Recipe {
        device,
        data: Data::At(memory.address().raw()),
        ..Recipe::bytes(&[2, 6, 5, 3], &[])
    }
}

#[test]
fn memory_of_the_same_gpu_is_used_in_place() {
    let (devices, fake) = devices();
    assert_eq!(devices.each_ref().map(Device::ordinal), [Some(0), Some(1)]);
    let streams = devices.each_ref().map(|device| device.stream().unwrap());
    let memory = devices
        .each_ref()
        .map(|device| MemoryManager::new(device, MemoryConfig::default()));
    let buffers = [0, 1].map(|index| memory[index].allocate(180, &streams[index]).unwrap());
    for (index, number) in [(0, 0), (0, 1), (0, -1), (1, 0), (1, 1)] {
        let made = tensor_in(&buffers[index], (2, number)).make();
        let imported = made.import(None, &streams[index]);
        match imported {
            Ok(tensor) => {
                assert_eq!(index as i32, number);
                let Input::Device(images) = tensor.input() else {
                    panic!("the memory is not used in place");
                };
                assert_eq!(images.memory().address(), buffers[index].address());
                assert_eq!(made.calls(), 0);
            }
            Err(error) => {
                assert_ne!(index as i32, number);
                assert!(
                    matches!(&error, DlpackError::Device { device_type: 2, device_id, .. } if *device_id == number),
                    "{error}"
                );
            }
        }
        assert_eq!(made.calls(), 1);
    }
    // What a tensor says of its memory is not believed: this is of the other GPU.
    let made = tensor_in(&buffers[1], (2, 0)).make();
    let error = made.import(None, &streams[0]).unwrap_err();
    assert!(matches!(error, DlpackError::Memory(_)), "{error}");
    assert_eq!(made.calls(), 1);
    // Managed memory is of every GPU.
    fake.set_memory_kind(buffers[0].address().raw(), MemoryKind::Managed);
    let made = tensor_in(&buffers[0], (13, 0)).make();
    let tensor = made.import(None, &streams[0]).unwrap();
    assert!(matches!(tensor.input(), Input::Device(_)));
    drop((tensor, buffers));
    assert_eq!(fake.violations(), [""; 0]);
}

#[test]
fn host_memory_that_calls_itself_device_memory_is_refused() {
    let ([device, _], _) = devices();
    let recipe = Recipe {
        device: (2, 0),
        ..Recipe::bytes(&[2, 6, 5, 3], &[7; 180])
    };
    let made = recipe.make();
    let error = made.import(None, &device.stream().unwrap()).unwrap_err();
    assert!(matches!(error, DlpackError::Memory(_)), "{error}");
    assert_eq!(made.calls(), 1);
}

#[test]
fn ordinary_memory_is_a_view_beside_a_gpu() {
    let ([device, _], _) = devices();
    let stream = device.stream().unwrap();
    let pixels: Vec<u8> = (0..90).collect();
    for kind in [1, 3] {
        let recipe = Recipe {
            device: (kind, 0),
            ..Recipe::bytes(&[6, 5, 3], &pixels)
        };
        let made = recipe.make();
        let mut tensor = made.import(None, &stream).unwrap();
        let Input::Batch(batch) = tensor.input() else {
            panic!("the GPU would read ordinary memory");
        };
        assert_eq!(batch.frame(0).unwrap().to_image().data(), pixels);
        assert!(matches!(tensor.output(), Ok(Output::Batch(_))));
        // The tensor may be used and dropped on another thread.
        std::thread::scope(|scope| {
            let frames = scope.spawn(|| tensor.input().frames());
            assert_eq!(frames.join().unwrap(), 1);
        });
        std::thread::spawn(move || drop(tensor)).join().unwrap();
        assert_eq!(made.calls(), 1);
        let read_only = Recipe {
            flags: FLAG_READ_ONLY,
            ..recipe
        };
        let mut tensor = read_only.make().import(None, &stream).unwrap();
        assert!(matches!(tensor.output(), Err(DlpackError::ReadOnly)));
    }
}

#[test]
fn a_tensor_is_given_away_with_the_number_of_its_gpu() {
    let ([_, device], fake) = devices();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let [ours, theirs] = [device.stream().unwrap(), device.stream().unwrap()];
    let layout = BatchLayout::tight(ImageShape::u8(5, 6, 3), 2);
    for consumer in [None, Some(&theirs), Some(&ours)] {
        let tensor = tensor_of(&memory, &ours, layout, 3);
        let address = tensor.address().raw();
        let given = Given::Versioned(DlExport::tensor(tensor, consumer).unwrap().into_dlpack());
        let seen = given.tensor();
        assert_eq!((seen.device.device_type.0, seen.device.device_id), (2, 1));
        assert_eq!((seen.data.addr() as u64, seen.byte_offset), (address, 0));
        let back = given.import(None, consumer.unwrap_or(&ours)).unwrap();
        assert_eq!(back.layout(), layout);
        std::thread::spawn(move || drop(back)).join().unwrap();
        assert_eq!(memory.statistics().device.in_use, 0);
    }
    // What remains of a tensor when everything else of its device is gone.
    let given = DlExport::tensor(tensor_of(&memory, &ours, layout, 3), Some(&theirs)).unwrap();
    let given = Given::Versioned(given.into_dlpack());
    drop((memory, ours, theirs, device));
    given.delete();
    assert_eq!(fake.violations(), [""; 0]);
    assert_eq!(fake.live().device_blocks, 0);
}

/// Whatever the driver refuses, deleters are called once and memory goes back.
#[test]
fn every_fault_of_the_driver_leaves_nothing() {
    let mut failed = 0;
    for (&function, call) in Function::ALL
        .iter()
        .flat_map(|f| (1..=4).map(move |call| (f, call)))
    {
        let (driver, fake) = TestDriver::fake(FakeConfig::default());
        let device = Device::cuda_on(driver.driver(), 0).unwrap();
        let memory = MemoryManager::new(&device, MemoryConfig::default());
        let [ours, theirs] = [device.stream().unwrap(), device.stream().unwrap()];
        let buffer = memory.allocate(180, &ours).unwrap();
        let tensor = tensor_of(
            &memory,
            &ours,
            BatchLayout::tight(ImageShape::u8(5, 6, 3), 2),
            3,
        );
        let made = tensor_in(&buffer, (2, 0)).make();
        let fault = Fault::Refused(CuResult::INVALID_VALUE);
        let armed = driver
            .faults()
            .fail(function, When::Nth(call), fault)
            .unwrap();
        let imported = made.import(None, &ours);
        failed += usize::from(imported.is_err());
        assert_eq!(
            made.calls(),
            usize::from(imported.is_err()),
            "{function:?} {call}"
        );
        drop(imported);
        assert_eq!(made.calls(), 1, "{function:?} {call}");
        match DlExport::tensor(tensor, Some(&theirs)) {
            Ok(export) => Given::Versioned(export.into_dlpack()).delete(),
            Err(error) => {
                failed += 1;
                assert!(
                    matches!(error, DlpackError::Driver(_)),
                    "{function:?} {call}: {error}"
                );
            }
        }
        drop(armed);
        drop(buffer);
        assert_eq!(memory.statistics().device.in_use, 0, "{function:?} {call}");
        drop((memory, ours, theirs, device));
        assert_eq!(fake.violations(), [""; 0], "{function:?} {call}");
        assert_eq!(fake.live().device_blocks, 0, "{function:?} {call}");
    }
    assert!(failed >= 4, "only {failed} faults were met");
}
