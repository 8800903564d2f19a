//! Images of a mixed batch, and the descriptors that kernels read them by.

use crate::contract::{ImageContext, ImageValues};
use crate::image::ImageShape;
use crate::mixed::MixedError;
use bytemuck::{Pod, Zeroable};
use pixelflume_device::Address;

/// The description of one image for the kernel of a mixed chain: where it lies, how large it is, and what is done to it.
/// [`MixedChain::describe`](crate::mixed::MixedChain::describe) makes it.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct ImageDescriptor {
    words: [u32; 64],
}

impl ImageDescriptor {
    /// The shape of the table's rows: one frame is one descriptor.
    pub const SHAPE: ImageShape = ImageShape::u8(size_of::<ImageDescriptor>() as u32, 1, 1);

    /// The bytes of the descriptor, as the table holds them.
    pub fn bytes(&self) -> &[u8] {
        bytemuck::bytes_of(self)
    }

    /// The descriptor that begins with this record. The rest is zero.
    pub(super) fn of<R: Pod>(record: &R) -> Self {
        const { assert!(size_of::<R>() <= size_of::<ImageDescriptor>()) };
        let mut descriptor = ImageDescriptor::zeroed();
        bytemuck::bytes_of_mut(&mut descriptor)[..size_of::<R>()]
            .copy_from_slice(bytemuck::bytes_of(record));
        descriptor
    }
}

/// One image of a batch, as a mixed chain reads it.
#[derive(Copy, Clone, Debug)]
pub struct ChainImage<'a> {
    /// The shape of the image.
    pub shape: ImageShape,
    /// The address of the first sample, in memory that the device of the plan reads.
    pub base: Address,
    /// Bytes from a row to the next, at least a row.
    pub row_pitch: usize,
    /// The number of the image in its data set.
    pub index: u64,
    /// The number of the pass over the data set.
    pub epoch: u64,
    /// The position of the image in its batch, from 0.
    pub frame: usize,
    /// For each operator of the chain the values that were given for its parameters. Operators behind the end have none.
    pub values: &'a [&'a [ImageValues<'a>]],
}

impl<'a> ChainImage<'a> {
    /// The context of the operator at this position, which reads an image of this shape. The largest image of the batch is the
    /// image itself: an operator that asks for it is no part of a chain.
    pub(super) fn context(&self, operator: usize, shape: ImageShape) -> ImageContext<'a> {
        ImageContext {
            shape,
            largest: (shape.width, shape.height),
            index: self.index,
            epoch: self.epoch,
            frame: self.frame,
            values: self.values.get(operator).copied().unwrap_or(&[]),
        }
    }

    /// Checks that the image is one of those that `first` stands for, and that its rows can be addressed.
    pub(super) fn check(&self, first: ImageShape) -> Result<(), MixedError> {
        let of_first_size = ImageShape {
            width: first.width,
            height: first.height,
            ..self.shape
        };
        if of_first_size != first {
            return Err(MixedError::Input {
                expected: first,
                got: self.shape,
            });
        }
        let row = self.shape.row_bytes();
        let span = (self.shape.rows().checked_sub(1))
            .and_then(|rows| rows.checked_mul(self.row_pitch))
            .and_then(|bytes| bytes.checked_add(row))
            .and_then(|bytes| self.base.raw().checked_add(bytes as u64));
        let aligned = |number: u64| number.is_multiple_of(self.shape.sample.bytes() as u64);
        let refuse = |reason: String| Err(MixedError::Memory(reason));
        if self.base == Address::NULL {
            return refuse("it has no memory".to_owned());
        }
        if row == 0 || self.row_pitch < row {
            return refuse(format!(
                "its row pitch is {}, its rows have {row} bytes",
                self.row_pitch
            ));
        }
        if span.is_none() {
            return refuse(format!(
                "its {} rows, {} bytes apart, leave the address space",
                self.shape.rows(),
                self.row_pitch
            ));
        }
        if !aligned(self.base.raw()) || !aligned(self.row_pitch as u64) {
            return refuse(format!(
                "its address and its row pitch of {} bytes are no multiples of its {}-byte samples",
                self.row_pitch,
                self.shape.sample.bytes()
            ));
        }
        Ok(())
    }
}
