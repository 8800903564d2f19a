//! Tests of the random suite: it finds sources that break their promise.
#![expect(unsafe_code, reason = "sources that give memory by address, wrongly")]

use super::sequence::run;
use super::{TestSource, random_sequence};
use crate::config::AllocatorMode;
use crate::source::{DriverSource, MemorySource};
use parking_lot::Mutex;
use pixelflume_device::{Address, Device, DeviceError, HostConfig, Stream};
use std::sync::Arc;

/// The way in which a [`BrokenSource`] breaks its promise.
#[derive(Copy, Clone, Eq, PartialEq)]
enum BrokenPromise {
    /// Every third block overlaps half of the block before.
    Overlap,
    /// A stream-ordered free takes effect at once, whatever work is in the stream.
    EagerFree,
}

/// A source over one region that stays valid until the end, so that its faults reach no memory of others.
struct BrokenSource {
    inner: DriverSource,
    device: Device,
    fault: BrokenPromise,
    region: Address,
    state: Mutex<Region>,
}

const REGION: usize = 1 << 30;

#[derive(Default)]
struct Region {
    end: usize,
    count: usize,
    last: usize,
    free: Vec<(Address, usize)>,
}

impl BrokenSource {
    fn source(device: &Device, fault: BrokenPromise) -> Arc<TestSource> {
        TestSource::new(Arc::new(BrokenSource {
            inner: DriverSource::new(device),
            device: device.clone(),
            fault,
            region: device.allocate_raw(REGION).unwrap(),
            state: Mutex::default(),
        }))
    }

    fn take(&self, bytes: usize) -> Address {
        let mut state = self.state.lock();
        if let Some(index) = state.free.iter().rposition(|(_, size)| *size == bytes) {
            return state.free.swap_remove(index).0;
        }
        state.count += 1;
        let mut start = state.end;
        if self.fault == BrokenPromise::Overlap && state.count.is_multiple_of(3) {
            start -= state.last / 1024 * 512;
        }
        state.end = start + bytes;
        state.last = bytes;
        assert!(state.end <= REGION, "the test needs a larger region");
        self.region.offset(start)
    }

    fn put(&self, address: Address, bytes: usize) {
        self.state.lock().free.push((address, bytes));
    }
}

// SAFETY: it breaks the promise on purpose. What it gives stays valid memory until the device is at rest and the source is
// dropped, so that work on two owners at once mixes their content and harms nothing else.
unsafe impl MemorySource for BrokenSource {
    fn device(&self) -> &Device {
        &self.device
    }

    fn allocate(&self, bytes: usize) -> Result<Address, DeviceError> {
        Ok(self.take(bytes))
    }
    unsafe fn free(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        self.put(address, bytes);
        Ok(())
    }
    fn allocate_pinned(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.inner.allocate_pinned(bytes)
    }
    unsafe fn free_pinned(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        // SAFETY: the caller's promise.
        unsafe { self.inner.free_pinned(address, bytes) }
    }
    fn prepare_ordered(&self, _: u64) -> Result<(), DeviceError> {
        Ok(())
    }
    fn allocate_ordered(&self, bytes: usize, _: &Stream) -> Result<Address, DeviceError> {
        Ok(self.take(bytes))
    }
    unsafe fn free_ordered(
        &self,
        address: Address,
        bytes: usize,
        _: &Stream,
    ) -> Result<(), DeviceError> {
        self.put(address, bytes);
        Ok(())
    }
    fn trim_ordered(&self) -> Result<(), DeviceError> {
        Ok(())
    }
    fn reserved_ordered(&self) -> usize {
        0
    }
}

impl Drop for BrokenSource {
    fn drop(&mut self) {
        self.device.synchronize().unwrap();
        // SAFETY: the region came from `allocate_raw` with this size, and the device is at rest.
        unsafe { self.device.free_raw(self.region, REGION) }.unwrap();
    }
}

fn device() -> Device {
    Device::host_with(HostConfig::default().with_threads(3))
}

#[test]
fn blocks_that_overlap_are_found() {
    let device = device();
    for mode in AllocatorMode::ALL {
        let source = BrokenSource::source(&device, BrokenPromise::Overlap);
        let error = run(&device, mode, source, 1, 400, 1).unwrap_err();
        assert!(error.contains("overlaps"), "{mode}: {error}");
    }
}

#[test]
fn a_free_that_does_not_wait_for_its_stream_is_found() {
    let device = device();
    let found = (1..30).find_map(|seed| {
        let source = BrokenSource::source(&device, BrokenPromise::EagerFree);
        run(&device, AllocatorMode::StreamOrdered, source, seed, 400, 1).err()
    });
    let error = found.expect("one of the seeds mixes the contents of two buffers");
    // A checked device sees the missing order before a content can be mixed.
    let found = ["is not its own", "nothing orders"]
        .iter()
        .any(|text| error.contains(text));
    assert!(found, "{error}");
}

#[test]
fn the_same_region_without_a_fault_passes_in_the_pooled_mode() {
    let device = device();
    let source = BrokenSource::source(&device, BrokenPromise::EagerFree);
    let summary = run(&device, AllocatorMode::Pooled, source, 1, 400, 1).unwrap();
    assert!(
        summary.checks > 20 && summary.reuse_hits > 20,
        "{summary:?}"
    );
}

#[test]
fn some_seeds_meet_the_limit_and_none_does_so_wrongly() {
    let device = device();
    for mode in AllocatorMode::ALL {
        let refusals = (0..6)
            .map(|seed| {
                random_sequence(&device, mode, seed * 3, 150)
                    .unwrap()
                    .refusals
            })
            .sum::<u64>();
        assert!(refusals > 0, "{mode}");
    }
}
