//! The reference of `color_space`: OpenCV's `cvtColor`, in its plainest form. The documentation on numerics has the formulas.

use super::conversion::{ColorSpaceConversion, Space};
use super::tables::{
    cube, hue_factor, linear_sample, luminance, range, root, sample_of, saturation_factor,
};
use crate::oracle::Image;

/// A sum in 2^-bits, rounded.
fn scaled(sum: i32, bits: u32) -> i32 {
    (sum + (1 << (bits - 1))) >> bits
}

/// The image of three channels in another color space.
///
/// # Panics
/// When the image does not have three channels.
pub fn convert_color_space(image: &Image<u8>, conversion: ColorSpaceConversion) -> Image<u8> {
    assert_eq!(image.channels, 3, "{conversion} takes 3 channels");
    let (space, blue_first) = (conversion.space(), conversion.blue_first());
    let mut data = Vec::with_capacity(image.data.len());
    for pixel in image.data.as_chunks::<3>().0 {
        let mut samples = *pixel;
        if conversion.makes_rgb() {
            samples = to_rgb(space, samples);
            if blue_first {
                samples.reverse();
            }
        } else {
            if blue_first {
                samples.reverse();
            }
            samples = from_rgb(space, samples.map(i32::from));
        }
        data.extend(samples);
    }
    Image::new(image.width, image.height, 3, data)
}

fn from_rgb(space: Space, [r, g, b]: [i32; 3]) -> [u8; 3] {
    let weighted = |weights: [i32; 3], [r, g, b]: [i32; 3]| {
        scaled(weights[0] * r + weights[1] * g + weights[2] * b, 12)
    };
    let luma = scaled(4899 * r + 9617 * g + 1868 * b, 14);
    let difference = |sample, weight| scaled((sample - luma) * weight + (128 << 14), 14);
    let samples = match space {
        Space::Hsv | Space::HsvFull => {
            let value = r.max(g).max(b);
            let difference = value - r.min(g).min(b);
            let sector = if value == r {
                g - b
            } else if value == g {
                b - r + 2 * difference
            } else {
                r - g + 4 * difference
            };
            let factor = hue_factor(range(space), difference as u32) as i32;
            let mut hue = scaled(sector * factor, 12);
            if hue < 0 {
                hue += range(space) as i32;
            }
            let saturation = scaled(difference * saturation_factor(value as u32) as i32, 12);
            [hue, saturation, value]
        }
        Space::Hls => return to_hls([r, g, b]),
        Space::YCrCb => [luma, difference(r, 11682), difference(b, 9241)],
        Space::Yuv => [luma, difference(b, 8061), difference(r, 14369)],
        Space::Xyz => [
            weighted([1689, 1465, 739], [r, g, b]),
            weighted([871, 2929, 296], [r, g, b]),
            weighted([79, 488, 3892], [r, g, b]),
        ],
        Space::Lab | Space::LinearLab => {
            let linear = space == Space::LinearLab;
            let numbers = [r, g, b].map(|sample| linear_sample(sample as u32, linear) as i32);
            let root_of = |weights| root(weighted(weights, numbers) as u32) as i32;
            let x = root_of([1777, 1541, 778]);
            let y = root_of([871, 2929, 296]);
            let z = root_of([73, 448, 3575]);
            [
                scaled(296 * y - 1_336_934, 15),
                scaled(500 * (x - y) + (128 << 15), 15),
                scaled(200 * (y - z) + (128 << 15), 15),
            ]
        }
    };
    samples.map(|sample| sample.clamp(0, 255) as u8)
}

fn to_hls(color: [i32; 3]) -> [u8; 3] {
    let [r, g, b] = color.map(|sample| sample as f32 * (1.0 / 255.0));
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let (difference, sum) = (most - least, most + least);
    let lightness = sum * 0.5;
    let saturation = difference / if lightness < 0.5 { sum } else { 2.0 - sum };
    let (side, start): (f32, f32) = if most == r {
        (g - b, if g < b { 360.0 } else { 0.0 })
    } else if most == g {
        (b - r, 120.0)
    } else {
        (r - g, 240.0)
    };
    let hue = side.mul_add(60.0 / difference, start);
    let has_hue = difference > f32::EPSILON;
    [
        if has_hue { hue * 0.5 } else { 0.0 },
        lightness * 255.0,
        if has_hue { saturation * 255.0 } else { 0.0 },
    ]
    .map(|number| number.round_ties_even() as u8)
}

