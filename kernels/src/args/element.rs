//! The argument struct of `element.cu`.

use super::ImageParam;
use super::layout::{Argument, Constant, Constants, Field, Kind, Layout, arguments, constants};

arguments! {
    /// Arguments of `erode_element` and `dilate_element`: `src` and `dst` have 1, 3 or 4 channels and must not overlap.
    ElementArgs in "element" {
        /// The images read.
        src: ImageParam,
        /// The images written.
        dst: ImageParam,
        /// Address of the columns of the window that count: of each row the first one, and the one behind the last. 0 where all count.
        runs: u64,
        /// Columns of the window.
        width: u32,
        /// Rows of the window.
        height: u32,
        /// Column of the window that lies on the pixel which is computed.
        anchor_x: u32,
        /// Row of the window that lies on this pixel.
        anchor_y: u32,
        /// What is outside the image: a number of `ElementOutside`.
        outside: u32,
        /// One sample for each channel, of a constant outside.
        value: [u8; 4],
    }
}

constants! {
    /// What the pixels outside the image are; `ElementArgs::outside`.
    ElementOutside in "element" {
        /// Nothing that counts.
        IGNORED = 0,
        /// `value`.
        CONSTANT = 1,
        /// The nearest pixel of the image.
        REPLICATE = 2,
        /// The image mirrored, with its border pixels repeated.
        REFLECT = 3,
        /// The image mirrored at its border pixels.
        REFLECT_101 = 4,
    }
}
