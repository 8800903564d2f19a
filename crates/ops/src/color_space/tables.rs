//! The constants of HSV and Lab, by OpenCV's definitions, and the tables of them that executors read.

use super::conversion::Space;
use std::sync::LazyLock;

/// The entries of the first table of a conversion; the second one follows.
pub(crate) const FIRST: usize = 256;

/// Cube roots that conversions to Lab look up.
const ROOTS: u32 = 3072;

/// The tables of the conversions to or from a color space, one after the other; empty where there are none. They are computed
/// once.
pub(crate) fn tables(space: Space, to_rgb: bool) -> &'static [u32] {
    static ALL: LazyLock<Vec<[Vec<u32>; 2]>> = LazyLock::new(|| {
        Space::ALL
            .into_iter()
            .map(|space| [made(space, false), made(space, true)])
            .collect()
    });
    &ALL[space as usize][usize::from(to_rgb)]
}

fn made(space: Space, to_rgb: bool) -> Vec<u32> {
    let bytes = 0..=255;
    match (space, to_rgb) {
        (Space::Hsv | Space::HsvFull, false) => {
            let hue = move |difference| hue_factor(range(space), difference);
            bytes
                .clone()
                .map(saturation_factor)
                .chain(bytes.map(hue))
                .collect()
        }
        (Space::Lab | Space::LinearLab, false) => {
            let linear = space == Space::LinearLab;
            let samples = bytes.map(|sample| linear_sample(sample, linear));
            samples.chain((0..ROOTS).map(root)).collect()
        }
        (Space::Lab | Space::LinearLab, true) => {
            let linear = space == Space::LinearLab;
            let luminances = bytes.map(|lightness| {
                let (luminance, root) = luminance(lightness);
                luminance | root << 16
            });
            let samples = (0..4096).map(|number| sample_of(number, linear).into());
            luminances.chain(samples).collect()
        }
        _ => Vec::new(),
    }
}

/// The number of hues of HSV that is made from RGB.
pub(crate) fn range(space: Space) -> u32 {
    match space {
        Space::HsvFull => 256,
        _ => 180,
    }
}

fn rounded(number: f64) -> u32 {
    number.round_ties_even() as u32
}

/// The factor of differences in 2^-12 that gives saturations of colors of this value.
pub(crate) fn saturation_factor(value: u32) -> u32 {
    match value {
        0 => 0,
        value => rounded(f64::from(255 << 12) / f64::from(value)),
    }
}

/// The factor in 2^-12 that gives hues of colors of this difference.
pub(crate) fn hue_factor(range: u32, difference: u32) -> u32 {
    match difference {
        0 => 0,
        difference => rounded(f64::from(range << 12) / (6.0 * f64::from(difference))),
    }
}

/// The linear number of a sample, in 1/2040.
pub(crate) fn linear_sample(sample: u32, linear: bool) -> u32 {
    if linear {
        return 8 * sample;
    }
    let x = f64::from(sample as f32 / 255.0);
    let number = match x <= 0.04045 {
        true => x / 12.92,
        false => ((x + 0.055) / 1.055).powf(2.4),
    };
    (2040.0 * number as f32).round_ties_even() as u32
}

/// The function of Lab of `index / 2040`, in 2^-15: a cube root, and a line below 216/24389.
pub(crate) fn root(index: u32) -> u32 {
    let x = index as f32 * (1.0 / (255.0f32 * 8.0));
    let root = match x < 216.0 / 24389.0 {
        true => x.mul_add(841.0 / 108.0, 16.0 / 116.0),
        false => cube_root(x),
    };
    (32768.0 * root).round_ties_even() as u32
}

/// OpenCV's cube root of a positive number: quartic polynomials in f64, whose quotient is cut off to f32. The correctly rounded root
/// gives other colors.
fn cube_root(x: f32) -> f32 {
    const ABOVE: [u64; 5] = [
        0x4046_a09e_6653_ba70,
        0x4068_08f4_6c61_16e0,
        0x405d_ca97_439c_ae14,
        0x402a_dd70_d282_7500,
        0x3fc4_f15f_83f5_5d2d,
    ];
    const BELOW: [u64; 5] = [
        0x402d_9e20_660e_db21,
        0x4062_ff15_c028_5815,
        0x4065_10d0_6a81_12ce,
        0x4040_fecb_c9e2_c375,
        // 1.0
        0x3ff0_0000_0000_0000,
    ];
    let bits = x.to_bits();
    let exponent = (bits >> 23) as i32 - 127;
    let mantissa = f64::from(f32::from_bits(bits & 0x007f_ffff | 0x3f80_0000));
    let shift = match exponent % 3 {
        rest if rest >= 0 => rest - 3,
        rest => rest,
    };
    let r = mantissa * 2f64.powi(shift);
    let polynomial = |terms: [u64; 5]| {
        let terms = terms.map(f64::from_bits);
        terms
            .into_iter()
            .reduce(|sum, term| sum * r + term)
            .unwrap_or_default()
    };
    // From 0.5 on, below 1.
    let root = polynomial(ABOVE) / polynomial(BELOW);
    let cut = (root * 2f64.powi(24)).floor() * 2f64.powi(-24);
    (cut * 2f64.powi((exponent - shift) / 3)) as f32
}

/// The luminance of a lightness and its root, both in 2^-14.
pub(crate) fn luminance(lightness: u32) -> (u32, u32) {
    let round = |number: f32| number.round_ties_even() as u32;
    if lightness <= 20 {
        let luminance = (lightness * 16384 * 180) as f32 / (17 * 29 * 29 * 29) as f32;
        let root = 16384.0 * (16.0 / 116.0 + (lightness * 5) as f32 / (3 * 17 * 29) as f32);
        return (round(luminance), round(root));
    }
    let root = (lightness * 100 * 16384) as f32 / (255 * 116) as f32 + (16 * 16384) as f32 / 116.0;
    (round(root * root * root / (16384.0 * 16384.0)), round(root))
}

/// The cube of `k` in 2^-14, and a line below a limit: the inverse of the function of Lab.
pub(crate) fn cube(k: i32) -> i32 {
    match k <= 3390 {
        true => k * 108 / 841 - 290,
        false => k * k / 16384 * k / 16384,
    }
}

/// The sample of a linear number in 1/4096.
pub(crate) fn sample_of(number: u32, linear: bool) -> u8 {
    if linear {
        return (255 * number / 4096) as u8;
    }
    let x = f64::from(number) / 4096.0;
    let sample = match x <= 0.003_130_8 {
        true => x * 12.92,
        false => x.powf(1.0 / 2.4) * 1.055 - 0.055,
    };
    (255.0 * sample as f32).round_ties_even() as u8
}
