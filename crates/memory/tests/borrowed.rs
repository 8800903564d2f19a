//! Memory of another owner: what is refused, how its stream orders it, and when its owner is dropped.
#![expect(unsafe_code, reason = "borrows memory by address, and has kernels")]

mod support;

use pixelflume_device::testing::{Call, Refusals};
use pixelflume_device::{
    Access, Address, Args, Device, DeviceError, HostConfig, HostKernel, Launch, Stream,
    TaskFailure, Workers,
};
use pixelflume_memory::{
    BorrowedMemory, DeviceSlice, DeviceSliceMut, MemoryAccess, MemoryConfig, MemoryError,
    MemoryManager, Owner,
};
use std::any::Any;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use support::put;

/// Bytes of the memory in these tests.
const BYTES: usize = 4096;

/// Times that each thread orders the memory; Miri is slow.
const ROUNDS: usize = if cfg!(miri) { 20 } else { 500 };

/// An owner of memory that counts its drops. It is `Send` and not `Sync`, as owners may be.
struct Theirs {
    bytes: Vec<u8>,
    drops: Arc<AtomicUsize>,
    _not_sync: Cell<u8>,
}

fn theirs() -> (Theirs, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    let owner = Theirs {
        bytes: vec![7; BYTES],
        drops: drops.clone(),
        _not_sync: Cell::new(0),
    };
    (owner, drops)
}

impl Drop for Theirs {
    fn drop(&mut self) {
        self.drops.fetch_add(1, SeqCst);
    }
}

fn device() -> Device {
    Device::host_with(HostConfig::default().with_threads(2).with_checked(true))
}

fn borrow(stream: &Stream) -> (BorrowedMemory, Arc<AtomicUsize>) {
    let (owner, drops) = theirs();
    let address = Address::from_ptr(owner.bytes.as_ptr());
    // SAFETY: the owner holds the bytes, which nothing else uses.
    let memory =
        unsafe { BorrowedMemory::new(address, BYTES, MemoryAccess::ReadWrite, stream, owner) };
    (memory.unwrap(), drops)
}

/// Memory of no bytes that anybody touches.
fn nowhere(
    address: u64,
    bytes: usize,
    stream: &Stream,
    owner: impl Any + Send,
) -> Result<BorrowedMemory, MemoryError> {
    let address = Address::new(address);
    // SAFETY: nothing in these tests touches the bytes of this memory.
    unsafe { BorrowedMemory::new(address, bytes, MemoryAccess::Read, stream, owner) }
}

struct Nothing;

impl HostKernel for Nothing {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
}

/// Puts work into a stream that says it accesses this memory.
fn work(stream: &Stream, access: Access) -> Result<(), DeviceError> {
    let mut launch = Launch::host(Arc::new(Nothing), Args::EMPTY);
    launch.set_accesses(&[access]);
    put(stream, &launch, None)
}

