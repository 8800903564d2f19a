//! What keeps memory of Python objects allocated.

use crate::frames::arrow::ArrowBytes;
use pixelflume::pipeline::dlpack::ManagedTensor;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use std::mem;

/// The owner of borrowed memory. It may be dropped on any thread, with or without the interpreter. Where the interpreter has
/// ended, what belongs to Python is leaked.
pub(super) enum Owner {
    /// A buffer that its object may not move or free meanwhile. Its drop attaches to the interpreter, and leaks without one.
    Buffer(#[expect(dead_code, reason = "kept for its drop")] PyUntypedBuffer),
    /// A struct of DLPack, whose deleter is called with the interpreter attached: producers take it there, and end the thread
    /// where the interpreter has ended.
    Tensor(#[expect(dead_code, reason = "kept for its drop")] Attached<ManagedTensor>),
    /// An array of Arrow, whose release needs the interpreter where Pillow made it.
    Arrow(#[expect(dead_code, reason = "kept for its drop")] Attached<ArrowBytes>),
    /// An object whose memory lives as long as itself. A drop without the interpreter is made up for at the next attach.
    Object(#[expect(dead_code, reason = "kept for its drop")] Py<PyAny>),
}

/// A value whose drop calls code of other libraries, which may need the interpreter: they have it while the value is dropped.
/// The value is leaked where the interpreter has ended.
pub(super) struct Attached<T>(Option<T>);

impl<T> Attached<T> {
    pub(super) fn new(value: T) -> Self {
        Attached(Some(value))
    }
}

impl<T> Drop for Attached<T> {
    fn drop(&mut self) {
        let mut value = self.0.take();
        if Python::try_attach(|_| drop(value.take())).is_none() {
            mem::forget(value);
        }
    }
}
