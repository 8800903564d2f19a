//! The geometry of an encoded image: its components, their blocks, and its MCUs.

use crate::encode::options::{EncodeOptions, Source};

/// The samples of a block in a row or a column.
pub(super) const SIDE: usize = 8;

/// The most components.
pub(super) const COMPONENTS: usize = 3;

/// Rows of samples are stored in whole vectors of so many.
const VECTOR: usize = 32;

/// One component: luma, or one of the two color components.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    /// Blocks of the component in an MCU: columns and rows.
    pub(super) h: usize,
    pub(super) v: usize,
    /// Blocks that hold samples of the image: columns and rows. An MCU at the border may have more.
    pub(super) blocks_x: usize,
    pub(super) blocks_y: usize,
    /// The quantization and Huffman tables: 0 for luma, 1 for color.
    pub(super) table: usize,
    /// The samples of a stored row.
    pub(super) stride: usize,
}

/// The geometry of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    components: [Component; COMPONENTS],
    count: usize,
    /// The sampling factors of the luma, the largest ones.
    pub(super) h: usize,
    pub(super) v: usize,
    /// MCUs: columns and rows.
    pub(super) mcus_x: usize,
    pub(super) mcus_y: usize,
}

impl Layout {
    pub(super) fn of(source: &Source<'_>, options: &EncodeOptions) -> Self {
        let (width, height) = (source.width as usize, source.height as usize);
        let (count, (h, v)) = match source.channels {
            1 => (1, (1, 1)),
            _ => (COMPONENTS, options.subsampling.factors()),
        };
        let (h, v) = (usize::from(h), usize::from(v));
        let (mcus_x, mcus_y) = (width.div_ceil(SIDE * h), height.div_ceil(SIDE * v));
        // A color sample is the mean of whole vectors of luma samples.
        let color_stride = (mcus_x * SIDE).next_multiple_of(VECTOR);
        let luma = Component {
            h,
            v,
            blocks_x: width.div_ceil(SIDE),
            blocks_y: height.div_ceil(SIDE),
            table: 0,
            stride: color_stride * h,
        };
        let color = Component {
            h: 1,
            v: 1,
            blocks_x: mcus_x,
            blocks_y: mcus_y,
            table: 1,
            stride: color_stride,
        };
        Layout {
            components: [luma, color, color],
            count,
            h,
            v,
            mcus_x,
            mcus_y,
        }
    }

    /// The components in their order.
    pub(super) fn components(&self) -> &[Component] {
        &self.components[..self.count]
    }
}

impl Component {
    /// The blocks of a row of MCUs in a row of blocks, those beyond the image among them.
    pub(super) fn stored_x(&self, layout: &Layout) -> usize {
        layout.mcus_x * self.h
    }
}
