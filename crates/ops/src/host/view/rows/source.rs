//! The rows that a launch reads.

use super::{BufferedRows, Rows};
use crate::image::ImageParam;
use bytemuck::AnyBitPattern;
use pixelflume_device::Address;
use std::marker::PhantomData;

/// The rows of the images that a launch reads.
pub(crate) struct Source<'a, T> {
    rows: Rows,
    memory: PhantomData<&'a [T]>,
}

impl<'a, T: AnyBitPattern> Source<'a, T> {
    /// The view of `image`.
    ///
    /// # Safety
    /// `image` has passed `check_memory` with samples of type `T`. During 'a all its rows are valid, and nothing writes to them.
    pub(crate) unsafe fn of(image: &'a ImageParam) -> Self {
        Source {
            rows: Rows::of(image),
            memory: PhantomData,
        }
    }

    /// The view of one image as image `frame` of a batch.
    ///
    /// # Safety
    /// As for [`Source::of`], for the image alone.
    pub(crate) unsafe fn as_frame(image: &'a ImageParam, frame: usize) -> Self {
        Source {
            rows: Rows {
                // The image lies at its base, whatever its number.
                batch_stride: 0,
                batch: frame + 1,
                ..Rows::of(image)
            },
            memory: PhantomData,
        }
    }

    /// The number of rows of an image, also where only some of them are in a buffer.
    pub(crate) fn height(&self) -> usize {
        self.rows.height
    }

    /// Another view of the same rows.
    pub(crate) fn reborrow(&self) -> Self {
        Source { ..*self }
    }

    /// The samples of row `y` of image `frame`, all channels of a pixel side by side.
    pub(crate) fn row(&self, frame: usize, y: usize) -> &'a [T] {
        let row = self.rows.address(frame, y).as_ptr::<T>();
        // SAFETY: `address` checked frame and y. In an image the row lies inside the span that `check_memory` computed,
        // which is valid for 'a and not written, as `Source::of` was promised. In a buffer it lies
        // inside the slice that is borrowed for 'a, as `Rows::buffered` checked. Base, pitch and stride are multiples of
        // the alignment (`check_memory`, `Rows::cast`; bytes need none), and every bit pattern is a T.
        unsafe { std::slice::from_raw_parts(row, self.rows.samples) }
    }
}

impl<'a> Source<'a, u8> {
    /// The rows of the buffer `memory`, as rows of bytes.
    pub(crate) fn buffered(memory: &'a [u8], buffer: &BufferedRows) -> Self {
        Source {
            rows: Rows::buffered(buffer, Address::from_ptr(memory.as_ptr()), memory.len()),
            memory: PhantomData,
        }
    }

    /// The part that begins at row `y` and at byte `x` of each row, with `bytes` bytes of each of `height` rows.
    ///
    /// # Panics
    /// When the rows have no such part.
    pub(crate) fn part(&self, (x, y): (usize, usize), bytes: usize, height: usize) -> Self {
        Source {
            rows: self.rows.part((x, y), bytes, height),
            memory: PhantomData,
        }
    }

    /// The same bytes as samples of type `U`.
    pub(crate) fn cast<U: AnyBitPattern>(&self) -> Source<'a, U> {
        Source {
            rows: self.rows.cast::<U>(),
            memory: PhantomData,
        }
    }
}
