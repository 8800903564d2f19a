//! The references of `resample`: Pillow, torchvision on CPUs, and torchvision on CUDA.
//!
//! Formulas: `Image.resize` of Pillow 12.3 and 13.0, and the antialiased kernels of torch 2.15 for u8 tensors on CPUs and for tensors
//! on CUDA.

use super::{ResampleFilter, ResampleLike};
use crate::oracle::Image;

/// The first source position of an output position, and the weights from there on.
type Window<T> = (usize, Vec<T>);

/// Pillow's `Image.resize` to `width` x `height`, for gray, RGB and RGBA images. `source_box` is the parameter `box`: left, top,
/// right, bottom.
///
/// # Panics
/// When a side is 0, `like` is not a version of Pillow, or the box is empty or reaches out of the image.
pub fn resample_pillow(
    image: &Image<u8>,
    (width, height): (usize, usize),
    filter: ResampleFilter,
    source_box: Option<[f64; 4]>,
    like: ResampleLike,
) -> Image<u8> {
    let full = [0.0, 0.0, image.width as f64, image.height as f64];
    let [left, top, right, bottom] = source_box.unwrap_or(full);
    if (width, height) == (image.width, image.height) && [left, top, right, bottom] == full {
        return image.clone();
    }
    let premultiplied = match image.channels {
        4 => by_pixel(image, |[r, g, b, a]| {
            let color = |color: u8| {
                let product = u32::from(color) * u32::from(a) + 128;
                (((product >> 8) + product) >> 8) as u8
            };
            [color(r), color(g), color(b), a]
        }),
        _ => image.clone(),
    };
    let columns = pillow_windows(filter, image.width, left as f32, right as f32, width);
    let lines = pillow_windows(filter, image.height, top as f32, bottom as f32, height);
    let keeps_columns = width == image.width && left as f32 == 0.0 && right as f32 == width as f32;
    let keeps_lines = height == image.height && top as f32 == 0.0 && bottom as f32 == height as f32;
    let horizontal = |image: &Image<u8>| match keeps_columns {
        true => image.clone(),
        false => pass_x(image, &columns, |samples, weights| {
            fixed(samples, weights, 22)
        }),
    };
    let vertical = |image: &Image<u8>| match keeps_lines {
        true => image.clone(),
        false => pass_y(image, &lines, |samples, weights| {
            fixed(samples, weights, 22)
        }),
    };
    let vertical_first = match like {
        ResampleLike::Pillow12 => image.height > 100 * image.width && height < image.height,
        ResampleLike::Pillow13 => {
            let rows = image.height as i64 - height as i64;
            let columns = image.width as i64 - width as i64;
            rows > 0 && rows > 2 * columns
        }
        _ => panic!("{like} is not a version of Pillow"),
    };
    let resampled = match vertical_first {
        true => horizontal(&vertical(&premultiplied)),
        false => vertical(&horizontal(&premultiplied)),
    };
    match image.channels {
        4 => by_pixel(&resampled, |[r, g, b, a]| {
            let color = |color: u8| match a {
                0 | 255 => color,
                _ => (255 * u32::from(color) / u32::from(a)).min(255) as u8,
            };
            [color(r), color(g), color(b), a]
        }),
        _ => resampled,
    }
}

/// torchvision's resize of a u8 tensor on a CPU to `width` x `height` with `antialias=True`: bilinear, bicubic or lanczos.
///
/// # Panics
/// When a side is 0.
pub fn resample_torchvision(
    image: &Image<u8>,
    (width, height): (usize, usize),
    filter: ResampleFilter,
) -> Image<u8> {
    let horizontal = match width == image.width {
        true => image.clone(),
        false => {
            let (windows, bits) = torch_windows(filter, image.width, width);
            pass_x(image, &windows, |samples, weights| {
                fixed(samples, weights, bits)
            })
        }
    };
    match height == image.height {
        true => horizontal,
        false => {
            let (windows, bits) = torch_windows(filter, image.height, height);
            pass_y(&horizontal, &windows, |samples, weights| {
                fixed(samples, weights, bits)
            })
        }
    }
}

