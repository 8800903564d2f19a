//! Which axis of an array has the rows, the columns and the channels of its images.

use crate::errors::{Exception, Kind};
use crate::frames::error::Problem;
use pixelflume::graph::text::Shown;
use pyo3::PyResult;

/// The most channels of images whose axes are not given.
pub(crate) const MAX_GUESSED_CHANNELS: usize = 4;

/// The most dimensions of an array of images: images, rows, columns, channels.
pub(super) const MAX_DIMENSIONS: usize = 4;

/// Where the channels of arrays of 3 and 4 dimensions are.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Axes {
    /// The last axis has the channels: HWC and NHWC.
    ChannelsLast,
    /// The axis before the rows has the channels: CHW and NCHW.
    ChannelsFirst,
}

impl Axes {
    /// The argument `axes` of a function: `hwc`, `nhwc`, `chw` or `nchw`, in letters of any case.
    ///
    /// # Errors
    /// The text is none of these.
    pub(crate) fn extract(name: Option<&str>) -> PyResult<Option<Axes>> {
        let axes = |name: &str| {
            Axes::parse(name).ok_or_else(|| {
                let text = format!(
                    "axes is \"{}\"; use \"hwc\", \"nhwc\", \"chw\" or \"nchw\"",
                    Shown(name)
                );
                Exception::new(Kind::Pipeline, text).into()
            })
        };
        name.map(axes).transpose()
    }

    fn parse(name: &str) -> Option<Axes> {
        const NAMES: [(&str, Axes); 4] = [
            ("hwc", Axes::ChannelsLast),
            ("nhwc", Axes::ChannelsLast),
            ("chw", Axes::ChannelsFirst),
            ("nchw", Axes::ChannelsFirst),
        ];
        let mut names = NAMES.into_iter();
        let (_, axes) = names.find(|(known, _)| name.eq_ignore_ascii_case(known))?;
        Some(axes)
    }
}

/// The extent of an axis, and the bytes from one index to the next.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Axis {
    /// At least 1.
    pub(super) extent: u32,
    /// Of any sign. It does not matter where the extent is 1.
    pub(super) stride: i64,
}

/// The axes of images in memory.
#[derive(Copy, Clone, Debug)]
pub(super) struct ImageAxes {
    pub(super) images: Axis,
    pub(super) rows: Axis,
    pub(super) columns: Axis,
    pub(super) channels: Axis,
    /// Whether the array has an axis of images.
    pub(super) is_batch: bool,
}

/// An axis that an array lacks.
const MISSING: Axis = Axis {
    extent: 1,
    stride: 0,
};

impl ImageAxes {
    /// The extents: images where there is an axis of them, rows, columns, channels.
    pub(super) fn extents(&self) -> Vec<i64> {
        let axes = [self.images, self.rows, self.columns, self.channels];
        let from = usize::from(!self.is_batch);
        axes[from..]
            .iter()
            .map(|axis| i64::from(axis.extent))
            .collect()
    }

    /// Finds the axes of an array with these extents and strides in bytes, of which there are equally many.
    ///
    /// Without `axes`, the last axis of 3 and 4 has the channels where it has at most [`MAX_GUESSED_CHANNELS`] entries, or else
    /// the axis before the rows where that has so few.
    pub(super) fn find(
        shape: &[i64],
        strides: &[i64],
        axes: Option<Axes>,
    ) -> Result<ImageAxes, Problem> {
        let axis = |index: usize| -> Result<Axis, Problem> {
            let extent = u32::try_from(shape[index])
                .ok()
                .filter(|&extent| extent > 0);
            Ok(Axis {
                extent: extent.ok_or_else(|| Problem::Extent {
                    shape: shape.to_vec(),
                    axis: index,
                })?,
                stride: strides[index],
            })
        };
        let is_batch = match shape.len() {
            2 => {
                return Ok(ImageAxes {
                    images: MISSING,
                    rows: axis(0)?,
                    columns: axis(1)?,
                    channels: MISSING,
                    is_batch: false,
                });
            }
            3 => false,
            MAX_DIMENSIONS => true,
            _ => {
                return Err(Problem::Dimensions {
                    shape: shape.to_vec(),
                });
            }
        };
        let first = usize::from(is_batch);
        let few = |index: usize| shape[index] <= MAX_GUESSED_CHANNELS as i64;
        let [channels, rows, columns] = match axes {
            Some(Axes::ChannelsLast) => [first + 2, first, first + 1],
            Some(Axes::ChannelsFirst) => [first, first + 1, first + 2],
            None if few(first + 2) => [first + 2, first, first + 1],
            None if few(first) => [first, first + 1, first + 2],
            None => {
                return Err(Problem::Channels {
                    shape: shape.to_vec(),
                });
            }
        };
        Ok(ImageAxes {
            images: match is_batch {
                true => axis(0)?,
                false => MISSING,
            },
            rows: axis(rows)?,
            columns: axis(columns)?,
            channels: axis(channels)?,
            is_batch,
        })
    }
}
