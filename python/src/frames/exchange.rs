//! The functions by which a library exchanges tensors: the C exchange API of DLPack 1.3, which PyTorch has.
#![expect(unsafe_code, reason = "calls functions of other libraries by pointer")]

use crate::frames::error::{Problem, Refusal, type_name};
use pixelflume::pipeline::dlpack::ManagedTensor;
use pixelflume::pipeline::dlpack::abi::{
    DLDevice, DLPackExchangeAPI, DLPackExchangeAPIHeader, DLTensor, EXCHANGE_API_CAPSULE, VERSION,
};
use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods};
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

/// The most structs of other versions that are looked through for one of this version.
const MAX_VERSIONS: usize = 16;

/// The exchange functions of a type of tensors.
#[derive(Copy, Clone)]
pub(super) struct ExchangeApi(&'static DLPackExchangeAPI);

impl ExchangeApi {
    /// The functions that the type of an object has; `None` where it has none of this major version.
    pub(super) fn of(value: &Bound<'_, PyAny>) -> Option<ExchangeApi> {
        let name = pyo3::intern!(value.py(), "__dlpack_c_exchange_api__");
        let capsule = value.get_type().getattr_opt(name).ok()??;
        let capsule = capsule.cast::<PyCapsule>().ok()?;
        let pointer = capsule.pointer_checked(Some(EXCHANGE_API_CAPSULE)).ok()?;
        let mut header = pointer.cast::<DLPackExchangeAPIHeader>();
        for _ in 0..MAX_VERSIONS {
            // SAFETY: a capsule of this name has such a struct, which stays until the process ends, by the contract of DLPack; its
            // header is the same in every version.
            let DLPackExchangeAPIHeader { version, prev_api } = unsafe { header.read() };
            if version.major == VERSION.major {
                // SAFETY: the struct is of this major version, and stays until the process ends.
                return Some(ExchangeApi(unsafe {
                    header.cast::<DLPackExchangeAPI>().as_ref()
                }));
            }
            header = NonNull::new(prev_api)?;
        }
        None
    }

    /// Gives the tensor of an object of the type, with its memory. No streams are ordered.
    pub(super) fn tensor(self, value: &Bound<'_, PyAny>) -> Result<ManagedTensor, Refusal> {
        let mut managed = ptr::null_mut();
        let status = match self.0.managed_tensor_from_py_object_no_sync {
            // SAFETY: the function is of the type of this object, the interpreter is attached, and `managed` is a place for a
            // pointer.
            Some(give) => unsafe { give(value.as_ptr().cast(), &raw mut managed) },
            None => return Err(missing(value)),
        };
        check(value, status)?;
        let managed = NonNull::new(managed).ok_or_else(|| missing(value))?;
        // SAFETY: the function gives a struct away whose fields are as DLPack says, with a deleter for any thread.
        Ok(unsafe { ManagedTensor::versioned(managed) })
    }

    /// The device of the tensor of an object.
    pub(super) fn device(self, value: &Bound<'_, PyAny>) -> Result<DLDevice, Refusal> {
        let Some(describe) = self.0.dltensor_from_py_object_no_sync else {
            return Ok(self.tensor(value)?.fields()?.tensor.device);
        };
        let mut tensor = MaybeUninit::<DLTensor>::zeroed();
        // SAFETY: the function is of the type of this object, the interpreter is attached, and `tensor` is a place for a struct.
        let status = unsafe { describe(value.as_ptr().cast(), tensor.as_mut_ptr()) };
        check(value, status)?;
        // SAFETY: the struct is filled, and all its fields may be zeros as well.
        Ok(unsafe { tensor.assume_init() }.device)
    }

    /// The stream in which the library of an object works on a device.
    pub(super) fn stream(
        self,
        value: &Bound<'_, PyAny>,
        device: DLDevice,
    ) -> Result<isize, Refusal> {
        let mut stream = ptr::null_mut();
        let status = match self.0.current_work_stream {
            // SAFETY: the interpreter is attached, and `stream` is a place for a pointer.
            Some(tell) => unsafe { tell(device.device_type, device.device_id, &raw mut stream) },
            None => return Err(missing(value)),
        };
        check(value, status)?;
        Ok(stream.addr() as isize)
    }
}

/// The exception that a function has set where it did not return 0.
fn check(value: &Bound<'_, PyAny>, status: c_int) -> Result<(), Refusal> {
    match status {
        0 => Ok(()),
        _ => {
            let cause = PyErr::take(value.py())
                .unwrap_or_else(|| PySystemError::new_err("it set no exception"));
            Err(Refusal::of_producer(
                value,
                "the C exchange API of DLPack",
                cause,
            ))
        }
    }
}

fn missing(value: &Bound<'_, PyAny>) -> Refusal {
    Problem::Exchange {
        of: type_name(value),
    }
    .into()
}
