//! Structs of DLPack that this library makes.
#![expect(unsafe_code, reason = "a deleter gets its struct as a pointer")]

use crate::dlpack::abi::{
    DLDataType, DLDevice, DLManagedTensor, DLManagedTensorVersioned, DLTensor, VERSION,
};
use pixelflume_device::{Address, contain_panic};
use std::any::Any;
use std::ptr::{NonNull, null_mut};

/// A tensor with its owner, to be put into a struct of either form.
pub(super) struct Handover {
    /// Address of the first element.
    pub(super) first: Address,
    pub(super) device: DLDevice,
    pub(super) dtype: DLDataType,
    pub(super) shape: Vec<i64>,
    /// Strides in elements, as many as there are extents.
    pub(super) strides: Vec<i64>,
    pub(super) flags: u64,
    /// The owner of the memory, which the deleter drops.
    pub(super) owner: Box<dyn Any + Send>,
}

/// What a deleter frees: the struct at the start, and all that it points to.
#[repr(C)]
struct Managed<T> {
    managed: T,
    _shape: Vec<i64>,
    _strides: Vec<i64>,
    _owner: Box<dyn Any + Send>,
}

impl Handover {
    /// The struct with a version. Its deleter frees it.
    pub(super) fn into_versioned(self) -> NonNull<DLManagedTensorVersioned> {
        let flags = self.flags;
        self.leak(|dl_tensor| DLManagedTensorVersioned {
            version: VERSION,
            manager_ctx: null_mut(),
            deleter: Some(delete::<DLManagedTensorVersioned>),
            flags,
            dl_tensor,
        })
    }

    /// The struct without a version. Its deleter frees it.
    pub(super) fn into_legacy(self) -> NonNull<DLManagedTensor> {
        self.leak(|dl_tensor| DLManagedTensor {
            dl_tensor,
            manager_ctx: null_mut(),
            deleter: Some(delete::<DLManagedTensor>),
        })
    }

    fn leak<T>(mut self, managed: impl FnOnce(DLTensor) -> T) -> NonNull<T> {
        let managed = managed(DLTensor {
            data: self.first.as_ptr(),
            device: self.device,
            ndim: self.shape.len() as i32,
            dtype: self.dtype,
            // Their memory does not move with the vectors.
            shape: self.shape.as_mut_ptr(),
            strides: self.strides.as_mut_ptr(),
            byte_offset: 0,
        });
        let managed = Box::new(Managed {
            managed,
            _shape: self.shape,
            _strides: self.strides,
            _owner: self.owner,
        });
        NonNull::from(Box::leak(managed)).cast()
    }
}

/// Frees a struct of [`Handover::leak`] and drops the owner of its memory.
///
/// # Safety
/// `managed` came from there, with this type, and was not freed since.
unsafe extern "C" fn delete<T>(managed: *mut T) {
    // SAFETY: it is the start of a leaked box of this type, as the caller promises.
    let managed = unsafe { Box::from_raw(managed.cast::<Managed<T>>()) };
    // A panic must not reach the caller, who may be C.
    contain_panic("the drop of images that were given away", || drop(managed));
}
