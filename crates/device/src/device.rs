//! A device of either kind.

use crate::access::Access;
use crate::address::Address;
use crate::capabilities::Capabilities;
use crate::error::{DeviceError, Unavailable};
use crate::event::Event;
use crate::faults::{Call, Faults};
use crate::host::{HostConfig, HostDevice};
use crate::launch::Function;
use crate::module::KernelModule;
use crate::stream::Stream;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use thiserror::Error;

/// The two kinds of devices.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum DeviceKind {
    /// The processor that the program runs on.
    Host,
    /// An NVIDIA GPU.
    Cuda,
}

/// Tells devices of a process apart; never reused.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct DeviceId(u64);

/// A device. Cloning gives another handle on the same one; it is closed when the last handle, and the last stream, event
/// or function of it, is gone.
#[derive(Clone)]
pub struct Device {
    pub(crate) inner: Inner,
    id: DeviceId,
    pub(crate) faults: Faults,
}

#[derive(Clone)]
pub(crate) enum Inner {
    Host(Arc<HostDevice>),
    #[cfg(feature = "cuda")]
    Cuda(Arc<crate::cuda::CudaDevice>),
}

impl Device {
    pub(crate) fn new(inner: Inner) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Device {
            inner,
            id: DeviceId(NEXT.fetch_add(1, Ordering::Relaxed)),
            faults: Faults::default(),
        }
    }

    /// A new host device with as many workers as the process may use cores.
    pub fn host() -> Self {
        Device::host_with(HostConfig::default())
    }

    /// A new host device.
    pub fn host_with(config: HostConfig) -> Self {
        Device::new(Inner::Host(Arc::new(HostDevice::new(&config))))
    }

    /// CUDA device number `index`, or why it cannot be had.
    pub fn cuda(index: usize) -> Result<Self, DeviceError> {
        #[cfg(feature = "cuda")]
        return Ok(Device::new(Inner::Cuda(crate::cuda::CudaDevice::open(
            index,
        )?)));
        #[cfg(not(feature = "cuda"))]
        {
            let _ = index;
            Err(Unavailable::NotBuilt.into())
        }
    }

    /// Device number `index` of a driver of the caller's, such as the fake one of `pixelflume_cuda_driver::testing`.
    ///
    /// # Errors
    /// As for [`Device::cuda`].
    #[cfg(all(feature = "cuda", feature = "testing"))]
    pub fn cuda_on(
        driver: &'static pixelflume_cuda_driver::Driver,
        index: usize,
    ) -> Result<Self, DeviceError> {
        let device = crate::cuda::CudaDevice::open_on(driver, index)?;
        Ok(Device::new(Inner::Cuda(device)))
    }

    /// How many CUDA devices there are, or why there can be none.
    pub fn cuda_count() -> Result<usize, Unavailable> {
        #[cfg(feature = "cuda")]
        return crate::cuda::count();
        #[cfg(not(feature = "cuda"))]
        Err(Unavailable::NotBuilt)
    }

    /// The first CUDA device where there is one that works, else a host device.
    pub fn best() -> Self {
        Device::cuda(0).unwrap_or_else(|reason| {
            tracing::info!("using the host: {reason}");
            Device::host()
        })
    }

    /// The device that was asked for, or why it cannot be had.
    pub fn open(request: &DeviceRequest) -> Result<Self, DeviceError> {
        match request {
            DeviceRequest::Auto => Ok(Device::best()),
            DeviceRequest::Host => Ok(Device::host()),
            DeviceRequest::Cuda(index) => Device::cuda(*index),
        }
    }

    /// Which kind of device this is.
    pub fn kind(&self) -> DeviceKind {
        match &self.inner {
            Inner::Host(_) => DeviceKind::Host,
            #[cfg(feature = "cuda")]
            Inner::Cuda(_) => DeviceKind::Cuda,
        }
    }

    /// Tells this device from others of the process.
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// The name that the driver or the system gives it.
    pub fn name(&self) -> &str {
        &self.capabilities().name
    }

    /// Lets calls of the device, its streams and its events fail.
    #[cfg(feature = "testing")]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What it can do.
    pub fn capabilities(&self) -> &Capabilities {
        match &self.inner {
            Inner::Host(host) => host.capabilities(),
            #[cfg(feature = "cuda")]
            Inner::Cuda(cuda) => cuda.capabilities(),
        }
    }

    /// A new stream, independent of all others.
    pub fn stream(&self) -> Result<Stream, DeviceError> {
        self.faults.check(Call::CreateStream)?;
        Stream::new(self)
    }

    /// An event from the device's pool; dropping it gives it back.
    pub fn event(&self) -> Result<Event, DeviceError> {
        self.faults.check(Call::CreateEvent)?;
        Event::new(self)
    }

    /// An event that keeps the time at which its newest record came true, for [`Event::seconds_since`]; dropping it gives
    /// it back to a pool of its own. It costs the device more than one without times.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn timing_event(&self) -> Result<Event, DeviceError> {
        self.faults.check(Call::CreateEvent)?;
        Event::timing(self)
    }

    /// Kernel `name` of `module`, which is loaded when it is first asked for. Fails with
    /// [`DeviceError::WrongDevice`] on the host.
    pub fn kernel(
        &self,
        module: &'static KernelModule,
        name: &'static str,
    ) -> Result<Function, DeviceError> {
        match &self.inner {
            Inner::Host(_) => Err(DeviceError::WrongDevice {
                expected: format!("a CUDA device (kernel {name} of module {})", module.name),
                got: self.name().to_owned(),
            }),
            #[cfg(feature = "cuda")]
            Inner::Cuda(cuda) => Ok(Function {
                inner: cuda.kernel(module, name)?,
            }),
        }
    }

    /// Waits until the device has no work left.
    pub fn synchronize(&self) -> Result<(), DeviceError> {
        self.faults.check(Call::SynchronizeDevice)?;
        match &self.inner {
            Inner::Host(host) => {
                host.synchronize();
                Ok(())
            }
            #[cfg(feature = "cuda")]
            Inner::Cuda(cuda) => cuda.synchronize(),
        }
    }

    /// Says that the process is about to touch page-locked memory, by an access that `what` names. On the checked host device
    /// this is refused where work that conflicts with it was submitted and not waited for; other devices do not look at it.
    ///
    /// # Errors
    /// [`DeviceError::Unordered`], which names both.
    pub fn host_access(&self, access: &Access, what: &str) -> Result<(), DeviceError> {
        match &self.inner {
            Inner::Host(host) => host.host_access(access, what),
            #[cfg(feature = "cuda")]
            Inner::Cuda(_) => Ok(()),
        }
    }

    /// Allocates `bytes` bytes of device memory straight from the driver, aligned to at least 512 bytes. On the host device
    /// they are zero, elsewhere undefined. The memory crate's pools are built on this; it is slow, and may wait for the device.
    pub fn allocate_raw(&self, bytes: usize) -> Result<Address, DeviceError> {
        match &self.inner {
            Inner::Host(_) => self.allocate_host(bytes),
            #[cfg(feature = "cuda")]
            Inner::Cuda(cuda) => cuda.allocate(bytes),
        }
    }

    /// Frees memory of [`Device::allocate_raw`].
    ///
    /// # Safety
    /// `address` came from `allocate_raw` of this device with the same `bytes`, was not freed since, and no work on any
    /// stream uses it any more.
    #[expect(unsafe_code, reason = "frees by address")]
    pub unsafe fn free_raw(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        match &self.inner {
            Inner::Host(_) => {
                // SAFETY: the caller's promise is the one that `free` asks for.
                unsafe { crate::host::free(address, bytes) };
                Ok(())
            }
            #[cfg(feature = "cuda")]
            // SAFETY: the caller's promise is the one that `free` asks for.
            Inner::Cuda(cuda) => unsafe { cuda.free(address) },
        }
    }

    /// Allocates `bytes` bytes of page-locked memory, which the device copies from and to asynchronously and the process
    /// reads and writes as its own. On the host device it is ordinary memory.
    pub fn allocate_pinned_raw(&self, bytes: usize) -> Result<Address, DeviceError> {
        match &self.inner {
            Inner::Host(_) => self.allocate_host(bytes),
            #[cfg(feature = "cuda")]
            Inner::Cuda(cuda) => cuda.allocate_pinned(bytes),
        }
    }

    /// Frees memory of [`Device::allocate_pinned_raw`].
    ///
    /// # Safety
    /// As for [`Device::free_raw`], with memory from `allocate_pinned_raw`.
    #[expect(unsafe_code, reason = "frees by address")]
    pub unsafe fn free_pinned_raw(
        &self,
        address: Address,
        bytes: usize,
    ) -> Result<(), DeviceError> {
        match &self.inner {
            Inner::Host(_) => {
                // SAFETY: the caller's promise is the one that `free` asks for.
                unsafe { crate::host::free(address, bytes) };
                Ok(())
            }
            #[cfg(feature = "cuda")]
            // SAFETY: the caller's promise is the one that `free_pinned` asks for.
            Inner::Cuda(cuda) => unsafe { cuda.free_pinned(address) },
        }
    }

    /// Bytes of device memory that are free now, for everybody; `None` where nobody says.
    pub fn free_memory(&self) -> Option<usize> {
        match &self.inner {
            Inner::Host(_) => crate::host::available_memory(),
            #[cfg(feature = "cuda")]
            Inner::Cuda(cuda) => cuda.memory_info().ok().map(|(free, _)| free),
        }
    }

    fn allocate_host(&self, bytes: usize) -> Result<Address, DeviceError> {
        crate::host::allocate(bytes).ok_or_else(|| DeviceError::OutOfMemory {
            call: "alloc",
            bytes,
            device: self.to_string(),
        })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner {
            Inner::Host(_) => write!(f, "host ({})", self.name()),
            #[cfg(feature = "cuda")]
            Inner::Cuda(cuda) => write!(f, "cuda:{} ({})", cuda.ordinal(), self.name()),
        }
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({self})")
    }
}

/// A device as a user names it: `auto`, `host`, `cuda` (the first) or `cuda:N`.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub enum DeviceRequest {
    /// The first CUDA device where there is one, else the host.
    #[default]
    Auto,
    /// The host.
    Host,
    /// The CUDA device with this number.
    Cuda(usize),
}

/// A text that names no device.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("{0:?} names no device; use auto, host, cuda or cuda:N")]
pub struct ParseDeviceRequestError(String);

impl FromStr for DeviceRequest {
    type Err = ParseDeviceRequestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(DeviceRequest::Auto),
            "host" => Ok(DeviceRequest::Host),
            "cuda" => Ok(DeviceRequest::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(DeviceRequest::Cuda)
                .ok_or_else(|| ParseDeviceRequestError(text.to_owned())),
        }
    }
}

impl fmt::Display for DeviceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceRequest::Auto => f.write_str("auto"),
            DeviceRequest::Host => f.write_str("host"),
            DeviceRequest::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}