#[test]
fn the_owner_is_dropped_once_with_the_last_that_keeps_it() {
    let stream = device().stream().unwrap();
    let (memory, drops) = borrow(&stream);
    let [first, second] = [(); 2].map(|()| match DeviceSlice::from(&memory).owner() {
        Owner::Kept(kept) => kept,
        other => panic!("{other:?}"),
    });
    drop(memory);
    drop(first);
    assert_eq!(drops.load(SeqCst), 0);
    thread::spawn(move || drop(second)).join().unwrap();
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn the_owner_comes_back_where_nothing_uses_the_memory() {
    let device = device();
    let stream = device.stream().unwrap();
    let (memory, drops) = borrow(&stream);
    let kept = DeviceSlice::from(&memory).owner();
    let memory = memory.into_owner::<Theirs>().map(drop).unwrap_err();
    drop(kept);
    let memory = memory.into_owner::<Vec<u8>>().map(drop).unwrap_err();
    DeviceSlice::from(&memory).mark_unordered();
    device.refusals().refuse_all(&[Call::SynchronizeDevice]);
    let memory = memory.into_owner::<Theirs>().map(drop).unwrap_err();
    device.refusals().clear();
    let owner = memory.into_owner::<Theirs>().unwrap();
    assert_eq!((owner.bytes.len(), drops.load(SeqCst)), (BYTES, 0));
    drop(owner);
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn threads_share_memory_whose_owner_they_cannot_share() {
    fn shared<T: Send + Sync>(_: &T) {}
    let stream = device().stream().unwrap();
    let (memory, drops) = borrow(&stream);
    shared(&memory);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(memory.slice(0..BYTES).unwrap().len(), BYTES));
        }
    });
    drop(memory);
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn a_panic_of_the_owner_goes_no_further() {
    struct Panics(Arc<AtomicUsize>);
    impl Drop for Panics {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
            panic!("the owner");
        }
    }
    let stream = device().stream().unwrap();
    let drops = Arc::new(AtomicUsize::new(0));
    drop(nowhere(4096, 1, &stream, Panics(drops.clone())).unwrap());
    assert_eq!(drops.load(SeqCst), 1);
    nowhere(0, 1, &stream, Panics(drops.clone())).unwrap_err();
    assert_eq!(drops.load(SeqCst), 2);
}

#[test]
fn what_can_be_no_memory_is_refused_with_numbers_and_the_owner_dropped() {
    let stream = device().stream().unwrap();
    let (owner, drops) = theirs();
    let error = nowhere(0, 12, &stream, owner).unwrap_err();
    assert!(
        matches!(error, MemoryError::NullAddress { bytes: 12 }),
        "{error}"
    );
    assert_eq!(drops.load(SeqCst), 1);
    for (given, length) in [(512, 0), (512, usize::MAX), (u64::MAX, 1)] {
        let (owner, drops) = theirs();
        let error = nowhere(given, length, &stream, owner).unwrap_err();
        let MemoryError::BadLength { address, bytes } = error else {
            panic!("{error}");
        };
        assert_eq!((address, bytes), (given, length));
        assert_eq!(drops.load(SeqCst), 1);
    }
    nowhere(u64::MAX - 1, 1, &stream, ()).unwrap();
}

#[test]
fn memory_for_reading_is_not_written_and_ranges_lie_inside() {
    let stream = device().stream().unwrap();
    let mut memory = nowhere(8192, 100, &stream, ()).unwrap();
    assert_eq!(memory.access(), MemoryAccess::Read);
    let error = memory.slice_mut(0..10).map(drop).unwrap_err();
    let MemoryError::ReadOnly { address, bytes } = error else {
        panic!("{error}");
    };
    assert_eq!((address, bytes), (8192, 100));
    let part = memory.slice(30..100).unwrap();
    assert_eq!((part.address().raw(), part.len()), (8222, 70));
    assert!(matches!(
        memory.slice(30..101).map(drop),
        Err(MemoryError::OutOfRange {
            offset: 30,
            bytes: 71,
            len: 100
        })
    ));
    let (mut memory, _) = borrow(&stream);
    let part = memory.slice_mut(16..48).unwrap();
    assert_eq!(part.as_slice().len(), 32);
    memory.slice_mut(0..BYTES + 1).map(drop).unwrap_err();
}

#[test]
fn slices_say_who_keeps_their_memory() {
    let stream = device().stream().unwrap();
    let manager = MemoryManager::new(stream.device(), MemoryConfig::default());
    let buffer = manager.allocate(BYTES, &stream).unwrap();
    assert!(matches!(DeviceSlice::from(&buffer).owner(), Owner::Pool));
    // SAFETY: the buffer has these bytes, and lives as long as the slice.
    let raw = unsafe { DeviceSlice::from_raw(buffer.address(), BYTES, &stream) };
    assert!(matches!(raw.owner(), Owner::Caller));
    // SAFETY: as above; nothing is put into a stream.
    let raw = unsafe { DeviceSliceMut::from_raw(buffer.address(), BYTES, &stream) };
    assert!(matches!(raw.as_slice().owner(), Owner::Caller));
    let (mut memory, _) = borrow(&stream);
    let slice = memory.slice_mut(1..2).unwrap();
    assert!(matches!(slice.as_slice().owner(), Owner::Kept(_)));
}

