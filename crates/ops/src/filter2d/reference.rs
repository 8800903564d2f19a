//! The reference of `filter2d`.

use super::{FilterBorder, FilterOutput};
use crate::oracle::{Image, reflect, reflect_101};

/// The filter with a kernel of `columns` numbers a row, each channel by itself: OpenCV's `filter2D` of u8 images on a CPU with AVX2, as
/// i16 numbers. `anchor` is the column and row of the kernel that lie on the sample.
///
/// # Panics
/// When the numbers of the kernel are no whole rows.
pub fn filter2d(
    image: &Image<u8>,
    (kernel, columns): (&[f64], usize),
    anchor: (usize, usize),
    delta: f64,
    border: FilterBorder,
    output: FilterOutput,
) -> Image<i16> {
    assert_eq!(kernel.len() % columns, 0, "rows of {columns} numbers");
    // OpenCV computes whole groups of four samples of a row as vectors.
    let grouped = image.width * image.channels / 4 * 4;
    // The index inside an axis of this length; `None` where a zero is read.
    let inside = |index: isize, len: usize| match border {
        _ if (0..len as isize).contains(&index) => Some(index as usize),
        FilterBorder::Constant => None,
        FilterBorder::Replicate => Some(index.clamp(0, len as isize - 1) as usize),
        FilterBorder::Reflect => Some(reflect(index, len)),
        FilterBorder::Reflect101 => Some(reflect_101(index, len)),
    };
    let place = |at: usize, of_kernel: usize, anchor: usize, len: usize| {
        inside((at + of_kernel) as isize - anchor as isize, len)
    };
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let mut sum = delta as f32;
        for (index, &number) in kernel.iter().enumerate() {
            let weight = number as f32;
            if weight == 0.0 {
                continue;
            }
            let column = place(x, index % columns, anchor.0, image.width);
            let row = place(y, index / columns, anchor.1, image.height);
            let sample = match (column, row) {
                (Some(column), Some(row)) => f32::from(image.at(column, row, c)),
                _ => 0.0,
            };
            sum = match x * image.channels + c < grouped {
                true => sample.mul_add(weight, sum),
                false => sum + sample * weight,
            };
        }
        let (least, most) = match output {
            FilterOutput::Clamped => (0.0, 255.0),
            FilterOutput::Signed => (-32768.0, 32767.0),
        };
        sum.round_ties_even().clamp(least, most) as i16
    })
}
