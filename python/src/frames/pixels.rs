//! The pixels of one image, or of a batch in one array, on their way to an input of a pipeline.
#![expect(unsafe_code, reason = "views memory of other libraries")]

use crate::frames::array::Array;
use crate::frames::copies::CopyBytes;
use crate::frames::encoded::{Decoding, Encoded};
use crate::frames::error::Problem;
use crate::frames::interleave::interleaved;
use crate::frames::owner::Owner;
use pixelflume::codec::Admission;
use pixelflume::device::{Address, Stream};
use pixelflume::memory::{BorrowedMemory, DeviceSlice, MemoryAccess};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{BatchLayout, BatchView, DeviceImages, Image, ImageView, Input};
use std::ops::Deref;
use std::path::Path;

/// Images of one shape in one piece of memory.
pub(super) enum Pixels {
    /// Interleaved images in ordinary memory of somebody else, read where they are.
    Borrowed(Borrowed),
    /// Images in ordinary memory of somebody else that are copied before they are used.
    Scattered(Scattered),
    /// Interleaved images in memory of their own.
    Owned(Owned),
    /// An image file.
    Encoded(Encoded),
    /// Images in memory of the device of the call, read where they are.
    Device(OnDevice),
}

/// Interleaved images in ordinary memory of somebody else.
pub(super) struct Borrowed {
    first: *const u8,
    layout: BatchLayout,
    owner: Owner,
}

/// Images in ordinary memory of somebody else that have gaps, planes or another order.
pub(super) struct Scattered {
    array: Array,
    _owner: Owner,
}

/// Interleaved images without gaps.
pub(super) struct Owned {
    layout: BatchLayout,
    data: OwnedBytes,
}

/// The bytes of images in memory of their own.
enum OwnedBytes {
    Decoded(Vec<u8>),
    Copied(CopyBytes),
}

impl Deref for OwnedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            OwnedBytes::Decoded(bytes) => bytes,
            OwnedBytes::Copied(bytes) => bytes,
        }
    }
}

/// Images in memory of a device.
pub(super) struct OnDevice {
    pub(super) layout: BatchLayout,
    pub(super) memory: BorrowedMemory,
}

// SAFETY: the pointer is to memory that the owner, which may be on any thread, keeps allocated; it is only read.
unsafe impl Send for Borrowed {}
// SAFETY: a shared reference only reads the memory, and does not touch the owner.
unsafe impl Sync for Borrowed {}
// SAFETY: as for `Borrowed`.
unsafe impl Send for Scattered {}
// SAFETY: as for `Borrowed`.
unsafe impl Sync for Scattered {}

impl Pixels {
    /// Takes an array in ordinary memory, to be read where it is or to be copied.
    ///
    /// # Safety
    /// There is initialized memory at the address of each sample, and between the samples of each row, until `owner` is dropped. Where
    /// the images are read in place (`Array::in_place`), that goes for all bytes from the first to the last sample.
    ///
    /// Nobody writes to the memory while the images are in use. The callers pass this on to the user, in the documentation of
    /// `Pipeline.__call__`, `Pipeline.stream` and `encode`: an array must not change during the call. Other threads of the program are the only
    /// ones that could, since the calling one is in the call; NumPy and PyTorch, which release the interpreter while they
    /// compute, ask for the same. Samples are never an index, a length or an address of the readers (executors of operators
    /// and copies), apart from tables that have an entry for each value of a sample's type.
    pub(super) unsafe fn of_array(array: Array, owner: Owner) -> Result<Self, Problem> {
        Ok(match array.in_place()? {
            Some(layout) => Pixels::Borrowed(Borrowed {
                first: array.first,
                layout,
                owner,
            }),
            None => {
                array.tight()?;
                Pixels::Scattered(Scattered {
                    array,
                    _owner: owner,
                })
            }
        })
    }

    /// Images in ordinary memory as memory of the host device, with `stream` as the stream that orders it. Others stay as they are.
    pub(super) fn on_stream(self, stream: &Stream) -> Result<Self, Problem> {
        let (first, layout, owner) = match self {
            Pixels::Borrowed(images) => (images.first, images.layout, Ok(images.owner)),
            Pixels::Owned(images) => (images.data.as_ptr(), images.layout, Err(images.data)),
            others => return Ok(others),
        };
        let (address, bytes) = (Address::from_ptr(first), layout.end()?);
        // SAFETY: there is initialized memory up to the end of the layout, until the owner is dropped, on any thread, and nobody
        // writes to it: of borrowed images as the caller of `of_array` promised, of owned ones since their vector, whose memory
        // does not move with it, is the owner.
        let memory =
            unsafe { BorrowedMemory::new(address, bytes, MemoryAccess::Read, stream, owner) }?;
        Ok(Pixels::Device(OnDevice { layout, memory }))
    }

    /// Where images in ordinary memory of somebody else are that are read in place; `None` for others.
    pub(super) fn borrowed(&self) -> Option<(Address, BatchLayout)> {
        match self {
            Pixels::Borrowed(images) => Some((Address::from_ptr(images.first), images.layout)),
            _ => None,
        }
    }

