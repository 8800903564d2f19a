//! A device that is opened at its first use in each process.
#![expect(
    unsafe_code,
    reason = "lends what is behind an atomic pointer, since a lock could stay locked in a forked child"
)]

use crate::device::Device;
use crate::error::DeviceError;
use crate::process::ProcessStamp;
use crate::request::DeviceRequest;
use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A device that is opened at its first use, once in each process.
///
/// A program can make and clone one, and send it to other threads, before it is known whether the device is needed: nothing
/// touches CUDA before [`LazyDevice::get`]. All clones give the same device. A process that is forked meanwhile opens a
/// device of its own at its first `get`, which on the host always works; for CUDA, see [`DeviceError::Forked`].
///
/// ```
/// use pixelflume_device::{DeviceRequest, LazyDevice};
///
/// let device = LazyDevice::new(DeviceRequest::Host);
/// assert!(!device.is_open());
/// let stream = device.get()?.stream()?;
/// assert_eq!(stream.device().id(), device.get()?.id());
/// # Ok::<(), pixelflume_device::DeviceError>(())
/// ```
#[derive(Clone)]
pub struct LazyDevice(Arc<Lazy>);

struct Lazy {
    open: Box<dyn Fn() -> Result<Device, DeviceError> + Send + Sync>,
    /// The slot of the process that used the device last; null before the first use. A child replaces the slot of its parent,
    /// in which locks may be held by threads that it does not have, and leaks it.
    slot: AtomicPtr<Slot>,
}

/// The device of one process.
struct Slot {
    process: ProcessStamp,
    device: OnceLock<Device>,
    /// Locked while the device is opened.
    opening: Mutex<()>,
}

impl LazyDevice {
    /// A device that [`Device::open`] opens at the first use.
    pub fn new(request: DeviceRequest) -> Self {
        LazyDevice::with(move || Device::open(&request))
    }

    /// A device that `open` opens at the first use, such as a host device with settings of the caller. `open` must not use the
    /// `LazyDevice`.
    pub fn with(open: impl Fn() -> Result<Device, DeviceError> + Send + Sync + 'static) -> Self {
        LazyDevice(Arc::new(Lazy {
            open: Box::new(open),
            slot: AtomicPtr::new(ptr::null_mut()),
        }))
    }

    /// The device, which the first call in this process opens; other threads wait meanwhile.
    ///
    /// # Errors
    /// Those of opening the device. They are not kept: the next call tries again.
    pub fn get(&self) -> Result<Device, DeviceError> {
        let slot = self.0.slot();
        if let Some(device) = slot.device.get() {
            return Ok(device.clone());
        }
        let _opening = slot.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = slot.device.get() {
            return Ok(device.clone());
        }
        let device = (self.0.open)()?;
        Ok(slot.device.get_or_init(|| device).clone())
    }

    /// Whether this process has opened the device.
    pub fn is_open(&self) -> bool {
        self.0
            .present_slot()
            .is_some_and(|slot| slot.device.get().is_some())
    }
}

impl Lazy {
    /// The slot of this process, if it has one.
    fn present_slot(&self) -> Option<&Slot> {
        let slot = self.slot.load(Ordering::Acquire);
        // SAFETY: a pointer that is not null came from `Box::into_raw` in `slot`, whose store this load has acquired. A slot is
        // freed only by the drop of `self`, which is borrowed; one that was replaced is never freed.
        let slot = unsafe { slot.as_ref() };
        slot.filter(|slot| slot.process.is_current())
    }

    /// The slot of this process, made at the first call.
    fn slot(&self) -> &Slot {
        loop {
            if let Some(slot) = self.present_slot() {
                return slot;
            }
            let old = self.slot.load(Ordering::Acquire);
            let new = Box::into_raw(Box::new(Slot {
                process: ProcessStamp::current(),
                device: OnceLock::new(),
                opening: Mutex::new(()),
            }));
            let exchanged =
                self.slot
                    .compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
            if exchanged.is_err() {
                // SAFETY: the pointer is the one of just now, and nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
            }
        }
    }
}

impl Drop for Lazy {
    fn drop(&mut self) {
        if self.present_slot().is_some() {
            // SAFETY: the slot came from `Box::into_raw`, it is the one of this process, and the last owner goes.
            drop(unsafe { Box::from_raw(*self.slot.get_mut()) });
        }
    }
}

impl fmt::Debug for LazyDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = self.0.present_slot().and_then(|slot| slot.device.get());
        match device {
            Some(device) => write!(f, "LazyDevice({device})"),
            None => f.write_str("LazyDevice(not open)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Unavailable;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn threads_share_one_device_and_an_error_is_not_kept() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let lazy = LazyDevice::with(move || match counted.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Unavailable::NoDevice.into()),
            _ => Ok(Device::host()),
        });
        assert!(matches!(
            lazy.get(),
            Err(DeviceError::Unavailable(Unavailable::NoDevice))
        ));
        assert!(!lazy.is_open());
        let ids: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let lazy = lazy.clone();
                    scope.spawn(move || lazy.get().unwrap().id())
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]));
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        assert!(lazy.is_open());
    }

    #[test]
    fn a_slot_of_a_parent_process_is_replaced_and_left_alone() {
        let lazy = LazyDevice::new(DeviceRequest::Host);
        let locked = Box::into_raw(Box::new(Slot {
            process: ProcessStamp::of_another_process(),
            device: OnceLock::new(),
            opening: Mutex::new(()),
        }));
        // SAFETY: the slot is never freed.
        let held = unsafe { &*locked }.opening.lock();
        lazy.0.slot.store(locked, Ordering::Release);
        assert!(!lazy.is_open());
        let device = lazy.get().unwrap();
        assert_eq!(device.id(), lazy.get().unwrap().id());
        drop(held);
    }
}
