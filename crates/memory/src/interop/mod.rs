//! Interoperation with other crates for CUDA: a program that uses one shares its context, streams and buffers, without copies.
//!
//! Each module has `device` (the device of a context), `stream` (a stream of the other crate), `read` and `write` (its buffers
//! as inputs and outputs of an execution that is waited for), `borrow` (a buffer that is moved in, for work that nobody waits
//! for) and `lend` (a buffer of pixelflume's as one of its). `cudarc` also has `borrow_shared` and `lend_mut`; `lend` of `cust`
//! is unsafe and borrows mutably.

#[cfg(feature = "cudarc")]
pub mod cudarc;
#[cfg(feature = "cust")]
pub mod cust;

use crate::buffer::DeviceBuffer;
use crate::error::MemoryError;
use pixelflume_device::Stream;

/// Calls `work`, which may put work on the buffer into `stream`, behind the present work of the buffer's own stream and
/// before its later work, also where `work` panics.
fn between<R>(
    buffer: &DeviceBuffer,
    stream: &Stream,
    work: impl FnOnce() -> R,
) -> Result<R, MemoryError> {
    struct After<'a>(&'a DeviceBuffer, &'a Stream);
    impl Drop for After<'_> {
        fn drop(&mut self) {
            if let Err(error) = self.0.order_after(self.1) {
                tracing::warn!(%error, "memory that was lent is not used again before the device is at rest");
            }
        }
    }
    buffer.order_before(stream)?;
    let _after = After(buffer, stream);
    Ok(work())
}
