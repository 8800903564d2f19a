//! Rows of the images of a launch: the only module in which host executors turn addresses into slices.
//!
//! Why this is sound: the caller of [`HostKernel::run`](pixelflume_device::HostKernel::run) promises that the memory behind the
//! arguments is valid, and that other work on this memory is ordered, until the call returns. A view of the memory is made from
//! the arguments within the call, by an unsafe function that requires that promise. The view borrows the arguments, so that it
//! cannot outlive the call. Everything that can be checked is checked before: that rows and frames do not overlap each other,
//! that the input and the output do not, that samples are aligned, and that every row lies inside the span that shape, pitch and
//! stride describe.
//!
//! A buffer holds some rows of an image in memory that is borrowed as a slice. [`Source::buffered`] and [`Strip::buffered`] check
//! that the rows fit into it; their views borrow the slice.
#![expect(
    unsafe_code,
    reason = "launches carry addresses; this module turns them into slices"
)]

mod band;
mod source;
mod strip;

pub(crate) use band::{Band, for_each_band, for_each_strip};
pub(crate) use source::Source;
pub(crate) use strip::Strip;

use crate::image::ImageParam;
use pixelflume_device::Address;
use std::ops::Range;

/// The addresses of the rows of an image whose memory was checked.
#[derive(Copy, Clone)]
struct Rows {
    /// Address of row `first` of frame 0.
    base: usize,
    row_pitch: usize,
    batch_stride: usize,
    /// Samples of a row.
    samples: usize,
    /// Rows of an image.
    height: usize,
    batch: usize,
    /// The rows in memory, `first..end`: all rows, except in a buffer.
    first: usize,
    end: usize,
}

impl Rows {
    /// The rows of an image that has passed `check_memory`, so that the conversions lose nothing and the arithmetic below cannot
    /// overflow.
    fn of(image: &ImageParam) -> Self {
        Rows {
            base: image.base as usize,
            row_pitch: image.row_pitch as usize,
            batch_stride: image.batch_stride as usize,
            samples: image.width as usize * image.channels as usize,
            height: image.height as usize,
            batch: image.batch as usize,
            first: 0,
            end: image.height as usize,
        }
    }

    /// The rows of a buffer of `bytes` bytes at `base`.
    ///
    /// # Panics
    /// When the rows are not in the image, overlap, or do not fit.
    fn buffered(buffer: &BufferedRows, base: Address, bytes: usize) -> Self {
        let BufferedRows { rows, .. } = buffer;
        assert!(
            rows.start <= rows.end && rows.end <= buffer.height,
            "rows {rows:?} are not in an image of {} rows",
            buffer.height
        );
        assert!(
            buffer.row_bytes <= buffer.pitch
                && rows
                    .len()
                    .checked_mul(buffer.pitch)
                    .is_some_and(|end| end <= bytes),
            "{} rows of {} bytes, {} apart, do not fit into {bytes} bytes",
            rows.len(),
            buffer.row_bytes,
            buffer.pitch
        );
        Rows {
            base: base.raw() as usize,
            row_pitch: buffer.pitch,
            // The buffer holds one frame, whatever its number.
            batch_stride: 0,
            samples: buffer.row_bytes,
            height: buffer.height,
            batch: buffer.frame + 1,
            first: rows.start,
            end: rows.end,
        }
    }

    /// The same rows of bytes as rows of samples of type `U`.
    ///
    /// # Panics
    /// When the rows are no whole samples, or not aligned for them.
    fn cast<U>(self) -> Self {
        let (size, align) = (size_of::<U>(), align_of::<U>());
        let starts = [self.base, self.row_pitch, self.batch_stride];
        assert!(
            self.samples.is_multiple_of(size) && starts.iter().all(|s| s.is_multiple_of(align)),
            "rows of {} bytes, {} apart, are no samples of {size} bytes",
            self.samples,
            self.row_pitch
        );
        let samples = self.samples / size;
        Rows { samples, ..self }
    }

    /// The part of rows of bytes that begins at row `y` and at byte `x` of each row, with `samples` bytes of each of `height` rows.
    ///
    /// # Panics
    /// When the rows have no such part.
    fn part(self, (x, y): (usize, usize), samples: usize, height: usize) -> Self {
        assert!(
            x <= self.samples && samples <= self.samples - x,
            "{samples} bytes from byte {x} on are not in rows of {} bytes",
            self.samples
        );
        assert!(
            y <= self.height && height <= self.height - y,
            "{height} rows from row {y} on are not in an image of {} rows",
            self.height
        );
        // Rows of a buffer above the part are left out.
        let above = y.saturating_sub(self.first).min(self.end - self.first);
        Rows {
            base: self.base + x + above * self.row_pitch,
            samples,
            height,
            first: (self.first + above).saturating_sub(y),
            end: self.end.min(y + height).saturating_sub(y),
            ..self
        }
    }

    fn address(&self, frame: usize, y: usize) -> Address {
        assert!(
            frame < self.batch && (self.first..self.end).contains(&y),
            "row {y} of frame {frame} is not in the image or buffer"
        );
        let row = y - self.first;
        Address::new((self.base + frame * self.batch_stride + row * self.row_pitch) as u64)
    }
}

/// Consecutive rows of one image in a buffer, with their layout.
#[derive(Clone, Debug)]
pub(crate) struct BufferedRows {
    /// Number of the image in its batch.
    pub(crate) frame: usize,
    /// The rows that the buffer has.
    pub(crate) rows: Range<usize>,
    /// Rows of the image.
    pub(crate) height: usize,
    /// Bytes of a row.
    pub(crate) row_bytes: usize,
    /// Bytes from a row to the next.
    pub(crate) pitch: usize,
}