    /// The bytes of images in ordinary memory that are ready; 0 for others.
    pub(super) fn ordinary_bytes(&self) -> usize {
        let layout = match self {
            Pixels::Borrowed(images) => images.layout,
            Pixels::Owned(images) => images.layout,
            Pixels::Scattered(_) | Pixels::Encoded(_) | Pixels::Device(_) => return 0,
        };
        layout.end().unwrap_or(0)
    }

    /// The number of images.
    pub(super) fn len(&self) -> usize {
        match self {
            Pixels::Borrowed(images) => images.layout.batch(),
            Pixels::Scattered(images) => images.array.axes.images.extent as usize,
            Pixels::Owned(images) => images.layout.batch(),
            Pixels::Encoded(_) => 1,
            Pixels::Device(images) => images.layout.batch(),
        }
    }

    /// Makes the images ready to be an input: reads a file, and decodes it if the runner of the call does not; copies what cannot be
    /// read in place. A file of a batch has a number in `admitted`. Needs no interpreter.
    pub(super) fn prepare(
        &mut self,
        decoding: &Decoding,
        admitted: Option<(&Admission, usize)>,
    ) -> Result<(), Problem> {
        let owned = match self {
            Pixels::Scattered(Scattered { array, .. }) => Owned {
                layout: array.tight()?,
                // SAFETY: there is initialized memory at the address of each sample and between those of a row until the owner
                // beside the array is dropped, and nobody writes to it, as the caller of `of_array` promised.
                data: OwnedBytes::Copied(unsafe { interleaved(array) }?),
            },
            Pixels::Encoded(file) => {
                let Some(image) = file.decode(decoding, admitted)? else {
                    return Ok(());
                };
                Owned {
                    layout: BatchLayout::tight(image.shape(), 1),
                    data: OwnedBytes::Decoded(image.into_data()),
                }
            }
            Pixels::Borrowed(_) | Pixels::Owned(_) | Pixels::Device(_) => return Ok(()),
        };
        *self = Pixels::Owned(owned);
        Ok(())
    }

    /// The shape of each image in ordinary memory; `None` of files, and of images on a device.
    pub(super) fn shape(&self) -> Option<ImageShape> {
        match self {
            Pixels::Borrowed(images) => Some(images.layout.shape()),
            Pixels::Scattered(images) => Some(images.array.shape()),
            Pixels::Owned(images) => Some(images.layout.shape()),
            Pixels::Encoded(_) | Pixels::Device(_) => None,
        }
    }

    /// A copy of one image in ordinary memory. Needs no interpreter.
    pub(super) fn into_image(mut self) -> Result<Image, Problem> {
        if let Pixels::Scattered(Scattered { array, .. }) = &self {
            self = Pixels::Owned(Owned {
                layout: array.tight()?,
                // SAFETY: as in `prepare`.
                data: OwnedBytes::Copied(unsafe { interleaved(array) }?),
            });
        }
        Ok(self.image_view()?.to_image())
    }

    /// The path of the file that is not decoded yet.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Pixels::Encoded(file) => file.path(),
            _ => None,
        }
    }

    /// Whether [`Pixels::prepare`] has nothing to do.
    pub(super) fn is_ready(&self) -> bool {
        match self {
            Pixels::Borrowed(_) | Pixels::Owned(_) | Pixels::Device(_) => true,
            Pixels::Encoded(_) => self.for_device().is_some(),
            Pixels::Scattered(_) => false,
        }
    }

    /// The bytes of a file that the runner of the call decodes; `None` of other images, and before [`Pixels::prepare`].
    pub(super) fn for_device(&self) -> Option<&[u8]> {
        match self {
            Pixels::Encoded(file) => file.for_device(),
            _ => None,
        }
    }

    /// The images in ordinary memory; `None` for images in memory of the device, and before [`Pixels::prepare`].
    pub(super) fn view(&self) -> Result<Option<BatchView<'_>>, Problem> {
        Ok(match self {
            Pixels::Borrowed(images) => {
                // SAFETY: there is initialized memory up to the end of the layout, until the owner in `images`, which is borrowed,
                // is dropped, and nobody writes to it, as the caller of `of_array` promised.
                let data =
                    unsafe { std::slice::from_raw_parts(images.first, images.layout.end()?) };
                Some(BatchView::new(images.layout, data)?)
            }
            Pixels::Owned(images) => Some(BatchView::new(images.layout, &images.data)?),
            Pixels::Scattered(_) | Pixels::Encoded(_) | Pixels::Device(_) => None,
        })
    }

    /// The images as an input.
    pub(super) fn input(&self) -> Result<Input<'_>, Problem> {
        Ok(match self.device_images()? {
            Some(images) => Input::Device(images),
            None => Input::Batch(self.view()?.ok_or(Problem::NotDecoded)?),
        })
    }

    /// The view of one image in ordinary memory.
    pub(super) fn image_view(&self) -> Result<ImageView<'_>, Problem> {
        Ok(self.view()?.ok_or(Problem::NotDecoded)?.frame(0)?)
    }

    /// The images in memory of the device; `None` for other images.
    pub(super) fn device_images(&self) -> Result<Option<DeviceImages<'_>>, Problem> {
        match self {
            Pixels::Device(images) => {
                let memory = DeviceSlice::from(&images.memory);
                Ok(Some(DeviceImages::new(images.layout, memory)?))
            }
            _ => Ok(None),
        }
    }
}
