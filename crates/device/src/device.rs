//! Devices of either kind.

use crate::access::Access;
use crate::address::Address;
use crate::capabilities::Capabilities;
use crate::error::{DeviceError, Unavailable};
use crate::gate::Gate;
use crate::host::{HostConfig, HostDevice};
use crate::launch::Function;
use crate::module::KernelModule;
use crate::refusals::Call;
#[cfg(feature = "testing")]
use crate::refusals::Refusals;
use crate::request::DeviceRequest;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The kind of a device: host or CUDA.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum DeviceKind {
    /// The processor that the program runs on.
    Host,
    /// An NVIDIA GPU.
    Cuda,
}

/// The identity of a device in the process, which is never reused.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct DeviceId(u64);

/// A device: an NVIDIA GPU, or the host device. Cloning gives another handle on the same one; it is closed when the
/// last handle, and the last stream, event or function of it, is gone.
#[derive(Clone)]
pub struct Device {
    pub(crate) inner: DeviceInner,
    id: DeviceId,
    pub(crate) gate: Gate,
}

#[derive(Clone)]
pub(crate) enum DeviceInner {
    Host(Arc<HostDevice>),
    #[cfg(feature = "cuda")]
    Cuda(Arc<crate::cuda::CudaDevice>),
}

impl Device {
    fn new(inner: DeviceInner, request: DeviceRequest) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Device {
            inner,
            id: DeviceId(NEXT.fetch_add(1, Ordering::Relaxed)),
            gate: Gate::new(request),
        }
    }

    /// Opens a host device with one worker per core that the process may use.
    pub fn host() -> Self {
        Device::host_with(HostConfig::default())
    }

    /// Opens a host device with these settings.
    pub fn host_with(config: HostConfig) -> Self {
        let host = HostDevice::new(&config);
        Device::new(DeviceInner::Host(Arc::new(host)), DeviceRequest::Host)
    }

    /// Opens CUDA device number `index`, counted from 0.
    ///
    /// # Errors
    /// [`DeviceError::Unavailable`] with the reason why there is no such device; [`DeviceError::Forked`] in a process that was
    /// forked after its parent had started CUDA.
    pub fn cuda(index: usize) -> Result<Self, DeviceError> {
        #[cfg(feature = "cuda")]
        return Ok(Device::of_cuda(crate::cuda::CudaDevice::open(index)?));
        #[cfg(not(feature = "cuda"))]
        {
            let _ = index;
            Err(Unavailable::NotBuilt.into())
        }
    }

    /// Opens device number `index` of the caller's driver, such as the fake one of
    /// `pixelflume_cuda_driver::testing`.
    ///
    /// # Errors
    /// As for [`Device::cuda`].
    #[cfg(all(feature = "cuda", feature = "testing"))]
    pub fn cuda_on(
        driver: &'static pixelflume_cuda_driver::Driver,
        index: usize,
    ) -> Result<Self, DeviceError> {
        let device = crate::cuda::CudaDevice::open_on(driver, index)?;
        Ok(Device::of_cuda(device))
    }

    #[cfg(feature = "cuda")]
    pub(crate) fn of_cuda(device: Arc<crate::cuda::CudaDevice>) -> Self {
        let request = DeviceRequest::Cuda(device.ordinal());
        Device::new(DeviceInner::Cuda(device), request)
    }

    /// The number of CUDA devices, or the reason why CUDA is not available.
    ///
    /// It creates no context, but starts CUDA in the process: children that are forked later cannot use CUDA.
    pub fn cuda_count() -> Result<usize, Unavailable> {
        #[cfg(feature = "cuda")]
        return crate::cuda::count();
        #[cfg(not(feature = "cuda"))]
        Err(Unavailable::NotBuilt)
    }

    /// The number of devices of the caller's driver, as [`Device::cuda_count`] gives it for the system's.
    ///
    /// # Errors
    /// As for [`Device::cuda_count`].
    #[cfg(all(feature = "cuda", feature = "testing"))]
    pub fn cuda_count_on(
        driver: &'static pixelflume_cuda_driver::Driver,
    ) -> Result<usize, Unavailable> {
        crate::cuda::count_on(driver)
    }

    /// Opens the first CUDA device that works, or else a host device; also in a process that was forked after its parent had
    /// started CUDA, where a warning says so. The results are the same.
    pub fn best() -> Self {
        Device::cuda(0).unwrap_or_else(|reason| {
            match reason {
                DeviceError::Forked { .. } => tracing::warn!("using the host: {reason}"),
                _ => tracing::info!("using the host: {reason}"),
            }
            Device::host()
        })
    }

    /// Opens all CUDA devices that work, in the order of their numbers, or else a host device: for programs that spread their work
    /// over the GPUs of a machine. A device that cannot be opened is left out, with a warning in the log.
    ///
    /// ```
    /// use pixelflume_device::Device;
    ///
    /// let devices = Device::all();
    /// assert!(!devices.is_empty());
    /// ```
    pub fn all() -> Vec<Self> {
        Device::all_cuda().unwrap_or_else(|_| vec![Device::best()])
    }

    /// All CUDA devices that can be opened, at least one, or the reason why there is none.
    pub(crate) fn all_cuda() -> Result<Vec<Self>, DeviceError> {
        let count = Device::cuda_count().unwrap_or(0);
        let mut devices = Vec::with_capacity(count);
        for index in 0..count {
            match Device::cuda(index) {
                Ok(device) => devices.push(device),
                Err(reason) => tracing::warn!("CUDA device {index} is left out: {reason}"),
            }
        }
        if devices.is_empty() {
            // It says why.
            devices.push(Device::cuda(0)?);
        }
        Ok(devices)
    }

    /// Opens the requested device.
    pub fn open(request: &DeviceRequest) -> Result<Self, DeviceError> {
        match request {
            DeviceRequest::Auto => Ok(Device::best()),
            DeviceRequest::Host => Ok(Device::host()),
            DeviceRequest::Cuda(index) => Device::cuda(*index),
        }
    }

    /// Whether the device was opened in a parent of this process, before a fork. Every call of it, of its streams and of its
    /// events fails with [`DeviceError::Forked`] then, and what is dropped is leaked.
    pub fn is_inherited(&self) -> bool {
        self.gate.is_inherited()
    }

    /// Refuses a device of a parent process, see [`Device::is_inherited`].
    ///
    /// # Errors
    /// [`DeviceError::Forked`].
    pub fn check_process(&self) -> Result<(), DeviceError> {
        self.gate.check_process()
    }

    /// The kind of the device.
    pub fn kind(&self) -> DeviceKind {
        match &self.inner {
            DeviceInner::Host(_) => DeviceKind::Host,
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(_) => DeviceKind::Cuda,
        }
    }

    /// The identity of the device in the process.
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// The number of the GPU, counted from 0 as by [`Device::cuda`]; `None` for a host device.
    pub fn ordinal(&self) -> Option<usize> {
        match &self.inner {
            DeviceInner::Host(_) => None,
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => Some(cuda.ordinal()),
        }
    }

    /// The name that the driver or the system gives it.
    pub fn name(&self) -> &str {
        &self.capabilities().name
    }

    /// The refusals of the device, with which tests make calls of the device, its streams and its
    /// events fail.
    #[cfg(feature = "testing")]
    pub fn refusals(&self) -> &Refusals {
        &self.gate.refusals
    }

    /// The properties of the device.
    pub fn capabilities(&self) -> &Capabilities {
        match &self.inner {
            DeviceInner::Host(host) => host.capabilities(),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => cuda.capabilities(),
        }
    }

    /// Kernel `name` of `module`, which is loaded when it is first asked for. Fails with
    /// [`DeviceError::WrongDevice`] on the host.
    pub fn kernel(
        &self,
        module: &'static KernelModule,
        name: &'static str,
    ) -> Result<Function, DeviceError> {
        self.gate.check_process()?;
        match &self.inner {
            DeviceInner::Host(_) => Err(DeviceError::WrongDevice {
                expected: format!("a CUDA device (kernel {name} of module {})", module.name),
                got: self.name().to_owned(),
            }),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => Ok(Function {
                inner: cuda.kernel(module, name)?,
            }),
        }
    }

    /// Waits until the device has no work left.
    pub fn synchronize(&self) -> Result<(), DeviceError> {
        self.gate.check(Call::SynchronizeDevice)?;
        match &self.inner {
            DeviceInner::Host(host) => {
                host.synchronize();
                Ok(())
            }
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => cuda.synchronize(),
        }
    }

    /// Announces that the process will access page-locked memory, by an access that `what` names. The checked host
    /// device refuses the access where conflicting work was submitted and not waited for; other devices ignore the
    /// call.
    ///
    /// # Errors
    /// [`DeviceError::Unordered`], which names both.
    pub fn host_access(&self, access: &Access, what: &str) -> Result<(), DeviceError> {
        self.gate.check_process()?;
        match &self.inner {
            DeviceInner::Host(host) => host.host_access(access, what),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(_) => Ok(()),
        }
    }

    /// Allocates `bytes` bytes of device memory straight from the driver, aligned to at least 512 bytes. On the host device
    /// they are zero, elsewhere undefined. The memory crate's pools are built on this; it is slow, and may wait for the device.
    pub fn allocate_raw(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.gate.check_process()?;
        match &self.inner {
            DeviceInner::Host(_) => self.allocate_host(bytes),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => cuda.allocate(bytes),
        }
    }

    /// Frees memory of [`Device::allocate_raw`].
    ///
    /// # Safety
    /// `address` came from `allocate_raw` of this device with the same `bytes`, was not freed since, and no work on any
    /// stream uses it any more.
    #[expect(unsafe_code, reason = "frees by address")]
    pub unsafe fn free_raw(&self, address: Address, bytes: usize) -> Result<(), DeviceError> {
        self.gate.check_process()?;
        match &self.inner {
            DeviceInner::Host(_) => {
                // SAFETY: the caller's promise is the one that `free` asks for.
                unsafe { crate::host::free(address, bytes) };
                Ok(())
            }
            #[cfg(feature = "cuda")]
            // SAFETY: the caller's promise is the one that `free` asks for.
            DeviceInner::Cuda(cuda) => unsafe { cuda.free(address) },
        }
    }

    /// Allocates `bytes` bytes of page-locked memory, which the device copies from and to asynchronously and the process
    /// reads and writes as its own. On the host device it is ordinary memory.
    pub fn allocate_pinned_raw(&self, bytes: usize) -> Result<Address, DeviceError> {
        self.gate.check_process()?;
        match &self.inner {
            DeviceInner::Host(_) => self.allocate_host(bytes),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => cuda.allocate_pinned(bytes),
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
        self.gate.check_process()?;
        match &self.inner {
            DeviceInner::Host(_) => {
                // SAFETY: the caller's promise is the one that `free` asks for.
                unsafe { crate::host::free(address, bytes) };
                Ok(())
            }
            #[cfg(feature = "cuda")]
            // SAFETY: the caller's promise is the one that `free_pinned` asks for.
            DeviceInner::Cuda(cuda) => unsafe { cuda.free_pinned(address) },
        }
    }

    /// Bytes of device memory that are free now, for all processes; `None` where the system does not tell.
    pub fn free_memory(&self) -> Option<usize> {
        match &self.inner {
            DeviceInner::Host(_) => crate::host::available_memory(),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => cuda.memory_info().ok().map(|(free, _)| free),
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
            DeviceInner::Host(_) => write!(f, "host ({})", self.name()),
            #[cfg(feature = "cuda")]
            DeviceInner::Cuda(cuda) => write!(f, "cuda:{} ({})", cuda.ordinal(), self.name()),
        }
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({self})")
    }
}
