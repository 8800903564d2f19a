//! The table of result codes: every `CUresult` of CUDA 11.4 to 13.3, with its name and its meaning.

use super::CuResult;

/// One line of the table.
pub(crate) struct Entry {
    pub(crate) code: u32,
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
}

/// The line of `code`.
pub(crate) fn find(code: u32) -> Option<&'static Entry> {
    TABLE
        .binary_search_by_key(&code, |entry| entry.code)
        .ok()
        .map(|i| &TABLE[i])
}

macro_rules! codes {
    ($($code:literal $constant:ident $prefix:literal $meaning:literal,)*) => {
        impl CuResult {
            $(
                #[doc = concat!("`", $prefix, stringify!($constant), "` (", $code, "): ", $meaning, ".")]
                pub const $constant: Self = Self::new($code);
            )*
        }

        /// The table, in ascending order of the codes.
        pub(crate) static TABLE: &[Entry] = &[
            $(Entry { code: $code, name: concat!($prefix, stringify!($constant)), meaning: $meaning },)*
        ];
    };
}

codes! {
    0 SUCCESS "CUDA_" "success",
    1 INVALID_VALUE "CUDA_ERROR_" "an argument is out of range or a required pointer is null",
    2 OUT_OF_MEMORY "CUDA_ERROR_" "not enough memory or another resource",
    3 NOT_INITIALIZED "CUDA_ERROR_" "cuInit has not been called or has failed",
    4 DEINITIALIZED "CUDA_ERROR_" "the driver is shutting down with the process",
    5 PROFILER_DISABLED "CUDA_ERROR_" "profiling is not initialized for this run",
    6 PROFILER_NOT_INITIALIZED "CUDA_ERROR_" "no longer returned",
    7 PROFILER_ALREADY_STARTED "CUDA_ERROR_" "no longer returned",
    8 PROFILER_ALREADY_STOPPED "CUDA_ERROR_" "no longer returned",
    34 STUB_LIBRARY "CUDA_ERROR_" "a toolkit's stub was loaded instead of the driver",
    36 CALL_REQUIRES_NEWER_DRIVER "CUDA_ERROR_" "the call needs a newer driver",
    46 DEVICE_UNAVAILABLE "CUDA_ERROR_" "the device is in use or in an exclusive mode",
    100 NO_DEVICE "CUDA_ERROR_" "the driver sees no device",
    101 INVALID_DEVICE "CUDA_ERROR_" "no device has this number, or it cannot do this",
    102 DEVICE_NOT_LICENSED "CUDA_ERROR_" "the virtual GPU has no license",
    200 INVALID_IMAGE "CUDA_ERROR_" "the module image is invalid",
    201 INVALID_CONTEXT "CUDA_ERROR_" "no context is current, or the handle is not a context",
    202 CONTEXT_ALREADY_CURRENT "CUDA_ERROR_" "no longer returned",
    205 MAP_FAILED "CUDA_ERROR_" "mapping failed",
    206 UNMAP_FAILED "CUDA_ERROR_" "unmapping failed",
    207 ARRAY_IS_MAPPED "CUDA_ERROR_" "the array is mapped and cannot be destroyed",
    208 ALREADY_MAPPED "CUDA_ERROR_" "the resource is mapped already",
    209 NO_BINARY_FOR_GPU "CUDA_ERROR_" "the module has no code for this device",
    210 ALREADY_ACQUIRED "CUDA_ERROR_" "the resource has been acquired already",
    211 NOT_MAPPED "CUDA_ERROR_" "the resource is not mapped",
    212 NOT_MAPPED_AS_ARRAY "CUDA_ERROR_" "the resource is not mapped as an array",
    213 NOT_MAPPED_AS_POINTER "CUDA_ERROR_" "the resource is not mapped as a pointer",
    214 ECC_UNCORRECTABLE "CUDA_ERROR_" "an uncorrectable memory error was found",
    215 UNSUPPORTED_LIMIT "CUDA_ERROR_" "the device does not support this limit",
    216 CONTEXT_ALREADY_IN_USE "CUDA_ERROR_" "another thread has the context",
    217 PEER_ACCESS_UNSUPPORTED "CUDA_ERROR_" "these devices cannot reach each other's memory",
    218 INVALID_PTX "CUDA_ERROR_" "the PTX does not compile",
    219 INVALID_GRAPHICS_CONTEXT "CUDA_ERROR_" "the OpenGL or DirectX context is not usable",
    220 NVLINK_UNCORRECTABLE "CUDA_ERROR_" "an uncorrectable NVLink error was found",
    221 JIT_COMPILER_NOT_FOUND "CUDA_ERROR_" "the driver's PTX compiler library is missing",
    222 UNSUPPORTED_PTX_VERSION "CUDA_ERROR_" "the PTX is newer than this driver",
    223 JIT_COMPILATION_DISABLED "CUDA_ERROR_" "compiling PTX is switched off",
    224 UNSUPPORTED_EXEC_AFFINITY "CUDA_ERROR_" "the device does not support this execution affinity",
    225 UNSUPPORTED_DEVSIDE_SYNC "CUDA_ERROR_" "the code synchronizes the device from a kernel",
    226 CONTAINED "CUDA_ERROR_" "an exception on the device was contained, the context is lost",
    300 INVALID_SOURCE "CUDA_ERROR_" "the kernel source is invalid",
    301 FILE_NOT_FOUND "CUDA_ERROR_" "the file was not found",
    302 SHARED_OBJECT_SYMBOL_NOT_FOUND "CUDA_ERROR_" "a shared library lacks a symbol",
    303 SHARED_OBJECT_INIT_FAILED "CUDA_ERROR_" "no usable driver library, or it lacks this function",
    304 OPERATING_SYSTEM "CUDA_ERROR_" "an operating system call failed",
    400 INVALID_HANDLE "CUDA_ERROR_" "the handle is not valid",
    401 ILLEGAL_STATE "CUDA_ERROR_" "the resource is not in a state for this call",
    402 LOSSY_QUERY "CUDA_ERROR_" "the query would drop information",
    500 NOT_FOUND "CUDA_ERROR_" "no such name",
    600 NOT_READY "CUDA_ERROR_" "the work is still running",
    700 ILLEGAL_ADDRESS "CUDA_ERROR_" "a kernel read or wrote an invalid address",
    701 LAUNCH_OUT_OF_RESOURCES "CUDA_ERROR_" "the launch needs more registers, threads or shared memory than there are",
    702 LAUNCH_TIMEOUT "CUDA_ERROR_" "a kernel ran past the system's time limit",
    703 LAUNCH_INCOMPATIBLE_TEXTURING "CUDA_ERROR_" "the launch uses an incompatible texturing mode",
    704 PEER_ACCESS_ALREADY_ENABLED "CUDA_ERROR_" "peer access is enabled already",
    705 PEER_ACCESS_NOT_ENABLED "CUDA_ERROR_" "peer access is not enabled",
    708 PRIMARY_CONTEXT_ACTIVE "CUDA_ERROR_" "the primary context has been created already",
    709 CONTEXT_IS_DESTROYED "CUDA_ERROR_" "the current context has been destroyed",
    710 ASSERT "CUDA_ERROR_" "an assertion in a kernel failed",
    711 TOO_MANY_PEERS "CUDA_ERROR_" "no resources for more peers",
    712 HOST_MEMORY_ALREADY_REGISTERED "CUDA_ERROR_" "the host memory is registered already",
    713 HOST_MEMORY_NOT_REGISTERED "CUDA_ERROR_" "the host memory is not registered",
    714 HARDWARE_STACK_ERROR "CUDA_ERROR_" "a kernel corrupted or overran its stack",
    715 ILLEGAL_INSTRUCTION "CUDA_ERROR_" "a kernel met an illegal instruction",
    716 MISALIGNED_ADDRESS "CUDA_ERROR_" "a kernel used a misaligned address",
    717 INVALID_ADDRESS_SPACE "CUDA_ERROR_" "a kernel used an address of the wrong memory space",
    718 INVALID_PC "CUDA_ERROR_" "a kernel's program counter left its code",
    719 LAUNCH_FAILED "CUDA_ERROR_" "a kernel failed with an exception",
    720 COOPERATIVE_LAUNCH_TOO_LARGE "CUDA_ERROR_" "a cooperative launch has more blocks than fit at once",
    721 TENSOR_MEMORY_LEAK "CUDA_ERROR_" "a kernel ended without freeing its tensor memory",
    800 NOT_PERMITTED "CUDA_ERROR_" "the operation is not permitted",
    801 NOT_SUPPORTED "CUDA_ERROR_" "the system or device does not support the operation",
    802 SYSTEM_NOT_READY "CUDA_ERROR_" "the system is not ready for CUDA work, such as a fabric manager that is not running",
    803 SYSTEM_DRIVER_MISMATCH "CUDA_ERROR_" "kernel module and driver library are of different versions",
    804 COMPAT_NOT_SUPPORTED_ON_DEVICE "CUDA_ERROR_" "the forward-compatibility library does not support this hardware",
    805 MPS_CONNECTION_FAILED "CUDA_ERROR_" "no connection to the MPS server",
    806 MPS_RPC_FAILURE "CUDA_ERROR_" "a call to the MPS server failed",
    807 MPS_SERVER_NOT_READY "CUDA_ERROR_" "the MPS server takes no clients now",
    808 MPS_MAX_CLIENTS_REACHED "CUDA_ERROR_" "the MPS server has no room for another client",
    809 MPS_MAX_CONNECTIONS_REACHED "CUDA_ERROR_" "the MPS server has no room for another connection",
    810 MPS_CLIENT_TERMINATED "CUDA_ERROR_" "the MPS server ended this client",
    811 CDP_NOT_SUPPORTED "CUDA_ERROR_" "launches from kernels are not supported here",
    812 CDP_VERSION_MISMATCH "CUDA_ERROR_" "the module mixes versions of launches from kernels",
    900 STREAM_CAPTURE_UNSUPPORTED "CUDA_ERROR_" "not permitted while the stream is capturing",
    901 STREAM_CAPTURE_INVALIDATED "CUDA_ERROR_" "an earlier error has ended the capture",
    902 STREAM_CAPTURE_MERGE "CUDA_ERROR_" "this would join two independent captures",
    903 STREAM_CAPTURE_UNMATCHED "CUDA_ERROR_" "the capture was not begun in this stream",
    904 STREAM_CAPTURE_UNJOINED "CUDA_ERROR_" "a forked stream was not joined before the capture ended",
    905 STREAM_CAPTURE_ISOLATION "CUDA_ERROR_" "a dependency would cross the edge of the capture",
    906 STREAM_CAPTURE_IMPLICIT "CUDA_ERROR_" "work on the legacy stream would depend on the capture",
    907 CAPTURED_EVENT "CUDA_ERROR_" "the event was last recorded in a capturing stream",
    908 STREAM_CAPTURE_WRONG_THREAD "CUDA_ERROR_" "the capture was begun by another thread",
    909 TIMEOUT "CUDA_ERROR_" "the wait timed out",
    910 GRAPH_EXEC_UPDATE_FAILURE "CUDA_ERROR_" "the executable graph cannot be updated to this graph",
    911 EXTERNAL_DEVICE "CUDA_ERROR_" "a device outside the GPU failed",
    912 INVALID_CLUSTER_SIZE "CUDA_ERROR_" "the cluster dimensions do not fit the launch",
    913 FUNCTION_NOT_LOADED "CUDA_ERROR_" "the function has not been loaded yet",
    914 INVALID_RESOURCE_TYPE "CUDA_ERROR_" "a resource is of the wrong kind",
    915 INVALID_RESOURCE_CONFIGURATION "CUDA_ERROR_" "a resource does not suffice or does not apply",
    916 KEY_ROTATION "CUDA_ERROR_" "rotating the encryption keys failed",
    917 STREAM_DETACHED "CUDA_ERROR_" "the stream's green context has been destroyed",
    918 GRAPH_RECAPTURE_FAILURE "CUDA_ERROR_" "recapturing the graph failed",
    999 UNKNOWN "CUDA_ERROR_" "an internal error of the driver",
}
