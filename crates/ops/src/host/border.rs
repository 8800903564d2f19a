//! The borders of stencils: reflect-101 (`gfedcb|abcdefgh|gfedcba`) and halos.

use std::ops::Range;

/// The index inside `0..len` to which reflect-101 maps `index`, reflected as often as needed; 0 where `len` is 1.
pub(crate) fn reflect(index: isize, len: usize) -> usize {
    debug_assert!(len > 0, "there is no sample to reflect to");
    if len == 1 {
        return 0;
    }
    let last = len as isize - 1;
    let folded = index.rem_euclid(2 * last);
    folded.min(2 * last - folded) as usize
}

/// The rows of an image of `height` rows that a stencil with `radius` rows of halo reads for the output rows `rows`. Rows that
/// the border mode reads in place of rows outside the image (reflected or replicated) are among them.
pub(crate) fn around(rows: Range<usize>, radius: usize, height: usize) -> Range<usize> {
    rows.start.saturating_sub(radius)..(rows.end + radius).min(height)
}

/// Fills the `radius` pixels on either side of a row by reflect-101. The row has `width` pixels and begins at pixel `radius` of
/// `padded`.
pub(crate) fn pad_row<T: Copy>(padded: &mut [T], width: usize, channels: usize, radius: usize) {
    let mut copy = |from: usize, to: usize| {
        let from = (radius + from) * channels;
        padded.copy_within(from..from + channels, to * channels);
    };
    for i in 1..=radius {
        copy(reflect(-(i as isize), width), radius - i);
        copy(
            reflect((width - 1 + i) as isize, width),
            radius + width - 1 + i,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reflects_as_the_reference() {
        for len in 1..40 {
            for index in -100..140 {
                assert_eq!(reflect(index, len), crate::oracle::reflect_101(index, len));
            }
        }
    }

    #[test]
    fn what_is_reflected_is_around() {
        for height in 1..12 {
            for (start, end) in (0..height).flat_map(|s| (s + 1..=height).map(move |e| (s, e))) {
                for radius in 0..15 {
                    let rows = around(start..end, radius, height);
                    for y in start as isize - radius as isize..(end + radius) as isize {
                        let (mirrored, repeated) =
                            (reflect(y, height), y.clamp(0, height as isize - 1) as usize);
                        assert!(rows.contains(&mirrored) && rows.contains(&repeated));
                    }
                }
            }
        }
    }

    #[test]
    fn pads_pixels_not_samples() {
        let mut padded = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0];
        pad_row(&mut padded, 3, 2, 2);
        assert_eq!(padded, [5, 6, 3, 4, 1, 2, 3, 4, 5, 6, 3, 4, 1, 2]);
    }
}
