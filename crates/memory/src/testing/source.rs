//! A source that counts its calls, fails allocations on request, and delays frees.
#![expect(unsafe_code, reason = "passes memory on by address")]

use crate::source::{DriverSource, MemorySource};
use parking_lot::Mutex;
use pixelflume_device::{Address, Device, DeviceError, Stream};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The functions of a [`MemorySource`] that a [`TestSource`] counts.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Call {
    /// [`MemorySource::allocate`].
    Allocate,
    /// [`MemorySource::free`].
    Free,
    /// [`MemorySource::allocate_pinned`].
    AllocatePinned,
    /// [`MemorySource::free_pinned`].
    FreePinned,
    /// [`MemorySource::allocate_ordered`].
    AllocateOrdered,
    /// [`MemorySource::free_ordered`].
    FreeOrdered,
    /// [`MemorySource::prepare_ordered`].
    Prepare,
    /// [`MemorySource::trim_ordered`].
    Trim,
}

impl Call {
    /// The functions that allocate.
    pub const ALLOCATIONS: [Call; 3] =
        [Call::Allocate, Call::AllocatePinned, Call::AllocateOrdered];

    const COUNT: usize = 8;
}

/// A [`MemorySource`] over another one that counts calls, fails allocations on request, and delays frees. It may be
/// used from any number of threads.
///
/// Failures are [`DeviceError::OutOfMemory`], as a driver without memory gives them; a failed call does not reach the
/// source beneath. A memory manager tries once more after a failure: to see its error, let more than one call fail.
pub struct TestSource {
    inner: Arc<dyn MemorySource>,
    state: Mutex<SourceState>,
}

#[derive(Default)]
struct SourceState {
    calls: [u64; Call::COUNT],
    fault: Option<PlannedFailure>,
    always: bool,
    no_ordered: bool,
    delay: bool,
    held: Vec<DelayedFree>,
    /// The memory that the inner source allocated and the pools have not freed.
    live: HashMap<(bool, Address), usize>,
    live_bytes: usize,
}

/// The allocations that are to fail.
struct PlannedFailure {
    /// The kind of allocation that fails; `None` for every kind.
    call: Option<Call>,
    /// The number of allocations up to and including the first one that fails.
    left: u64,
    /// Whether all later allocations fail too.
    stays: bool,
}

/// A delayed free, with the memory to free.
struct DelayedFree {
    call: Call,
    address: Address,
    bytes: usize,
    stream: Option<Stream>,
}

impl TestSource {
    /// Makes a source over `inner`.
    pub fn new(inner: Arc<dyn MemorySource>) -> Arc<Self> {
        Arc::new(TestSource {
            inner,
            state: Mutex::default(),
        })
    }

    /// Makes a source over the memory of `device`.
    pub fn of(device: &Device) -> Arc<Self> {
        TestSource::new(Arc::new(DriverSource::new(device)))
    }

    /// Lets the `n`-th allocation from now on fail, counted from 1, and no other; of one kind, or of any. 0 lets none
    /// fail. It takes the place of an earlier call of this or of [`TestSource::fail_from`].
    pub fn fail_nth(&self, n: u64, call: Option<Call>) {
        self.set_fault(n, call, false);
    }

    /// Lets the `n`-th allocation from now on fail, counted from 1, and all that follow, until another call says
    /// otherwise; of one kind, or of any. 0 lets none fail.
    pub fn fail_from(&self, n: u64, call: Option<Call>) {
        self.set_fault(n, call, true);
    }

    /// Makes every allocation fail, or ends that.
    pub fn fail_always(&self, fail: bool) {
        self.state.lock().always = fail;
    }

    /// Refuses stream-ordered allocation when a manager asks for it, as a device without memory pools does.
    pub fn refuse_ordered(&self, refuse: bool) {
        self.state.lock().no_ordered = refuse;
    }

    /// Delays frees from now on, or ends that. What is held stays so until [`TestSource::release_frees`], or until
    /// the source is dropped.
    pub fn delay_frees(&self, delay: bool) {
        self.state.lock().delay = delay;
    }

    /// Does the delayed frees; stream-ordered ones behind the present work of their streams. Gives their number.
    ///
    /// # Errors
    /// The first that the source beneath reports; the others are done all the same.
    pub fn release_frees(&self) -> Result<usize, DeviceError> {
        let held = std::mem::take(&mut self.state.lock().held);
        let count = held.len();
        let mut result = Ok(());
        for free in held {
            result = result.and(self.release(free));
        }
        result.map(|()| count)
    }

    /// The number of calls of a function, failed calls included.
    pub fn calls(&self, call: Call) -> u64 {
        self.state.lock().calls[call as usize]
    }

