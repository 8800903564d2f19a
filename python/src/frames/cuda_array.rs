//! Arrays on a GPU behind `__cuda_array_interface__`, of versions 2 and 3.
#![expect(unsafe_code, reason = "takes memory by address")]

use crate::frames::array::Array;
use crate::frames::axes::{ImageAxes, MAX_DIMENSIONS};
use crate::frames::error::{Problem, Refusal};
use crate::frames::on_gpu::{self, Memory};
use crate::frames::owner::Owner;
use crate::frames::pixels::Pixels;
use crate::frames::place::Place;
use crate::frames::sample;
use pixelflume::device::DeviceKind;
use pixelflume::pipeline::dlpack::abi::{DLDevice, DLDeviceType};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::ptr;

const NAME: &str = "__cuda_array_interface__";

/// The fields of the interface that are used.
struct Interface {
    shape: Vec<i64>,
    strides: Option<Vec<i64>>,
    typestr: String,
    address: usize,
    stream: Option<isize>,
    masked: bool,
}

/// The images of an array behind the interface, which lie on the GPU of the call.
pub(super) fn pixels(
    value: &Bound<'_, PyAny>,
    place: &Place<'_>,
) -> Result<(Pixels, bool), Refusal> {
    let Interface {
        shape,
        strides,
        typestr,
        address,
        stream,
        masked,
    } = read(value).map_err(|cause| Refusal::of_producer(value, NAME, cause))?;
    if masked {
        return Err(Problem::Masked.into());
    }
    if place.device.kind() != DeviceKind::Cuda {
        let expected = place.device.to_string();
        return Err(Problem::GpuArray { expected }.into());
    }
    let sample = sample::of_typestr(&typestr)?;
    let strides = match strides {
        Some(strides) if strides.len() == shape.len() => strides,
        Some(_) => return Err(Problem::Dimensions { shape }.into()),
        None => gapless(&shape, sample.bytes()).ok_or_else(|| Problem::TooLarge {
            shape: shape.clone(),
        })?,
    };
    let array = Array {
        first: ptr::with_exposed_provenance(address),
        sample,
        axes: ImageAxes::find(&shape, &strides, place.axes)?,
    };
    // The interface does not tell the GPU: it is the one of the call, or else the driver refuses the memory below.
    let device = DLDevice {
        device_type: DLDeviceType::CUDA,
        device_id: place.device.ordinal().unwrap_or(0) as i32,
    };
    let memory = Memory {
        array,
        device,
        stream,
    };
    let owner = Owner::Object(value.clone().unbind());
    // SAFETY: the interface has memory of a GPU at the address of each element, as long as its object lives, which the owner keeps.
    let pixels = unsafe { on_gpu::pixels(memory, owner, place) }?;
    Ok((pixels, !array.axes.is_batch))
}

/// The stream that an array behind the interface tells, where it has the interface.
pub(super) fn stream(value: &Bound<'_, PyAny>) -> Result<Option<isize>, Refusal> {
    let interface = read(value).map_err(|cause| Refusal::of_producer(value, NAME, cause))?;
    Ok(interface.stream)
}

fn read(value: &Bound<'_, PyAny>) -> PyResult<Interface> {
    let interface = value.getattr(pyo3::intern!(value.py(), NAME))?;
    let interface = interface.cast::<PyDict>()?;
    let optional = |key: &str| -> PyResult<Option<Bound<'_, PyAny>>> {
        Ok(interface.get_item(key)?.filter(|value| !value.is_none()))
    };
    let needed = |key: &'static str| optional(key)?.ok_or_else(|| PyKeyError::new_err(key));
    let (address, _read_only): (usize, bool) = needed("data")?.extract()?;
    let strides = optional("strides")?;
    let stream = optional("stream")?;
    Ok(Interface {
        shape: bounded(&needed("shape")?)?,
        strides: strides.map(|strides| bounded(&strides)).transpose()?,
        typestr: needed("typestr")?.extract()?,
        address,
        stream: stream.map(|stream| stream.extract()).transpose()?,
        masked: optional("mask")?.is_some(),
    })
}

/// A tuple of numbers, of which more than an array of images can have are not read.
fn bounded(numbers: &Bound<'_, PyAny>) -> PyResult<Vec<i64>> {
    let numbers = numbers.try_iter()?.take(MAX_DIMENSIONS + 1);
    numbers.map(|number| number?.extract()).collect()
}

/// The strides in bytes of an array without gaps.
fn gapless(shape: &[i64], size: usize) -> Option<Vec<i64>> {
    let mut strides = vec![0; shape.len()];
    let mut stride = size as i64;
    for (axis, &extent) in shape.iter().enumerate().rev() {
        strides[axis] = stride;
        stride = stride.checked_mul(extent)?;
    }
    Some(strides)
}
