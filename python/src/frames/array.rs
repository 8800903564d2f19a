//! Arrays of samples in memory, with strides of any kind.

use crate::frames::axes::{Axis, ImageAxes};
use crate::frames::error::Problem;
use pixelflume::ops::{ImageShape, SampleType};
use pixelflume::pipeline::BatchLayout;

/// How often a copy may repeat the memory of an array: as when a gray image is given as one of 4 channels.
const MAX_REPEATS: u128 = 4;

/// The most bytes of a copy that repeats the memory of an array more often: 1 GiB.
const MAX_REPEATED_BYTES: u128 = 1 << 30;

/// Images in memory that somebody else allocated: where each sample is, and no owner.
#[derive(Copy, Clone, Debug)]
pub(super) struct Array {
    /// Address of the sample whose indices are all 0.
    pub(super) first: *const u8,
    pub(super) sample: SampleType,
    pub(super) axes: ImageAxes,
}

impl Array {
    /// The shape of each image, with interleaved channels.
    pub(super) fn shape(&self) -> ImageShape {
        ImageShape {
            sample: self.sample,
            ..ImageShape::u8(
                self.axes.columns.extent,
                self.axes.rows.extent,
                self.axes.channels.extent,
            )
        }
    }

    /// The layout of a copy of the images, without gaps.
    ///
    /// # Errors
    /// The copy would be larger than any memory, or much larger than the memory of the array, whose axes repeat it.
    pub(super) fn tight(&self) -> Result<BatchLayout, Problem> {
        let layout = BatchLayout::tight(self.shape(), self.axes.images.extent as usize);
        let bytes = layout.end()?;
        let most = self
            .span()
            .saturating_mul(MAX_REPEATS)
            .max(MAX_REPEATED_BYTES);
        match bytes as u128 > most {
            true => Err(Problem::Repeated {
                shape: self.axes.extents(),
                bytes,
            }),
            false => Ok(layout),
        }
    }

    /// Bytes from the first byte of the memory that the array spans to the end of the last one.
    fn span(&self) -> u128 {
        let ImageAxes {
            images,
            rows,
            columns,
            channels,
            ..
        } = self.axes;
        let axes = [images, rows, columns, channels].into_iter();
        let distances =
            axes.map(|axis| u128::from(axis.extent - 1) * u128::from(axis.stride.unsigned_abs()));
        distances.sum::<u128>() + self.sample.bytes() as u128
    }

    /// The layout of the images where they are, from the first sample on; `None` where they are no interleaved images: their
    /// channels or columns have gaps, an axis runs backward or stands still, or samples are not at multiples of their size.
    pub(super) fn in_place(&self) -> Result<Option<BatchLayout>, Problem> {
        let ImageAxes {
            images,
            rows,
            columns,
            channels,
            ..
        } = self.axes;
        let size = self.sample.bytes() as i128;
        let strides_are =
            |axis: Axis, stride: i128| axis.extent == 1 || i128::from(axis.stride) == stride;
        // Products of extents of 32 bits and strides of 64 bits do not exceed 128 bits.
        let pixel = i128::from(channels.extent) * size;
        let row = i128::from(columns.extent) * pixel;
        let pitch = match rows.extent {
            1 => row,
            _ => i128::from(rows.stride),
        };
        let image = i128::from(rows.extent - 1) * pitch + row;
        let between = match images.extent {
            1 => pitch * i128::from(rows.extent),
            _ => i128::from(images.stride),
        };
        let aligned = |bytes: i128| bytes % size == 0;
        let fits = strides_are(channels, size)
            && strides_are(columns, pixel)
            && pitch >= row
            && (images.extent == 1 || between >= image)
            && aligned(self.first.addr() as i128)
            && aligned(pitch)
            && aligned(between);
        let (Ok(pitch), Ok(between)) = (usize::try_from(pitch), usize::try_from(between)) else {
            return Ok(None);
        };
        if !fits {
            return Ok(None);
        }
        let layout = BatchLayout::tight(self.shape(), images.extent as usize)
            .with_row_pitch(pitch)
            .with_batch_stride(between);
        layout.end()?;
        Ok(Some(layout))
    }
}
