//! Which samples of a component make a region of the image.

use std::ops::Range;

/// The most components of an image.
pub(crate) const MOST_COMPONENTS: usize = 4;

/// A component and its place in the image.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ComponentShape {
    /// The block rows of an MCU row: the vertical sampling factor.
    pub(crate) block_rows: u8,
    /// Pixels for each sample, horizontally and vertically, 1 to 4.
    pub(crate) ratio: (u8, u8),
    /// The samples that belong to the image, horizontally and vertically; at least one.
    pub(crate) samples: (u32, u32),
}

/// A rectangle of the image, in pixels; not empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Region {
    /// Columns.
    pub(crate) x: Range<u32>,
    /// Rows.
    pub(crate) y: Range<u32>,
}

/// How samples become pixels.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Upsampling {
    /// One sample is one pixel.
    #[default]
    None,
    /// Two pixels of a sample, horizontally, weighted 3:1 with the neighbor.
    Horizontal,
    /// Two pixels of a sample, vertically, weighted 3:1 with the neighbor.
    Vertical,
    /// Both of these.
    Both,
    /// All pixels of a sample are equal.
    Replicate,
}

impl Upsampling {
    /// Whether the rows above and below are read.
    pub(crate) fn reads_rows(self) -> bool {
        matches!(self, Upsampling::Vertical | Upsampling::Both)
    }

    /// Whether the columns to the left and right are read.
    pub(crate) fn reads_columns(self) -> bool {
        matches!(self, Upsampling::Horizontal | Upsampling::Both)
    }
}

impl ComponentShape {
    /// How the component is upsampled. Components of one or two columns are never smooth horizontally.
    pub(crate) fn upsampling(&self) -> Upsampling {
        match (self.ratio, self.samples.0) {
            ((1, 1), _) => Upsampling::None,
            ((1, 2), _) => Upsampling::Vertical,
            ((2, 1), 3..) => Upsampling::Horizontal,
            ((2, 2), 3..) => Upsampling::Both,
            _ => Upsampling::Replicate,
        }
    }

    /// The columns of samples that the columns `x` of the image read.
    pub(crate) fn columns(&self, x: &Range<u32>) -> Range<u32> {
        reach(
            x,
            self.ratio.0,
            self.samples.0,
            self.upsampling().reads_columns(),
        )
    }

    /// The rows of samples that the rows `y` of the image read.
    pub(crate) fn rows(&self, y: &Range<u32>) -> Range<u32> {
        reach(
            y,
            self.ratio.1,
            self.samples.1,
            self.upsampling().reads_rows(),
        )
    }
}

/// The samples that are read for `pixels`, of `samples` along an axis.
fn reach(pixels: &Range<u32>, ratio: u8, samples: u32, neighbors: bool) -> Range<u32> {
    let around = u32::from(neighbors);
    let first = pixels.start / u32::from(ratio);
    let last = (pixels.end - 1) / u32::from(ratio);
    first.saturating_sub(around)..(last + around).min(samples - 1) + 1
}
