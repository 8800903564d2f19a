//! The C structs of DLPack 1.3 (`dlpack.h`), under their names in C.
//!
//! Enums of C are structs with constants here: a producer may use a value that this list lacks.

use std::ffi::{CStr, c_char, c_int, c_void};

/// The version of DLPack whose structs these are. Structs of another major version have other fields.
pub const VERSION: DLPackVersion = DLPackVersion { major: 1, minor: 3 };

/// The name of the capsule in which a type of Python has its [`DLPackExchangeAPI`].
pub const EXCHANGE_API_CAPSULE: &CStr = c"dlpack_exchange_api";
/// The name of a capsule with a [`DLManagedTensor`] that nobody has taken over yet.
pub const CAPSULE: &CStr = c"dltensor";
/// The name of a capsule whose [`DLManagedTensor`] was taken over.
pub const USED_CAPSULE: &CStr = c"used_dltensor";
/// The name of a capsule with a [`DLManagedTensorVersioned`] that nobody has taken over yet.
pub const VERSIONED_CAPSULE: &CStr = c"dltensor_versioned";
/// The name of a capsule whose [`DLManagedTensorVersioned`] was taken over.
pub const USED_VERSIONED_CAPSULE: &CStr = c"used_dltensor_versioned";

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

/// The start of a [`DLPackExchangeAPI`], which is the same in every version.
#[derive(Debug)]
#[repr(C)]
pub struct DLPackExchangeAPIHeader {
    /// The version of DLPack of the struct that this header begins.
    pub version: DLPackVersion,
    /// The header of the same library's struct of an older version, or null.
    pub prev_api: *mut DLPackExchangeAPIHeader,
}

/// The function by which a library allocates a tensor like `prototype`. It returns 0, or calls the last argument with the third
/// one, a kind and a text.
pub type DLPackManagedTensorAllocator = unsafe extern "C" fn(
    prototype: *mut DLTensor,
    out: *mut *mut DLManagedTensorVersioned,
    error_ctx: *mut c_void,
    set_error: Option<unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char)>,
) -> c_int;

/// The function that gives a tensor object (a `PyObject*` of the type that has the struct) as a struct with an owner. It returns
/// 0, or sets an exception of Python. It orders no streams.
pub type DLPackManagedTensorFromPyObjectNoSync =
    unsafe extern "C" fn(py_object: *mut c_void, out: *mut *mut DLManagedTensorVersioned) -> c_int;

/// The function that makes a tensor object of a struct, which it takes over. It returns 0, or sets an exception of Python. It
/// orders no streams.
pub type DLPackManagedTensorToPyObjectNoSync = unsafe extern "C" fn(
    tensor: *mut DLManagedTensorVersioned,
    out_py_object: *mut *mut c_void,
) -> c_int;

/// The function that describes a tensor object by a struct without an owner, which is good as long as the object is not changed
/// or freed. It returns 0, or sets an exception of Python. It orders no streams.
pub type DLPackDLTensorFromPyObjectNoSync =
    unsafe extern "C" fn(py_object: *mut c_void, out: *mut DLTensor) -> c_int;

/// The function that gives the stream in which a library works on a device; null on the CPU. It returns 0, or sets an exception of
/// Python.
pub type DLPackCurrentWorkStream = unsafe extern "C" fn(
    device_type: DLDeviceType,
    device_id: i32,
    out_current_stream: *mut *mut c_void,
) -> c_int;

/// The functions by which a library of Python exchanges tensors (DLPack 1.3): the pointer in the capsule
/// `"dlpack_exchange_api"` that the type of its tensors has as the attribute `__dlpack_c_exchange_api__`. The struct stays until
/// the process ends. The functions are called with the interpreter attached.
#[derive(Debug)]
#[repr(C)]
pub struct DLPackExchangeAPI {
    /// The version, and the way to older ones.
    pub header: DLPackExchangeAPIHeader,
    /// Makes a tensor; never null.
    pub managed_tensor_allocator: Option<DLPackManagedTensorAllocator>,
    /// Gives a tensor away; never null.
    pub managed_tensor_from_py_object_no_sync: Option<DLPackManagedTensorFromPyObjectNoSync>,
    /// Takes a tensor over; never null.
    pub managed_tensor_to_py_object_no_sync: Option<DLPackManagedTensorToPyObjectNoSync>,
    /// Describes a tensor; null where the library has no such function.
    pub dltensor_from_py_object_no_sync: Option<DLPackDLTensorFromPyObjectNoSync>,
    /// Tells the stream; never null.
    pub current_work_stream: Option<DLPackCurrentWorkStream>,
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
    assert!(size_of::<DLPackExchangeAPIHeader>() == 16);
    assert!(align_of::<DLPackExchangeAPIHeader>() == 8);
    assert!(offset_of!(DLPackExchangeAPIHeader, prev_api) == 8);
    assert!(size_of::<DLPackExchangeAPI>() == 56 && align_of::<DLPackExchangeAPI>() == 8);
    assert!(offset_of!(DLPackExchangeAPI, header) == 0);
    assert!(offset_of!(DLPackExchangeAPI, managed_tensor_allocator) == 16);
    assert!(offset_of!(DLPackExchangeAPI, managed_tensor_from_py_object_no_sync) == 24);
    assert!(offset_of!(DLPackExchangeAPI, managed_tensor_to_py_object_no_sync) == 32);
    assert!(offset_of!(DLPackExchangeAPI, dltensor_from_py_object_no_sync) == 40);
    assert!(offset_of!(DLPackExchangeAPI, current_work_stream) == 48);
};
