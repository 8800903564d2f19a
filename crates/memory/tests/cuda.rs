//! Memory of other users of the CUDA driver, on a driver without a GPU: what the driver tells of it, and the default stream of
//! a thread as its stream.

#![expect(unsafe_code, reason = "borrows memory and streams by address")]

use pixelflume_cuda_driver::Function as Call;
use pixelflume_cuda_driver::testing::{Fake, FakeConfig, Faults, TestDriver};
use pixelflume_device::{Address, Device, DeviceError, Stream};
use pixelflume_memory::{
    AllocatorMode, BorrowedMemory, DeviceSlice, MemoryAccess, MemoryConfig, MemoryError,
    MemoryManager,
};
use std::ptr::without_provenance_mut;
use std::sync::Arc;
use std::thread;

const BYTES: usize = 4096;

fn open() -> (Device, &'static Faults, &'static Fake) {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    let device = Device::cuda_on(driver.driver(), 0).unwrap();
    (device, driver.faults(), fake)
}

/// Memory that frees itself, as that of another library.
struct Theirs(Device, Address);

impl Drop for Theirs {
    fn drop(&mut self) {
        // SAFETY: allocated in `borrow`, dropped once, when no work uses it any more.
        unsafe { self.0.free_raw(self.1, BYTES) }.unwrap();
    }
}

fn borrow(stream: &Stream, bytes: usize) -> Result<BorrowedMemory, MemoryError> {
    let device = stream.device().clone();
    let address = device.allocate_raw(BYTES).unwrap();
    let owner = Theirs(device, address);
    // SAFETY: the owner holds the memory; what does not fit it is refused.
    unsafe { BorrowedMemory::new(address, bytes, MemoryAccess::ReadWrite, stream, owner) }
}

#[test]
fn memory_that_the_driver_does_not_know_is_refused_and_its_owner_dropped() {
    let (device, _, fake) = open();
    let stream = device.stream().unwrap();
    let error = borrow(&stream, BYTES + 1).unwrap_err();
    let MemoryError::Device(DeviceError::WrongMemory { bytes, found, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(
        (bytes, found.as_str()),
        (BYTES + 1, "the allocation ends after 4096 bytes")
    );
    let ordinary = vec![0u8; BYTES];
    let address = Address::from_ptr(ordinary.as_ptr());
    // SAFETY: the owner holds the bytes, which are refused.
    let result =
        unsafe { BorrowedMemory::new(address, BYTES, MemoryAccess::Read, &stream, ordinary) };
    let error = result.map(drop).unwrap_err();
    assert!(error.to_string().contains("copy host memory"), "{error}");
    assert_eq!(fake.live().device_blocks, 0);
    drop(borrow(&stream, BYTES).unwrap());
    assert_eq!(fake.live().device_blocks, 0);
    assert_eq!(fake.violations(), [""; 0]);
}

#[test]
fn memory_on_the_default_stream_of_a_thread_is_ordered_there_and_waited_for_elsewhere() {
    let (device, faults, fake) = open();
    // SAFETY: the default stream of this thread lives as long as the context.
    let home = unsafe { device.borrow_stream(without_provenance_mut(2), Arc::new(())) }.unwrap();
    let memory = borrow(&home, BYTES).unwrap();
    let other = device.stream().unwrap();
    let slice = DeviceSlice::from(&memory);
    slice.order_before(&other).unwrap();
    slice.order_after(&other).unwrap();
    let waits = || faults.calls(Call::cuCtxSynchronize);
    assert_eq!(waits(), 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            let refused = slice.order_before(&other).unwrap_err();
            assert!(
                matches!(refused, DeviceError::WrongThread { .. }),
                "{refused}"
            );
            assert_eq!(waits(), 0);
            // The work is there, so that the device is waited for where the stream cannot be ordered.
            slice.order_after(&other).unwrap();
            assert_eq!(waits(), 1);
        });
    });
    thread::spawn(move || drop(memory)).join().unwrap();
    assert_eq!(fake.live().device_blocks, 0);
    assert_eq!(fake.violations(), [""; 0]);
}

#[test]
fn pools_give_no_memory_for_the_default_stream_of_a_thread() {
    let (device, _, fake) = open();
    // SAFETY: as above.
    let home = unsafe { device.borrow_stream(without_provenance_mut(2), Arc::new(())) }.unwrap();
    for mode in AllocatorMode::ALL {
        let config = MemoryConfig::default().with_mode(mode);
        let memory = MemoryManager::new(&device, config);
        let error = memory.allocate(BYTES, &home).map(drop).unwrap_err();
        assert!(
            matches!(error, MemoryError::StreamOfOneThread { asked: BYTES, .. }),
            "{error}"
        );
        // Another stream's buffer is ordered with it.
        let buffer = memory
            .allocate(BYTES, &device.default_stream().unwrap())
            .unwrap();
        buffer.order_before(&home).unwrap();
        buffer.order_after(&home).unwrap();
    }
    assert_eq!(fake.violations(), [""; 0]);
}
