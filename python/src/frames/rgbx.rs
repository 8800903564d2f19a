//! Copies of three of each four bytes, as Pillow stores RGB.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x16};
use std::mem::MaybeUninit;
use std::sync::LazyLock;

/// The instructions of this processor.
static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);

/// The pixels that are copied at a time: four vectors of the source, and three of the copy.
const PIXELS: usize = 16;

/// For each vector of the copy its bytes' places in the two vectors of the source that it begins in.
const PLACES: [[u8; 16]; 3] = {
    let mut places = [[0; 16]; 3];
    let mut byte = 0;
    while byte < 3 * PIXELS {
        let source = byte / 3 * 4 + byte % 3;
        places[byte / 16][byte % 16] = (source - byte / 16 * 16) as u8;
        byte += 1;
    }
    places
};

/// Writes the first three of each four bytes of `row`, which ends with the third byte of its last pixel. `target` has three bytes for
/// each pixel.
pub(super) fn pack(row: &[u8], target: &mut [MaybeUninit<u8>]) {
    dispatch!(*LEVEL, simd => pack_with(simd, row, target));
}

#[inline(always)]
fn pack_with<S: Simd>(simd: S, row: &[u8], target: &mut [MaybeUninit<u8>]) {
    // The last pixels of a row are left for the end: behind the third byte of the last one there may be no memory.
    let (sources, last) = row.as_chunks::<{ 4 * PIXELS }>();
    let (targets, rest) = target.split_at_mut(3 * PIXELS * sources.len());
    let (targets, _) = targets.as_chunks_mut::<{ 3 * PIXELS }>();
    let places = PLACES.map(|places| u8x16::from_slice(simd, &places));
    for (source, target) in sources.iter().zip(targets) {
        let (vectors, _) = source.as_chunks::<16>();
        let (parts, _) = target.as_chunks_mut::<16>();
        for (index, (part, places)) in parts.iter_mut().zip(places).enumerate() {
            let first = u8x16::from_slice(simd, &vectors[index]);
            let second = u8x16::from_slice(simd, &vectors[index + 1]);
            let bytes: [u8; 16] = first.concat_swizzle_dyn(second, places).into();
            part.write_copy_of_slice(&bytes);
        }
    }
    let (pixels, _) = rest.as_chunks_mut::<3>();
    for (pixel, source) in pixels.iter_mut().zip(last.chunks(4)) {
        pixel.write_copy_of_slice(&source[..3]);
    }
}
