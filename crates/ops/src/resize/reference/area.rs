//! The reference of `resize` by area.

use super::bilinear::{Taps, halve, resize_by_taps};
use super::scale;
use crate::oracle::Image;

/// Resize to `width` x `height` where each pixel is the mean of the part of the source that it covers, any number of channels: OpenCV's
/// `INTER_AREA`.
///
/// - Where both axes shrink by whole factors: the exact sum of the block times `1 / count`, both rounded to f32; 2x2 blocks are `(sum +
///   2) >> 2`. OpenCV's sum has 32 bits, so that its blocks of more than 8 421 504 pixels are not those of this function.
/// - Where both axes shrink or stay: the sum of `sample * share` in f32, each operation rounded, along a row first and then over the
///   rows, in ascending order.
/// - Where an axis grows: sums of 2x2 pixels with the roundings of [`resize_bilinear`](super::resize_bilinear).
///
/// # Panics
/// When `width` or `height` is 0.
pub fn resize_area(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    let (across, down) = (scale(image.width, width), scale(image.height, height));
    if across < 1.0 || down < 1.0 {
        return resize_by_taps(image, width, height, enlarged);
    }
    let is_whole = |scale: f64| (scale - scale.round_ties_even()).abs() < f64::EPSILON;
    if is_whole(across) && is_whole(down) {
        return blocks(image, width, height);
    }
    let columns: Vec<_> = (0..width).map(|x| shares(x, image.width, across)).collect();
    let lines: Vec<_> = (0..height).map(|y| shares(y, image.height, down)).collect();
    Image::from_fn(width, height, image.channels, |x, y, c| {
        let row = |row: usize| {
            let products = columns[x]
                .iter()
                .map(|&(column, share)| f32::from(image.at(column, row, c)) * share);
            products.fold(0.0f32, |sum, product| sum + product)
        };
        let products = lines[y].iter().map(|&(line, share)| row(line) * share);
        let sum = products.fold(0.0f32, |sum, product| sum + product);
        sum.round_ties_even() as u8
    })
}

/// The means of blocks.
fn blocks(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    let (columns, lines) = (image.width / width, image.height / height);
    if (columns, lines) == (2, 2) {
        return halve(image);
    }
    let factor = 1.0 / (columns * lines) as f32;
    Image::from_fn(width, height, image.channels, |x, y, c| {
        let mut sum = 0u64;
        for row in 0..lines {
            for column in 0..columns {
                sum += u64::from(image.at(x * columns + column, y * lines + row, c));
            }
        }
        (sum as f32 * factor).round_ties_even() as u8
    })
}

/// The source pixels that output pixel `d` covers, and their shares in it. Shares below a thousandth of a pixel are left out.
fn shares(d: usize, src: usize, scale: f64) -> Vec<(usize, f32)> {
    let begin = d as f64 * scale;
    let end = begin + scale;
    let covered = scale.min(src as f64 - begin);
    let last = (end.floor() as usize).min(src - 1);
    let first = (begin.ceil() as usize).min(last);
    let mut shares = Vec::new();
    if first as f64 - begin > 1e-3 {
        shares.push((first - 1, ((first as f64 - begin) / covered) as f32));
    }
    shares.extend((first..last).map(|index| (index, (1.0 / covered) as f32)));
    if end - last as f64 > 1e-3 {
        let part = (end - last as f64).min(1.0).min(covered);
        shares.push((last, (part / covered) as f32));
    }
    shares
}

/// The taps where an axis grows: the part of output pixel `d` behind the border of two source pixels is the weight of the second one.
fn enlarged(d: usize, src: usize, dst: usize) -> Taps {
    let index = (d as f64 * scale(src, dst)).floor();
    let behind = ((d + 1) as f64 - (index + 1.0) * (dst as f64 / src as f64)) as f32;
    Taps {
        first: index as isize,
        fraction: if behind <= 0.0 {
            0.0
        } else {
            behind - behind.floor()
        },
    }
}
