//! The reference of erosions and dilations.

use super::{MorphologyBorder, MorphologyWindow, WindowShape};
use crate::oracle::{Image, inside, reflect_101};

/// The smallest (`u8::min`) or largest (`u8::max`) sample of the window around each, as `combine` of two samples says; `neutral` is the
/// result where no sample counts.
pub(crate) fn extreme(
    image: &Image<u8>,
    window: &MorphologyWindow,
    neutral: u8,
    combine: fn(u8, u8) -> u8,
) -> Image<u8> {
    let (mut width, mut height) = window.sides();
    let (mut left, mut top) = window.anchor_or_center();
    let mut times = window.iterations;
    let all = (0..height).all(|row| (0..width).all(|column| counts(window, column, row)));
    if all {
        // OpenCV enlarges a rectangle that is repeated.
        (width, height) = (
            width + (times - 1) * (width - 1),
            height + (times - 1) * (height - 1),
        );
        (left, top, times) = (left * times, top * times, 1);
    }
    let mut pixels = Vec::new();
    for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
        if all || counts(window, column, row) {
            let offset = |index: u32, anchor: u32| index as isize - anchor as isize;
            pixels.push((offset(column, left), offset(row, top)));
        }
    }
    (0..times).fold(image.clone(), |image, _| {
        Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
            let samples = pixels.iter().filter_map(|&(dx, dy)| {
                let column = position(window.border, x as isize + dx, image.width);
                let row = position(window.border, y as isize + dy, image.height);
                match (column, row) {
                    (Some(column), Some(row)) => Some(image.at(column, row, c)),
                    _ if window.border == MorphologyBorder::Constant => Some(window.value[c]),
                    _ => None,
                }
            });
            samples.fold(neutral, combine)
        })
    })
}

/// Whether a pixel of the window counts: OpenCV's `getStructuringElement`.
fn counts(window: &MorphologyWindow, column: u32, row: u32) -> bool {
    let (width, height) = window.sides();
    let (anchor_x, anchor_y) = window.anchor_or_center();
    match window.shape {
        WindowShape::Rectangle => true,
        WindowShape::Cross => column == anchor_x || row == anchor_y,
        WindowShape::Ellipse if height == 1 => column == width / 2,
        WindowShape::Ellipse => {
            let [a, b] = [width / 2, height / 2].map(f64::from);
            let y = f64::from(row) - b;
            let half = (a * ((b * b - y * y) * (1.0 / (b * b))).sqrt()).round_ties_even();
            (f64::from(column) - a).abs() <= half
        }
    }
}

/// The index that is read in the place of one that may be outside the image; `None` where it is no pixel of the image.
fn position(border: MorphologyBorder, index: isize, len: usize) -> Option<usize> {
    let last = len as isize - 1;
    match border {
        MorphologyBorder::Ignored | MorphologyBorder::Constant => inside(index, len),
        MorphologyBorder::Replicate => Some(index.clamp(0, last) as usize),
        MorphologyBorder::Reflect => {
            let mut index = index;
            while index < 0 || index > last {
                index = if index < 0 {
                    -1 - index
                } else {
                    2 * last + 1 - index
                };
            }
            Some(index as usize)
        }
        MorphologyBorder::Reflect101 => Some(reflect_101(index, len)),
    }
}
