//! The values of the driver's flags and enumerations that this project uses.

macro_rules! constants {
    ($($(#[$doc:meta])* $module:ident: $type:ty { $($(#[$item_doc:meta])* $name:ident = $value:literal,)* })*) => {
        $(
            $(#[$doc])*
            pub mod $module {
                $($(#[$item_doc])* pub const $name: $type = $value;)*
            }
        )*
    };
}

constants! {
    /// `CUstream_flags`.
    stream_flags: u32 {
        /// Work on the stream waits for the legacy default stream, and the reverse.
        DEFAULT = 0,
        /// No implied order with the legacy default stream.
        NON_BLOCKING = 1,
    }
    /// `CUevent_flags`.
    event_flags: u32 {
        /// Timing, and spinning waits.
        DEFAULT = 0,
        /// `cuEventSynchronize` sleeps instead of spinning.
        BLOCKING_SYNC = 1,
        /// No time stamps: cheaper to record and to wait for.
        DISABLE_TIMING = 2,
        /// Usable from other processes; needs `DISABLE_TIMING`.
        INTERPROCESS = 4,
    }
    /// `CUevent_record_flags`, for `cuEventRecordWithFlags`.
    event_record_flags: u32 {
        /// In a capture: a dependency of the graph, nothing that is recorded when the graph runs.
        DEFAULT = 0,
        /// In a capture: an event-record node, so that the event is recorded each time the graph runs.
        EXTERNAL = 1,
    }
    /// Flags of `cuMemHostAlloc`.
    host_alloc_flags: u32 {
        /// Pinned for all contexts.
        PORTABLE = 1,
        /// Mapped into the device's address space.
        DEVICE_MAP = 2,
        /// Write-combined: fast to upload, very slow to read from the host.
        WRITE_COMBINED = 4,
    }
    /// `CUmemorytype`.
    memory_type: i32 {
        /// Host memory.
        HOST = 1,
        /// Device memory.
        DEVICE = 2,
        /// An array.
        ARRAY = 3,
        /// Found out from the address.
        UNIFIED = 4,
    }
    /// `CUpointer_attribute`.
    pointer_attribute: i32 {
        /// The context of the allocation (a `CUcontext`).
        CONTEXT = 1,
        /// The kind of memory (a `CUmemorytype`, 32 bits).
        MEMORY_TYPE = 2,
        /// The device's address of the memory (8 bytes).
        DEVICE_POINTER = 3,
        /// The host's address of the memory (8 bytes).
        HOST_POINTER = 4,
        /// Whether the memory is managed (32 bits).
        IS_MANAGED = 8,
        /// The number of the device that holds it (32 bits).
        DEVICE_ORDINAL = 9,
        /// The first address of the allocation, or of the mapping (8 bytes).
        RANGE_START_ADDR = 11,
        /// The bytes of the allocation, or of the mapping (8 bytes).
        RANGE_SIZE = 12,
    }
    /// `CUmemPool_attribute`. The first three are 32-bit flags, the others 64-bit numbers of bytes.
    pool_attribute: i32 {
        /// May reuse memory that was freed on another stream where an event orders the two.
        REUSE_FOLLOW_EVENT_DEPENDENCIES = 1,
        /// May reuse memory whose free has completed already.
        REUSE_ALLOW_OPPORTUNISTIC = 2,
        /// May add a dependency between streams to reuse memory.
        REUSE_ALLOW_INTERNAL_DEPENDENCIES = 3,
        /// Bytes to keep at a synchronization; free bytes above them go back to the system. 0 by
        /// default.
        RELEASE_THRESHOLD = 4,
        /// Bytes that the pool holds.
        RESERVED_MEM_CURRENT = 5,
        /// High-water mark of the bytes that the pool has reserved; writing 0 resets it.
        RESERVED_MEM_HIGH = 6,
        /// Bytes of the pool that are in use.
        USED_MEM_CURRENT = 7,
        /// High-water mark of the bytes in use; writing 0 resets it.
        USED_MEM_HIGH = 8,
    }
    /// `CUmemAllocationType`.
    allocation_type: i32 {
        /// Memory that stays where it is.
        PINNED = 1,
    }
    /// `CUmemAllocationHandleType`.
    handle_type: i32 {
        /// Not shared with other processes.
        NONE = 0,
        /// Shared through a file descriptor.
        POSIX_FILE_DESCRIPTOR = 1,
    }
    /// `CUmemLocationType`.
    location_type: i32 {
        /// A device, by its number.
        DEVICE = 1,
    }
    /// `CUstreamCaptureMode`.
    capture_mode: i32 {
        /// Unsafe calls of any thread end the capture.
        GLOBAL = 0,
        /// Unsafe calls of the capturing thread end it.
        THREAD_LOCAL = 1,
        /// No call is forbidden.
        RELAXED = 2,
    }
    /// `CUstreamCaptureStatus`.
    capture_status: i32 {
        /// Not capturing.
        NONE = 0,
        /// Capturing.
        ACTIVE = 1,
        /// Capturing, but an error has invalidated it: it can only be ended.
        INVALIDATED = 2,
    }
    /// `CUgraphExecUpdateResult`.
    update_result: i32 {
        /// Updated.
        SUCCESS = 0,
        /// Failed for a reason that the result code gives.
        ERROR = 1,
        /// The graphs differ in their shape.
        TOPOLOGY_CHANGED = 2,
        /// A node has become one of another kind.
        NODE_TYPE_CHANGED = 3,
        /// A kernel node has another function (older drivers).
        FUNCTION_CHANGED = 4,
        /// Parameters have changed in a way that cannot be updated.
        PARAMETERS_CHANGED = 5,
        /// Something of the node cannot be updated at all.
        NOT_SUPPORTED = 6,
        /// The new function cannot take the old one's place.
        UNSUPPORTED_FUNCTION_CHANGE = 7,
        /// Attributes of the node have changed (drivers newer than 11.4).
        ATTRIBUTES_CHANGED = 8,
    }
    /// `CUdevice_attribute`.
    device_attribute: i32 {
        /// The most threads of a block.
        MAX_THREADS_PER_BLOCK = 1,
        /// The most threads of a block along x.
        MAX_BLOCK_DIM_X = 2,
        /// The most threads of a block along y.
        MAX_BLOCK_DIM_Y = 3,
        /// The most threads of a block along z.
        MAX_BLOCK_DIM_Z = 4,
        /// The most blocks of a grid along x.
        MAX_GRID_DIM_X = 5,
        /// The most blocks of a grid along y.
        MAX_GRID_DIM_Y = 6,
        /// The most blocks of a grid along z.
        MAX_GRID_DIM_Z = 7,
        /// Shared memory of a block without opting in, in bytes.
        MAX_SHARED_MEMORY_PER_BLOCK = 8,
        /// Constant memory, in bytes.
        TOTAL_CONSTANT_MEMORY = 9,
        /// Threads of a warp.
        WARP_SIZE = 10,
        /// The widest pitch of a copy, in bytes.
        MAX_PITCH = 11,
        /// Registers of a block.
        MAX_REGISTERS_PER_BLOCK = 12,
        /// The clock in kHz.
        CLOCK_RATE = 13,
        /// The alignment of texture addresses, in bytes.
        TEXTURE_ALIGNMENT = 14,
        /// Multiprocessors.
        MULTIPROCESSOR_COUNT = 16,
        /// 1: kernels have a time limit.
        KERNEL_EXEC_TIMEOUT = 17,
        /// 1: shares the host's memory.
        INTEGRATED = 18,
        /// 1: can map host memory.
        CAN_MAP_HOST_MEMORY = 19,
        /// The compute mode (0 default, 2 prohibited, 3 one process).
        COMPUTE_MODE = 20,
        /// 1: kernels can run side by side.
        CONCURRENT_KERNELS = 31,
        /// 1: error correction is on.
        ECC_ENABLED = 32,
        /// The PCI bus number.
        PCI_BUS_ID = 33,
        /// The PCI device number.
        PCI_DEVICE_ID = 34,
        /// The memory clock in kHz.
        MEMORY_CLOCK_RATE = 36,
        /// The width of the memory bus in bits.
        GLOBAL_MEMORY_BUS_WIDTH = 37,
        /// The L2 cache, in bytes.
        L2_CACHE_SIZE = 38,
        /// Threads that a multiprocessor can hold.
        MAX_THREADS_PER_MULTIPROCESSOR = 39,
        /// Copy engines.
        ASYNC_ENGINE_COUNT = 40,
        /// 1: one address space with the host.
        UNIFIED_ADDRESSING = 41,
        /// The PCI domain number.
        PCI_DOMAIN_ID = 50,
        /// The alignment of texture pitches, in bytes.
        TEXTURE_PITCH_ALIGNMENT = 51,
        /// The compute capability's first number.
        COMPUTE_CAPABILITY_MAJOR = 75,
        /// The compute capability's second number.
        COMPUTE_CAPABILITY_MINOR = 76,
        /// 1: streams have priorities.
        STREAM_PRIORITIES_SUPPORTED = 78,
        /// Shared memory of a multiprocessor, in bytes.
        MAX_SHARED_MEMORY_PER_MULTIPROCESSOR = 81,
        /// Registers of a multiprocessor.
        MAX_REGISTERS_PER_MULTIPROCESSOR = 82,
        /// 1: managed memory.
        MANAGED_MEMORY = 83,
        /// 1: can reach pageable host memory.
        PAGEABLE_MEMORY_ACCESS = 88,
        /// 1: cooperative launches.
        COOPERATIVE_LAUNCH = 95,
        /// Shared memory of a block after opting in, in bytes.
        MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97,
        /// 1: `cuMemHostRegister_v2` works.
        HOST_REGISTER_SUPPORTED = 99,
        /// Blocks that a multiprocessor can hold.
        MAX_BLOCKS_PER_MULTIPROCESSOR = 106,
        /// The part of the L2 cache that can be kept for chosen data, in bytes.
        MAX_PERSISTING_L2_CACHE_SIZE = 108,
        /// Shared memory of a block that the driver keeps, in bytes.
        RESERVED_SHARED_MEMORY_PER_BLOCK = 111,
        /// 1: stream-ordered allocation and memory pools.
        MEMORY_POOLS_SUPPORTED = 115,
    }
}
