//! Contexts, streams and memory of other users of the driver, on a driver without a GPU: what is taken, what is refused, and
//! that nothing of theirs is destroyed.

#![expect(unsafe_code, reason = "calls the driver as another user of it does")]

use pixelflume_cuda_driver::ffi::{CuContext, CuStream};
use pixelflume_cuda_driver::testing::{
    Fake, FakeConfig, Fault, Faults, MemoryKind, TestDriver, When,
};
use pixelflume_cuda_driver::{CuResult, Driver, Function as Call};
use pixelflume_device::{
    Address, Device, DeviceError, Severity, Stream, StreamId, StreamOrderedPool,
};
use std::ffi::c_void;
use std::ptr::without_provenance_mut;
use std::sync::{Arc, Mutex};
use std::thread;

const BYTES: usize = 4096;

/// Two devices of one driver.
struct Setting {
    driver: &'static Driver,
    faults: &'static Faults,
    fake: &'static Fake,
    devices: [Device; 2],
}

fn setting() -> Setting {
    let (driver, fake) = TestDriver::fake(FakeConfig {
        devices: 2,
        ..FakeConfig::default()
    });
    Setting {
        driver: driver.driver(),
        faults: driver.faults(),
        fake,
        devices: [0, 1].map(|index| Device::cuda_on(driver.driver(), index).unwrap()),
    }
}

impl Setting {
    /// Calls `work` where a context is current that is not the primary one of device 0.
    fn in_another_context<R>(&self, work: impl FnOnce() -> R) -> R {
        let context = CuContext::from_raw(self.fake.create_context(0));
        let mut popped = CuContext::NULL;
        // SAFETY: the context lives as long as the driver, and what is pushed is popped.
        unsafe { self.driver.cuCtxPushCurrent_v2(context) }
            .ok()
            .unwrap();
        let result = work();
        // SAFETY: as above.
        unsafe { self.driver.cuCtxPopCurrent_v2(&mut popped) }
            .ok()
            .unwrap();
        assert_eq!(popped, context);
        result
    }

    fn allocate(&self) -> Address {
        let mut address = 0;
        // SAFETY: the place is valid for the result.
        unsafe { self.driver.cuMemAlloc_v2(&mut address, BYTES) }
            .ok()
            .unwrap();
        Address::new(address)
    }
}

