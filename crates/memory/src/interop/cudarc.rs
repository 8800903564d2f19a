//! Interoperation with the crate `cudarc`.
//!
//! Its contexts can be shared unless they are made by `new_non_primary`, since only primary contexts can be shared. Its
//! buffers record their uses on each stream by events; uses by pixelflume wait for these events, and are recorded likewise.
#![expect(unsafe_code, reason = "takes handles and memory of the driver")]

/// The crate `cudarc` in the version that this module supports.
pub use ::cudarc;

use super::between;
use crate::borrowed::BorrowedMemory;
use crate::buffer::DeviceBuffer;
use crate::error::MemoryError;
use crate::kept::MemoryAccess;
use crate::slice::{DeviceSlice, DeviceSliceMut};
use ::cudarc::driver::{
    CudaContext, CudaSlice, CudaStream, CudaView, CudaViewMut, DevicePtr, DevicePtrMut, SyncOnDrop,
};
use pixelflume_device::{Address, Device, DeviceError, Stream};
use std::sync::Arc;

/// The device of a cudarc context. Call it once, and clone the device: one that is opened twice is
/// two.
///
/// # Errors
/// As for [`Device::of_context`].
pub fn device(context: &Arc<CudaContext>) -> Result<Device, DeviceError> {
    // SAFETY: the context is one, and borrowed until the call returns.
    unsafe { Device::of_context(context.cu_ctx().cast()) }
}

/// A pixelflume stream that puts work into a stream of cudarc, and keeps that stream alive.
///
/// # Errors
/// As for [`Device::borrow_stream`].
pub fn stream(device: &Device, stream: &Arc<CudaStream>) -> Result<Stream, DeviceError> {
    // SAFETY: the stream of cudarc is destroyed with its last handle, of which one is kept.
    unsafe { device.borrow_stream(stream.cu_stream().cast(), Arc::new(stream.clone())) }
}

/// A buffer of cudarc that is read in place, as an input of an execution that is waited for; [`borrow_shared`] is for work
/// that nobody waits for.
pub struct Read<'a> {
    address: Address,
    bytes: usize,
    stream: Stream,
    /// Records the reads in the events of the cudarc buffer when it is dropped.
    _told: SyncOnDrop<'a>,
}

/// A buffer of cudarc that is written in place, as an output of an execution that is waited for; [`borrow`] is for work that
/// nobody waits for.
pub struct Write<'a>(Read<'a>);

/// Makes an input of a buffer of cudarc, on a stream of cudarc, ordered behind the work that writes
/// to the buffer.
///
/// # Errors
/// Buffer or stream are of another device than `device`, or the driver refuses.
pub fn read<'a>(
    device: &Device,
    buffer: &'a CudaSlice<u8>,
    on: &'a Arc<CudaStream>,
) -> Result<Read<'a>, DeviceError> {
    let bytes = buffer.num_bytes();
    let (address, told) = buffer.device_ptr(on);
    taken(device, Address::new(address), bytes, on, told)
}

/// Makes an output of a buffer of cudarc, on a stream of cudarc, ordered behind the work that reads
/// or writes the buffer.
///
/// # Errors
/// As for [`read`].
pub fn write<'a>(
    device: &Device,
    buffer: &'a mut CudaSlice<u8>,
    on: &'a Arc<CudaStream>,
) -> Result<Write<'a>, DeviceError> {
    let bytes = buffer.num_bytes();
    let (address, told) = buffer.device_ptr_mut(on);
    Ok(Write(taken(
        device,
        Address::new(address),
        bytes,
        on,
        told,
    )?))
}

/// Moves a buffer of cudarc into borrowed memory, for reading and writing. Its own stream orders it, behind all of its uses so
/// far. [`BorrowedMemory::into_owner`] gives the buffer back when no work uses it any more.
///
/// # Errors
/// Buffer or stream are of another device than `device`, the buffer is empty, or the driver refuses.
pub fn borrow(device: &Device, mut buffer: CudaSlice<u8>) -> Result<BorrowedMemory, MemoryError> {
    let (on, bytes) = (buffer.stream().clone(), buffer.num_bytes());
    let (address, told) = buffer.device_ptr_mut(&on);
    drop(told);
    check_waits(&on)?;
    let (address, home) = (Address::new(address), stream(device, &on)?);
    // SAFETY: the buffer has these bytes until it is dropped, which frees them in the order of its stream. Nothing else uses
    // them, since the buffer is owned here; the stream is behind all earlier uses.
    unsafe { BorrowedMemory::new(address, bytes, MemoryAccess::ReadWrite, &home, buffer) }
}

