//! The memory of Pillow's images, by the C data interface of Arrow.
#![expect(
    unsafe_code,
    reason = "takes structs of other libraries out of capsules"
)]

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods, PyTuple};
use std::ffi::{CStr, c_char, c_void};
use std::mem::offset_of;
use std::slice;

/// A type, as Arrow's C data interface describes it.
#[repr(C)]
struct ArrowSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut ArrowSchema,
    dictionary: *mut ArrowSchema,
    release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    private_data: *mut c_void,
}

/// An array, as Arrow's C data interface describes it.
#[repr(C)]
struct ArrowArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut ArrowArray,
    dictionary: *mut ArrowArray,
    release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    private_data: *mut c_void,
}

/// The sizes and offsets of the interface where pointers have 64 bits.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<ArrowSchema>() == 72 && size_of::<ArrowArray>() == 80);
    assert!(offset_of!(ArrowSchema, n_children) == 32 && offset_of!(ArrowSchema, release) == 56);
    assert!(offset_of!(ArrowArray, buffers) == 40 && offset_of!(ArrowArray, children) == 48);
    assert!(offset_of!(ArrowArray, release) == 64);
};

/// An array that was taken out of its capsule. The drop releases it.
struct Moved(ArrowArray);

/// The bytes of an array of `uint8`, or of groups of so many of them.
pub(super) struct ArrowBytes {
    first: *const u8,
    len: usize,
    /// Bytes of a group; 1 for an array of single bytes.
    group: usize,
    _array: Moved,
}

// SAFETY: the pointer is to memory of the array, which may be read and released on any thread, by the interface's contract.
unsafe impl Send for ArrowBytes {}
// SAFETY: a shared reference only reads the memory.
unsafe impl Sync for ArrowBytes {}

impl ArrowBytes {
    /// Takes the memory out of the capsules that a method `__arrow_c_array__` gave; `None` for an array of another type than `uint8`
    /// and lists of it of a fixed size.
    ///
    /// # Errors
    /// These are no two capsules, or they were used before.
    ///
    /// # Safety
    /// The capsules have structs as the interface says, for memory that stays as long as the array is not released.
    pub(super) unsafe fn take(capsules: &Bound<'_, PyAny>) -> PyResult<Option<ArrowBytes>> {
        let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = capsules
            .cast::<PyTuple>()
            .map_err(|_| PyTypeError::new_err("__arrow_c_array__ gives two capsules"))?
            .extract()?;
        let schema = schema.pointer_checked(Some(c"arrow_schema"))?.cast();
        let array = array
            .pointer_checked(Some(c"arrow_array"))?
            .cast::<ArrowArray>();
        // SAFETY: the capsules, which are borrowed, have such structs, as the caller promises, and nothing else uses them. An array is moved by copying
        // it and marking the original as released; the capsule's destructor then has nothing to do.
        let (group, moved) = unsafe {
            if (*array.as_ptr()).release.is_none() {
                return Err(PyValueError::new_err("the Arrow array was released before"));
            }
            let moved = Moved(array.read());
            (&raw mut (*array.as_ptr()).release).write(None);
            (group(schema.as_ptr()), moved)
        };
        let Some(group) = group else {
            return Ok(None);
        };
        let leaf = match group {
            1 => Some(&moved.0),
            // SAFETY: an array of lists has one child, by the interface's contract.
            _ if moved.0.n_children == 1 => unsafe { (*moved.0.children).as_ref() },
            _ => None,
        };
        let bytes = leaf.and_then(|leaf| {
            let (offset, len) = (
                usize::try_from(leaf.offset).ok()?,
                usize::try_from(leaf.length).ok()?,
            );
            if leaf.n_buffers != 2 || moved.0.offset != 0 {
                return None;
            }
            // SAFETY: an array of bytes has two buffers, for validity and values; the latter has as many bytes as the offset and the length say.
            let values = unsafe { leaf.buffers.add(1).read() }.cast::<u8>();
            (!values.is_null()).then(|| (values.wrapping_add(offset), len))
        });
        Ok(bytes.map(|(first, len)| ArrowBytes {
            first,
            len,
            group,
            _array: moved,
        }))
    }

    pub(super) fn first(&self) -> *const u8 {
        self.first
    }

    /// The number of bytes.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of a group of the outer array; 1 where there are none.
    pub(super) fn group(&self) -> usize {
        self.group
    }
}

/// The number of bytes of an entry; `None` for other types than `uint8` and lists of it of a fixed size.
///
/// # Safety
/// `schema` is valid.
unsafe fn group(schema: *const ArrowSchema) -> Option<usize> {
    // SAFETY: a format is a string that ends with 0, in a schema that is valid; a list has one child.
    unsafe {
        let schema = schema.as_ref()?;
        let format = |schema: &ArrowSchema| match schema.format.is_null() {
            true => None,
            false => Some(CStr::from_ptr(schema.format).to_bytes()),
        };
        let outer = format(schema)?;
        if outer == b"C" {
            return Some(1);
        }
        let size = std::str::from_utf8(outer.strip_prefix(b"+w:")?).ok()?;
        if schema.n_children != 1 || schema.children.is_null() {
            return None;
        }
        let children = slice::from_raw_parts(schema.children, 1);
        let inner = format(children[0].as_ref()?)?;
        (inner == b"C").then(|| size.parse().ok())?
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        if let Some(release) = self.0.release {
            // SAFETY: it is the release function of this array, which was moved here and is not used again.
            unsafe { release(&raw mut self.0) };
        }
    }
}
