//! Strips: the rows that one worker writes.

use super::{BufferedRows, Rows};
use bytemuck::{AnyBitPattern, NoUninit};
use pixelflume_device::Address;
use std::marker::PhantomData;
use std::ops::Range;

/// Consecutive rows of one image, to which the owner of the strip has exclusive access.
pub(crate) struct Strip<'a, T> {
    pub(super) target: Rows,
    pub(super) frame: usize,
    pub(super) rows: Range<usize>,
    pub(super) memory: PhantomData<&'a mut [T]>,
}

impl<T: NoUninit + AnyBitPattern> Strip<'_, T> {
    /// The same rows, while they are not used through `self`.
    pub(crate) fn reborrow(&mut self) -> Strip<'_, T> {
        Strip {
            rows: self.rows.clone(),
            ..*self
        }
    }

    /// The number of the image in its batch, from 0.
    pub(crate) fn frame(&self) -> usize {
        self.frame
    }

    /// The rows of the strip, at least one.
    pub(crate) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// The samples of row `y`, which must be one of [`Strip::rows`].
    pub(crate) fn row(&mut self, y: usize) -> &mut [T] {
        assert!(
            self.rows.contains(&y),
            "row {y} is not in the strip {:?}",
            self.rows
        );
        let row = self.target.address(self.frame, y).as_ptr::<T>();
        // SAFETY: the row lies inside the span that `check_memory` computed, or the slice of the buffer, valid (as
        // `for_each_band` was promised) and aligned as for `Source::row`. It is exclusive: rows of one launch or buffer do
        // not overlap (the pitch is at least a row, the stride at least a frame), `for_each_band` gives each row to one
        // band, a band and a strip give theirs out once at a time (`&mut self`), the slice of a buffer is borrowed for
        // this strip alone, and nothing else touches the memory of a launch meanwhile. T has no padding and takes any bit
        // pattern.
        unsafe { std::slice::from_raw_parts_mut(row, self.target.samples) }
    }

    /// The part of the strip inside a rectangle of the image, as a strip of an image that is the rectangle; `None` where no row
    /// of the strip is in the rectangle. The rectangle begins at sample `left` of row `top` and has `height` rows of `samples`
    /// samples.
    ///
    /// # Panics
    /// When the rectangle is wider than the image.
    pub(crate) fn rectangle(
        &mut self,
        (left, top): (usize, usize),
        (samples, height): (usize, usize),
    ) -> Option<Strip<'_, T>> {
        assert!(
            left + samples <= self.target.samples,
            "samples {left} to {} are not in rows of {}",
            left + samples,
            self.target.samples
        );
        let first = self.rows.start.max(top);
        let end = self.rows.end.min(top + height);
        if first >= end {
            return None;
        }
        // The rows are parts of rows of this strip: memory that `row` would return as well, with other row numbers.
        let base = self.target.address(0, first).raw() as usize + left * size_of::<T>();
        Some(Strip {
            target: Rows {
                base,
                samples,
                height,
                first: first - top,
                end: end - top,
                ..self.target
            },
            frame: self.frame,
            rows: first - top..end - top,
            memory: PhantomData,
        })
    }

    /// Copies row `from` of the strip to its row `to`.
    pub(crate) fn copy_row(&mut self, from: usize, to: usize) {
        assert!(
            self.rows.contains(&from) && self.rows.contains(&to),
            "rows {from} and {to} are not both in the strip {:?}",
            self.rows
        );
        let source = self.target.address(self.frame, from).as_ptr::<T>();
        let target = self.target.address(self.frame, to).as_ptr::<T>();
        // SAFETY: both rows are exclusive to this strip as shown in `row`, and `copy` allows them to be the same.
        unsafe { std::ptr::copy(source, target, self.target.samples) }
    }
}

impl<'a> Strip<'a, u8> {
    /// All rows of the buffer `memory`, as rows of bytes.
    pub(crate) fn buffered(memory: &'a mut [u8], buffer: &BufferedRows) -> Self {
        let base = Address::from_ptr(memory.as_mut_ptr());
        Strip {
            target: Rows::buffered(buffer, base, memory.len()),
            frame: buffer.frame,
            rows: buffer.rows.clone(),
            memory: PhantomData,
        }
    }

    /// The same bytes as samples of type `U`, while they are not used through `self`.
    pub(crate) fn cast<U: NoUninit + AnyBitPattern>(&mut self) -> Strip<'_, U> {
        Strip {
            target: self.target.cast::<U>(),
            frame: self.frame,
            rows: self.rows.clone(),
            memory: PhantomData,
        }
    }
}
