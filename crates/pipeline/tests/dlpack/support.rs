//! A producer of tensors, right or wrong in any field, whose deleters are counted.

use pixelflume_device::{Address, Args, HostKernel, Launch, Stream, TaskFailure, Workers};
use pixelflume_memory::{MemoryManager, PinnedBuffer};
use pixelflume_pipeline::dlpack::abi::{
    DLDataType, DLDataTypeCode, DLDevice, DLDeviceType, DLManagedTensor, DLManagedTensorVersioned,
    DLPackVersion, DLTensor,
};
use pixelflume_pipeline::dlpack::{Axes, DlTensor, DlpackError, ManagedTensor};
use pixelflume_pipeline::{BatchLayout, DeviceTensor};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// An array of a tensor.
#[derive(Clone, Debug)]
pub(crate) enum Array {
    Null,
    /// A pointer that must not be followed.
    Wild,
    Of(Vec<i64>),
}

/// The memory of a tensor.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Null,
    /// An address that must not be followed.
    At(u64),
    /// Words, with a pointer to this byte of them.
    Words(Vec<u64>, usize),
}

/// What the producer writes into the struct.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// `None` for a struct without a version.
    pub(crate) version: Option<(u32, u32)>,
    pub(crate) flags: u64,
    pub(crate) device: (i32, i32),
    pub(crate) ndim: i32,
    pub(crate) dtype: (u8, u8, u16),
    pub(crate) shape: Array,
    pub(crate) strides: Array,
    pub(crate) byte_offset: u64,
    pub(crate) data: Data,
    pub(crate) deleter: bool,
}

/// What the producer keeps for a tensor.
struct Context {
    calls: Arc<AtomicUsize>,
    shape: Option<Box<[i64]>>,
    strides: Option<Box<[i64]>>,
    words: Vec<u64>,
}

/// A tensor that was made, and the calls of its deleter.
pub(crate) struct Made {
    pub(crate) calls: Arc<AtomicUsize>,
    /// The first byte of `data`.
    pub(crate) address: u64,
    tensor: Form,
    deleter: bool,
}

#[derive(Copy, Clone)]
enum Form {
    Versioned(NonNull<DLManagedTensorVersioned>),
    Legacy(NonNull<DLManagedTensor>),
}

unsafe extern "C" fn delete_versioned(managed: *mut DLManagedTensorVersioned) {
    // SAFETY: it came from `Recipe::make`, which leaked both boxes.
    unsafe {
        let managed = Box::from_raw(managed);
        drop(Box::from_raw(managed.manager_ctx.cast::<Context>()));
    }
}

unsafe extern "C" fn delete_legacy(managed: *mut DLManagedTensor) {
    // SAFETY: as above.
    unsafe {
        let managed = Box::from_raw(managed);
        drop(Box::from_raw(managed.manager_ctx.cast::<Context>()));
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        // Work that still uses the memory would show.
        self.words.fill(0xdead_dead_dead_dead);
    }
}

