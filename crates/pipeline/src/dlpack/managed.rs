//! Ownership of a struct of DLPack, and what is read of it.
#![expect(unsafe_code, reason = "reads structs of other libraries by pointer")]

use crate::dlpack::abi::{
    DLManagedTensor, DLManagedTensorVersioned, DLPackVersion, DLTensor, FLAG_IS_COPIED,
    FLAG_READ_ONLY, VERSION,
};
use crate::dlpack::axes::MAX_DIMENSIONS;
use crate::dlpack::error::DlpackError;
use crate::dlpack::sample;
use pixelflume_ops::SampleType;
use std::fmt;
use std::ptr::NonNull;

/// The first minor version of DLPack 1 in which strides must not be null.
const STRIDES_NEEDED: u32 = 2;

/// A struct of DLPack that was handed over, with the tensor's memory. The drop calls its deleter.
///
/// [`DlTensor`](crate::dlpack::DlTensor) makes images of it; who has another use for the memory reads [`ManagedTensor::fields`].
pub struct ManagedTensor(Struct);

enum Struct {
    Versioned(NonNull<DLManagedTensorVersioned>),
    Legacy(NonNull<DLManagedTensor>),
}

/// The fields of a tensor of 2 to 4 dimensions, copied out of its struct. Nothing is checked but what reading them needs.
#[derive(Clone, Debug)]
pub struct TensorFields {
    /// Address, device and type. The pointers to extents and strides are good as long as the struct.
    pub tensor: DLTensor,
    /// The extents, as the struct gives them.
    pub shape: Vec<i64>,
    /// The strides in elements, as many as extents; `None` where the struct has none, for a tensor without gaps.
    pub strides: Option<Vec<i64>>,
    /// Whether the producer forbids that the memory is written.
    pub read_only: bool,
    /// Whether the producer made a copy for this tensor.
    pub copied: bool,
}

// SAFETY: who makes the value promises that the struct belongs to it alone, and that the deleter may be called on any thread.
unsafe impl Send for ManagedTensor {}

impl ManagedTensor {
    /// Takes a struct with a version.
    ///
    /// # Safety
    /// `managed` points to the struct, which nothing else uses or frees from now on. Version, deleter and the producer's own
    /// field are valid in every version; the other fields are valid, as those of [`ManagedTensor::legacy`], in versions 1.x. The
    /// deleter may be called on any thread.
    pub unsafe fn versioned(managed: NonNull<DLManagedTensorVersioned>) -> Self {
        ManagedTensor(Struct::Versioned(managed))
    }

    /// Takes a struct without a version.
    ///
    /// # Safety
    /// `managed` points to the struct, which nothing else uses or frees from now on. `shape` and `strides` are null, or point to
    /// as many numbers as there are dimensions. The deleter is null, or frees the struct and may be called on any thread.
    pub unsafe fn legacy(managed: NonNull<DLManagedTensor>) -> Self {
        ManagedTensor(Struct::Legacy(managed))
    }

