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

use crate::image::ImageParam;
use bytemuck::{AnyBitPattern, NoUninit};
use pixelflume_device::{Address, Workers};
use std::marker::PhantomData;
use std::ops::Range;

/// Strips per worker: more than one, so that the others do not wait long for a worker that starts late.
const STRIPS_PER_WORKER: usize = 4;

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
    /// The rows that are in memory, `first..end`: all rows, except in a buffer.
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

    fn address(&self, frame: usize, y: usize) -> Address {
        assert!(
            frame < self.batch && (self.first..self.end).contains(&y),
            "row {y} of frame {frame} is not in the image or buffer"
        );
        let row = y - self.first;
        Address::new((self.base + frame * self.batch_stride + row * self.row_pitch) as u64)
    }
}

/// Consecutive rows of one image in a buffer, and how they lie in it.
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

    /// The same bytes as samples of type `U`.
    pub(crate) fn cast<U: AnyBitPattern>(&self) -> Source<'a, U> {
        Source {
            rows: self.rows.cast::<U>(),
            memory: PhantomData,
        }
    }
}

/// Consecutive rows of one image, to which the owner of the strip has exclusive access.
pub(crate) struct Strip<'a, T> {
    target: Rows,
    frame: usize,
    rows: Range<usize>,
    memory: PhantomData<&'a mut [T]>,
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

/// Consecutive rows of one image in each of its planes, to which the owner of the band has exclusive access.
pub(crate) struct Band<'a, T> {
    target: Rows,
    /// Rows of a plane.
    height: usize,
    planes: usize,
    frame: usize,
    rows: Range<usize>,
    memory: PhantomData<&'a mut [T]>,
}

impl<T: NoUninit + AnyBitPattern> Band<'_, T> {
    /// The number of the image in its batch, from 0.
    pub(crate) fn frame(&self) -> usize {
        self.frame
    }

    /// The rows of the band, at least one, counted from the top of each plane.
    pub(crate) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// These rows of the band in one of the planes.
    ///
    /// # Panics
    /// When they are not rows of the band, or there is no such plane.
    pub(crate) fn strip(&mut self, plane: usize, rows: Range<usize>) -> Strip<'_, T> {
        let inside = self.rows.start <= rows.start && rows.end <= self.rows.end;
        assert!(
            inside && !rows.is_empty() && plane < self.planes,
            "rows {rows:?} of plane {plane} are not in the band {:?}",
            self.rows
        );
        let top = plane * self.height;
        Strip {
            target: self.target,
            frame: self.frame,
            rows: top + rows.start..top + rows.end,
            memory: PhantomData,
        }
    }
}

/// Splits each image of `target` into bands of at least `least_rows` rows and calls `f` with each band, on all workers. The rows of
/// an image are the rows of `planes` planes, one after the other. With one worker each image is one band.
///
/// # Panics
/// When the number of rows is no multiple of `planes`.
///
/// # Safety
/// `target` has passed `check_memory` with samples of type `T`. Until the call returns, all its rows are valid, and nothing else
/// reads or writes them.
pub(crate) unsafe fn for_each_band<T: NoUninit + AnyBitPattern>(
    workers: &Workers<'_>,
    target: &ImageParam,
    planes: usize,
    least_rows: usize,
    f: impl Fn(&mut Band<'_, T>) + Sync,
) {
    let target = Rows::of(target);
    assert!(
        target.height.is_multiple_of(planes),
        "{} rows are not those of {planes} planes",
        target.height
    );
    let height = target.height / planes;
    let per_frame = strips_per_frame(workers.count(), target.batch, height, least_rows);
    workers.for_each(target.batch * per_frame, &|index| {
        let part = index % per_frame;
        f(&mut Band {
            target,
            height,
            planes,
            frame: index / per_frame,
            // Part i ends where part i + 1 begins, so that no row is in two parts. Planes and frames have no common rows.
            rows: part * height / per_frame..(part + 1) * height / per_frame,
            memory: PhantomData,
        });
    });
}

/// Splits `target` into strips of at least `least_rows` rows and calls `f` with each strip; see [`for_each_band`].
///
/// # Safety
/// As for [`for_each_band`].
pub(crate) unsafe fn for_each_strip<T: NoUninit + AnyBitPattern>(
    workers: &Workers<'_>,
    target: &ImageParam,
    least_rows: usize,
    f: impl Fn(&mut Strip<'_, T>) + Sync,
) {
    let each = |band: &mut Band<'_, T>| f(&mut band.strip(0, band.rows()));
    // SAFETY: promised by the caller.
    unsafe { for_each_band(workers, target, 1, least_rows, each) }
}

/// The number of bands of each image: at least 1, at most its rows.
fn strips_per_frame(workers: usize, batch: usize, height: usize, least_rows: usize) -> usize {
    if workers == 1 {
        return 1;
    }
    let wanted = (workers * STRIPS_PER_WORKER).div_ceil(batch);
    wanted.min(height / least_rows.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_have_rows_and_cover_each_frame_once() {
        for workers in [1, 2, 7, 64] {
            for batch in [1, 3, 100] {
                for height in [1, 2, 15, 16, 17, 1080] {
                    let count = strips_per_frame(workers, batch, height, 16);
                    let cut = |part| part * height / count;
                    assert!(count >= 1 && (count == 1 || height / count >= 16));
                    assert!((0..count).all(|part| cut(part) < cut(part + 1)));
                    assert_eq!((cut(0), cut(count)), (0, height));
                }
            }
        }
    }
}
