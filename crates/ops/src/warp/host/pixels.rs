//! The pixels of the source, and those around it.

use crate::host::view::Source;
use pixelflume_kernels::args::{WarpArgs, WarpOutside};

/// The pixels of an image, and those that its border has.
pub(super) struct Pixels<'a, const C: usize> {
    source: &'a Source<'a, u8>,
    frame: usize,
    pub(super) width: i32,
    pub(super) height: i32,
    outside: u32,
    pub(super) value: [u8; C],
}

impl<'a, const C: usize> Pixels<'a, C> {
    pub(super) fn new(args: &WarpArgs, source: &'a Source<'a, u8>, frame: usize) -> Self {
        Pixels {
            source,
            frame,
            width: args.src.width as i32,
            height: args.src.height as i32,
            outside: args.outside,
            value: std::array::from_fn(|c| args.value[c]),
        }
    }

    /// The pixels of a row of the image.
    #[inline(always)]
    pub(super) fn row(&self, y: usize) -> &'a [[u8; C]] {
        self.source.row(self.frame, y).as_chunks::<C>().0
    }

    /// The pixel at a column and a row, inside or outside the image.
    #[inline(always)]
    pub(super) fn pixel(&self, x: i32, y: i32) -> [u8; C] {
        if (0..self.width).contains(&x) && (0..self.height).contains(&y) {
            self.row(y as usize)[x as usize]
        } else {
            self.border_pixel(x, y)
        }
    }

    #[inline(never)]
    fn border_pixel(&self, x: i32, y: i32) -> [u8; C] {
        if self.outside == WarpOutside::CONSTANT {
            return self.value;
        }
        let x = inside_of(x, self.width, self.outside);
        let y = inside_of(y, self.height, self.outside);
        self.row(y as usize)[x as usize]
    }
}

/// The index inside `0..length` that a border which is not constant reads for `index`. Sides are at most 65536, so that no number
/// overflows.
fn inside_of(index: i32, length: i32, outside: u32) -> i32 {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
