//! Copies of arrays with strides of any kind into interleaved images without gaps.
#![expect(unsafe_code, reason = "reads arrays of other libraries by address")]

use crate::frames::array::Array;
use crate::frames::axes::{Axis, ImageAxes};
use crate::frames::copies::CopyBytes;
use crate::frames::error::Problem;
use crate::frames::rgbx;
use std::mem::MaybeUninit;

/// Copies the images of an array.
///
/// # Errors
/// There is no memory for the copy.
///
/// # Safety
/// There is initialized memory at the address of each sample, and between the samples of each row, and nobody writes to it.
pub(super) unsafe fn interleaved(array: &Array) -> Result<CopyBytes, Problem> {
    let bytes = array.tight()?.end()?;
    let ImageAxes { images, rows, .. } = array.axes;
    let row_bytes = array.shape().row_bytes();
    let mut copy = CopyBytes::with_room(bytes).map_err(|_| Problem::OutOfMemory {
        bytes,
        shape: array.axes.extents(),
    })?;
    let data = copy.vector();
    // Zeros would cost a third of the time of the copy.
    let room = &mut data.spare_capacity_mut()[..bytes];
    let mut written = 0;
    let mut targets = room.chunks_exact_mut(row_bytes);
    for image in 0..images.extent {
        let image = at(array.first, images, image);
        for (row, target) in (0..rows.extent).zip(&mut targets) {
            let row = at(image, rows, row);
            // SAFETY: the row's samples are samples of the array, and `target` has room for one row.
            unsafe { copy_row(row, array, target) };
            written += row_bytes;
        }
    }
    // SAFETY: so many bytes from the first on are written: the rows follow one another in the room, and `copy_row` writes all of each.
    unsafe { data.set_len(written) };
    Ok(copy)
}

/// The address of an index of an axis.
fn at(base: *const u8, axis: Axis, index: u32) -> *const u8 {
    // Where there is memory, the product is the distance between two addresses of it.
    base.wrapping_offset((axis.stride as isize).wrapping_mul(index as isize))
}

/// Copies one row of pixels.
///
/// # Safety
/// There is initialized memory at the address of each sample of the row and between them, and `target` has exactly the bytes of a
/// row. All of it is written.
unsafe fn copy_row(row: *const u8, array: &Array, target: &mut [MaybeUninit<u8>]) {
    let ImageAxes {
        columns, channels, ..
    } = array.axes;
    let size = array.sample.bytes() as i64;
    let is_interleaved = channels.extent == 1 || channels.stride == size;
    let pixel = size * i64::from(channels.extent);
    if is_interleaved && (columns.extent == 1 || columns.stride == pixel) {
        // SAFETY: the samples of the row follow each other, and `target` has as many bytes; it is memory of its own.
        unsafe { std::ptr::copy_nonoverlapping(row, target.as_mut_ptr().cast(), target.len()) };
        return;
    }
    // SAFETY: as the caller promises, for the size of a sample; of samples of one byte whose columns are 4 bytes apart and whose
    // channels follow each other, the fourth byte of all pixels but the last is between samples of the row.
    unsafe {
        match (array.sample.bytes(), channels.extent) {
            (1, 3) if columns.stride == 4 && channels.stride == 1 => {
                let bytes = 4 * columns.extent as usize - 1;
                rgbx::pack(std::slice::from_raw_parts(row, bytes), target);
            }
            (1, 3) => copy_pixels::<1, 3>(row, columns, channels, target),
            (1, _) => copy_samples::<1>(row, columns, channels, target),
            (2, _) => copy_samples::<2>(row, columns, channels, target),
            _ => copy_samples::<4>(row, columns, channels, target),
        }
    }
}

/// Copies a row of pixels of `CHANNELS` samples of `SIZE` bytes.
///
/// # Safety
/// There is memory at the address of each sample of the row.
unsafe fn copy_pixels<const SIZE: usize, const CHANNELS: usize>(
    row: *const u8,
    columns: Axis,
    channels: Axis,
    target: &mut [MaybeUninit<u8>],
) {
    let (samples, _) = target.as_chunks_mut::<SIZE>();
    let (pixels, _) = samples.as_chunks_mut::<CHANNELS>();
    for (column, pixel) in (0..columns.extent).zip(pixels) {
        let source = at(row, columns, column);
        for (channel, sample) in (0u32..).zip(pixel) {
            // SAFETY: this is the address of a sample, of bytes without an alignment.
            let bytes = unsafe { at(source, channels, channel).cast::<[u8; SIZE]>().read() };
            sample.write_copy_of_slice(&bytes);
        }
    }
}

/// Copies a row of pixels of any number of samples of `SIZE` bytes.
///
/// # Safety
/// There is memory at the address of each sample of the row.
unsafe fn copy_samples<const SIZE: usize>(
    row: *const u8,
    columns: Axis,
    channels: Axis,
    target: &mut [MaybeUninit<u8>],
) {
    let (samples, _) = target.as_chunks_mut::<SIZE>();
    let pixels = samples.chunks_exact_mut(channels.extent as usize);
    for (column, pixel) in (0..columns.extent).zip(pixels) {
        let source = at(row, columns, column);
        for (channel, sample) in (0..channels.extent).zip(pixel) {
            // SAFETY: as in `copy_pixels`.
            let bytes = unsafe { at(source, channels, channel).cast::<[u8; SIZE]>().read() };
            sample.write_copy_of_slice(&bytes);
        }
    }
}
