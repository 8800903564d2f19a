//! Tensors of other libraries as images.
#![expect(
    unsafe_code,
    reason = "takes structs and memory of other libraries by address"
)]

use crate::dlpack::abi::{DLDevice, DLDeviceType, DLManagedTensor, DLManagedTensorVersioned};
use crate::dlpack::axes::{self, Axes};
use crate::dlpack::error::DlpackError;
use crate::dlpack::managed::{ManagedTensor, TensorFields};
use crate::image::device::{DeviceImages, DeviceImagesMut};
use crate::inputs::Input;
use crate::outputs::Output;
use pixelflume_device::{Address, Device, DeviceKind, Stream};
use pixelflume_memory::{BorrowedMemory, DeviceSlice, MemoryAccess};
use pixelflume_ops::image::layout::BatchLayout;
use pixelflume_ops::image::view::{BatchView, BatchViewMut};
use pixelflume_ops::{ImageShape, Layout};
use std::any::Any;
use std::fmt;
use std::ptr::NonNull;

/// A tensor of another library as a batch of images, an input or an output of a pipeline.
///
/// The deleter of the tensor is called once, when this value is dropped and the work that uses the tensor is complete, on the
/// thread that drops the last of both.
///
/// Tensors in memory of the stream's device are used in place, as [`DeviceImages`]; on the host device these are tensors in
/// ordinary and page-locked memory. With a stream of a GPU, tensors in ordinary and page-locked memory are copied like any
/// other [`BatchView`].
pub struct DlTensor {
    layout: BatchLayout,
    memory: Memory,
    read_only: bool,
    copied: bool,
}

/// The memory of a tensor, from its first element to the end of its last one.
enum Memory {
    Device(BorrowedMemory),
    Host(HostMemory),
}

/// Ordinary memory that an owner keeps allocated.
struct HostMemory {
    data: NonNull<u8>,
    bytes: usize,
    _owner: Box<dyn Any + Send>,
}

// SAFETY: the bytes are those of a struct of DLPack, which may be used on any thread, as its owner may.
unsafe impl Send for HostMemory {}
// SAFETY: a shared reference only reads the bytes, and does not touch the owner.
unsafe impl Sync for HostMemory {}

impl DlTensor {
    /// Takes over a struct of DLPack 1.x, as the producer's `__dlpack__(max_version=(1, 3), stream=...)` gives it.
    ///
    /// `axes` says what the axes of the tensor are. Without it, the orders for its number of dimensions are tried: HW; HWC and
    /// CHW; NHWC and NCHW. An order fits where the strides are those of images and there are at most 4 channels, and exactly
    /// one must fit. Strides may leave gaps after rows and images, not after pixels and planes. Strides of axes with one
    /// element do not matter.
    ///
    /// `stream` orders the memory: it is the consumer's stream that the producer was told. Its present work comes before work
    /// on the images, and its later work behind it.
    ///
    /// # Errors
    /// A [`DlpackError`] for a tensor that is no images, is in memory that the device of `stream` cannot use, or
    /// contradicts itself. The deleter is called before an error is returned.
    ///
    /// # Safety
    /// `tensor` points to such a struct, which the caller gives away:
    /// - In a struct of major version 1, `shape` and `strides` are null or have `ndim` entries, and the memory from `data` on
    ///   spans all elements that shape and strides describe. In a struct of another version, `manager_ctx` and
    ///   `deleter` are valid.
    /// - The memory stays allocated until the deleter is called, which may happen on any thread, and which does not
    ///   wait for work of this process on the device.
    /// - Until then others use device memory only in work that `stream` orders. They do not write to memory of the host, from
    ///   the first element to the last with all gaps between them; those bytes are initialized; and
    ///   while it is written as an output, they do not read it either. The last holds for device memory as well.
    pub unsafe fn from_dlpack(
        tensor: NonNull<DLManagedTensorVersioned>,
        axes: Option<Axes>,
        stream: &Stream,
    ) -> Result<Self, DlpackError> {
        // SAFETY: promised by the caller.
        let managed = unsafe { ManagedTensor::versioned(tensor) };
        DlTensor::import(managed, axes, stream)
    }

    /// Takes over a struct without a version, as producers before DLPack 1.0 make it. It cannot say that the tensor is
    /// read-only; otherwise like [`DlTensor::from_dlpack`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Safety
    /// As there, for a struct of major version 1.
    pub unsafe fn from_dlpack_legacy(
        tensor: NonNull<DLManagedTensor>,
        axes: Option<Axes>,
        stream: &Stream,
    ) -> Result<Self, DlpackError> {
        // SAFETY: promised by the caller.
        let managed = unsafe { ManagedTensor::legacy(tensor) };
        DlTensor::import(managed, axes, stream)
    }

    fn import(
        managed: ManagedTensor,
        axes: Option<Axes>,
        stream: &Stream,
    ) -> Result<Self, DlpackError> {
        let fields = managed.fields()?;
        // SAFETY: the struct keeps the memory of its fields, and the caller of `from_dlpack` promises the rest.
        unsafe { DlTensor::from_fields(&fields, managed, axes, stream) }
    }

