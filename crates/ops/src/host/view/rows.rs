//! Rows of the images of a launch. All unsafe code of the executors is here.
//!
//! Why it is sound: [`Launch`](pixelflume_device::Launch) says that whoever enqueues a launch keeps the memory behind its
//! arguments alive, and orders other work on it, until the launch is done; kernels trust their arguments. A view is
//! made from the arguments inside [`HostKernel::run`](pixelflume_device::HostKernel::run) and borrows them, so it cannot
//! outlive the launch. Everything that can be checked is checked before: that rows and frames do not overlap each other,
//! that input and output do not, that samples are aligned, and that every row lies inside the span that the shape, pitch
//! and stride describe.
#![expect(
    unsafe_code,
    reason = "launches carry addresses; this module turns them into slices"
)]

use crate::ImageParam;
use bytemuck::{AnyBitPattern, NoUninit};
use pixelflume_device::{Address, Workers};
use std::marker::PhantomData;
use std::ops::Range;

/// Strips for each worker, so that one that starts late does not keep the others waiting.
const STRIPS_PER_WORKER: usize = 4;

/// Where the rows of a checked image are.
#[derive(Copy, Clone)]
struct Rows {
    base: usize,
    row_pitch: usize,
    batch_stride: usize,
    /// Samples of a row.
    samples: usize,
    height: usize,
    batch: usize,
}

impl Rows {
    /// `image` has passed [`span`], so the conversions lose nothing and the arithmetic below cannot overflow.
    fn of(image: &ImageParam) -> Self {
        Rows {
            base: image.base as usize,
            row_pitch: image.row_pitch as usize,
            batch_stride: image.batch_stride as usize,
            samples: image.width as usize * image.channels as usize,
            height: image.height as usize,
            batch: image.batch as usize,
        }
    }

    fn address(&self, frame: usize, y: usize) -> Address {
        assert!(
            frame < self.batch && y < self.height,
            "row {y} of frame {frame} is not in the image"
        );
        Address::new((self.base + frame * self.batch_stride + y * self.row_pitch) as u64)
    }
}

/// The images that a launch reads.
pub(crate) struct Source<'a, T> {
    rows: Rows,
    memory: PhantomData<&'a [T]>,
}

impl<'a, T: AnyBitPattern> Source<'a, T> {
    /// `image` stands in the arguments of a running launch and has passed `check_memory` with samples of type `T`.
    pub(in crate::host) fn of(image: &'a ImageParam) -> Self {
        Source {
            rows: Rows::of(image),
            memory: PhantomData,
        }
    }

    /// Rows of an image.
    pub(crate) fn height(&self) -> usize {
        self.rows.height
    }

    /// The samples of row `y` of image `frame`, all channels of a pixel side by side.
    pub(crate) fn row(&self, frame: usize, y: usize) -> &'a [T] {
        let row = self.rows.address(frame, y).as_ptr::<T>();
        // SAFETY: `address` checked frame and y, so the row lies inside the span that `check_memory` computed, which
        // the launch contract keeps alive for 'a (the arguments are borrowed as long). Nothing writes to it: other work
        // is ordered around the launch, and the output of this launch does not overlap it. Base, pitch and stride are
        // multiples of the sample size, and every bit pattern is a T.
        unsafe { std::slice::from_raw_parts(row, self.rows.samples) }
    }
}

/// Consecutive rows of one image that only its holder writes.
pub(crate) struct Strip<'a, T> {
    target: Rows,
    frame: usize,
    rows: Range<usize>,
    memory: PhantomData<&'a mut [T]>,
}

impl<T: NoUninit + AnyBitPattern> Strip<'_, T> {
    /// The same rows, for as long as they are not used through `self`.
    pub(in crate::host) fn reborrow(&mut self) -> Strip<'_, T> {
        Strip {
            rows: self.rows.clone(),
            ..*self
        }
    }

    /// Number of the image in the batch.
    pub(crate) fn frame(&self) -> usize {
        self.frame
    }

    /// The rows of the strip; it has at least one.
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
        // SAFETY: the row lies inside the span that `check_memory` computed, alive and aligned as for `Source::row`. It
        // is exclusive: rows of one launch do not overlap (the pitch is at least a row, the stride at least a frame),
        // `for_each_strip` gives each row to one strip, `&mut self` gives it out once at a time, and other work on the
        // memory is ordered around the launch. T has no padding and takes any bit pattern.
        unsafe { std::slice::from_raw_parts_mut(row, self.target.samples) }
    }

    /// Copies row `from` of the strip to row `to` of it.
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

/// Cuts `target` into strips of at least `least_rows` rows and calls `f` with each, spread over the workers.
///
/// `target` stands in the arguments of a running launch and has passed `check_memory` with samples of type `T`. With
/// one worker each image is one strip.
pub(in crate::host) fn for_each_strip<T: NoUninit + AnyBitPattern>(
    workers: &Workers<'_>,
    target: &ImageParam,
    least_rows: usize,
    f: impl Fn(&mut Strip<'_, T>) + Sync,
) {
    let target = Rows::of(target);
    let per_frame = strips_per_frame(workers.count(), target.batch, target.height, least_rows);
    workers.for_each(target.batch * per_frame, &|index| {
        let part = index % per_frame;
        f(&mut Strip {
            target,
            frame: index / per_frame,
            // Part i ends where part i + 1 begins, so that no row is in two of them; frames have no rows in common.
            rows: part * target.height / per_frame..(part + 1) * target.height / per_frame,
            memory: PhantomData,
        });
    });
}

/// Into how many strips each image is cut: at least 1, at most its rows.
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
