//! Copies of arrays with strides of any kind into interleaved images without gaps.
#![expect(unsafe_code, reason = "reads arrays of other libraries by address")]

use crate::frames::array::Array;
use crate::frames::axes::{Axis, ImageAxes};
use crate::frames::error::Problem;
use std::mem::MaybeUninit;

/// Copies the images of an array.
///
/// # Errors
/// There is no memory for the copy.
///
/// # Safety
/// There is initialized memory at the address of each sample, and between the samples of each row, and nobody writes to it.
pub(super) unsafe fn interleaved(array: &Array) -> Result<Vec<u8>, Problem> {
    let bytes = array.tight()?.end()?;
    let ImageAxes { images, rows, .. } = array.axes;
    let row_bytes = array.shape().row_bytes();
    let mut data = Vec::new();
    data.try_reserve_exact(bytes)
        .map_err(|_| Problem::OutOfMemory {
            bytes,
            shape: array.axes.extents(),
        })?;
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
    Ok(data)
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
            (1, 3) if columns.stride == 4 && channels.stride == 1 => copy_rgb_of_rgbx(row, target),
            (1, 3) => copy_pixels::<1, 3>(row, columns, channels, target),
            (1, _) => copy_samples::<1>(row, columns, channels, target),
            (2, _) => copy_samples::<2>(row, columns, channels, target),
            _ => copy_samples::<4>(row, columns, channels, target),
        }
    }
}

/// Copies the first three of each four bytes, as Pillow stores RGB.
///
/// # Safety
/// From `row` on there is initialized memory of 4 bytes for each pixel of `target`, but 3 for the last one.
unsafe fn copy_rgb_of_rgbx(row: *const u8, target: &mut [MaybeUninit<u8>]) {
    let (pixels, _) = target.as_chunks_mut::<3>();
    let columns = pixels.len();
    let (fours, rest) = pixels.as_chunks_mut::<4>();
    for (index, four) in fours.iter_mut().enumerate() {
        let at = row.wrapping_add(16 * index).cast::<[u8; 4]>();
        // SAFETY: these are the 4 bytes of three pixels, none of which is the last of the row.
        let [a, b, c] = [0, 1, 2].map(|pixel| unsafe { at.add(pixel).read() });
        // SAFETY: these are the samples of the fourth pixel, which may be the last: there may be no byte behind them.
        let [red, green, blue] = unsafe { at.add(3).cast::<[u8; 3]>().read() };
        let low = |pixel| u32::from_le_bytes(pixel) & 0xff_ffff;
        let (a, b, c, d) = (low(a), low(b), low(c), low([red, green, blue, 0]));
        let words = [a | b << 24, b >> 8 | c << 16, c >> 16 | d << 8];
        four.as_flattened_mut()
            .write_copy_of_slice(words.map(u32::to_le_bytes).as_flattened());
    }
    for (index, pixel) in (columns - rest.len()..columns).zip(rest) {
        // SAFETY: these are the samples of a pixel.
        let samples = unsafe { row.wrapping_add(4 * index).cast::<[u8; 3]>().read() };
        pixel.write_copy_of_slice(&samples);
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