/// The reason for which memory was refused.
#[track_caller]
fn refused(result: Result<(), DeviceError>) -> String {
    match result {
        Err(DeviceError::WrongMemory { found, .. }) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn memory_of_the_device_is_taken_up_to_its_last_byte() {
    let Setting {
        devices: [device, _],
        faults,
        fake,
        ..
    } = &setting();
    let address = device.allocate_raw(BYTES).unwrap();
    device.check_memory(address, BYTES).unwrap();
    device.check_memory(address.offset(4000), 96).unwrap();
    let error = device.check_memory(address.offset(4000), 97).unwrap_err();
    assert_eq!(error.severity(), Severity::Recoverable);
    let text = error.to_string();
    assert!(text.contains("97 bytes at 0x7"), "{text}");
    assert!(
        text.contains("cuda:0") && text.contains("ends after 96 bytes"),
        "{text}"
    );
    let found = refused(device.check_memory(address.offset(BYTES), 1));
    assert!(found.contains("knows of no memory"), "{found}");
    let found = refused(device.check_memory(address, usize::MAX));
    assert!(found.contains("no address"), "{found}");

    let pool = StreamOrderedPool::new(device, 0).unwrap();
    let stream = device.stream().unwrap();
    let ordered = pool.allocate(BYTES, &stream).unwrap();
    device.check_memory(ordered, BYTES).unwrap();
    refused(device.check_memory(ordered, BYTES + 1));
    // SAFETY: allocated above, freed once, and never used.
    unsafe { pool.free(ordered, BYTES, &stream) }.unwrap();

    let refusal = Fault::Refused(CuResult::INVALID_VALUE);
    let fault = faults
        .fail(Call::cuPointerGetAttributes, When::Always, refusal)
        .unwrap();
    let error = device.check_memory(address, 1).unwrap_err();
    assert!(
        matches!(error, DeviceError::Driver { code: 1, .. }),
        "{error}"
    );
    drop(fault);
    // SAFETY: as above.
    unsafe { device.free_raw(address, BYTES) }.unwrap();
    stream.synchronize().unwrap();
    assert_eq!(fake.violations(), [""; 0]);
}

#[test]
fn memory_that_others_map_or_manage_is_taken() {
    let Setting {
        devices: [device, other],
        fake,
        ..
    } = &setting();
    let [ours, theirs] = [device, other].map(|device| device.allocate_raw(BYTES).unwrap());
    // In pieces that lie side by side, as torch maps its segments.
    fake.set_memory_kind(ours.raw(), MemoryKind::Mapped { piece: 1000 });
    device.check_memory(ours.offset(900), BYTES - 900).unwrap();
    let found = refused(device.check_memory(ours.offset(900), BYTES - 899));
    assert!(found.contains("ends after 3196 bytes"), "{found}");
    fake.set_memory_kind(ours.raw(), MemoryKind::WithoutExtent);
    device.check_memory(ours, 2 * BYTES).unwrap();
    for address in [ours, theirs] {
        fake.set_memory_kind(address.raw(), MemoryKind::Managed);
        device.check_memory(address, BYTES).unwrap();
        refused(device.check_memory(address, BYTES + 1));
    }
}

#[test]
fn host_memory_and_memory_of_others_is_refused() {
    let setting = setting();
    let [device, other] = &setting.devices;
    let ordinary = [0u8; 64];
    let found = refused(device.check_memory(Address::from_ptr(&raw const ordinary), 64));
    assert!(found.contains("knows of no memory"), "{found}");
    let pinned = device.allocate_pinned_raw(BYTES).unwrap();
    let found = refused(device.check_memory(pinned, BYTES));
    assert!(found.contains("page-locked"), "{found}");

    let theirs = other.allocate_raw(BYTES).unwrap();
    let pool = StreamOrderedPool::new(other, 0).unwrap();
    let stream = other.stream().unwrap();
    let ordered = pool.allocate(BYTES, &stream).unwrap();
    for address in [theirs, ordered] {
        other.check_memory(address, BYTES).unwrap();
        assert_eq!(
            refused(device.check_memory(address, BYTES)),
            "it is memory of cuda:1"
        );
    }
    let theirs = setting.in_another_context(|| setting.allocate());
    let found = refused(device.check_memory(theirs, BYTES));
    assert!(found.contains("not the primary one"), "{found}");
    assert_eq!(setting.fake.violations(), [""; 0]);
}

#[test]
fn only_primary_contexts_have_a_device() {
    let setting = setting();
    let device = |context| {
        // SAFETY: the contexts live as long as the driver, or as its devices.
        unsafe { Device::of_context_on(setting.driver, context) }
    };
    let error = device(setting.fake.create_context(0)).unwrap_err();
    assert!(matches!(error, DeviceError::WrongDevice { .. }), "{error}");
    for primary in &setting.devices {
        let mut context = CuContext::NULL;
        let stream = primary.stream().unwrap();
        let raw = CuStream::from_raw(stream.raw().unwrap());
        // SAFETY: the place is valid for the result, and the stream is alive.
        unsafe { setting.driver.cuStreamGetCtx(raw, &mut context) }
            .ok()
            .unwrap();
        assert_eq!(
            device(context.as_raw()).unwrap().to_string(),
            primary.to_string()
        );
    }
    assert_eq!(setting.fake.violations(), [""; 0]);
}

/// A stream of this handle, borrowed without an owner.
fn borrow(device: &Device, handle: usize) -> Stream {
    // SAFETY: the handles of these tests are of default streams, or of streams that live long enough.
    unsafe { device.borrow_stream(without_provenance_mut(handle), Arc::new(())) }.unwrap()
}

#[test]
fn streams_of_another_context_or_device_are_refused() {
    let setting = setting();
    let [device, other] = &setting.devices;
    let theirs = other.stream().unwrap();
    let mut foreign = CuStream::NULL;
    setting.in_another_context(|| {
        // SAFETY: the place is valid for the result.
        let made = unsafe {
            setting
                .driver
                .cuStreamCreateWithPriority(&mut foreign, 1, 0)
        };
        made.ok().unwrap();
    });
    for raw in [theirs.raw().unwrap(), foreign.as_raw()] {
        let owner = Arc::new(());
        // SAFETY: both streams are alive.
        let error = unsafe { device.borrow_stream(raw, owner.clone()) }.unwrap_err();
        assert!(matches!(error, DeviceError::WrongDevice { .. }), "{error}");
        assert_eq!(Arc::strong_count(&owner), 1);
    }
    assert_eq!(setting.fake.violations(), [""; 0]);
}

#[test]
fn a_stream_has_one_identity_as_long_as_it_is_borrowed() {
    let setting = setting();
    let [device, other] = &setting.devices;
    let default = device.default_stream().unwrap();
    for handle in [0, 1] {
        assert_eq!(borrow(device, handle).id(), default.id());
        assert_ne!(borrow(other, handle).id(), default.id());
    }
    let [first, second] = [(); 2].map(|()| device.stream().unwrap());
    let [first, second] = [&first, &second].map(|stream| stream.raw().unwrap().addr());
    let borrowed = borrow(device, first);
    let before = borrowed.id();
    assert_eq!(borrow(device, first).id(), before);
    assert_ne!(borrow(device, second).id(), before);
    // The handle may be one of a new stream now.
    drop(borrowed);
    assert_ne!(borrow(device, first).id(), before);
}

/// When the owner of a stream has destroyed it, a new stream may have its handle.
#[test]
fn the_identity_of_a_stream_ends_before_its_owner() {
    struct Owner {
        device: Device,
        handle: usize,
        next: Arc<Mutex<Option<StreamId>>>,
    }
    impl Drop for Owner {
        fn drop(&mut self) {
            let borrowed = borrow(&self.device, self.handle);
            *self.next.lock().unwrap() = Some(borrowed.id());
        }
    }
    let setting = setting();
    let device = setting.devices[0].clone();
    let ours = device.stream().unwrap();
    let raw = ours.raw().unwrap();
    let next = Arc::new(Mutex::new(None));
    let owner = Owner {
        device: device.clone(),
        handle: raw.addr(),
        next: next.clone(),
    };
    // SAFETY: the stream is alive as long as `ours`.
    let borrowed = unsafe { device.borrow_stream(raw, Arc::new(owner)) }.unwrap();
    let id = borrowed.id();
    drop(borrowed);
    let next = next.lock().unwrap().unwrap();
    assert_ne!(next, id);
}

#[test]
fn borrowed_streams_are_never_destroyed() {
    let setting = setting();
    let [device, _] = &setting.devices;
    let owner = Arc::new(device.stream().unwrap());
    let raw = owner.raw().unwrap();
    let handles: [*mut c_void; 4] = [
        raw,
        without_provenance_mut(0),
        without_provenance_mut(1),
        without_provenance_mut(2),
    ];
    for handle in handles {
        // SAFETY: the owner holds the only stream that anybody made.
        let borrowed = unsafe { device.borrow_stream(handle, owner.clone()) }.unwrap();
        let event = device.event().unwrap();
        borrowed.record(&event).unwrap();
        borrowed.wait(&event).unwrap();
        let again = borrowed.clone();
        drop(borrowed);
        assert_eq!(Arc::strong_count(&owner), 2);
        thread::spawn(move || drop(again)).join().unwrap();
        assert_eq!(Arc::strong_count(&owner), 1);
    }
    assert_eq!(setting.faults.calls(Call::cuStreamDestroy_v2), 0);
    assert_eq!(setting.fake.live().streams, 1);
    drop(owner);
    assert_eq!(setting.faults.calls(Call::cuStreamDestroy_v2), 1);
    assert_eq!(setting.fake.violations(), [""; 0]);
}

#[test]
fn the_default_stream_of_a_thread_is_refused_on_others() {
    let setting = setting();
    let [device, _] = &setting.devices;
    let stream = borrow(device, 2);
    assert!(stream.is_of_one_thread());
    assert!(!borrow(device, 1).is_of_one_thread());
    assert_eq!(borrow(device, 2).id(), stream.id());
    let address = device.allocate_raw(BYTES).unwrap();
    let pool = StreamOrderedPool::new(device, 0).unwrap();
    let exec = {
        let ours = device.stream().unwrap();
        // SAFETY: nothing is put into the stream meanwhile.
        unsafe { ours.begin_capture() }.unwrap();
        ours.end_capture().unwrap().instantiate().unwrap()
    };
    let uses = |stream: &Stream| {
        let [event, timed] = [device.event().unwrap(), device.timing_event().unwrap()];
        let ordered = pool.allocate(1, stream);
        // SAFETY: the memory is there and unused, and the pool's is freed once. The graph is empty.
        let unsafe_uses = unsafe {
            [
                stream.fill(address, 0, BYTES),
                stream.copy(address, address.offset(512), 512),
                exec.launch(stream, None),
                ordered.and_then(|ordered| pool.free(ordered, 1, stream)),
            ]
        };
        let uses = [
            stream.record(&event),
            stream.wait(&event),
            stream.record_time(&timed),
            stream.is_capturing().map(drop),
            stream.is_idle().map(drop),
            stream.synchronize(),
        ];
        uses.into_iter().chain(unsafe_uses).collect::<Vec<_>>()
    };
    for result in uses(&stream) {
        result.unwrap();
    }
    // SAFETY: the capture is refused.
    let error = unsafe { stream.begin_capture() }.unwrap_err();
    assert!(matches!(error, DeviceError::Capture { .. }), "{error}");
    thread::scope(|scope| {
        scope.spawn(|| {
            let calls = setting.faults.calls(Call::cuEventRecordWithFlags);
            let results = uses(&stream);
            assert_eq!(results.len(), 10);
            for result in results {
                let error = result.unwrap_err();
                assert!(matches!(error, DeviceError::WrongThread { .. }), "{error}");
                assert_eq!(error.severity(), Severity::Recoverable);
            }
            // SAFETY: the capture is refused.
            let error = unsafe { stream.begin_capture() }.unwrap_err();
            assert!(matches!(error, DeviceError::WrongThread { .. }), "{error}");
            assert_eq!(setting.faults.calls(Call::cuEventRecordWithFlags), calls);
            let theirs = borrow(device, 2);
            assert_ne!(theirs.id(), stream.id());
            theirs.synchronize().unwrap();
        });
    });
    stream.synchronize().unwrap();
    // SAFETY: allocated above, freed once, and the stream that used it is idle.
    unsafe { device.free_raw(address, BYTES) }.unwrap();
    assert_eq!(setting.fake.violations(), [""; 0]);
}