/// torchvision's resize of a u8 tensor on CUDA to `width` x `height` with `antialias=True`: bilinear or bicubic.
///
/// # Panics
/// When a side is 0.
pub fn resample_torch_cuda(
    image: &Image<u8>,
    (width, height): (usize, usize),
    filter: ResampleFilter,
) -> Image<u8> {
    if (width, height) == (image.width, image.height) {
        return image.clone();
    }
    let floats = Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        f32::from(image.at(x, y, c))
    });
    let sum = |samples: &mut dyn Iterator<Item = f32>, weights: &[f32]| {
        let mut sum = None;
        for (sample, weight) in samples.zip(weights) {
            sum = Some(sum.map_or(sample * weight, |sum| sample.mul_add(*weight, sum)));
        }
        sum.expect("a window has a sample")
    };
    let horizontal = pass_x(&floats, &cuda_windows(filter, image.width, width), sum);
    let both = pass_y(
        &horizontal,
        &cuda_windows(filter, image.height, height),
        sum,
    );
    Image::from_fn(width, height, image.channels, |x, y, c| {
        both.at(x, y, c).round_ties_even().clamp(0.0, 255.0) as u8
    })
}

/// Applies `f` to each RGBA pixel.
fn by_pixel(image: &Image<u8>, f: impl Fn([u8; 4]) -> [u8; 4]) -> Image<u8> {
    Image::from_fn(image.width, image.height, 4, |x, y, c| {
        f([0, 1, 2, 3].map(|c| image.at(x, y, c)))[c]
    })
}

/// The horizontal pass. `sum` makes a sample of the samples of a window and their weights.
fn pass_x<T: Copy, W>(
    image: &Image<T>,
    windows: &[Window<W>],
    sum: impl Fn(&mut dyn Iterator<Item = T>, &[W]) -> T,
) -> Image<T> {
    Image::from_fn(windows.len(), image.height, image.channels, |x, y, c| {
        let (first, weights) = &windows[x];
        sum(
            &mut (0..weights.len()).map(|j| image.at(first + j, y, c)),
            weights,
        )
    })
}

/// The vertical pass.
fn pass_y<T: Copy, W>(
    image: &Image<T>,
    windows: &[Window<W>],
    sum: impl Fn(&mut dyn Iterator<Item = T>, &[W]) -> T,
) -> Image<T> {
    Image::from_fn(image.width, windows.len(), image.channels, |x, y, c| {
        let (first, weights) = &windows[y];
        sum(
            &mut (0..weights.len()).map(|j| image.at(x, first + j, c)),
            weights,
        )
    })
}

/// A sum with weights of `bits` fractional bits.
fn fixed(samples: &mut dyn Iterator<Item = u8>, weights: &[i64], bits: u32) -> u8 {
    let products = samples
        .zip(weights)
        .map(|(p, weight)| i64::from(p) * weight);
    let sum: i64 = products.sum();
    (((1 << (bits - 1)) + sum) >> bits).clamp(0, 255) as u8
}

/// A weight as a fixed-point number, rounded half away from zero.
fn to_fixed(weight: f64, bits: u32) -> i64 {
    let scaled = weight * f64::from(1 << bits);
    (if weight < 0.0 {
        scaled - 0.5
    } else {
        scaled + 0.5
    }) as i64
}

