//! Shapes and strides of tensors as layouts of batches.

use crate::dlpack::error::DlpackError;
use pixelflume_ops::image::error::{ImageError, checked_bytes};
use pixelflume_ops::image::layout::BatchLayout;
use pixelflume_ops::{ImageShape, Layout, SampleType};

/// The meaning of a tensor's axes, first to last: N images, H rows, W columns, C channels.
///
/// The axes say which extent is which; where the channels lie in memory is said by the strides. A `channels_last` tensor of
/// PyTorch is `Nchw` and has interleaved channels.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Axes {
    /// One image of one channel.
    Hw,
    /// One image, channels last.
    Hwc,
    /// One image, channels first.
    Chw,
    /// A batch, channels last.
    Nhwc,
    /// A batch, channels first.
    Nchw,
}

/// The most dimensions of a tensor that is images.
pub(super) const MAX_DIMENSIONS: usize = 4;

/// The most channels of images whose axes are not given.
const MAX_GUESSED_CHANNELS: u32 = 4;

/// Extent and stride of one axis; the stride is in samples, and matters where the extent is above 1.
#[derive(Copy, Clone)]
struct Axis {
    extent: u32,
    stride: i128,
}

/// A missing axis.
const ONE: Axis = Axis {
    extent: 1,
    stride: 0,
};

/// How images lie in memory: distances in samples.
#[derive(Copy, Clone, Eq, PartialEq)]
struct Fit {
    shape: ImageShape,
    batch: u32,
    row_pitch: i128,
    /// `None` for one image.
    batch_stride: Option<i128>,
}

impl Axes {
    /// All of them.
    pub const ALL: [Axes; 5] = [Axes::Hw, Axes::Hwc, Axes::Chw, Axes::Nhwc, Axes::Nchw];

    /// The number of axes: 2 to 4.
    pub const fn dimensions(self) -> usize {
        match self {
            Axes::Hw => 2,
            Axes::Hwc | Axes::Chw => 3,
            Axes::Nhwc | Axes::Nchw => 4,
        }
    }

    /// The layout of images to which the order of the axes corresponds.
    const fn layout(self) -> Layout {
        match self {
            Axes::Hw | Axes::Hwc | Axes::Nhwc => Layout::Interleaved,
            Axes::Chw | Axes::Nchw => Layout::Planar,
        }
    }

    /// Images, rows, columns and channels of a tensor with these axes.
    fn of(self, axes: &[Axis]) -> Option<[Axis; 4]> {
        match (self, axes) {
            (Axes::Hw, &[h, w]) => Some([ONE, h, w, ONE]),
            (Axes::Hwc, &[h, w, c]) | (Axes::Chw, &[c, h, w]) => Some([ONE, h, w, c]),
            (Axes::Nhwc, &[n, h, w, c]) | (Axes::Nchw, &[n, c, h, w]) => Some([n, h, w, c]),
            _ => None,
        }
    }

    /// How the images of a tensor with these axes lie in memory; `None` where they do not lie like images.
    fn fit(self, axes: &[Axis], sample: SampleType) -> Option<Fit> {
        let [n, h, w, c] = self.of(axes)?;
        let [width, height, channels] = [w, h, c].map(|axis| i128::from(axis.extent));
        let strides_are = |axis: Axis, stride: i128| axis.extent == 1 || axis.stride == stride;
        let planes_follow = c.extent == 1 || h.extent == 1 || c.stride == height * h.stride;
        let interleaved = strides_are(c, 1) && strides_are(w, channels);
        let planar = strides_are(w, 1) && planes_follow;
        // Of one channel, and of one pixel, the strides fit both.
        let layout = match (interleaved, planar) {
            (true, true) => self.layout(),
            (true, false) => Layout::Interleaved,
            (false, true) => Layout::Planar,
            (false, false) => return None,
        };
        let (row, rows) = match layout {
            Layout::Interleaved => (width * channels, height),
            Layout::Planar => (width, height * channels),
        };
        let row_pitch = match (h.extent, c.extent, layout) {
            (2.., _, _) => h.stride,
            (_, 2.., Layout::Planar) => c.stride,
            _ => row,
        };
        // Below 2^127: of `rows` below 2^64 and a pitch below 2^63.
        let image = (rows - 1) * row_pitch + row;
        let batch_stride = (n.extent > 1).then_some(n.stride);
        let overlaps = row_pitch < row || batch_stride.is_some_and(|stride| stride < image);
        (!overlaps).then_some(Fit {
            shape: ImageShape {
                width: w.extent,
                height: h.extent,
                channels: c.extent,
                sample,
                layout,
            },
            batch: n.extent,
            row_pitch,
            batch_stride,
        })
    }
}

