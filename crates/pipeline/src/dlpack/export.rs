//! Images as tensors for other libraries.

use crate::dlpack::abi::{
    DLDevice, DLDeviceType, DLManagedTensor, DLManagedTensorVersioned, FLAG_IS_COPIED,
};
use crate::dlpack::error::DlpackError;
use crate::dlpack::handover::Handover;
use crate::dlpack::sample;
use crate::image::tensor::DeviceTensor;
use pixelflume_device::{Address, DeviceKind, Stream};
use pixelflume_ops::image::error::ImageError;
use pixelflume_ops::image::layout::BatchLayout;
use pixelflume_ops::image::owned::Image;
use std::any::Any;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

/// Images that can be given to another library as a tensor of DLPack. Dropping the value drops the images.
///
/// The axes are N (for batches), H, W, C for interleaved images, and N, C, H, W for planar ones. Strides are always there.
#[must_use = "dropping it drops the images"]
pub struct DlExport(Handover);

/// A tensor that another library uses in its stream, until the drop.
struct Given {
    tensor: Arc<DeviceTensor>,
    consumer: Option<Stream>,
}

/// Ordinary memory.
const CPU: DLDevice = DLDevice {
    device_type: DLDeviceType::CPU,
    device_id: 0,
};

/// Alignment of images that are copied, in bytes: that of a cache line, which some libraries want.
const ALIGNMENT: usize = 64;

impl DlExport {
    /// Takes images in device memory, as a tensor of 4 dimensions. Nothing is copied. A tensor in an [`Arc`] may be given away any
    /// number of times, to consumers with streams of their own: the memory goes back to the pool behind all of them, when the last
    /// owner is gone.
    ///
    /// On a GPU the tensor is of the device type `kDLCUDA`. `consumer` is the stream in which the other library uses it
    /// (the argument `stream` of `__dlpack__`): its later work comes behind the present work of
    /// [`DeviceTensor::stream`], and when the deleter is called, the memory goes back to the pool behind the work that is in
    /// `consumer` by then. Without a `consumer` the other library orders its work itself: behind what is in
    /// [`DeviceTensor::stream`] now, and complete, or ordered before later work of that stream, when it calls the deleter.
    ///
    /// On the host device the tensor is of the device type `kDLCPU`. Other libraries use such tensors without a stream: give
    /// no `consumer`, and the call waits until the images are complete.
    ///
    /// The deleter waits for nothing, unless `consumer` is the default stream of another thread: then it waits for the device. It may be
    /// called on any thread, but not in a callback of the driver.
    ///
    /// # Errors
    /// The stream is of another device, or the device refuses to order the two. The tensor is dropped then.
    pub fn tensor(
        tensor: impl Into<Arc<DeviceTensor>>,
        consumer: Option<&Stream>,
    ) -> Result<Self, DlpackError> {
        let tensor = tensor.into();
        let layout = tensor.layout();
        DlExport::shared(tensor, &layout, 4, consumer)
    }

    /// Takes one image of a batch in device memory, as a tensor of 3 dimensions that keeps the batch; otherwise like
    /// [`DlExport::tensor`].
    ///
    /// # Errors
    /// As there; and [`ImageError::Frames`] where the batch has no image `frame`.
    pub fn tensor_image(
        tensor: impl Into<Arc<DeviceTensor>>,
        frame: usize,
        consumer: Option<&Stream>,
    ) -> Result<Self, DlpackError> {
        let tensor = tensor.into();
        let layout = tensor.layout().frames(frame..frame.saturating_add(1))?;
        DlExport::shared(tensor, &layout, 3, consumer)
    }

    /// The last `dimensions` axes of the images `layout` of a tensor.
    fn shared(
        tensor: Arc<DeviceTensor>,
        layout: &BatchLayout,
        dimensions: usize,
        consumer: Option<&Stream>,
    ) -> Result<Self, DlpackError> {
        let device = tensor.stream().device();
        let place = match device.ordinal() {
            Some(ordinal) => DLDevice {
                device_type: DLDeviceType::CUDA,
                // The driver counts devices with an `int`.
                device_id: ordinal as i32,
            },
            None => CPU,
        };
        match consumer {
            Some(stream) => tensor.order_before(stream)?,
            None if device.kind() == DeviceKind::Host => tensor.stream().synchronize()?,
            None => {}
        }
        let first = tensor.start().offset(layout.offset());
        let given = Given {
            tensor,
            consumer: consumer.cloned(),
        };
        DlExport::of(first, place, layout, dimensions, given)
    }

    /// The same tensor, said to be a copy that was made for the consumer ([`FLAG_IS_COPIED`]).
    pub fn marked_as_copy(mut self) -> Self {
        self.0.flags |= FLAG_IS_COPIED;
        self
    }