/// Borrows a buffer of cudarc for reading, while others may read it, too. The stream of the buffer orders it, behind the work
/// that writes to the buffer.
///
/// # Errors
/// As for [`borrow`].
pub fn borrow_shared(
    device: &Device,
    buffer: Arc<CudaSlice<u8>>,
) -> Result<BorrowedMemory, MemoryError> {
    let (on, bytes) = (buffer.stream().clone(), buffer.num_bytes());
    let (address, told) = buffer.device_ptr(&on);
    drop(told);
    check_waits(&on)?;
    let (address, home) = (Address::new(address), stream(device, &on)?);
    // SAFETY: as in `borrow`. Nobody writes to a buffer that is shared, and the owner, which is kept until the work here is
    // complete, shares it.
    unsafe { BorrowedMemory::new(address, bytes, MemoryAccess::Read, &home, buffer) }
}

/// Returns the errors of waits, which cudarc keeps for later.
fn check_waits(on: &Arc<CudaStream>) -> Result<(), DeviceError> {
    on.context()
        .check_err()
        .map_err(|error| DeviceError::Driver {
            call: "cuStreamWaitEvent",
            code: error.0 as u32,
            name: "an error of cudarc's context",
        })
}

fn taken<'a>(
    device: &Device,
    address: Address,
    bytes: usize,
    on: &Arc<CudaStream>,
    told: SyncOnDrop<'a>,
) -> Result<Read<'a>, DeviceError> {
    check_waits(on)?;
    if bytes > 0 {
        device.check_memory(address, bytes)?;
    }
    Ok(Read {
        address,
        bytes,
        stream: stream(device, on)?,
        _told: told,
    })
}

impl Read<'_> {
    /// The bytes of the cudarc buffer, for reading.
    pub fn slice(&self) -> DeviceSlice<'_> {
        // SAFETY: their buffer is borrowed as long as `self`. What writes to it is before this in the stream, as `device_ptr`
        // saw to, and what will comes behind the reads, of which its event tells.
        unsafe { DeviceSlice::from_raw(self.address, self.bytes, &self.stream) }
    }
}

impl Write<'_> {
    /// The bytes of the cudarc buffer, for writing.
    pub fn slice(&mut self) -> DeviceSliceMut<'_> {
        let Write(taken) = self;
        // SAFETY: their buffer is borrowed mutably as long as `self`. What uses it is before this in the stream, as
        // `device_ptr_mut` saw to, and what will comes behind the writes, of which its event tells.
        unsafe { DeviceSliceMut::from_raw(taken.address, taken.bytes, &taken.stream) }
    }
}

/// A pixelflume buffer as a `CudaSlice` that does not free it when dropped.
struct Lent(Option<CudaSlice<u8>>);

impl Lent {
    /// # Safety
    /// There is memory of the stream's context at the address, until the value is dropped.
    unsafe fn new(address: Address, bytes: usize, on: &Arc<CudaStream>) -> Self {
        // SAFETY: promised by the caller; the `CudaSlice` does not free the memory, since `drop` takes it out.
        Lent(Some(unsafe { on.upgrade_device_ptr(address.raw(), bytes) }))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(slice) = self.0.take() {
            // Of uses on several other streams the `CudaSlice` remembers only the last one, and all of them must be complete.
            if let Err(error) = slice.context().synchronize() {
                tracing::warn!(%error, "uses of memory that was lent could not be waited for");
            }
            slice.leak();
        }
    }
}

/// Calls `work` with a buffer of pixelflume as a view of cudarc, for reading. Work that `work` puts on the buffer into streams of
/// cudarc comes behind the present work of the buffer's own stream, and before its later work. Returns when all work of the
/// context is complete.
///
/// # Errors
/// The stream is of another device than the buffer, or the driver refuses to order the two.
pub fn lend<R>(
    buffer: &DeviceBuffer,
    on: &Arc<CudaStream>,
    work: impl FnOnce(CudaView<'_, u8>) -> R,
) -> Result<R, MemoryError> {
    let ours = stream(buffer.stream().device(), on)?;
    between(buffer, &ours, || {
        // SAFETY: the buffer is borrowed until the call returns, and the stream is of its context, or it was not `ours`.
        let lent = unsafe { Lent::new(buffer.address(), buffer.len(), on) };
        lent.0.as_ref().map(|slice| work(slice.as_view()))
    })
    .map(|done| done.expect("it is there until it is dropped"))
}

/// Calls `work` with a buffer of pixelflume as a view of cudarc, for writing; otherwise like
/// [`lend`].
///
/// # Errors
/// As for [`lend`].
pub fn lend_mut<R>(
    buffer: &mut DeviceBuffer,
    on: &Arc<CudaStream>,
    work: impl FnOnce(CudaViewMut<'_, u8>) -> R,
) -> Result<R, MemoryError> {
    let ours = stream(buffer.stream().device(), on)?;
    between(buffer, &ours, || {
        // SAFETY: as in `lend`; the buffer is borrowed mutably.
        let mut lent = unsafe { Lent::new(buffer.address(), buffer.len(), on) };
        lent.0.as_mut().map(|slice| work(slice.as_view_mut()))
    })
    .map(|done| done.expect("it is there until it is dropped"))
}