impl Fit {
    /// The layout in bytes, from the first sample on.
    fn layout(&self) -> Result<BatchLayout, ImageError> {
        let shape = self.shape;
        checked_bytes(&shape)?;
        let bytes = |samples: i128| {
            usize::try_from(samples * shape.sample.bytes() as i128)
                .map_err(|_| ImageError::TooLarge { shape })
        };
        let images =
            BatchLayout::tight(shape, self.batch as usize).with_row_pitch(bytes(self.row_pitch)?);
        let layout = match self.batch_stride {
            Some(stride) => images.with_batch_stride(bytes(stride)?),
            None => images,
        };
        layout.end()?;
        Ok(layout)
    }
}

/// The layout of the images of a tensor, from its first element on. `shape` has at most [`MAX_DIMENSIONS`] extents, and
/// `strides` as many; without strides the tensor has no gaps.
///
/// Where `axes` is not given, the orders for this number of dimensions are tried: an order fits where the strides are those
/// of images, of at most 4 channels. Exactly one must fit.
pub(super) fn layout(
    shape: &[i64],
    strides: Option<&[i64]>,
    sample: SampleType,
    axes: Option<Axes>,
) -> Result<BatchLayout, DlpackError> {
    let dimensions = axes.map_or(2..=MAX_DIMENSIONS, |axes| {
        axes.dimensions()..=axes.dimensions()
    });
    if !dimensions.contains(&shape.len()) {
        let ndim = shape.len() as i32;
        return Err(DlpackError::Dimensions { ndim, axes });
    }
    let described = describe(shape, strides)?;
    let mut fits = Axes::ALL.into_iter().filter_map(|order| {
        let asked = axes.is_none_or(|axes| axes == order);
        let fit = order.fit(&described, sample).filter(|_| asked)?;
        let guessed = axes.is_none() && order != Axes::Hw;
        (!guessed || fit.shape.channels <= MAX_GUESSED_CHANNELS).then_some((order, fit))
    });
    let (first, fit) = fits.next().ok_or_else(|| DlpackError::Strides {
        shape: shape.to_vec(),
        strides: described.iter().map(|axis| axis.stride as i64).collect(),
        axes,
    })?;
    if let Some((second, other)) = fits.next()
        && other != fit
    {
        let shape = shape.to_vec();
        return Err(DlpackError::Ambiguous {
            shape,
            first,
            second,
        });
    }
    Ok(fit.layout()?)
}

/// The axes of a tensor, with extents and strides that images can have.
fn describe(shape: &[i64], strides: Option<&[i64]>) -> Result<Vec<Axis>, DlpackError> {
    let mut axes = Vec::with_capacity(shape.len());
    // Samples from an element to the next on each axis, where there are no gaps.
    let mut gapless = 1i64;
    for (index, &extent) in shape.iter().enumerate().rev() {
        let allowed = u32::try_from(extent).ok().filter(|&extent| extent > 0);
        let Some(allowed) = allowed else {
            return Err(DlpackError::Extent {
                shape: shape.to_vec(),
                axis: index,
                extent,
            });
        };
        let stride = strides.map_or(gapless, |strides| strides[index]);
        if stride < 1 && allowed > 1 {
            return Err(DlpackError::Stride {
                shape: shape.to_vec(),
                axis: index,
                stride,
            });
        }
        axes.push(Axis {
            extent: allowed,
            stride: i128::from(stride),
        });
        gapless = match (gapless.checked_mul(extent), strides) {
            (Some(samples), _) => samples,
            (None, Some(_)) => gapless,
            (None, None) => {
                return Err(DlpackError::TooLarge {
                    shape: shape.to_vec(),
                });
            }
        };
    }
    axes.reverse();
    Ok(axes)
}

#[cfg(test)]
mod tests;