    /// Takes one image in ordinary memory, as a tensor of 3 dimensions. It is not copied unless its memory is not aligned for
    /// its samples.
    ///
    /// # Errors
    /// [`DlpackError::Image`] for an image that has no samples.
    pub fn image(mut image: Image) -> Result<Self, DlpackError> {
        let shape = image.shape();
        let layout = BatchLayout::tight(shape, 1);
        layout.end()?;
        let first = Address::from_ptr(image.data_mut().as_mut_ptr());
        if layout.check_alignment(first).is_err() {
            return DlExport::batch(std::slice::from_ref(&image), 3);
        }
        DlExport::of(first, CPU, &layout, 3, image.into_data())
    }

    /// Copies images of one shape in ordinary memory, as a tensor of 4 dimensions.
    ///
    /// # Errors
    /// There are no images, or an image has another shape than the first.
    pub fn images(images: &[Image]) -> Result<Self, DlpackError> {
        DlExport::batch(images, 4)
    }

    /// Copies a tensor to ordinary memory, as a tensor of 4 dimensions, or one image of it as one of 3, and waits for the copy.
    ///
    /// # Errors
    /// [`ImageError::Frames`] where the batch has no image `frame`; there is no page-locked memory, or the device fails.
    pub fn copy_of(tensor: &DeviceTensor, frame: Option<usize>) -> Result<Self, DlpackError> {
        let all = tensor.layout();
        let (frames, dimensions) = match frame {
            Some(frame) => (frame..frame.saturating_add(1), 3),
            None => (0..all.batch(), 4),
        };
        let layout = all.frames(frames.clone())?.at(0);
        DlExport::copied(&layout, dimensions, |place| Ok(tensor.read(frames, place)?))
    }

    /// Copies images of one shape, as a tensor of 3 (for one image) or 4 dimensions.
    fn batch(images: &[Image], dimensions: usize) -> Result<Self, DlpackError> {
        let expected = images.first().ok_or(ImageError::NoImages)?.shape();
        let layout = BatchLayout::tight(expected, images.len());
        DlExport::copied(&layout, dimensions, |block| {
            for (index, image) in images.iter().enumerate() {
                let got = image.shape();
                if got != expected {
                    return Err(DlpackError::Shapes {
                        index,
                        got,
                        expected,
                    });
                }
                let at = index * layout.batch_stride();
                block[at..at + image.data().len()].copy_from_slice(image.data());
            }
            Ok(())
        })
    }

    /// Images of this layout in aligned memory that `fill` writes, as a tensor of 3 or 4 dimensions.
    fn copied(
        layout: &BatchLayout,
        dimensions: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), DlpackError>,
    ) -> Result<Self, DlpackError> {
        let bytes = layout.end()?;
        let mut block = vec![0; bytes + ALIGNMENT];
        let start = block.as_ptr().addr().next_multiple_of(ALIGNMENT) - block.as_ptr().addr();
        fill(&mut block[start..start + bytes])?;
        let first = Address::from_ptr(block.as_mut_ptr()).offset(start);
        let mut export = DlExport::of(first, CPU, layout, dimensions, block)?;
        export.0.flags = FLAG_IS_COPIED;
        Ok(export)
    }

    /// The last `dimensions` axes of aligned images at `first`, which `owner` keeps allocated.
    fn of(
        first: Address,
        device: DLDevice,
        layout: &BatchLayout,
        dimensions: usize,
        owner: impl Any + Send,
    ) -> Result<Self, DlpackError> {
        let sample = layout.shape().sample;
        let dtype = sample::to_dlpack(sample).ok_or(DlpackError::NoType { sample })?;
        // Of memory that there is, all numbers are below 2^63.
        let [extents, strides] =
            [layout.extents(), layout.strides()].map(|of| of.map(|n| n as i64));
        let left_out = extents.len() - dimensions;
        Ok(DlExport(Handover {
            first,
            device,
            dtype,
            shape: extents[left_out..].to_vec(),
            strides: strides[left_out..].to_vec(),
            flags: 0,
            owner: Box::new(owner),
        }))
    }

    /// Extents of the tensor.
    pub fn shape(&self) -> &[i64] {
        &self.0.shape
    }

    /// Strides of the tensor, in elements.
    pub fn strides(&self) -> &[i64] {
        &self.0.strides
    }

    /// Gives the tensor away in a struct of DLPack 1.3. Whoever takes it calls its deleter once; until then it is a leak.
    pub fn into_dlpack(self) -> NonNull<DLManagedTensorVersioned> {
        self.0.into_versioned()
    }

    /// Gives the tensor away in a struct without a version, for libraries that read no other; otherwise like
    /// [`DlExport::into_dlpack`].
    pub fn into_dlpack_legacy(self) -> NonNull<DLManagedTensor> {
        self.0.into_legacy()
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        let Some(consumer) = &self.consumer else {
            return;
        };
        if let Err(error) = self.tensor.order_after(consumer) {
            tracing::warn!(%error, "memory that was given away is not used again before the device is idle");
        }
    }
}

impl fmt::Debug for DlExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handover {
            shape,
            strides,
            device,
            ..
        } = &self.0;
        write!(
            f,
            "DlExport({shape:?} with strides {strides:?} on {device:?})"
        )
    }
}