/// The windows of an axis in double precision, before their weights become fixed-point numbers.
fn windows(
    filter: impl Fn(f64) -> f64,
    support: f64,
    source: usize,
    (start, end): (f32, f32),
    target: usize,
) -> Vec<Window<f64>> {
    let scale = f64::from(end - start) / target as f64;
    let filter_scale = scale.max(1.0);
    let support = support * filter_scale;
    let inverse = 1.0 / filter_scale;
    let window = |d: usize| {
        let center = f64::from(start) + (d as f64 + 0.5) * scale;
        let first = (center - support + 0.5).trunc().max(0.0) as usize;
        let end = ((center + support + 0.5).trunc() as usize).min(source);
        let weights = (first..end).map(|j| filter((j as f64 - center + 0.5) * inverse));
        let mut weights: Vec<f64> = weights.collect();
        let mut sum = 0.0;
        for weight in &weights {
            sum += weight;
        }
        if sum != 0.0 {
            for weight in &mut weights {
                *weight /= sum;
            }
        }
        (first, weights)
    };
    (0..target).map(window).collect()
}

/// The windows of Pillow. Whole pixels in their own size need no case of their own: every filter is 1 at 0 and 0 at the other
/// whole numbers.
fn pillow_windows(
    filter: ResampleFilter,
    source: usize,
    start: f32,
    end: f32,
    target: usize,
) -> Vec<Window<i64>> {
    let all = windows(
        |x| filter.pillow(x),
        filter.support(),
        source,
        (start, end),
        target,
    );
    let fixed = |weights: Vec<f64>| {
        weights
            .into_iter()
            .map(|weight| to_fixed(weight, 22))
            .collect()
    };
    all.into_iter()
        .map(|(first, weights)| (first, fixed(weights)))
        .collect()
}

/// The windows of torch for u8 tensors on CPUs, and the fractional bits of the weights of this axis.
fn torch_windows(filter: ResampleFilter, source: usize, target: usize) -> (Vec<Window<i64>>, u32) {
    let whole = (0.0, source as f32);
    let all = windows(|x| filter.torch(x), filter.support(), source, whole, target);
    let mut largest = 0.0_f64;
    for (_, weights) in &all {
        largest = weights
            .iter()
            .fold(largest, |largest, &weight| largest.max(weight));
    }
    let mut bits = 0;
    while bits < 22 && ((0.5 + largest * f64::from(1 << (bits + 1))) as i64) < 1 << 15 {
        bits += 1;
    }
    let fixed = |weights: Vec<f64>| {
        let weights = weights.into_iter();
        weights.map(|weight| to_fixed(weight, bits)).collect()
    };
    let all = all.into_iter();
    (
        all.map(|(first, weights)| (first, fixed(weights)))
            .collect(),
        bits,
    )
}

/// The windows of torch on CUDA.
fn cuda_windows(filter: ResampleFilter, source: usize, target: usize) -> Vec<Window<f32>> {
    let cubic = |x: f32| {
        if x < 1.0 {
            (1.5_f32.mul_add(x, -2.5) * x).mul_add(x, 1.0)
        } else if x < 2.0 {
            (x - 5.0).mul_add(x, 8.0).mul_add(x, -4.0) * -0.5
        } else {
            0.0
        }
    };
    let linear = |x: f32| if x < 1.0 { 1.0 - x } else { 0.0 };
    let scale = source as f32 / target as f32;
    let half = filter.support() as f32;
    let support = if scale >= 1.0 { half * scale } else { half };
    let inverse = if scale >= 1.0 {
        (1.0 / f64::from(scale)) as f32
    } else {
        1.0
    };
    let window = |d: usize| {
        let center = (d as f64 + 0.5) as f32;
        let first = (scale.mul_add(center, -support) + 0.5).max(0.0) as usize;
        let end = ((scale.mul_add(center, support) + 0.5) as usize).min(source);
        let offset = (-scale).mul_add(center, first as f32);
        let weight = |j: usize| {
            let x = (((j as f32 + offset) + 0.5) * inverse).abs();
            match filter {
                ResampleFilter::Bicubic => cubic(x),
                _ => linear(x),
            }
        };
        let mut weights: Vec<f32> = (0..end - first).map(weight).collect();
        let mut sum = 0.0_f32;
        for weight in &weights {
            sum += weight;
        }
        for weight in &mut weights {
            *weight /= sum;
        }
        (first, weights)
    };
    (0..target).map(window).collect()
}