impl Recipe {
    /// A right tensor of bytes in ordinary memory, without gaps.
    pub(crate) fn bytes(shape: &[i64], bytes: &[u8]) -> Self {
        let mut words = vec![0; bytes.len().div_ceil(8)];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_ne_bytes(whole);
        }
        let strides = (1..=shape.len()).map(|from| shape[from..].iter().product());
        Recipe {
            version: Some((1, 3)),
            flags: 0,
            device: (1, 0),
            ndim: shape.len() as i32,
            dtype: (1, 8, 1),
            shape: Array::Of(shape.to_vec()),
            strides: Array::Of(strides.collect()),
            byte_offset: 0,
            data: Data::Words(words, 0),
            deleter: true,
        }
    }

    /// Makes the struct.
    pub(crate) fn make(&self) -> Made {
        let calls = Arc::new(AtomicUsize::new(0));
        let array = |array: &Array| match array {
            Array::Of(entries) => Some(entries.clone().into_boxed_slice()),
            Array::Null | Array::Wild => None,
        };
        let words = match &self.data {
            Data::Words(words, _) => words.clone(),
            Data::Null | Data::At(_) => Vec::new(),
        };
        let context = Box::into_raw(Box::new(Context {
            calls: calls.clone(),
            shape: array(&self.shape),
            strides: array(&self.strides),
            words,
        }));
        // SAFETY: the context was just made, and nothing else has it.
        let owned = unsafe { &mut *context };
        let pointer = |array: &Array, entries: &mut Option<Box<[i64]>>| match (array, entries) {
            (Array::Wild, _) => std::ptr::without_provenance_mut(8),
            (_, Some(entries)) => entries.as_mut_ptr(),
            (_, None) => std::ptr::null_mut(),
        };
        let data: *mut c_void = match self.data {
            Data::Null => std::ptr::null_mut(),
            Data::At(address) => std::ptr::without_provenance_mut(address as usize),
            Data::Words(_, at) => owned.words.as_mut_ptr().wrapping_byte_add(at).cast(),
        };
        let dl_tensor = DLTensor {
            data,
            device: DLDevice {
                device_type: DLDeviceType(self.device.0),
                device_id: self.device.1,
            },
            ndim: self.ndim,
            dtype: DLDataType {
                code: DLDataTypeCode(self.dtype.0),
                bits: self.dtype.1,
                lanes: self.dtype.2,
            },
            shape: pointer(&self.shape, &mut owned.shape),
            strides: pointer(&self.strides, &mut owned.strides),
            byte_offset: self.byte_offset,
        };
        let tensor = match self.version {
            Some((major, minor)) => {
                let managed = Box::new(DLManagedTensorVersioned {
                    version: DLPackVersion { major, minor },
                    manager_ctx: context.cast(),
                    deleter: self.deleter.then_some(delete_versioned as _),
                    flags: self.flags,
                    dl_tensor,
                });
                Form::Versioned(NonNull::from(Box::leak(managed)))
            }
            None => {
                let managed = Box::new(DLManagedTensor {
                    dl_tensor,
                    manager_ctx: context.cast(),
                    deleter: self.deleter.then_some(delete_legacy as _),
                });
                Form::Legacy(NonNull::from(Box::leak(managed)))
            }
        };
        Made {
            calls,
            address: data.expose_provenance() as u64,
            tensor,
            deleter: self.deleter,
        }
    }
}

impl Made {
    /// Imports the tensor, once.
    pub(crate) fn import(
        &self,
        axes: Option<Axes>,
        stream: &Stream,
    ) -> Result<DlTensor, DlpackError> {
        // SAFETY: arrays are null, or have as many entries as there are dimensions where these are 2 to 4; the tests use
        // the memory only where it spans all elements.
        unsafe {
            match self.tensor {
                Form::Versioned(tensor) => DlTensor::from_dlpack(tensor, axes, stream),
                Form::Legacy(tensor) => DlTensor::from_dlpack_legacy(tensor, axes, stream),
            }
        }
    }

    /// Takes the tensor over, once.
    pub(crate) fn managed(&self) -> ManagedTensor {
        // SAFETY: as in `import`; the struct is taken over once.
        unsafe {
            match self.tensor {
                Form::Versioned(tensor) => ManagedTensor::versioned(tensor),
                Form::Legacy(tensor) => ManagedTensor::legacy(tensor),
            }
        }
    }

    /// The first bytes of the tensor's memory, before its deleter is called and while nothing writes to it.
    pub(crate) fn bytes(&self, count: usize) -> Vec<u8> {
        assert_eq!(self.calls(), 0, "the memory is freed");
        let memory: *const u8 = std::ptr::with_exposed_provenance(self.address as usize);
        // SAFETY: the memory is that of `Recipe::make`, which exposed it, and is not freed; tests ask for what there is.
        unsafe { std::slice::from_raw_parts(memory, count) }.to_vec()
    }

    /// How often the deleter was called.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Made {
    /// Frees what has no deleter.
    fn drop(&mut self) {
        if self.deleter {
            return;
        }
        // SAFETY: the tensor was dropped by the test, and could not free itself.
        unsafe {
            match self.tensor {
                Form::Versioned(tensor) => delete_versioned(tensor.as_ptr()),
                Form::Legacy(tensor) => delete_legacy(tensor.as_ptr()),
            }
        }
    }
}

/// A struct that the library gave away, as another library sees it.
#[derive(Copy, Clone)]
pub(crate) enum Given {
    Versioned(NonNull<DLManagedTensorVersioned>),
    Legacy(NonNull<DLManagedTensor>),
}

