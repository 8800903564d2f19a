//! The reference of `gaussian_blur`.
//!
//! Formula: OpenCV's `GaussianBlur` for 8-bit samples with its default border: taps in 8-bit fixed point, both passes
//! exact, one rounding at the end.

use crate::oracle::{Image, reflect_101};

/// The taps of a blur of odd `size`, in 1/256, outermost first; they sum to 256.
///
/// Without `sigma`, sizes 1 to 9 have fixed taps, and larger sizes use `sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8`.
/// With `sigma` (in pixels, above 0) the taps are the normalized `exp(-x^2 / (2 sigma^2))`, rounded from the outermost
/// inwards, each rounding error carried into the next tap, and mirrored; the center tap is what is missing to 256.
///
/// # Panics
/// When `size` is even, or `sigma` is not a positive finite number.
pub fn gaussian_taps(size: usize, sigma: Option<f64>) -> Vec<u16> {
    assert!(size % 2 == 1, "a blur has an odd size, got {size}");
    let sigma = match (size, sigma) {
        (_, Some(sigma)) => {
            assert!(
                sigma > 0.0 && sigma.is_finite(),
                "sigma is a positive number of pixels, got {sigma}"
            );
            sigma
        }
        (1, None) => return vec![256],
        (3, None) => return vec![64, 128, 64],
        (5, None) => return vec![16, 64, 96, 64, 16],
        (7, None) => return vec![8, 28, 56, 72, 56, 28, 8],
        (9, None) => return vec![4, 13, 30, 51, 60, 51, 30, 13, 4],
        (_, None) => 0.3 * ((size as f64 - 1.0) * 0.5 - 1.0) + 0.8,
    };
    let radius = size / 2;
    let bell: Vec<f64> = (0..radius)
        .map(|i| {
            let x = (radius - i) as f64;
            (-(x * x) / (2.0 * sigma * sigma)).exp()
        })
        .collect();
    let sum = 2.0 * bell.iter().sum::<f64>() + 1.0;

    let mut taps = vec![0; size];
    let mut carry = 0.0;
    let mut side = 0;
    for i in 0..radius {
        let exact = bell[i] * (1.0 / sum) * 256.0 + carry;
        let rounded = exact.round_ties_even();
        carry = exact - rounded;
        taps[i] = rounded as u16;
        taps[size - 1 - i] = rounded as u16;
        side += rounded as u16;
    }
    taps[radius] = 256 - 2 * side;
    taps
}

/// Gaussian blur with `size` x `size` taps and a reflect-101 border, any number of channels.
///
/// `H` is the sum of taps over the row (exact, at most 65280), `V` the sum of taps over `H` (exact), and the output
/// `(V + 32768) >> 16`.
///
/// # Panics
/// As [`gaussian_taps`].
pub fn gaussian_blur(image: &Image<u8>, size: usize, sigma: Option<f64>) -> Image<u8> {
    let taps = gaussian_taps(size, sigma);
    let radius = (size / 2) as isize;

    let rows = Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let mut sum = 0;
        for (i, &tap) in taps.iter().enumerate() {
            let column = reflect_101(x as isize + i as isize - radius, image.width);
            sum += u32::from(tap) * u32::from(image.at(column, y, c));
        }
        sum
    });
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let mut sum = 0;
        for (i, &tap) in taps.iter().enumerate() {
            let row = reflect_101(y as isize + i as isize - radius, image.height);
            sum += u32::from(tap) * rows.at(x, row, c);
        }
        ((sum + 32768) >> 16) as u8
    })
}