fn to_rgb(space: Space, samples: [u8; 3]) -> [u8; 3] {
    let [first, second, third] = samples.map(i32::from);
    let weighted = |weights: [i32; 3], numbers: [i32; 3], bits| {
        let products = weights
            .iter()
            .zip(numbers)
            .map(|(weight, number)| weight * number);
        scaled(products.sum(), bits)
    };
    let color = match space {
        Space::Hsv => return hsv_to_rgb(samples, 180.0),
        Space::HsvFull => return hsv_to_rgb(samples, 255.0),
        Space::Hls => return hls_to_rgb(samples),
        Space::YCrCb => {
            let (red, blue) = (second - 128, third - 128);
            [
                first + scaled(22987 * red, 14),
                first + scaled(-5636 * blue - 11698 * red, 14),
                first + scaled(29049 * blue, 14),
            ]
        }
        Space::Yuv => {
            let (blue, red) = (second - 128, third - 128);
            [
                first + scaled(18678 * red, 14),
                first + scaled(-6472 * blue - 9519 * red, 14),
                first + scaled(33292 * blue, 14),
            ]
        }
        Space::Xyz => {
            let xyz = [first, second, third];
            [
                weighted([13273, -6296, -2042], xyz, 12),
                weighted([-3970, 7684, 170], xyz, 12),
                weighted([228, -836, 4331], xyz, 12),
            ]
        }
        Space::Lab | Space::LinearLab => {
            let (y, root) = luminance(first as u32);
            let root = root as i32;
            let x = cube(root + ((5 * second * 53687 + 128) >> 13) - 4194);
            let z = cube(root - (((third * 41943 + 16) >> 9) - 10484));
            let xyz = [x, y as i32, z];
            let linear = space == Space::LinearLab;
            let sample = |weights| {
                let number = weighted(weights, xyz, 14).clamp(0, 4095);
                i32::from(sample_of(number as u32, linear))
            };
            [
                sample([12615, -6296, -2223]),
                sample([-3773, 7684, 185]),
                sample([217, -836, 4715]),
            ]
        }
    };
    color.map(|sample| sample.clamp(0, 255) as u8)
}

fn hsv_to_rgb([hue, saturation, value]: [u8; 3], range: f32) -> [u8; 3] {
    let [s, v] = [saturation, value].map(|sample| f32::from(sample) * (1.0 / 255.0));
    let position = f32::from(hue) * (6.0 / range);
    let f = position - position.trunc();
    let t1 = v * (1.0 - s);
    let t2 = v * (-s).mul_add(f, 1.0);
    let t3 = v * (-s).mul_add(1.0 - f, 1.0);
    let color = match position.trunc() % 6.0 {
        0.0 => [v, t3, t1],
        1.0 => [t2, v, t1],
        2.0 => [t1, v, t3],
        3.0 => [t1, t2, v],
        4.0 => [t3, t1, v],
        _ => [v, t1, t2],
    };
    color.map(|number| (number * 255.0).round_ties_even() as u8)
}

fn hls_to_rgb([hue, lightness, saturation]: [u8; 3]) -> [u8; 3] {
    let [l, s] = [lightness, saturation].map(|sample| f32::from(sample) * (1.0 / 255.0));
    let position = f32::from(hue) * (6.0 / 180.0);
    let e = if l <= 0.5 { l * s } else { s - l * s };
    let f = position - position.trunc();
    let sector = position.trunc() - 6.0 * (position * (1.0 / 6.0)).trunc();
    let part = e * (f + f);
    let (t0, t1) = (l + e, l - e);
    let (t2, t3) = (t0 - part, t1 + part);
    let color = match sector {
        0.0 => [t0, t3, t1],
        1.0 => [t2, t0, t1],
        2.0 => [t1, t0, t3],
        3.0 => [t1, t2, t0],
        4.0 => [t3, t1, t0],
        _ => [t0, t1, t2],
    };
    color.map(|number| (number * 255.0).round_ties_even() as u8)
}
