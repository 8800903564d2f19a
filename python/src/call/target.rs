//! The device of a call, and the stream that its work is ordered with.

use crate::device::{self, Opened, borrow_stream};
use crate::errors::{Exception, Kind};
use crate::exit::InPython;
use crate::frames::{self, GpuPlace};
use pixelflume::device::{DeviceKind, DeviceRequest, Stream};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The device of a call, and its stream.
pub(crate) struct Target {
    pub(crate) opened: Opened,
    /// The stream that orders the inputs, and on a GPU the work and the results.
    pub(crate) stream: Stream,
}

/// A stream as a caller gives it: the driver's handle, and the object that keeps it.
struct Given<'py> {
    handle: isize,
    owner: Option<Bound<'py, PyAny>>,
}

impl Target {
    /// The target of a call: the device that is named, or else the GPU that the first image is on, or else the best one; the stream
    /// that is given, or else the one in which the library of the images works, or else one of the device's own.
    pub(crate) fn find(
        inputs: &Bound<'_, PyTuple>,
        device: Option<&Bound<'_, PyAny>>,
        stream: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Target> {
        let _inside = InPython::enter()?;
        let py = inputs.py();
        let mut request = device::request(device)?;
        if request == DeviceRequest::Host {
            return Target::of(py, request, None);
        }
        let mut place: Option<GpuPlace> = None;
        for input in inputs {
            place = frames::locate(&input)?;
            if place.is_some() {
                break;
            }
        }
        if let (DeviceRequest::Auto, Some(place)) = (request, place) {
            request = DeviceRequest::Cuda(place.ordinal);
        }
        let given = match (stream, place) {
            (Some(stream), _) => Some(handle_of(stream)?),
            // A stream of another GPU orders nothing here.
            (None, Some(place)) if request == DeviceRequest::Cuda(place.ordinal) => {
                let given = |handle| Given {
                    handle,
                    owner: None,
                };
                place.stream.map(given)
            }
            _ => None,
        };
        Target::of(py, request, given)
    }

    fn of(py: Python<'_>, request: DeviceRequest, given: Option<Given<'_>>) -> PyResult<Target> {
        let opened = match device::is_open(request) {
            true => device::open(request),
            false => py.detach(|| device::open(request)),
        };
        let opened = opened.map_err(Exception::from)?;
        let stream = match given {
            Some(given) if opened.device().kind() == DeviceKind::Cuda => {
                borrow_stream(opened, given.handle, given.owner.map(Bound::unbind))?
            }
            _ => opened.stream()?,
        };
        Ok(Target { opened, stream })
    }

    /// The driver's handle of the stream; `None` on the host.
    pub(crate) fn raw_stream(&self) -> Option<isize> {
        self.stream.raw().map(|handle| handle.addr() as isize)
    }
}

/// The handle of a stream that a caller gives: a number, or an object with `__cuda_stream__` (cuda.core), `cuda_stream` (torch) or
/// `ptr` (CuPy).
fn handle_of<'py>(stream: &Bound<'py, PyAny>) -> PyResult<Given<'py>> {
    if let Ok(handle) = stream.extract::<isize>() {
        return Ok(Given {
            handle,
            owner: None,
        });
    }
    let handle = if stream.hasattr("__cuda_stream__")? {
        let (_, handle): (i64, isize) = stream.call_method0("__cuda_stream__")?.extract()?;
        handle
    } else if stream.hasattr("cuda_stream")? {
        stream.getattr("cuda_stream")?.extract()?
    } else if stream.hasattr("ptr")? {
        stream.getattr("ptr")?.extract()?
    } else {
        let name = stream.get_type().name()?;
        let text = format!(
            "an object of type {name} is no CUDA stream; give the handle as an int, or a stream of torch, CuPy, or with __cuda_stream__"
        );
        return Err(Exception::new(Kind::Device, text).into());
    };
    Ok(Given {
        handle,
        owner: Some(stream.clone()),
    })
}
