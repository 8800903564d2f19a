//! Images in memory of a GPU.
#![expect(
    unsafe_code,
    reason = "borrows memory and streams of other libraries by address"
)]

use crate::frames::array::Array;
use crate::frames::error::Problem;
use crate::frames::owner::Owner;
use crate::frames::pixels::{OnDevice, Pixels};
use crate::frames::place::Place;
use pixelflume::device::{Address, DeviceKind, Stream};
use pixelflume::memory::{BorrowedMemory, MemoryAccess};
use pixelflume::pipeline::dlpack::abi::{DLDevice, DLDeviceType};
use std::ptr;
use std::sync::Arc;

/// The handle of the legacy default stream that is not 0.
const LEGACY_STREAM: isize = 1;

/// Images in memory of a GPU, without their owner.
pub(super) struct Memory {
    pub(super) array: Array,
    pub(super) device: DLDevice,
    /// The handle of the stream that orders the memory; `None` where its library does not tell.
    pub(super) stream: Option<isize>,
}

/// Whether a device is a GPU.
pub(super) fn is_gpu(device: DLDevice) -> bool {
    matches!(
        device.device_type,
        DLDeviceType::CUDA | DLDeviceType::CUDA_MANAGED
    )
}

/// A handle of a stream as `__dlpack__` takes it, where 0 is not allowed.
pub(super) fn named_stream(stream: isize) -> isize {
    match stream {
        0 => LEGACY_STREAM,
        stream => stream,
    }
}

/// Takes images in memory of a GPU.
///
/// # Safety
/// There is memory of the device at the address of each sample, until `owner` is dropped, which may happen on any thread. Others
/// use the memory in work that `memory.stream` orders (the stream of `place` where it is not known), and do not write
/// to it while the images are in use: the documentation of `Pipeline.__call__` and `Pipeline.stream` tells the user so.
pub(super) unsafe fn pixels(
    memory: Memory,
    owner: Owner,
    place: &Place<'_>,
) -> Result<Pixels, Problem> {
    let Memory {
        array,
        device,
        stream,
    } = memory;
    let ordinal = usize::try_from(device.device_id).ok();
    let is_here = match device.device_type {
        DLDeviceType::CUDA => ordinal.is_some() && ordinal == place.device.ordinal(),
        // Its number is 0 for every GPU.
        DLDeviceType::CUDA_MANAGED => place.device.kind() == DeviceKind::Cuda,
        _ => false,
    };
    if !is_here {
        return Err(Problem::Device {
            device_type: device.device_type.0,
            device_id: device.device_id,
            expected: place.device.to_string(),
        });
    }
    let layout = array.in_place()?.ok_or_else(|| Problem::GpuLayout {
        shape: array.axes.extents(),
    })?;
    let stream = match (stream, place.raw_stream) {
        (Some(theirs), ours) if ours.map(named_stream) != Some(named_stream(theirs)) => {
            borrow(theirs, place)?
        }
        _ => place.stream.clone(),
    };
    let address = Address::from_ptr(array.first);
    // SAFETY: the memory is there until the owner is dropped, and others use it in the order of `stream`, as the caller promises.
    let memory =
        unsafe { BorrowedMemory::new(address, layout.end()?, MemoryAccess::Read, &stream, owner) }?;
    Ok(Pixels::Device(OnDevice { layout, memory }))
}

/// A stream of another library, on the device of a call.
fn borrow(stream: isize, place: &Place<'_>) -> Result<Stream, Problem> {
    let handle = ptr::without_provenance_mut(named_stream(stream) as usize);
    // SAFETY: the library has told that it works in this stream. PyTorch and others keep their streams until the process ends; of
    // a stream that a program destroys itself, it must wait for the work first, as for any other work that it has put there.
    Ok(unsafe { place.device.borrow_stream(handle, Arc::new(())) }?)
}