#[test]
fn slices_overlap_where_they_have_a_byte_in_common() {
    let stream = device().stream().unwrap();
    let [first, second] = [8192, 8192 + 60].map(|at| nowhere(at, 100, &stream, ()).unwrap());
    let overlaps = |a: std::ops::Range<usize>, b: std::ops::Range<usize>| {
        let (a, b) = (first.slice(a).unwrap(), second.slice(b).unwrap());
        assert_eq!(a.overlaps(&b), b.overlaps(&a));
        a.overlaps(&b)
    };
    assert!(overlaps(0..100, 0..100));
    assert!(overlaps(0..61, 0..100));
    assert!(overlaps(0..100, 39..40), "one byte, inside");
    assert!(!overlaps(0..60, 0..100), "side by side");
    assert!(!overlaps(0..100, 40..100), "side by side");
    assert!(!overlaps(70..70, 0..100), "no bytes");
    assert!(!overlaps(0..100, 20..20), "no bytes");
    let last = nowhere(u64::MAX - 1, 1, &stream, ()).unwrap();
    assert!(DeviceSlice::from(&last).overlaps(&DeviceSlice::from(&last)));
}

#[test]
fn work_of_other_streams_comes_behind_and_before_the_work_of_its_stream() {
    let device = device();
    let [home, other] = [(); 2].map(|()| device.stream().unwrap());
    let (memory, _) = borrow(&home);
    let slice = DeviceSlice::from(&memory);
    let write = || Access::write(slice.address(), BYTES);
    work(&home, write()).unwrap();
    work(&other, write()).unwrap_err();
    slice.order_before(&other).unwrap();
    work(&other, write()).unwrap();
    work(&home, write()).unwrap_err();
    slice.order_after(&other).unwrap();
    work(&home, write()).unwrap();
    let elsewhere = Device::host().stream().unwrap();
    for refused in [
        slice.order_before(&elsewhere),
        slice.order_after(&elsewhere),
    ] {
        assert!(matches!(refused, Err(DeviceError::WrongDevice { .. })));
    }
    device.synchronize().unwrap();
}

/// Each order is a record and a wait of one event: another thread's must not come between.
#[test]
fn two_threads_order_memory_one_behind_the_other() {
    let device = device();
    let streams = [(); 2].map(|()| device.stream().unwrap());
    let (memory, _) = borrow(&device.stream().unwrap());
    let calls = Arc::new(Mutex::new(Vec::new()));
    let log = calls.clone();
    device.refusals().inject(move |call| {
        log.lock().unwrap().push((thread::current().id(), call));
        // Another thread would come in between here.
        thread::yield_now();
        None
    });
    thread::scope(|scope| {
        for stream in &streams {
            scope.spawn(|| {
                let slice = DeviceSlice::from(&memory);
                for _ in 0..ROUNDS {
                    slice.order_before(stream).unwrap();
                    slice.order_after(stream).unwrap();
                }
            });
        }
    });
    device.refusals().clear();
    let calls = calls.lock().unwrap();
    let pairs: Vec<_> = calls
        .iter()
        .filter(|(_, call)| matches!(call, Call::Record | Call::Wait))
        .collect();
    assert_eq!(pairs.len(), 2 * 2 * 2 * ROUNDS);
    for pair in pairs.chunks(2) {
        assert_eq!([pair[0].1, pair[1].1], [Call::Record, Call::Wait]);
        assert_eq!(pair[0].0, pair[1].0, "two threads order it in turns");
    }
}

