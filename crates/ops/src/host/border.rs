//! The borders of stencils, mostly reflect-101 (`gfedcb|abcdefgh|gfedcba`), and halos.

use pixelflume_kernels::args::WarpOutside;
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

/// The index inside `0..length` that a border which is not constant reads for `index`. Sides are at most 65536, so that no number
/// overflows.
pub(crate) fn inside_of(index: i32, length: i32, outside: u32) -> i32 {
    if (0..length).contains(&index) {
        return index;
    }
    let mirrored = |period: i32, repeated: i32| {
        let folded = index.rem_euclid(period);
        folded.min(period - repeated - folded)
    };
    match outside {
        WarpOutside::REFLECT => mirrored(2 * length, 1),
        WarpOutside::REFLECT_101 if length > 1 => mirrored(2 * length - 2, 0),
        WarpOutside::WRAP => index.rem_euclid(length),
        _ => index.clamp(0, length - 1),
    }
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

/// Fills the `before` pixels in front of a row and the `behind` pixels after it as a border has them: a number of [`WarpOutside`],
/// of which `CONSTANT` is zero. The row has `width` pixels and begins at pixel `before` of `padded`.
pub(crate) fn pad_outside<T: Copy + Default>(
    padded: &mut [T],
    (width, channels): (usize, usize),
    [before, behind]: [usize; 2],
    outside: u32,
) {
    let end = before + width;
    for i in (0..before).chain(end..end + behind) {
        let to = i * channels;
        if outside == WarpOutside::CONSTANT {
            padded[to..to + channels].fill(T::default());
        } else {
            let index = i as i32 - before as i32;
            let from = (before + inside_of(index, width as i32, outside) as usize) * channels;
            padded.copy_within(from..from + channels, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_any_number_of_pixels_on_either_side() {
        let padded = |outside| {
            let mut row = [9, 9, 1, 2, 3, 4, 9, 9, 9, 9];
            pad_outside(&mut row, (2, 2), [1, 2], outside);
            row
        };
        assert_eq!(
            padded(WarpOutside::CONSTANT),
            [0, 0, 1, 2, 3, 4, 0, 0, 0, 0]
        );
        assert_eq!(
            padded(WarpOutside::REPLICATE),
            [1, 2, 1, 2, 3, 4, 3, 4, 3, 4]
        );
        assert_eq!(padded(WarpOutside::REFLECT), [1, 2, 1, 2, 3, 4, 3, 4, 1, 2]);
        assert_eq!(
            padded(WarpOutside::REFLECT_101),
            [3, 4, 1, 2, 3, 4, 1, 2, 3, 4]
        );
        assert_eq!(padded(WarpOutside::WRAP), [3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
    }

    #[test]
    fn borders_are_those_of_their_pictures() {
        let text = |outside, length| -> String {
            let at = |index| char::from(b"abcdefgh"[inside_of(index, length, outside) as usize]);
            (-7..length + 7).map(at).collect()
        };
        assert_eq!(text(WarpOutside::REPLICATE, 8), "aaaaaaaabcdefghhhhhhhh");
        assert_eq!(text(WarpOutside::REFLECT, 8), "gfedcbaabcdefghhgfedcb");
        assert_eq!(text(WarpOutside::REFLECT_101, 8), "hgfedcbabcdefghgfedcba");
        assert_eq!(text(WarpOutside::WRAP, 8), "bcdefghabcdefghabcdefg");
        assert_eq!(text(WarpOutside::REFLECT, 2), "bbaabbaabbaabbaa");
        assert_eq!(text(WarpOutside::REFLECT_101, 2), "babababababababa");
        for outside in [
            WarpOutside::REPLICATE,
            WarpOutside::REFLECT,
            WarpOutside::REFLECT_101,
            WarpOutside::WRAP,
        ] {
            assert_eq!(text(outside, 1), "a".repeat(15));
            for index in [i32::MIN, i32::MIN + 1, i32::MAX] {
                for length in [1, 2, 3, 65_536] {
                    assert!((0..length).contains(&inside_of(index, length, outside)));
                }
            }
        }
    }

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
                        let inside = |outside| inside_of(y as i32, height as i32, outside) as usize;
                        assert!(rows.contains(&reflect(y, height)));
                        assert!(rows.contains(&inside(WarpOutside::REFLECT)));
                        assert!(rows.contains(&inside(WarpOutside::REPLICATE)));
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
