//! A shared library with a C interface to submitted batches: what the validation with torch
//! (`crates/validate/python`) calls, and no more.
//!
//! Functions that can fail return null or -1 and write a text that ends with a null byte, cut to its room, to `error`. Runners
//! and batches belong to one thread at a time.
#![expect(unsafe_code, reason = "a C interface takes and gives pointers")]

mod text;

use pixelflume::device::Device;
use pixelflume::memory::MemoryConfig;
use pixelflume::memory::MemoryManager;
use pixelflume::pipeline::Pending;
use pixelflume::pipeline::dlpack::abi::DLManagedTensor;
use pixelflume::pipeline::dlpack::{Axes, DlExport, DlTensor};
use pixelflume::prelude::*;
use std::error::Error;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use text::ErrorText;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A runner of a pipeline of one input and one output, behind a pointer.
pub struct DoorRunner {
    runner: Runner,
    /// The home stream of inputs on the host device, which has no streams of others.
    own: pixelflume::device::Stream,
}

/// Makes a runner of the pipeline file `text`, of `length` bytes, on the GPU `ordinal` or, for -1, on the host. `replay` is 0
/// for direct execution. `in_flight` batches may be in flight.
///
/// # Safety
/// `text` has that many bytes, and `error` room for `room` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_runner_new(
    text: *const u8,
    length: usize,
    ordinal: c_int,
    replay: c_int,
    in_flight: usize,
    error: *mut c_char,
    room: usize,
) -> *mut DoorRunner {
    // SAFETY: promised by the caller.
    let (bytes, error) = unsafe {
        (
            std::slice::from_raw_parts(text, length),
            ErrorText::new(error, room),
        )
    };
    let made = || -> Result<DoorRunner> {
        let pipeline = Pipeline::from_toml(std::str::from_utf8(bytes)?, "door.toml")?;
        let device = match usize::try_from(ordinal) {
            Ok(ordinal) => Device::cuda(ordinal)?,
            Err(_) => Device::host(),
        };
        let mode = match replay {
            0 => ExecutionMode::Direct,
            _ => ExecutionMode::Replay,
        };
        let config = ExecutionConfig::default()
            .with_execution(mode)
            .with_in_flight(in_flight);
        let memory = MemoryManager::new(&device, MemoryConfig::default());
        Ok(DoorRunner {
            runner: Runner::with_memory(pipeline, &memory, config)?,
            own: device.stream()?,
        })
    };
    error
        .of(made())
        .map_or(ptr::null_mut(), |runner| Box::into_raw(Box::new(runner)))
}

/// Drops a runner. Batches in flight go on.
///
/// # Safety
/// `runner` is of [`pf_runner_new`], and used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_runner_free(runner: *mut DoorRunner) {
    // SAFETY: promised by the caller.
    drop(unsafe { Box::from_raw(runner) });
}

/// Bytes of device memory that the runner's pool has taken from the device.
///
/// # Safety
/// `runner` is of [`pf_runner_new`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_reserved(runner: *const DoorRunner) -> usize {
    // SAFETY: promised by the caller.
    let door = unsafe { &*runner };
    door.runner.memory().statistics().device.reserved
}

/// Submits a batch of interleaved images (N, H, W, C) on a stream (a `CUstream`; ignored on the host), and gives the batch, for
/// [`pf_wait`]. The result is a tensor that the caller owns, in `result`, and its address in `address`.
///
/// # Safety
/// `runner` is of [`pf_runner_new`]; `input` is a struct of DLPack without a version, which is given away, with memory that
/// others use only in work that `stream` orders; `stream` stays a stream until the batch is complete and the result was
/// deleted; the other pointers can be written, `error` for `room` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_submit(
    runner: *mut DoorRunner,
    input: *mut DLManagedTensor,
    stream: *mut c_void,
    result: *mut *mut DLManagedTensor,
    address: *mut u64,
    error: *mut c_char,
    room: usize,
) -> *mut Pending {
    // SAFETY: promised by the caller.
    let (door, error) = unsafe { (&mut *runner, ErrorText::new(error, room)) };
    let mut submitted = || -> Result<(Pending, u64, NonNull<DLManagedTensor>)> {
        let device = door.runner.device().clone();
        let on = match device.ordinal() {
            // SAFETY: the caller keeps the stream.
            Some(_) => unsafe { device.borrow_stream(stream, Arc::new(())) }?,
            None => door.own.clone(),
        };
        let input = NonNull::new(input).ok_or("there is no input")?;
        // SAFETY: promised by the caller.
        let input = unsafe { DlTensor::from_dlpack_legacy(input, Some(Axes::Nhwc), &on) }?;
        let mut tensor = None;
        let outputs = &mut [Output::Tensor(&mut tensor)];
        let pending = door.runner.submit(&[input.input()], outputs, &on)?;
        let tensor = tensor.ok_or("the call has made no tensor")?;
        let address = tensor.address().raw();
        let consumer = device.ordinal().map(|_| &on);
        let result = DlExport::tensor(tensor, consumer)?.into_dlpack_legacy();
        Ok((pending, address, result))
    };
    let Some((pending, at, tensor)) = error.of(submitted()) else {
        return ptr::null_mut();
    };
    // SAFETY: promised by the caller.
    unsafe {
        *result = tensor.as_ptr();
        *address = at;
    }
    Box::into_raw(Box::new(pending))
}

/// Waits for a batch, and drops it: 0, or -1 after an error.
///
/// # Safety
/// `pending` is of [`pf_submit`] and used no more, and `error` has room for `room` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_wait(pending: *mut Pending, error: *mut c_char, room: usize) -> c_int {
    // SAFETY: promised by the caller.
    let (pending, error) = unsafe { (Box::from_raw(pending), ErrorText::new(error, room)) };
    let waited = || -> Result<()> {
        pending.wait()?.into_result()?;
        Ok(())
    };
    error.of(waited()).map_or(-1, |()| 0)
}

/// Drops a batch without a wait.
///
/// # Safety
/// `pending` is of [`pf_submit`], and used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pf_detach(pending: *mut Pending) {
    // SAFETY: promised by the caller.
    drop(unsafe { Box::from_raw(pending) });
}
