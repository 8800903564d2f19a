//! Slow work, which keeps a stream busy.
#![expect(unsafe_code, reason = "fills scratch memory by address")]

use super::player::text;
use pixelflume_device::{
    Address, Args, Device, DeviceKind, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use std::sync::Arc;
use std::time::Duration;

/// Bytes that a piece of slow work on a GPU writes.
const SLOW_BYTES: usize = 64 << 20;

/// Work that keeps a stream busy for a while, so that buffers are dropped before their own work in the stream has
/// begun.
pub(super) enum Slow {
    Host(Box<Launch>),
    Cuda {
        scratch: Address,
        device: Device,
        streams: usize,
    },
}

struct Pause;

impl HostKernel for Pause {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        std::thread::sleep(Duration::from_micros(100));
        Ok(())
    }
}

impl Slow {
    pub(super) fn new(device: &Device, streams: usize) -> Result<Self, String> {
        Ok(match device.kind() {
            DeviceKind::Host => Slow::Host(Box::new(Launch::host(Arc::new(Pause), Args::EMPTY))),
            DeviceKind::Cuda => Slow::Cuda {
                scratch: device.allocate_raw(SLOW_BYTES * streams).map_err(text)?,
                device: device.clone(),
                streams,
            },
        })
    }

    pub(super) fn enqueue(&self, stream: &Stream, index: usize) -> Result<(), String> {
        match self {
            // SAFETY: the kernel touches no memory.
            Slow::Host(pause) => unsafe { stream.enqueue(pause, None) }.map_err(text),
            Slow::Cuda { scratch, .. } => {
                let part = scratch.offset(index * SLOW_BYTES);
                // SAFETY: each stream has its own part of the scratch memory, which lives until the device is at rest.
                let fill = || unsafe { stream.fill(part, 0, SLOW_BYTES) };
                (0..4).try_for_each(|_| fill()).map_err(text)
            }
        }
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        if let Slow::Cuda {
            scratch,
            device,
            streams,
        } = self
            && device.synchronize().is_ok()
        {
            // SAFETY: the memory came from `allocate_raw` with this size, this is its only owner, and the device is at rest.
            let freed = unsafe { device.free_raw(*scratch, SLOW_BYTES * *streams) };
            if let Err(error) = freed {
                tracing::error!("scratch memory was not given back: {error}");
            }
        }
    }
}
