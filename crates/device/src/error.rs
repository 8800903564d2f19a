//! Errors of devices, and their severity.

use crate::request::DeviceRequest;
use thiserror::Error;

/// What to do where CUDA was started before a fork.
const AFTER_A_FORK: &str = "a CUDA context does not survive a fork: start worker processes with the method \"spawn\" or \
    \"forkserver\", use no CUDA in the parent before it forks, or open the host device in this process";

/// The reason why a CUDA device is not available.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unavailable {
    /// The program was built without CUDA.
    #[error("this program was built without the feature \"cuda\"; build it with `--features cuda`")]
    NotBuilt,
    /// No driver library was found.
    #[error("{detail}; or use the host device")]
    NoDriver {
        /// The finding, and what to do about it.
        detail: String,
    },
    /// The driver is older than the project needs.
    #[error(
        "the NVIDIA driver supports CUDA {}.{}, this program needs {}.{} or newer; update the driver",
        found.0, found.1, needed.0, needed.1
    )]
    DriverTooOld {
        /// CUDA version of the driver (major, minor).
        found: (u32, u32),
        /// Oldest CUDA version that the project supports.
        needed: (u32, u32),
    },
    /// The driver lists no device.
    #[error("the NVIDIA driver found no device; check nvidia-smi and CUDA_VISIBLE_DEVICES")]
    NoDevice,
    /// The system has no device with this number.
    #[error("there is no CUDA device {asked}: the driver counts {count}, numbered from 0")]
    NoSuchDevice {
        /// The requested number.
        asked: usize,
        /// Number of devices of the driver.
        count: usize,
    },
    /// The device is older than the committed kernels.
    #[error(
        "CUDA device {device} has compute capability {}.{}, the kernels need {}.{} or newer",
        found.0, found.1, needed.0, needed.1
    )]
    DeviceTooOld {
        /// Number of the device.
        device: usize,
        /// The compute capability of the device (major, minor).
        found: (u32, u32),
        /// The oldest supported compute capability.
        needed: (u32, u32),
    },
    /// This process was forked after CUDA had been started in its parent, by this project or by another library.
    #[error(
        "CUDA was started in the parent process before this process was forked; {AFTER_A_FORK}"
    )]
    Forked,
    /// The driver returned an error while CUDA was started.
    #[error("the NVIDIA driver could not be started: {call} gave {code} ({name})")]
    StartFailed {
        /// Driver function.
        call: &'static str,
        /// Its result code.
        code: u32,
        /// The name of the code.
        name: &'static str,
    },
}