    /// Number and bytes of allocations that were not freed; a delayed free counts as done.
    pub fn live(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.live.len(), state.live_bytes)
    }

    fn set_fault(&self, n: u64, call: Option<Call>, stays: bool) {
        self.state.lock().fault = (n > 0).then_some(PlannedFailure {
            call,
            left: n,
            stays,
        });
    }

    fn allocate_with(
        &self,
        call: Call,
        bytes: usize,
        allocate: impl FnOnce() -> Result<Address, DeviceError>,
    ) -> Result<Address, DeviceError> {
        let fails = self.state.lock().count_allocation(call);
        if fails {
            return Err(DeviceError::OutOfMemory {
                call: "an allocation made to fail",
                bytes,
                device: "a test source".to_owned(),
            });
        }
        // Without the lock: an allocation may wait for the device.
        let address = allocate()?;
        let mut state = self.state.lock();
        state
            .live
            .insert((call == Call::AllocatePinned, address), bytes);
        state.live_bytes += bytes;
        Ok(address)
    }

    fn free_with(&self, free: DelayedFree) -> Result<(), DeviceError> {
        let mut state = self.state.lock();
        state.calls[free.call as usize] += 1;
        if let Some(bytes) = state
            .live
            .remove(&(free.call == Call::FreePinned, free.address))
        {
            state.live_bytes -= bytes;
        }
        if state.delay {
            state.held.push(free);
            return Ok(());
        }
        drop(state);
        self.release(free)
    }

    fn release(&self, free: DelayedFree) -> Result<(), DeviceError> {
        let DelayedFree {
            call,
            address,
            bytes,
            stream,
        } = free;
        // SAFETY: each was promised to one of the three functions below, by its caller, and is passed on once: memory of
        // the source beneath, of this size, with no use to come. A held free is done at a later end of its stream.
        unsafe {
            match stream {
                Some(stream) => self.inner.free_ordered(address, bytes, &stream),
                None if call == Call::FreePinned => self.inner.free_pinned(address, bytes),
                None => self.inner.free(address, bytes),
            }
        }
    }
}

impl SourceState {
    /// Counts an allocation, and tells whether it is to fail.
    fn count_allocation(&mut self, call: Call) -> bool {
        self.calls[call as usize] += 1;
        let Some(fault) = &mut self.fault else {
            return self.always;
        };
        if fault.call.is_some_and(|only| only != call) {
            return self.always;
        }
        if fault.left > 1 {
            fault.left -= 1;
            return self.always;
        }
        if !fault.stays {
            self.fault = None;
        }
        true
    }
}

// SAFETY: memory comes from the source beneath, which promises the same; a free that is held back only keeps it longer.
unsafe impl MemorySource for TestSource {
    fn device(&self) -> &Device {
        self.inner.device()
    }

    fn allocate(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.allocate_with(Call::Allocate, bytes, || self.inner.allocate(bytes))
    }

    unsafe fn free(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        self.free_with(DelayedFree {
            call: Call::Free,
            address,
            bytes,
            stream: None,
        })
    }

    fn allocate_pinned(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.allocate_with(Call::AllocatePinned, bytes, || {
            self.inner.allocate_pinned(bytes)
        })
    }

    unsafe fn free_pinned(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        self.free_with(DelayedFree {
            call: Call::FreePinned,
            address,
            bytes,
            stream: None,
        })
    }

    fn prepare_ordered(&self, release_threshold: u64) -> Result<(), DeviceError> {
        let mut state = self.state.lock();
        state.calls[Call::Prepare as usize] += 1;
        if state.no_ordered {
            return Err(DeviceError::Unsupported {
                what: "stream-ordered memory pools",
                device: "a test source".to_owned(),
            });
        }
        drop(state);
        self.inner.prepare_ordered(release_threshold)
    }

    fn allocate_ordered(&self, bytes: usize, stream: &Stream) -> Result<Address, DeviceError> {
        self.allocate_with(Call::AllocateOrdered, bytes, || {
            self.inner.allocate_ordered(bytes, stream)
        })
    }

    unsafe fn free_ordered(
        &self,
        address: Address,
        bytes: usize,
        stream: &Stream,
    ) -> Result<(), DeviceError> {
        self.free_with(DelayedFree {
            call: Call::FreeOrdered,
            address,
            bytes,
            stream: Some(stream.clone()),
        })
    }

    fn trim_ordered(&self) -> Result<(), DeviceError> {
        self.state.lock().calls[Call::Trim as usize] += 1;
        self.inner.trim_ordered()
    }

    fn reserved_ordered(&self) -> usize {
        self.inner.reserved_ordered()
    }
}

impl Drop for TestSource {
    fn drop(&mut self) {
        if let Err(error) = self.release_frees() {
            tracing::error!("memory that was held back was not given back: {error}");
        }
    }
}

impl fmt::Debug for TestSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        write!(
            f,
            "TestSource({} blocks, {} bytes, {} frees held back)",
            state.live.len(),
            state.live_bytes,
            state.held.len()
        )
    }
}
