//! The common part of the references of torchvision's geometric operators.

use super::{GridInterpolation, GridSampling};
use crate::oracle::Image;

/// The `width` x `height` image whose pixel at `x, y` is the source at the position that the matrix gives: one of two rows around the
/// middles of both images, or one of three rows, of which the third divides the others, around their corners.
pub(crate) fn grid_sample(
    image: &Image<u8>,
    map: &[f64],
    (width, height): (usize, usize),
    sampling: &GridSampling,
) -> Image<u8> {
    let map: Vec<f32> = map.iter().map(|&number| number as f32).collect();
    let fused = sampling.like.fuses((width as u32, height as u32));
    let row = |numbers: [f32; 3], (x, y): (f32, f32)| {
        let product = x * numbers[0];
        let sum = match fused {
            true => y.mul_add(numbers[1], product),
            false => product + y * numbers[1],
        };
        sum + numbers[2]
    };
    let halves = [image.width, image.height].map(|side| side as f32 / 2.0);
    // The numbers of a row, so that a position inside the source becomes one from -1 to 1.
    let normalized =
        |axis: usize| [0, 1, 2].map(|index: usize| map[3 * axis + index] / halves[axis]);
    let position = |axis: usize, x: usize, y: usize| {
        let at = match map[..] {
            [.., g, h, i] if map.len() == 9 => {
                let at = (x as f32 + 0.5, y as f32 + 0.5);
                row(normalized(axis), at) / row([g, h, i], at) - 1.0
            }
            _ => {
                let middle = |side: usize| (side as f32 - 1.0) / 2.0;
                let at = (x as f32 - middle(width), y as f32 - middle(height));
                row(normalized(axis), at)
            }
        };
        (at + 1.0).mul_add(halves[axis], -0.5)
    };
    let sample = |x: f32, y: f32, channel: usize| {
        let is_inside = |at: f32, side: usize| (0.0..side as f32).contains(&at);
        (is_inside(x, image.width) && is_inside(y, image.height))
            .then(|| image.at(x as usize, y as usize, channel))
    };
    Image::from_fn(width, height, image.channels, |x, y, channel| {
        let (u, v) = (position(0, x, y), position(1, x, y));
        let value = sampling.value.map(|value| value[channel]);
        if sampling.interpolation == GridInterpolation::Nearest {
            let found = sample(u.round_ties_even(), v.round_ties_even(), channel);
            return found.or(value).unwrap_or(0);
        }
        let (left, top) = (u.floor(), v.floor());
        let (across, down) = (u - left, v - top);
        let taps = [
            (left, top, (1.0 - across) * (1.0 - down)),
            (left + 1.0, top, across * (1.0 - down)),
            (left, top + 1.0, (1.0 - across) * down),
            (left + 1.0, top + 1.0, across * down),
        ];
        // The first product is rounded, and the others are fused.
        let sum = |samples: [f32; 4]| {
            let first = samples[0] * taps[0].2;
            (1..4).fold(first, |sum, tap| samples[tap].mul_add(taps[tap].2, sum))
        };
        let found = taps.map(|(x, y, _)| sample(x, y, channel));
        let pixel = sum(found.map(|sample| sample.unwrap_or(0).into()));
        let inside = sum(found.map(|sample| f32::from(u8::from(sample.is_some()))));
        let made = match value {
            Some(value) => (pixel - f32::from(value)) * inside + f32::from(value),
            None => pixel,
        };
        // A position that is no number makes 0.
        made.round_ties_even() as u8
    })
}
