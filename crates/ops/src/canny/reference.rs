//! The reference of `canny`.

use crate::oracle::Image;

/// OpenCV's `Canny(image, low, high, apertureSize=aperture, L2gradient=l2_gradient)`.
///
/// # Panics
/// When the aperture is not 3, 5 or 7.
pub fn canny(
    image: &Image<u8>,
    low: f64,
    high: f64,
    aperture: u32,
    l2_gradient: bool,
) -> Image<u8> {
    let mut thresholds = [low.min(high), low.max(high)];
    if aperture == 7 {
        thresholds = thresholds.map(|threshold| threshold / 16.0);
    }
    if l2_gradient {
        thresholds = thresholds.map(|threshold| threshold.min(32767.0) * threshold.min(32767.0));
    }
    let [low, high] = thresholds.map(|threshold| threshold.floor() as i64);
    let gradients = Image::from_fn(image.width, image.height, 1, |x, y, _| {
        largest_gradient(image, x as isize, y as isize, aperture, l2_gradient)
    });
    // 0 no edge, 1 perhaps, 2 certainly.
    let mut classes = Image::from_fn(image.width, image.height, 1, |x, y, _| {
        let (x, y) = (x as isize, y as isize);
        let magnitude = gradients.at(x as usize, y as usize, 0).2;
        match is_largest_across(&gradients, x, y) {
            true if magnitude > high => 2,
            true if magnitude > low => 1,
            _ => 0,
        }
    });
    let (width, height) = (image.width, image.height);
    let mut certain: Vec<usize> = (0..width * height)
        .filter(|&pixel| classes.data[pixel] == 2)
        .collect();
    while let Some(pixel) = certain.pop() {
        let (x, y) = (pixel % width, pixel / width);
        for y in y.saturating_sub(1)..=(y + 1).min(height - 1) {
            for x in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                let class = &mut classes.data[y * width + x];
                if *class == 1 {
                    *class = 2;
                    certain.push(y * width + x);
                }
            }
        }
    }
    Image::from_fn(width, height, 1, |x, y, _| match classes.at(x, y, 0) {
        2 => 255,
        _ => 0,
    })
}

/// The derivatives along x and y of the channel with the largest magnitude, and this magnitude.
fn largest_gradient(
    image: &Image<u8>,
    x: isize,
    y: isize,
    aperture: u32,
    l2_gradient: bool,
) -> (i64, i64, i64) {
    let (smooth, derivative): (&[i64], &[i64]) = match aperture {
        3 => (&[1, 2, 1], &[-1, 0, 1]),
        5 => (&[1, 4, 6, 4, 1], &[-1, -2, 0, 2, 1]),
        7 => (&[1, 6, 15, 20, 15, 6, 1], &[-1, -4, -5, 0, 5, 4, 1]),
        _ => panic!("an aperture is 3, 5 or 7, not {aperture}"),
    };
    let radius = smooth.len() as isize / 2;
    let mut largest = (0, 0, -1);
    for c in 0..image.channels {
        let (mut dx, mut dy) = (0, 0);
        for (row, j) in (y - radius..=y + radius).zip(0..) {
            for (column, i) in (x - radius..=x + radius).zip(0..) {
                // The border is replicated.
                let row = row.clamp(0, image.height as isize - 1) as usize;
                let column = column.clamp(0, image.width as isize - 1) as usize;
                let sample = i64::from(image.at(column, row, c));
                dx += smooth[j] * derivative[i] * sample;
                dy += derivative[j] * smooth[i] * sample;
            }
        }
        if aperture == 7 {
            [dx, dy] = [dx, dy].map(|d| (d as f64 / 16.0).round_ties_even() as i64);
        }
        let magnitude = match l2_gradient {
            true => dx * dx + dy * dy,
            false => dx.abs() + dy.abs(),
        };
        if magnitude > largest.2 {
            largest = (dx, dy, magnitude);
        }
    }
    largest
}

/// Whether the magnitude of a pixel is above those of its two neighbors in the direction of its gradient; along x and along y equal to the second suffices.
fn is_largest_across(gradients: &Image<(i64, i64, i64)>, x: isize, y: isize) -> bool {
    let at = |x: isize, y: isize| {
        let inside = (0..gradients.width as isize).contains(&x)
            && (0..gradients.height as isize).contains(&y);
        match inside {
            true => gradients.at(x as usize, y as usize, 0).2,
            false => 0,
        }
    };
    let (dx, dy, magnitude) = gradients.at(x as usize, y as usize, 0);
    let (run, rise) = (dx.abs(), dy.abs() * 32768);
    let shallow = 13573 * run;
    if rise < shallow {
        magnitude > at(x - 1, y) && magnitude >= at(x + 1, y)
    } else if rise > shallow + 65536 * run {
        magnitude > at(x, y - 1) && magnitude >= at(x, y + 1)
    } else {
        let across = if (dx < 0) == (dy < 0) { 1 } else { -1 };
        magnitude > at(x - across, y - 1) && magnitude > at(x + across, y + 1)
    }
}
