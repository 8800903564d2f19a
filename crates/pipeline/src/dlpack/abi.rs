//! The C structs of DLPack 1.3 (`dlpack.h`), under their names in C.
//!
//! Enums of C are structs with constants here: a producer may use a value that this list lacks.

use std::ffi::c_void;

/// The version of DLPack whose structs these are. Structs of another major version have other fields.
pub const VERSION: DLPackVersion = DLPackVersion { major: 1, minor: 3 };

/// Flag: the memory must not be written.
pub const FLAG_READ_ONLY: u64 = 1;
/// Flag: the producer made a copy for this struct.
pub const FLAG_IS_COPIED: u64 = 2;
/// Flag: samples of less than a byte each fill a byte.
pub const FLAG_IS_SUBBYTE_TYPE_PADDED: u64 = 4;

/// A version of DLPack.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(C)]
pub struct DLPackVersion {
    /// Changes when the structs change.
    pub major: u32,
    /// Changes when enums get new values.
    pub minor: u32,
}

/// A kind of device.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(transparent)]
pub struct DLDeviceType(pub i32);

impl DLDeviceType {
    /// Ordinary memory.
    pub const CPU: Self = DLDeviceType(1);
    /// Memory of an NVIDIA GPU.
    pub const CUDA: Self = DLDeviceType(2);
    /// Page-locked memory.
    pub const CUDA_HOST: Self = DLDeviceType(3);
    /// Managed memory of CUDA.
    pub const CUDA_MANAGED: Self = DLDeviceType(13);
}

/// A device.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(C)]
pub struct DLDevice {
    /// The kind of the device.
    pub device_type: DLDeviceType,
    /// The number of the device among those of its kind; 0 for ordinary, page-locked and managed memory.
    pub device_id: i32,
}

/// A kind of number.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(transparent)]
pub struct DLDataTypeCode(pub u8);

impl DLDataTypeCode {
    /// Signed integer.
    pub const INT: Self = DLDataTypeCode(0);
    /// Unsigned integer.
    pub const UINT: Self = DLDataTypeCode(1);
    /// IEEE floating point.
    pub const FLOAT: Self = DLDataTypeCode(2);
    /// bfloat16.
    pub const BFLOAT: Self = DLDataTypeCode(4);
}

/// The type of an element.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(C)]
pub struct DLDataType {
    /// The kind of number.
    pub code: DLDataTypeCode,
    /// Bits of a number.
    pub bits: u8,
    /// Numbers of an element; 1 unless elements are vectors.
    pub lanes: u16,
}

/// A tensor, without its owner.
#[derive(Copy, Clone, Debug)]
#[repr(C)]
pub struct DLTensor {
    /// Address of the memory; the first element is `byte_offset` bytes further on.
    pub data: *mut c_void,
    /// The device of the memory.
    pub device: DLDevice,
    /// The number of dimensions.
    pub ndim: i32,
    /// The type of an element.
    pub dtype: DLDataType,
    /// `ndim` extents.
    pub shape: *mut i64,
    /// `ndim` strides in elements. Null for a tensor without gaps in row-major order, before DLPack 1.2.
    pub strides: *mut i64,
    /// Bytes from `data` to the first element.
    pub byte_offset: u64,
}

/// A tensor with its owner, in the form without a version that DLPack had before 1.0.
#[derive(Debug)]
#[repr(C)]
pub struct DLManagedTensor {
    /// The tensor.
    pub dl_tensor: DLTensor,
    /// The producer's own.
    pub manager_ctx: *mut c_void,
    /// The function that frees the tensor and this struct, to be called once.
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensor)>,
}

/// A tensor with its owner, in the form of DLPack 1.0 and later.
#[derive(Debug)]
#[repr(C)]
pub struct DLManagedTensorVersioned {
    /// The version of DLPack that the producer knows.
    pub version: DLPackVersion,
    /// The producer's own.
    pub manager_ctx: *mut c_void,
    /// The function that frees the tensor and this struct, to be called once. It is here in every version.
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensorVersioned)>,
    /// Bits of [`FLAG_READ_ONLY`], [`FLAG_IS_COPIED`] and [`FLAG_IS_SUBBYTE_TYPE_PADDED`].
    pub flags: u64,
    /// The tensor.
    pub dl_tensor: DLTensor,
}

/// The sizes and offsets of `dlpack.h` where pointers have 64 bits.
#[cfg(target_pointer_width = "64")]
const _: () = {
    use std::mem::{align_of, offset_of, size_of};
    assert!(size_of::<DLPackVersion>() == 8 && align_of::<DLPackVersion>() == 4);
    assert!(size_of::<DLDevice>() == 8 && align_of::<DLDevice>() == 4);
    assert!(offset_of!(DLDevice, device_id) == 4);
    assert!(size_of::<DLDataType>() == 4 && align_of::<DLDataType>() == 2);
    assert!(offset_of!(DLDataType, bits) == 1 && offset_of!(DLDataType, lanes) == 2);
    assert!(size_of::<DLTensor>() == 48 && align_of::<DLTensor>() == 8);
    assert!(offset_of!(DLTensor, data) == 0 && offset_of!(DLTensor, device) == 8);
    assert!(offset_of!(DLTensor, ndim) == 16 && offset_of!(DLTensor, dtype) == 20);
    assert!(offset_of!(DLTensor, shape) == 24 && offset_of!(DLTensor, strides) == 32);
    assert!(offset_of!(DLTensor, byte_offset) == 40);
    assert!(size_of::<DLManagedTensor>() == 64 && align_of::<DLManagedTensor>() == 8);
    assert!(offset_of!(DLManagedTensor, dl_tensor) == 0);
    assert!(offset_of!(DLManagedTensor, manager_ctx) == 48);
    assert!(offset_of!(DLManagedTensor, deleter) == 56);
    assert!(size_of::<DLManagedTensorVersioned>() == 80);
    assert!(align_of::<DLManagedTensorVersioned>() == 8);
    assert!(offset_of!(DLManagedTensorVersioned, version) == 0);
    assert!(offset_of!(DLManagedTensorVersioned, manager_ctx) == 8);
    assert!(offset_of!(DLManagedTensorVersioned, deleter) == 16);
    assert!(offset_of!(DLManagedTensorVersioned, flags) == 24);
    assert!(offset_of!(DLManagedTensorVersioned, dl_tensor) == 32);
};
