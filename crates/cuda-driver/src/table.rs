//! The table of the driver functions that this project calls: the only place that has a function's name and
//! signature.
//!
//! Each function has its ABI name (`cuMemAlloc_v2` where `cuda.h` writes `cuMemAlloc` and redefines it) and the signature that
//! `cuda.h` gives that very name, which every later driver keeps. All return `CUresult`. Enumerations are 32-bit integers in C,
//! handles are pointers.
//!
//! Everything else that is there once for each function is made from this table: the pointers ([`Api`](crate::Api)), the calls
//! ([`Driver`](crate::Driver)), the names ([`Function`](crate::Function)) and what tests put between caller and driver.
//! To call another function, add its line here, and its part to the fake driver of the tests.

/// Calls the macro `$then` with the whole table. Required functions are in every driver that will do; each of the others
/// may be missing, and its caller does without.
macro_rules! for_each_function {
    ($then:ident) => {
        $then! {
            required {
                /// Initializes the driver for this process; `flags` must be 0.
                cuInit(flags: u32);
                /// The CUDA version of the driver, 1000 x major + 10 x minor. Needs no `cuInit`.
                cuDriverGetVersion(version: *mut i32);
                /// The number of devices.
                cuDeviceGetCount(count: *mut i32);
                /// The device with this ordinal.
                cuDeviceGet(device: *mut CuDevice, ordinal: i32);
                /// The device's name, at most `length` bytes with the closing zero.
                cuDeviceGetName(name: *mut c_char, length: i32, device: CuDevice);
                /// One of [`device_attribute`](crate::ffi::device_attribute).
                cuDeviceGetAttribute(value: *mut i32, attribute: i32, device: CuDevice);
                /// The device's memory in bytes.
                cuDeviceTotalMem_v2(bytes: *mut usize, device: CuDevice);

                /// The device's primary context, created at the first call; counts its users.
                cuDevicePrimaryCtxRetain(context: *mut CuContext, device: CuDevice);
                /// Gives one use of the primary context back; the last one destroys it.
                cuDevicePrimaryCtxRelease_v2(device: CuDevice);
                /// The current context of the calling thread; null where there is none.
                cuCtxGetCurrent(context: *mut CuContext);
                /// Makes a context current on the calling thread.
                cuCtxSetCurrent(context: CuContext);
                /// Pushes a context on the calling thread's stack, which makes it current.
                cuCtxPushCurrent_v2(context: CuContext);
                /// Pops the current context off the calling thread's stack.
                cuCtxPopCurrent_v2(context: *mut CuContext);
                /// The device of the calling thread's context.
                cuCtxGetDevice(device: *mut CuDevice);
                /// Waits for all work of the context.
                cuCtxSynchronize();

                /// Free and total bytes of the device's memory.
                cuMemGetInfo_v2(free: *mut usize, total: *mut usize);
                /// Allocates device memory.
                cuMemAlloc_v2(address: *mut CuDevicePtr, bytes: usize);
                /// Frees device memory, and waits for the device first.
                cuMemFree_v2(address: CuDevicePtr);
                /// Allocates page-locked host memory, with [`host_alloc_flags`](crate::ffi::host_alloc_flags).
                cuMemHostAlloc(address: *mut *mut c_void, bytes: usize, flags: u32);
                /// Frees page-locked host memory.
                cuMemFreeHost(address: *mut c_void);
                /// Enqueues a copy; unified addressing tells which side is device memory.
                cuMemcpyAsync(dst: CuDevicePtr, src: CuDevicePtr, bytes: usize, stream: CuStream);
                /// Enqueues a fill of bytes.
                cuMemsetD8Async(dst: CuDevicePtr, value: u8, bytes: usize, stream: CuStream);
                /// Several of [`pointer_attribute`](crate::ffi::pointer_attribute) of the memory at an address, one place for
                /// each. Zeros, and no error, where the driver knows of no memory.
                cuPointerGetAttributes(
                    count: u32,
                    attributes: *mut i32,
                    data: *mut *mut c_void,
                    address: CuDevicePtr,
                );

                /// Loads a module from PTX text (ending in a zero byte), a cubin or a fat binary.
                cuModuleLoadData(module: *mut CuModule, image: *const c_void);
                /// Unloads a module; its functions are gone.
                cuModuleUnload(module: CuModule);
                /// The kernel of this name. Under lazy loading this is what loads it.
                cuModuleGetFunction(function: *mut CuFunction, module: CuModule, name: *const c_char);
                /// Enqueues a kernel. `parameters` has one address for each argument; they are read before the call returns.
                cuLaunchKernel(
                    function: CuFunction,
                    grid_x: u32,
                    grid_y: u32,
                    grid_z: u32,
                    block_x: u32,
                    block_y: u32,
                    block_z: u32,
                    shared_bytes: u32,
                    stream: CuStream,
                    parameters: *mut *mut c_void,
                    extra: *mut *mut c_void,
                );

                /// Creates a stream with [`stream_flags`](crate::ffi::stream_flags).
                cuStreamCreateWithPriority(stream: *mut CuStream, flags: u32, priority: i32);
                /// Destroys a stream; work that is enqueued still completes.
                cuStreamDestroy_v2(stream: CuStream);
                /// Waits for the stream's work.
                cuStreamSynchronize(stream: CuStream);
                /// Success where the stream's work has completed, 600 where it has not.
                cuStreamQuery(stream: CuStream);
                /// Makes later work of the stream wait for the event's last record; an event never recorded counts as passed.
                cuStreamWaitEvent(stream: CuStream, event: CuEvent, flags: u32);
                /// The context of a stream.
                cuStreamGetCtx(stream: CuStream, context: *mut CuContext);

                /// Creates an event with [`event_flags`](crate::ffi::event_flags).
                cuEventCreate(event: *mut CuEvent, flags: u32);
                /// Destroys an event; waits that are enqueued stay valid.
                cuEventDestroy_v2(event: CuEvent);
                /// Records the event behind the stream's work, with [`event_record_flags`](crate::ffi::event_record_flags).
                cuEventRecordWithFlags(event: CuEvent, stream: CuStream, flags: u32);
                /// Success where the recorded work has completed, 600 where it has not.
                cuEventQuery(event: CuEvent);
                /// Waits for the recorded work.
                cuEventSynchronize(event: CuEvent);
                /// Milliseconds between two recorded events, to about half a microsecond.
                cuEventElapsedTime(milliseconds: *mut f32, start: CuEvent, end: CuEvent);

                /// Begins a capture, in one of [`capture_mode`](crate::ffi::capture_mode).
                cuStreamBeginCapture_v2(stream: CuStream, mode: i32);
                /// Ends a capture. The graph is null where the capture was invalidated.
                cuStreamEndCapture(stream: CuStream, graph: *mut CuGraph);
                /// The capture's state, number, graph, and the nodes that the stream's next work will depend on. All but the
                /// state may be null; only where that is active do the others hold anything.
                cuStreamGetCaptureInfo_v2(
                    stream: CuStream,
                    status: *mut i32,
                    id: *mut u64,
                    graph: *mut CuGraph,
                    dependencies: *mut *const CuGraphNode,
                    dependency_count: *mut usize,
                );

                /// Destroys a graph.
                cuGraphDestroy(graph: CuGraph);
                /// Makes a graph executable.
                cuGraphInstantiateWithFlags(exec: *mut CuGraphExec, graph: CuGraph, flags: u64);
                /// Enqueues one run of an executable graph.
                cuGraphLaunch(exec: CuGraphExec, stream: CuStream);
                /// Destroys an executable graph; a run in flight completes first.
                cuGraphExecDestroy(exec: CuGraphExec);
                /// Takes the parameters of a graph of the same shape over. The call's first version, which the library exports
                /// under the plain name: `result` is one of [`update_result`](crate::ffi::update_result).
                cuGraphExecUpdate(
                    exec: CuGraphExec,
                    graph: CuGraph,
                    error_node: *mut CuGraphNode,
                    result: *mut i32,
                );
                /// New parameters for a kernel node, named by the node of the graph that the executable was made from.
                cuGraphExecKernelNodeSetParams(
                    exec: CuGraphExec,
                    node: CuGraphNode,
                    parameters: *const CuKernelNodeParams,
                );
            }
            optional {
                /// Creates a memory pool.
                cuMemPoolCreate(pool: *mut CuMemPool, properties: *const CuMemPoolProps);
                /// Destroys a pool once all of its memory is free.
                cuMemPoolDestroy(pool: CuMemPool);
                /// Sets one of [`pool_attribute`](crate::ffi::pool_attribute).
                cuMemPoolSetAttribute(pool: CuMemPool, attribute: i32, value: *mut c_void);
                /// One of [`pool_attribute`](crate::ffi::pool_attribute).
                cuMemPoolGetAttribute(pool: CuMemPool, attribute: i32, value: *mut c_void);
                /// Gives free memory back to the system until `keep` bytes are left.
                cuMemPoolTrimTo(pool: CuMemPool, keep: usize);
                /// Allocates from a pool, in the stream's order.
                cuMemAllocFromPoolAsync(
                    address: *mut CuDevicePtr,
                    bytes: usize,
                    pool: CuMemPool,
                    stream: CuStream,
                );
                /// Frees in the stream's order.
                cuMemFreeAsync(address: CuDevicePtr, stream: CuStream);
            }
        }
    };
}

pub(crate) use for_each_function;