#[test]
fn where_an_event_is_refused_the_device_is_waited_for() {
    let device = device();
    let [home, other] = [(); 2].map(|()| device.stream().unwrap());
    let (memory, drops) = borrow(&home);
    let slice = DeviceSlice::from(&memory);
    work(&other, Access::write(slice.address(), BYTES)).unwrap();
    device.refusals().refuse_all(&[Call::Record]);
    slice.order_after(&other).unwrap();
    work(&home, Access::write(slice.address(), BYTES)).unwrap();

    // Where that is refused, too, the memory is marked: it is used again, and given back, when the device is idle.
    work(&other, Access::read(slice.address(), BYTES)).unwrap_err();
    let refused = [Call::Record, Call::SynchronizeDevice];
    device.refusals().refuse_all(&refused);
    slice.order_after(&other).unwrap_err();
    device.refusals().refuse_all(&refused[1..]);
    for stream in [&other, &home] {
        slice.order_before(stream).unwrap_err();
    }
    device.refusals().clear();
    for stream in [&home, &other] {
        slice.order_before(stream).unwrap();
    }
    drop(memory);
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn an_owner_whose_memory_work_may_still_use_is_not_dropped() {
    let device = device();
    let stream = device.stream().unwrap();
    let marked = || {
        let (memory, drops) = borrow(&stream);
        DeviceSlice::from(&memory).mark_unordered();
        (memory, drops)
    };
    let (memory, drops) = marked();
    device.refusals().refuse_all(&[Call::SynchronizeDevice]);
    drop(memory);
    assert_eq!(drops.load(SeqCst), 0, "the work was not waited for");
    // A lost device does no more work.
    let (memory, drops) = marked();
    device.refusals().inject(|_| {
        Some(DeviceError::Lost {
            device: "some".to_owned(),
            call: "a call",
            code: 700,
            name: "CUDA_ERROR_ILLEGAL_ADDRESS",
        })
    });
    drop(memory);
    assert_eq!(drops.load(SeqCst), 1);
    device.refusals().clear();
    let (memory, drops) = marked();
    drop(memory);
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn a_buffer_that_is_marked_waits_for_the_device_also_on_its_own_stream() {
    let device = device();
    let stream = device.stream().unwrap();
    let manager = MemoryManager::new(&device, MemoryConfig::default());
    let [mut buffer, source] = [(); 2].map(|()| manager.allocate(64, &stream).unwrap());
    buffer.mark_unordered();
    device.refusals().refuse_all(&[Call::SynchronizeDevice]);
    buffer.order_before(&stream).unwrap_err();
    buffer.copy_from(0, &source, 0..64, &stream).unwrap_err();
    device.refusals().clear();
    buffer.order_before(&stream).unwrap();
}

#[test]
fn a_raw_slice_falls_back_on_waits_for_the_stream_and_for_the_device() {
    let device = device();
    let [home, other] = [(); 2].map(|()| device.stream().unwrap());
    let bytes = [0u8; 64];
    // SAFETY: the bytes live as long as the slice, and nothing touches them.
    let slice = unsafe { DeviceSlice::from_raw(Address::from_ptr(&raw const bytes), 64, &home) };
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = |refused: &'static [Call]| {
        let log = calls.clone();
        log.lock().unwrap().clear();
        device.refusals().inject(move |call| {
            log.lock().unwrap().push(call);
            refused.contains(&call).then(Refusals::refusal)
        });
        let ordered = slice.order_after(&other);
        device.refusals().clear();
        (ordered.is_ok(), calls.lock().unwrap().clone())
    };
    let all = [
        Call::CreateEvent,
        Call::Record,
        Call::SynchronizeStream,
        Call::SynchronizeDevice,
    ];
    let ordered = vec![Call::CreateEvent, Call::Record, Call::Wait];
    assert_eq!(seen(&[]), (true, ordered));
    assert_eq!(seen(&[Call::Record]), (true, all[..3].to_vec()));
    let refused = &[Call::Record, Call::SynchronizeStream];
    assert_eq!(seen(refused), (true, all.to_vec()));
    let refused = &[
        Call::Record,
        Call::SynchronizeStream,
        Call::SynchronizeDevice,
    ];
    assert_eq!(seen(refused), (false, all.to_vec()));
}
