//! The pixels of the source, and those around it.

use crate::host::border::inside_of;
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
