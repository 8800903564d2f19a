//! A device that is opened at its first use in each process.

use crate::device::Device;
use crate::error::DeviceError;
use crate::per_process::PerProcess;
use crate::request::DeviceRequest;
use std::fmt;
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
    opened: PerProcess<Opened>,
}

/// The device of one process.
#[derive(Default)]
struct Opened {
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
            opened: PerProcess::new(),
        }))
    }

    /// The device, which the first call in this process opens; other threads wait meanwhile.
    ///
    /// # Errors
    /// Those of opening the device. They are not kept: the next call tries again.
    pub fn get(&self) -> Result<Device, DeviceError> {
        let opened = self.0.opened.get_or_init(Opened::default);
        if let Some(device) = opened.device.get() {
            return Ok(device.clone());
        }
        let _opening = opened
            .opening
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = opened.device.get() {
            return Ok(device.clone());
        }
        let device = (self.0.open)()?;
        Ok(opened.device.get_or_init(|| device).clone())
    }

    /// Whether this process has opened the device.
    pub fn is_open(&self) -> bool {
        self.0.present().is_some()
    }
}

impl Lazy {
    /// The device, if this process has opened it.
    fn present(&self) -> Option<&Device> {
        self.opened.get()?.device.get()
    }
}

impl fmt::Debug for LazyDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.present() {
            Some(device) => write!(f, "LazyDevice({device})"),
            None => f.write_str("LazyDevice(not open)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Unavailable;
    use std::sync::atomic::{AtomicUsize, Ordering};

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
}
