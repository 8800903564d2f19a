//! Interoperation with the crate `cust`.
//!
//! Its `Context` is the primary context of a GPU. Its synchronous calls run on the legacy default stream, so this is
//! the stream that orders its buffers here: the present work of the default stream comes before work on them, and later
//! work comes behind it. A program that uses them on non-blocking streams, which is unsafe in `cust`, orders those
//! streams with it.
#![expect(unsafe_code, reason = "takes handles and memory of the driver")]

/// The crate `cust` in the version that this module supports.
pub use ::cust;

use super::between;
use crate::borrowed::BorrowedMemory;
use crate::buffer::DeviceBuffer;
use crate::error::MemoryError;
use crate::kept::MemoryAccess;
use crate::slice::{DeviceSlice, DeviceSliceMut};
use ::cust::context::Context;
use ::cust::memory::{DevicePointer, DeviceSlice as TheirSlice};
use pixelflume_device::{Address, Device, DeviceError, Stream};
use std::sync::Arc;

/// A device buffer of `cust`.
pub type TheirBuffer = ::cust::memory::DeviceBuffer<u8>;

/// The device of a cust context. Call it once, and clone the device: one that is opened twice is
/// two.
///
/// # Errors
/// As for [`Device::of_context`].
pub fn device(context: &Context) -> Result<Device, DeviceError> {
    // SAFETY: the context is one, and borrowed until the call returns.
    unsafe { Device::of_context(context.as_raw().cast()) }
}

/// A pixelflume stream that puts work into a stream of cust, and keeps that stream alive.
///
/// # Errors
/// As for [`Device::borrow_stream`].
pub fn stream(
    device: &Device,
    stream: &Arc<::cust::stream::Stream>,
) -> Result<Stream, DeviceError> {
    // SAFETY: the stream of cust is destroyed with its last handle, of which one is kept.
    unsafe { device.borrow_stream(stream.as_inner().cast(), stream.clone()) }
}

/// A buffer of cust that is read in place, as an input of an execution that is waited for; [`borrow`] is for work that nobody
/// waits for.
pub struct Read<'a> {
    buffer: &'a TheirBuffer,
    stream: Stream,
}

/// A buffer of cust that is written in place, as an output of an execution that is waited for; [`borrow`] is for work that
/// nobody waits for.
pub struct Write<'a> {
    buffer: &'a mut TheirBuffer,
    stream: Stream,
}

/// Makes an input of a buffer of cust, ordered by the default stream.
///
/// # Errors
/// The buffer is of another device than `device`.
pub fn read<'a>(device: &Device, buffer: &'a TheirBuffer) -> Result<Read<'a>, DeviceError> {
    let stream = ordering(device, buffer)?;
    Ok(Read { buffer, stream })
}

/// Makes an output of a buffer of cust, ordered by the default stream.
///
/// # Errors
/// As for [`read`].
pub fn write<'a>(device: &Device, buffer: &'a mut TheirBuffer) -> Result<Write<'a>, DeviceError> {
    let stream = ordering(device, buffer)?;
    Ok(Write { buffer, stream })
}

/// A buffer of cust that is freed in its context, whatever thread drops it.
struct Moved {
    /// `None` only while the value is dropped.
    buffer: Option<TheirBuffer>,
    stream: Stream,
}

impl Drop for Moved {
    fn drop(&mut self) {
        // A call with the stream makes the context current, without which cust frees nothing and tells nobody.
        if let Some(buffer) = self.buffer.take()
            && let Err(error) = self.stream.is_idle()
        {
            tracing::warn!(%error, "a buffer of {} bytes of cust may not have been freed", buffer.len());
        }
    }
}

/// Moves a buffer of cust into borrowed memory, for reading and writing, ordered by the default stream. [`give_back`] gives it
/// back when no work uses it any more.
///
/// # Errors
/// The buffer is of another device than `device`, it is empty, or the driver refuses.
pub fn borrow(device: &Device, buffer: TheirBuffer) -> Result<BorrowedMemory, MemoryError> {
    let (address, bytes) = (address_of(&buffer), buffer.len());
    let stream = device.default_stream()?;
    let owner = Moved {
        buffer: Some(buffer),
        stream: stream.clone(),
    };
    // SAFETY: the buffer has these bytes until it is dropped, and nothing else uses them, since the buffer is owned here. What
    // safe code did with it is in the default stream.
    unsafe { BorrowedMemory::new(address, bytes, MemoryAccess::ReadWrite, &stream, owner) }
}

/// Returns the buffer that [`borrow`] moved in.
///
/// # Errors
/// The memory, where work in flight uses it, or where its owner is no buffer of cust.
pub fn give_back(memory: BorrowedMemory) -> Result<TheirBuffer, BorrowedMemory> {
    let mut moved = memory.into_owner::<Moved>()?;
    let buffer = moved.buffer.take();
    Ok(buffer.expect("it is there until it is dropped"))
}

fn ordering(device: &Device, buffer: &TheirBuffer) -> Result<Stream, DeviceError> {
    if !buffer.is_empty() {
        device.check_memory(address_of(buffer), buffer.len())?;
    }
    device.default_stream()
}

fn address_of(buffer: &TheirBuffer) -> Address {
    Address::new(buffer.as_device_ptr().as_raw())
}

impl Read<'_> {
    /// The bytes of the cust buffer, for reading.
    pub fn slice(&self) -> DeviceSlice<'_> {
        let (address, bytes) = (address_of(self.buffer), self.buffer.len());
        // SAFETY: their buffer is borrowed as long as `self`. What safe code does with it is in the default stream.
        unsafe { DeviceSlice::from_raw(address, bytes, &self.stream) }
    }
}

impl Write<'_> {
    /// The bytes of the cust buffer, for writing.
    pub fn slice(&mut self) -> DeviceSliceMut<'_> {
        let (address, bytes) = (address_of(self.buffer), self.buffer.len());
        // SAFETY: their buffer is borrowed mutably as long as `self`. What safe code does with it is in the default stream.
        unsafe { DeviceSliceMut::from_raw(address, bytes, &self.stream) }
    }
}

/// Calls `work` with the bytes of a buffer of pixelflume as a slice of cust. Work that `work` puts on the slice into
/// the default stream comes behind the present work of the buffer's own stream, and before its later work.
///
/// # Errors
/// The driver refuses to order the two.
///
/// # Safety
/// No copy of the slice, which has no lifetime, is used after `work`; work on it in non-blocking streams is ordered
/// before and behind the default stream.
pub unsafe fn lend<R>(
    buffer: &mut DeviceBuffer,
    work: impl FnOnce(&mut TheirSlice<u8>) -> R,
) -> Result<R, MemoryError> {
    let default = buffer.stream().device().default_stream()?;
    between(buffer, &default, || {
        let pointer = DevicePointer::from_raw(buffer.address().raw());
        // SAFETY: the memory has that many bytes, borrowed mutably until the call returns; the caller keeps no copy.
        let mut slice = unsafe { TheirSlice::from_raw_parts_mut(pointer, buffer.len()) };
        work(&mut slice)
    })
}
