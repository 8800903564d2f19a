//! Devices by name, each opened once in a process.

use crate::errors::{Exception, Kind};
use pixelflume::device::{
    Device, DeviceError, DeviceRequest, HostConfig, LazyDevice, PerProcess, Stream,
};
use pixelflume::graph::text::cut;
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::any::Any;
use std::ptr::without_provenance_mut;
use std::sync::{Arc, LazyLock, OnceLock};

/// The most GPUs that can be named.
const MAX_GPUS: usize = 64;

/// The devices of the process.
static DEVICES: LazyLock<Devices> = LazyLock::new(|| Devices {
    host: Entry::new(LazyDevice::new(DeviceRequest::Host)),
    inline: Entry::new(LazyDevice::with(|| {
        Ok(Device::host_with(HostConfig::default().with_inline(true)))
    })),
    gpus: (0..MAX_GPUS)
        .map(|index| Entry::new(LazyDevice::new(DeviceRequest::Cuda(index))))
        .collect(),
    best: PerProcess::new(),
});

struct Devices {
    host: Entry,
    /// The host without workers.
    inline: Entry,
    gpus: Vec<Entry>,
    /// Whether the first GPU works, once this process has tried it.
    best: PerProcess<OnceLock<bool>>,
}

/// A device, opened at its first use in each process, and the memory that all pipelines on it share.
struct Entry {
    device: LazyDevice,
    shared: PerProcess<Shared>,
}

/// What all pipelines of a process on one device share.
struct Shared {
    memory: MemoryManager,
    stream: OnceLock<Stream>,
}

/// An open device, and what all pipelines of the process on it share.
#[derive(Copy, Clone)]
pub(crate) struct Opened {
    /// The manager of the device's memory.
    pub(crate) memory: &'static MemoryManager,
    stream: &'static OnceLock<Stream>,
}

impl Opened {
    /// The device.
    pub(crate) fn device(&self) -> &'static Device {
        self.memory.device()
    }

    /// A stream of the device, the same one at every call, for images that come in no stream of their own.
    pub(crate) fn stream(&self) -> Result<Stream, Exception> {
        if let Some(stream) = self.stream.get() {
            return Ok(stream.clone());
        }
        let stream = self.device().stream()?;
        Ok(self.stream.get_or_init(|| stream).clone())
    }
}

impl Entry {
    fn new(device: LazyDevice) -> Self {
        Entry {
            device,
            shared: PerProcess::new(),
        }
    }

    /// The device, if this process has opened it.
    fn opened(&'static self) -> Option<Opened> {
        let Shared { memory, stream } = self.shared.get()?;
        Some(Opened { memory, stream })
    }

    fn open(&'static self) -> Result<Opened, DeviceError> {
        if let Some(opened) = self.opened() {
            return Ok(opened);
        }
        let device = self.device.get()?;
        let Shared { memory, stream } = self.shared.get_or_init(|| Shared {
            memory: MemoryManager::new(&device, MemoryConfig::default()),
            stream: OnceLock::new(),
        });
        Ok(Opened { memory, stream })
    }
}

/// Opens the device that is asked for, or gives the one that this process has opened. Opening a GPU takes a while: call it without
/// the interpreter.
pub(crate) fn open(request: DeviceRequest) -> Result<Opened, DeviceError> {
    let devices = &*DEVICES;
    match request {
        DeviceRequest::Host => devices.host.open(),
        DeviceRequest::Cuda(index) => match devices.gpus.get(index) {
            Some(entry) => entry.open(),
            // The driver says how many there are.
            None => Err(Device::cuda(index).map_or_else(|error| error, |_| too_many(index))),
        },
        DeviceRequest::Auto => {
            let first = &devices.gpus[0];
            let best = devices.best.get_or_init(OnceLock::new);
            match *best.get_or_init(|| first.open().is_ok()) {
                true => first.open(),
                false => devices.host.open(),
            }
        }
    }
}

/// The host device that computes on the calling thread, for work that takes less time than to wake another thread.
pub(crate) fn inline() -> Result<Opened, DeviceError> {
    DEVICES.inline.open()
}

/// Whether [`open`] gives the device at once, so that the interpreter need not be released for it.
pub(crate) fn is_open(request: DeviceRequest) -> bool {
    let devices = &*DEVICES;
    match request {
        DeviceRequest::Host => devices.host.opened().is_some(),
        DeviceRequest::Cuda(index) => devices
            .gpus
            .get(index)
            .is_some_and(|entry| entry.opened().is_some()),
        DeviceRequest::Auto => devices
            .best
            .get()
            .and_then(OnceLock::get)
            .is_some_and(|first| match first {
                true => is_open(DeviceRequest::Cuda(0)),
                false => is_open(DeviceRequest::Host),
            }),
    }
}