    /// Reads the fields: of shape and strides as many entries as there are dimensions, and none where these are too many.
    ///
    /// # Errors
    /// The struct is of another major version than 1, has fewer than 2 or more than 4 dimensions, no shape, or no strides where
    /// its version needs them.
    pub fn fields(&self) -> Result<TensorFields, DlpackError> {
        let (tensor, version, flags) = match self.0 {
            Struct::Versioned(managed) => {
                let managed = managed.as_ptr();
                // SAFETY: the pointer is valid, and this field is at its place in every version.
                let version = unsafe { (&raw const (*managed).version).read() };
                let DLPackVersion { major, minor } = version;
                if major != VERSION.major {
                    return Err(DlpackError::Version { major, minor });
                }
                // SAFETY: the pointer is valid, and the struct is of a version whose fields are these.
                let (tensor, flags) = unsafe {
                    let tensor = (&raw const (*managed).dl_tensor).read();
                    (tensor, (&raw const (*managed).flags).read())
                };
                (tensor, Some(version), flags)
            }
            Struct::Legacy(managed) => {
                // SAFETY: the pointer is valid.
                let tensor = unsafe { (&raw const (*managed.as_ptr()).dl_tensor).read() };
                (tensor, None, 0)
            }
        };
        let ndim = tensor.ndim;
        let dimensions = usize::try_from(ndim).ok();
        let Some(dimensions) = dimensions.filter(|count| (2..=MAX_DIMENSIONS).contains(count))
        else {
            return Err(DlpackError::Dimensions { ndim, axes: None });
        };
        // SAFETY: `shape` is null or has as many entries as there are dimensions.
        let shape = unsafe { entries(tensor.shape, dimensions) };
        let shape = shape.ok_or(DlpackError::NoShape { ndim })?;
        // SAFETY: as above, of `strides`.
        let strides = unsafe { entries(tensor.strides, dimensions) };
        match version {
            Some(DLPackVersion { major, minor })
                if strides.is_none() && minor >= STRIDES_NEEDED =>
            {
                Err(DlpackError::NoStrides { major, minor })
            }
            _ => Ok(TensorFields {
                tensor,
                shape,
                strides,
                read_only: flags & FLAG_READ_ONLY != 0,
                copied: flags & FLAG_IS_COPIED != 0,
            }),
        }
    }
}

impl TensorFields {
    /// The type of the samples.
    ///
    /// # Errors
    /// [`DlpackError::SampleType`] for elements that are no samples.
    pub fn sample(&self) -> Result<SampleType, DlpackError> {
        sample::from_dlpack(self.tensor.dtype)
    }

    /// The first element, `byte_offset` bytes after `data`, of a tensor that has `bytes` bytes from there on.
    ///
    /// # Errors
    /// [`DlpackError::NoMemory`] for a null pointer, [`DlpackError::PastEnd`] where the bytes pass the end of all addresses.
    pub fn first(&self, bytes: usize) -> Result<NonNull<u8>, DlpackError> {
        let (data, byte_offset) = (self.tensor.data.cast::<u8>(), self.tensor.byte_offset);
        if data.is_null() {
            return Err(DlpackError::NoMemory { bytes });
        }
        let first = usize::try_from(byte_offset).ok().and_then(|offset| {
            data.addr().checked_add(offset)?.checked_add(bytes)?;
            NonNull::new(data.wrapping_add(offset))
        });
        first.ok_or(DlpackError::PastEnd {
            data: data.addr() as u64,
            byte_offset,
            bytes,
        })
    }
}

/// Copies an array; `None` for a null pointer.
///
/// # Safety
/// `array` is null, or points to `count` numbers, at any alignment.
unsafe fn entries(array: *const i64, count: usize) -> Option<Vec<i64>> {
    if array.is_null() {
        return None;
    }
    let entry = |index| {
        // SAFETY: the caller promises `count` numbers, and the index is below.
        unsafe { array.add(index).read_unaligned() }
    };
    Some((0..count).map(entry).collect())
}

impl Drop for ManagedTensor {
    fn drop(&mut self) {
        match self.0 {
            Struct::Versioned(managed) => {
                let managed = managed.as_ptr();
                // SAFETY: the pointer is valid, and this field is at its place in every version.
                let deleter = unsafe { (&raw const (*managed).deleter).read() };
                if let Some(deleter) = deleter {
                    // SAFETY: it is the deleter of this struct, which belongs to this value; the value ends here.
                    unsafe { deleter(managed) };
                }
            }
            Struct::Legacy(managed) => {
                let managed = managed.as_ptr();
                // SAFETY: the pointer is valid.
                let deleter = unsafe { (&raw const (*managed).deleter).read() };
                if let Some(deleter) = deleter {
                    // SAFETY: as above.
                    unsafe { deleter(managed) };
                }
            }
        }
    }
}

impl fmt::Debug for ManagedTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.0 {
            Struct::Versioned(_) => "DLManagedTensorVersioned",
            Struct::Legacy(_) => "DLManagedTensor",
        };
        write!(f, "ManagedTensor({form})")
    }
}