    /// Takes over the tensor with these fields, which `owner` keeps: a [`ManagedTensor`], or a value that has one and decides how
    /// its deleter is called. Otherwise like [`DlTensor::from_dlpack`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Safety
    /// As there, of the memory of `fields`; it stays allocated until `owner` is dropped.
    pub unsafe fn from_fields(
        fields: &TensorFields,
        owner: impl Any + Send,
        axes: Option<Axes>,
        stream: &Stream,
    ) -> Result<Self, DlpackError> {
        let TensorFields {
            ref shape,
            ref strides,
            read_only,
            copied,
            ..
        } = *fields;
        let layout = axes::layout(shape, strides.as_deref(), fields.sample()?, axes)?;
        let in_place = is_device_memory(fields.tensor.device, stream.device())?;
        let bytes = layout.end()?;
        let first = fields.first(bytes)?;
        let address = Address::from_ptr(first.as_ptr());
        layout.check_alignment(address)?;
        let memory = match in_place {
            true => {
                let access = match read_only {
                    true => MemoryAccess::Read,
                    false => MemoryAccess::ReadWrite,
                };
                // SAFETY: the memory spans all elements until the owner is dropped, and others use it as the constructor asks for:
                // the caller promises so.
                let memory = unsafe { BorrowedMemory::new(address, bytes, access, stream, owner) };
                Memory::Device(memory?)
            }
            false => Memory::Host(HostMemory {
                data: first,
                bytes,
                _owner: Box::new(owner),
            }),
        };
        Ok(DlTensor {
            layout,
            memory,
            read_only,
            copied,
        })
    }

    /// The address of the first element.
    pub fn address(&self) -> Address {
        match &self.memory {
            Memory::Device(memory) => memory.address(),
            Memory::Host(memory) => Address::from_ptr(memory.data.as_ptr()),
        }
    }

    /// The layout of the images, from the first element of the tensor on.
    pub fn layout(&self) -> BatchLayout {
        self.layout
    }

    /// The same tensor with images of one channel called interleaved or planar. Both lie in memory in the same way, and
    /// pipelines tell them apart. [`Axes::Chw`] and [`Axes::Nchw`] give planar images of one channel, the others interleaved
    /// ones.
    ///
    /// # Errors
    /// [`DlpackError::Layout`] for images of several channels that have the other layout.
    pub fn with_layout(self, layout: Layout) -> Result<Self, DlpackError> {
        let shape = self.layout.shape();
        if shape.layout != layout && shape.channels > 1 {
            return Err(DlpackError::Layout { shape, layout });
        }
        let images = BatchLayout::tight(ImageShape { layout, ..shape }, self.layout.batch())
            .with_row_pitch(self.layout.row_pitch())
            .with_batch_stride(self.layout.batch_stride());
        Ok(DlTensor {
            layout: images,
            ..self
        })
    }

    /// Whether the producer forbids that the memory is written.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Whether the producer made a copy for this tensor: then nothing else has its memory.
    pub fn is_copied(&self) -> bool {
        self.copied
    }

    /// The images as an input of a pipeline: [`Input::Device`] for memory of the device, or else [`Input::Batch`].
    pub fn input(&self) -> Input<'_> {
        match &self.memory {
            Memory::Device(memory) => {
                let images = DeviceImages::new(self.layout, DeviceSlice::from(memory));
                Input::Device(images.expect("the layout was checked for this memory"))
            }
            Memory::Host(memory) => {
                // SAFETY: the bytes are allocated until the owner in `memory`, which is borrowed, is dropped; they are
                // initialized and others do not write to them, as the caller of `from_dlpack` promises.
                let data =
                    unsafe { std::slice::from_raw_parts(memory.data.as_ptr(), memory.bytes) };
                let images = BatchView::new(self.layout, data);
                Input::Batch(images.expect("the layout was checked for this memory"))
            }
        }
    }

    /// The images as an output of a pipeline: [`Output::Device`] for memory of the device, or else [`Output::Batch`].
    ///
    /// # Errors
    /// [`DlpackError::ReadOnly`] where the producer forbids it.
    pub fn output(&mut self) -> Result<Output<'_>, DlpackError> {
        if self.read_only {
            return Err(DlpackError::ReadOnly);
        }
        Ok(match &mut self.memory {
            Memory::Device(memory) => {
                let bytes = memory.len();
                let images = DeviceImagesMut::new(self.layout, memory.slice_mut(0..bytes)?);
                Output::Device(images?)
            }
            Memory::Host(memory) => {
                // SAFETY: as in `input`; the value is borrowed mutably, the producer does not forbid writes, and others do not
                // use memory that is an output.
                let data =
                    unsafe { std::slice::from_raw_parts_mut(memory.data.as_ptr(), memory.bytes) };
                Output::Batch(BatchViewMut::new(self.layout, data)?)
            }
        })
    }
}

/// Whether memory of a device of DLPack is device memory for work on `on`; `false` for ordinary memory that is not.
fn is_device_memory(device: DLDevice, on: &Device) -> Result<bool, DlpackError> {
    let usable = match (device.device_type, on.kind()) {
        (DLDeviceType::CPU | DLDeviceType::CUDA_HOST, kind) => Some(kind == DeviceKind::Host),
        (DLDeviceType::CUDA, DeviceKind::Cuda) => {
            let ordinal = usize::try_from(device.device_id).ok();
            (ordinal.is_some() && ordinal == on.ordinal()).then_some(true)
        }
        // Its number is 0 for every GPU.
        (DLDeviceType::CUDA_MANAGED, DeviceKind::Cuda) => Some(true),
        _ => None,
    };
    usable.ok_or_else(|| DlpackError::Device {
        device_type: device.device_type.0,
        device_id: device.device_id,
        expected: on.to_string(),
    })
}

impl fmt::Debug for DlTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.memory {
            Memory::Device(_) => "device",
            Memory::Host(_) => "ordinary",
        };
        write!(f, "DlTensor({:?} in {place} memory)", self.layout)
    }
}