/// An error of a device, a stream, an event or a launch.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The requested device is not available.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A driver call failed; the device works on.
    #[error("{call} failed with {code} ({name})")]
    Driver {
        /// Driver function.
        call: &'static str,
        /// Its result code.
        code: u32,
        /// The name of the code.
        name: &'static str,
    },
    /// The device has not enough free memory now.
    #[error("{call} could not allocate {bytes} bytes on {device}")]
    OutOfMemory {
        /// Driver function.
        call: &'static str,
        /// Bytes asked for.
        bytes: usize,
        /// Name of the device.
        device: String,
    },
    /// The device is lost: every later call on it fails in the same way.
    #[error(
        "device {device} is lost: {call} gave {code} ({name}); results since the last successful synchronization are \
         void, and the process must be restarted to use the device again"
    )]
    Lost {
        /// Name of the device.
        device: String,
        /// The driver function that returned the error.
        call: &'static str,
        /// Its result code.
        code: u32,
        /// The name of the code.
        name: &'static str,
    },
    /// The device belongs to a parent process, or CUDA does, and this process was forked since. Nothing was called.
    #[error("{}", forked_text(*device))]
    Forked {
        /// The device that was used, or asked for.
        device: DeviceRequest,
    },
    /// The device cannot do this at all.
    #[error("{device} has no {what}")]
    Unsupported {
        /// The missing ability.
        what: &'static str,
        /// Name of the device.
        device: String,
    },
    /// A kernel is not in its module.
    #[error("there is no kernel {kernel} in module {module}")]
    NoSuchKernel {
        /// Name of the module that was searched.
        module: &'static str,
        /// Name of the kernel.
        kernel: &'static str,
    },
    /// A kernel module has nothing that the GPU could run.
    #[error(
        "module {module} has no code for a GPU of compute capability {}.{}",
        capability.0, capability.1
    )]
    NoKernelImage {
        /// Name of the module.
        module: &'static str,
        /// Compute capability of the GPU (major, minor).
        capability: (u32, u32),
    },
    /// The kernels that the program carries are damaged.
    #[error(
        "the kernels of module {module} cannot be read ({reason}); the program is damaged, install it again"
    )]
    DamagedKernels {
        /// Name of the module.
        module: &'static str,
        /// The damage.
        reason: String,
    },
    /// Work of one device was given to another.
    #[error("{expected} is needed, and {got} was given")]
    WrongDevice {
        /// The device to which the work belongs.
        expected: String,
        /// The device that got it.
        got: String,
    },
    /// The default stream of a thread was used on another thread, where its handle names another stream.
    #[error(
        "the per-thread default stream of {device} was used on another thread than the one that borrowed it; use it there, or \
         use a stream that all threads share"
    )]
    WrongThread {
        /// Name of the device.
        device: String,
    },
    /// Memory of another owner is no memory of the device.
    #[error("{bytes} bytes at {address:#x} are no memory of {device}: {found}")]
    WrongMemory {
        /// Address of the first byte.
        address: u64,
        /// Length that was given, in bytes.
        bytes: usize,
        /// Name of the device.
        device: String,
        /// What the driver knows of the memory, and what to do.
        found: String,
    },
    /// Two accesses to the same memory conflict and nothing orders them; found by the checked host device, which did not
    /// enqueue the second, or did not let the process at the memory.
    #[error("nothing orders {first} and {second}: {detail}; an event wait is missing between them")]
    Unordered {
        /// The work that was there.
        first: String,
        /// The work that was refused.
        second: String,
        /// The two accesses.
        detail: String,
    },
    /// An event that keeps no time was given where one is needed.
    #[error("{call} needs an event that keeps times; make it with Device::timing_event")]
    EventWithoutTimes {
        /// The call that needs it.
        call: &'static str,
    },
    /// A capture cannot succeed, or something was asked for that a capture does not allow.
    #[error("capture failed: {reason}")]
    Capture {
        /// The call or the state that a capture does not allow.
        reason: String,
    },
    /// A task failed on the device while it ran.
    #[error("a task failed: {0}")]
    Task(#[from] crate::task::TaskFailure),
}

/// The meaning of an error for the work that follows.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The failed call had no effect; the device and everything else on it work on.
    Recoverable,
    /// The device is gone for this process.
    DeviceLost,
}

impl DeviceError {
    pub(crate) fn no_such_launch(index: usize) -> Self {
        DeviceError::Capture {
            reason: format!("the graph has no launch number {index}"),
        }
    }

    /// Whether the device still works after this error.
    pub fn severity(&self) -> Severity {
        match self {
            DeviceError::Lost { .. } | DeviceError::Forked { .. } => Severity::DeviceLost,
            _ => Severity::Recoverable,
        }
    }
}

fn forked_text(device: DeviceRequest) -> String {
    match device {
        DeviceRequest::Cuda(_) => format!(
            "{device} cannot be used in this process, which was forked from one that had started CUDA; {AFTER_A_FORK}"
        ),
        DeviceRequest::Host | DeviceRequest::Auto => {
            "this host device belongs to the parent process: its worker threads do not exist in this process, which was \
             forked from that one; open a device here, after the fork (LazyDevice does)"
                .to_owned()
        }
    }
}
