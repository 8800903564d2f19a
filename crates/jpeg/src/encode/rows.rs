//! The samples of one row of MCUs: pixels converted to the planes of the components, and extended to whole blocks.

use crate::encode::color::convert_row;
use crate::encode::downsample::downsample;
use crate::encode::layout::{COMPONENTS, Layout, SIDE};
use crate::encode::options::Source;
use fearless_simd::{Level, dispatch};

/// The planes of one row of MCUs. The memory is kept from image to image.
#[derive(Default)]
pub(super) struct Rows {
    /// Each component's samples: rows of its stride.
    pub(super) planes: [Vec<u8>; COMPONENTS],
    /// Color components of up to two rows of pixels, before they are downsampled: both of the first row, then of the second.
    color: Vec<u8>,
}

impl Rows {
    /// Takes the memory for an image.
    pub(super) fn prepare(&mut self, layout: &Layout) {
        for (plane, component) in self.planes.iter_mut().zip(layout.components()) {
            plane.clear();
            plane.resize(component.stride * component.v * SIDE, 0);
        }
        let luma = layout.components()[0];
        self.color.clear();
        self.color.resize(luma.stride * 2 * layout.v, 0);
    }

    /// Fills the planes with the row `mcu_y` of MCUs.
    ///
    /// Samples beyond the image are those of its last column, and in the groups of rows that a color sample is the mean of, its
    /// last row. Whole groups beyond the image repeat the last row of each plane, so that a color sample is not averaged anew.
    pub(super) fn fill(
        &mut self,
        level: Level,
        source: &Source<'_>,
        layout: &Layout,
        mcu_y: usize,
    ) {
        for group in 0..SIDE {
            let first = (mcu_y * SIDE + group) * layout.v;
            if first >= source.height as usize {
                self.repeat_last(layout, group);
            } else if source.channels == 1 {
                self.gray_row(source.row(first as u32), group, layout);
            } else {
                dispatch!(level, _ => self.color_rows(source, layout, first, group));
            }
        }
    }

    /// Repeats the last row of the group before, in all planes.
    fn repeat_last(&mut self, layout: &Layout, group: usize) {
        for (plane, component) in self.planes.iter_mut().zip(layout.components()) {
            let (stride, first) = (component.stride, group * component.v);
            for row in first..first + component.v {
                plane.copy_within((first - 1) * stride..first * stride, row * stride);
            }
        }
    }

    fn gray_row(&mut self, row: &[u8], group: usize, layout: &Layout) {
        let stride = layout.components()[0].stride;
        let target = &mut self.planes[0][group * stride..(group + 1) * stride];
        let (image, beyond) = target.split_at_mut(row.len());
        image.copy_from_slice(row);
        beyond.fill(row.last().copied().unwrap_or(0));
    }

    /// Converts the rows of pixels from `first` on that give one row of color samples.
    #[inline(always)]
    fn color_rows(&mut self, source: &Source<'_>, layout: &Layout, first: usize, group: usize) {
        let [luma, color, _] = &layout.components() else {
            return;
        };
        let [y, cb, cr] = &mut self.planes;
        let last = source.height - 1;
        for v in 0..layout.v {
            let row = source.row((first + v).min(last as usize) as u32);
            let at = (group * layout.v + v) * luma.stride;
            let both = &mut self.color[2 * v * luma.stride..][..2 * luma.stride];
            let (cb, cr) = both.split_at_mut(luma.stride);
            convert_row(row, &mut y[at..at + luma.stride], cb, cr);
        }
        for (c, plane) in [cb, cr].into_iter().enumerate() {
            let row = |v: usize| &self.color[(2 * v + c) * luma.stride..][..luma.stride];
            // A mean of one row has no second one.
            let rows = [row(0), row(layout.v - 1)];
            let target = &mut plane[group * color.stride..(group + 1) * color.stride];
            downsample((layout.h, layout.v), rows, target);
        }
    }
}