/// The device of a result, as [`open`] gave it.
pub(crate) fn opened_of(device: &Device) -> Result<Opened, Exception> {
    let request = match device.ordinal() {
        Some(index) => DeviceRequest::Cuda(index),
        None => DeviceRequest::Host,
    };
    Ok(open(request)?)
}

fn too_many(index: usize) -> DeviceError {
    DeviceError::Unsupported {
        what: "number that this package can name; hide other GPUs by CUDA_VISIBLE_DEVICES",
        device: format!("cuda:{index}"),
    }
}

/// The device that a caller names: `None` or `"auto"` for the best, `"host"` or `"cpu"`, `"cuda"`, `"cuda:1"`, or a device of torch.
pub(crate) fn request(value: Option<&Bound<'_, PyAny>>) -> PyResult<DeviceRequest> {
    let Some(value) = value else {
        return Ok(DeviceRequest::Auto);
    };
    let name = match value.cast::<PyString>() {
        Ok(name) => name.to_cow()?.into_owned(),
        // `torch.device` and its like have a kind, and their text is the name.
        Err(_) if value.hasattr("type")? && value.hasattr("index")? => {
            value.str()?.to_cow()?.into_owned()
        }
        Err(_) => {
            let got = value.get_type().name()?;
            let text = format!(
                "a device is named by a text such as \"cuda:0\" or \"host\", or is a torch.device; got {got}"
            );
            return Err(Exception::new(Kind::Device, text).into());
        }
    };
    match name.as_str() {
        "cpu" => Ok(DeviceRequest::Host),
        // The error shows the text, of which a device has a few characters.
        name => Ok(cut(name).parse().map_err(Exception::from)?),
    }
}

/// The name of a device, as [`request`] takes it.
pub(crate) fn name(device: &Device) -> String {
    match device.ordinal() {
        None => "host".to_owned(),
        Some(index) => format!("cuda:{index}"),
    }
}

/// The devices that pipelines can run on: the host, and the GPUs that the driver lists.
///
/// Each is a dictionary: `name`, which `device=` takes; `description`; `compute_capability` and `driver_version` of a GPU as
/// `(major, minor)`; `multiprocessors` of a GPU, or worker threads of the host; `total_memory` and `free_memory` in bytes.
/// What is not known is `None`. A GPU that cannot be used has `name` and `error`, which says why.
///
/// It starts CUDA in the process: children that are forked later cannot use CUDA.
///
/// >>> import pixelflume as pf
/// >>> pf.devices()[0]["name"]
/// 'host'
#[pyfunction]
fn devices(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let count = py.detach(|| Device::cuda_count().unwrap_or(0));
    let gpus = (0..count.min(MAX_GPUS)).map(DeviceRequest::Cuda);
    let requests = [DeviceRequest::Host].into_iter().chain(gpus);
    requests.map(|request| description(py, request)).collect()
}

fn description(py: Python<'_>, request: DeviceRequest) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", request.to_string())?;
    let device = match py.detach(|| open(request)) {
        Ok(opened) => opened.device(),
        Err(error) => {
            dict.set_item("error", error.to_string())?;
            return Ok(dict);
        }
    };
    let all = device.capabilities();
    dict.set_item("description", &all.name)?;
    dict.set_item("compute_capability", all.compute_capability)?;
    dict.set_item("driver_version", all.driver_version)?;
    dict.set_item("multiprocessors", all.multiprocessors)?;
    dict.set_item("total_memory", all.total_memory)?;
    dict.set_item("free_memory", device.free_memory())?;
    Ok(dict)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // Made with the module, and not while another thread forks.
    LazyLock::force(&DEVICES);
    module.add_function(wrap_pyfunction!(devices, module)?)
}

/// A stream of another library by its handle.
#[expect(unsafe_code, reason = "takes a stream by its handle")]
pub(crate) fn borrow_stream(
    opened: Opened,
    handle: isize,
    owner: Option<Py<PyAny>>,
) -> Result<Stream, Exception> {
    let owner: Arc<dyn Any + Send + Sync> = match owner {
        Some(owner) => Arc::new(owner),
        None => Arc::new(()),
    };
    let raw = without_provenance_mut(handle.cast_unsigned());
    // SAFETY: the handle is one of the numbers that name default streams, or a stream that `owner` keeps, or the current stream of a
    // library that gives its tensors in it: the protocols of DLPack and CUDA Array Interface ask that such a stream stays one as
    // long as tensors that were exchanged in it are used. For a stream that is given as a number, the caller was told to see to it.
    let stream = unsafe { opened.device().borrow_stream(raw, owner) };
    Ok(stream?)
}
