//! Bands: the rows of all planes that one worker writes, and the split of a batch into bands or strips.

use super::{Rows, Strip};
use crate::image::ImageParam;
use bytemuck::{AnyBitPattern, NoUninit};
use pixelflume_device::Workers;
use std::marker::PhantomData;
use std::ops::Range;

/// Strips per worker: more than one, so that the others do not wait long for a worker that starts late.
const STRIPS_PER_WORKER: usize = 4;

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
