//! Poison: freed blocks are filled with a pattern, so that work which still uses them is found.
#![expect(unsafe_code, reason = "fills and reads blocks by address")]

use crate::block::Block;
use crate::error::MemoryError;
use pixelflume_device::{Address, Device, DeviceError, Stream};

/// The byte that a freed block is filled with.
pub(crate) const PATTERN: u8 = 0xdb;

/// Fills a block that is being freed, behind the work that uses it.
pub(crate) fn fill(block: &Block, stream: &Stream) -> Result<(), DeviceError> {
    // SAFETY: the block is owned and all work that uses it is ordered before the end of `stream`; its next owner is
    // ordered behind that stream.
    unsafe { stream.fill(block.address, PATTERN, block.bytes()) }
}

/// Checks that a block still holds the pattern before it is handed out again.
pub(crate) fn check(block: &Block, stream: &Stream, device: &Device) -> Result<(), MemoryError> {
    let event = block.event(device)?;
    let mut bytes = vec![0u8; block.bytes()];
    let target = Address::from_ptr(bytes.as_mut_ptr());
    // SAFETY: the block is owned and idle behind `stream`; the vector lives until the copy is known to be over.
    unsafe { stream.copy(target, block.address, bytes.len()) }?;
    // By event: synchronizing the stream would take the failure of a task away from its owner.
    if let Err(error) = stream.record(event).and_then(|()| event.synchronize()) {
        // The copy may still write: its target must stay.
        std::mem::forget(bytes);
        return Err(error.into());
    }
    match bytes.iter().position(|&byte| byte != PATTERN) {
        None => Ok(()),
        Some(offset) => Err(MemoryError::UsedAfterFree {
            device: device.to_string(),
            bytes: block.bytes(),
            offset,
            found: bytes[offset],
        }),
    }
}
