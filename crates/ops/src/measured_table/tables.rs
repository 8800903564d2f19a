//! Tables from histograms.

use crate::point_table::{PointTable, table};
use crate::threshold::ThresholdType;
use crate::totals::Histogram;

/// What the table of a channel is made of.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Measured {
    /// OpenCV's `equalizeHist`.
    EqualizeHist,
    /// torchvision's `equalize`.
    Equalize,
    /// torchvision's `autocontrast`.
    Autocontrast,
    /// OpenCV's `threshold` with `THRESH_OTSU`.
    Otsu {
        threshold_type: ThresholdType,
        maximum: u8,
    },
}

impl Measured {
    /// The number of the CUDA kernel for it.
    pub(super) const fn number(self) -> u32 {
        match self {
            Measured::EqualizeHist => 0,
            Measured::Equalize => 1,
            Measured::Autocontrast => 2,
            Measured::Otsu { .. } => 3,
        }
    }

    /// The type and the maximum of a threshold; zeros where it is none.
    pub(super) const fn threshold(self) -> (u32, u32) {
        match self {
            Measured::Otsu {
                threshold_type,
                maximum,
            } => (threshold_type as u32, maximum as u32),
            _ => (0, 0),
        }
    }

    /// The table for the histogram of a channel with at least one pixel.
    pub(crate) fn table(self, histogram: &Histogram) -> PointTable {
        let used = |&value: &usize| histogram[value] > 0;
        let first = (0..256).find(used).unwrap_or(0);
        let last = (0..256).rfind(used).unwrap_or(255);
        match self {
            Measured::EqualizeHist => equalize_hist(histogram, first),
            Measured::Equalize => equalize(histogram, last),
            Measured::Autocontrast => autocontrast(first as u8, last as u8),
            Measured::Otsu {
                threshold_type,
                maximum,
            } => {
                let threshold = otsu(histogram);
                table(|sample| threshold_type.of(sample, threshold, maximum))
            }
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

/// The threshold by the operations of OpenCV, in its order: the value with the largest variance between the samples up to it and those
/// above, the first of several.
fn otsu(histogram: &Histogram) -> u8 {
    let counts = (0u8..=255).zip(histogram);
    let sum: u64 = counts
        .clone()
        .map(|(value, &count)| u64::from(value) * u64::from(count))
        .sum();
    let scale = 1.0 / f64::from(total(histogram));
    // The sum is below 2^39, exact in f64.
    let mean = sum as f64 * scale;
    let (least, most) = (f64::from(f32::EPSILON), 1.0 - f64::from(f32::EPSILON));
    let (mut below, mut mean_below) = (0.0, 0.0);
    let (mut best, mut found) = (0.0, 0);
    for (value, &count) in counts {
        let part = f64::from(count) * scale;
        mean_below *= below;
        below += part;
        let above = 1.0 - below;
        if below.min(above) < least || below.max(above) > most {
            continue;
        }
        mean_below = (mean_below + f64::from(value) * part) / below;
        let mean_above = (mean - below * mean_below) / above;
        let distance = mean_below - mean_above;
        let variance = below * above * distance * distance;
        if variance > best {
            (best, found) = (variance, value);
        }
    }
    found
}