impl Given {
    pub(crate) fn tensor(&self) -> DLTensor {
        // SAFETY: the tests read structs before they delete them.
        unsafe {
            match self {
                Given::Versioned(managed) => managed.as_ref().dl_tensor,
                Given::Legacy(managed) => managed.as_ref().dl_tensor,
            }
        }
    }

    pub(crate) fn version(&self) -> Option<DLPackVersion> {
        match self {
            // SAFETY: as above.
            Given::Versioned(managed) => Some(unsafe { managed.as_ref() }.version),
            Given::Legacy(_) => None,
        }
    }

    pub(crate) fn flags(&self) -> Option<u64> {
        match self {
            // SAFETY: as above.
            Given::Versioned(managed) => Some(unsafe { managed.as_ref() }.flags),
            Given::Legacy(_) => None,
        }
    }

    pub(crate) fn shape_and_strides(&self) -> (Vec<i64>, Vec<i64>) {
        let tensor = self.tensor();
        let array = |entries: *mut i64| {
            // SAFETY: both have as many entries as there are dimensions, and the struct is not deleted.
            unsafe { std::slice::from_raw_parts(entries, tensor.ndim as usize) }.to_vec()
        };
        (array(tensor.shape), array(tensor.strides))
    }

    /// The first bytes of a tensor in ordinary memory.
    pub(crate) fn bytes(&self, count: usize) -> Vec<u8> {
        let memory = self.tensor().data.cast::<u8>().cast_const();
        // SAFETY: the tests ask for what there is, of tensors that are not deleted.
        unsafe { std::slice::from_raw_parts(memory, count) }.to_vec()
    }

    /// Copies the first bytes to page-locked memory, without waiting.
    pub(crate) fn download(&self, target: &mut PinnedBuffer, stream: &Stream) {
        let from = Address::from_ptr(self.tensor().data.cast_const());
        // SAFETY: the tensor has as many bytes, and its memory is not used again before the copy, as the export promises. The
        // tests wait for the stream before they use the target.
        unsafe { stream.copy(target.address(), from, target.len()) }.unwrap();
    }

    /// Calls the deleter.
    pub(crate) fn delete(self) {
        // SAFETY: the tests use no struct after this.
        unsafe {
            match self {
                Given::Versioned(managed) => {
                    (managed.as_ref().deleter.unwrap())(managed.as_ptr());
                }
                Given::Legacy(managed) => (managed.as_ref().deleter.unwrap())(managed.as_ptr()),
            }
        }
    }

    pub(crate) fn import(
        self,
        axes: Option<Axes>,
        stream: &Stream,
    ) -> Result<DlTensor, DlpackError> {
        // SAFETY: the struct is one of the library's, and the tests use it no more.
        unsafe {
            match self {
                Given::Versioned(managed) => DlTensor::from_dlpack(managed, axes, stream),
                Given::Legacy(managed) => DlTensor::from_dlpack_legacy(managed, axes, stream),
            }
        }
    }
}

/// A tensor whose bytes work in `stream` sets to `value`.
pub(crate) fn tensor_of(
    memory: &MemoryManager,
    stream: &Stream,
    layout: BatchLayout,
    value: u8,
) -> DeviceTensor {
    let bytes = layout.end().unwrap();
    let buffer = memory.allocate(bytes, stream).unwrap();
    // SAFETY: the buffer has these bytes, and belongs to the stream.
    unsafe { stream.fill(buffer.address(), value, bytes) }.unwrap();
    DeviceTensor::new(buffer, layout, memory).unwrap()
}

/// A kernel that ends when the other side of the channel sends something or is gone.
struct Closed(Mutex<Receiver<()>>);

impl HostKernel for Closed {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        // An error says that the sender is gone, which is an end as well.
        let _ = self.0.lock().unwrap().recv();
        Ok(())
    }
}

/// Holds up a stream until the sender is dropped.
pub(crate) fn hold(stream: &Stream) -> Sender<()> {
    let (open, closed) = channel();
    let launch = Launch::host(Arc::new(Closed(Mutex::new(closed))), Args::EMPTY);
    // SAFETY: the kernel touches no memory.
    unsafe { stream.enqueue(&launch, None) }.unwrap();
    open
}
