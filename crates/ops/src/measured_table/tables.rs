//! Tables from histograms.

use crate::point_table::{PointTable, table};

/// The count of each value of a sample.
pub(crate) type Histogram = [u32; 256];

/// What the table of a channel is made of. The numbers are those of the CUDA kernel.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum Measured {
    /// OpenCV's `equalizeHist`.
    EqualizeHist = 0,
    /// torchvision's `equalize`.
    Equalize = 1,
    /// torchvision's `autocontrast`.
    Autocontrast = 2,
}

impl Measured {
    /// The table for the histogram of a channel with at least one pixel.
    pub(crate) fn table(self, histogram: &Histogram) -> PointTable {
        let used = |&value: &usize| histogram[value] > 0;
        let first = (0..256).find(used).unwrap_or(0);
        let last = (0..256).rfind(used).unwrap_or(255);
        match self {
            Measured::EqualizeHist => equalize_hist(histogram, first),
            Measured::Equalize => equalize(histogram, last),
            Measured::Autocontrast => autocontrast(first as u8, last as u8),
        }
    }
}

fn total(histogram: &Histogram) -> u32 {
    histogram.iter().sum()
}

fn equalize_hist(histogram: &Histogram, first: usize) -> PointTable {
    let others = total(histogram) - histogram[first];
    if others == 0 {
        return table(|sample| sample);
    }
    let scale = 255.0 / others as f32;
    let mut sum = 0;
    std::array::from_fn(|sample| {
        if sample > first {
            sum += histogram[sample];
        }
        (sum as f32 * scale).round_ties_even() as u8
    })
}

fn equalize(histogram: &Histogram, last: usize) -> PointTable {
    let step = (total(histogram) - histogram[last]) / 255;
    if step == 0 {
        return table(|sample| sample);
    }
    let mut below = 0;
    std::array::from_fn(|sample| {
        // Below 2^31, so that half a step more fits.
        let entry = match sample {
            0 => 0,
            _ => ((below + step / 2) / step).min(255) as u8,
        };
        below += histogram[sample];
        entry
    })
}

fn autocontrast(least: u8, most: u8) -> PointTable {
    if least == most {
        return table(|sample| sample);
    }
    let width = f32::from(most - least) * ((1.0 / 255.0) as f32);
    // `as` clamps and truncates.
    table(|sample| ((f32::from(sample) - f32::from(least)) / width) as u8)
}
