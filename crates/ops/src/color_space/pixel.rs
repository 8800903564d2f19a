//! The arithmetic of the conversions, one pixel at a time, as the host executor repeats it.

use super::tables::{FIRST, cube};

/// A conversion of a color.
pub(super) trait Convert: Copy {
    /// The samples of the result, in the order of their channels.
    fn convert(self, samples: [u8; 3]) -> [u8; 3];
}

/// An integer clamped to a sample.
#[inline(always)]
fn clamped(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

/// A number rounded to the nearest sample, half to even.
#[inline(always)]
fn rounded(number: f32) -> u8 {
    number.round_ties_even() as u8
}

/// A sum in 2^-bits, rounded.
#[inline(always)]
fn scaled(sum: i32, bits: u32) -> i32 {
    (sum + (1 << (bits - 1))) >> bits
}

/// A sample of 0 to 1.
#[inline(always)]
fn unit(sample: u8) -> f32 {
    f32::from(sample) * (1.0 / 255.0)
}

#[derive(Copy, Clone)]
pub(super) struct RgbToHsv {
    /// Factors of saturations by value, then factors of hues by difference.
    pub(super) tables: &'static [u32],
    pub(super) range: i32,
}

impl Convert for RgbToHsv {
    #[inline(always)]
    fn convert(self, samples: [u8; 3]) -> [u8; 3] {
        let [r, g, b] = samples.map(i32::from);
        let value = r.max(g).max(b);
        let difference = value - r.min(g).min(b);
        let sector = match () {
            () if value == r => g - b,
            () if value == g => b - r + 2 * difference,
            () => r - g + 4 * difference,
        };
        let factor = |index: usize| self.tables[index] as i32;
        let hue = scaled(sector * factor(FIRST + difference as usize), 12);
        let hue = if hue < 0 { hue + self.range } else { hue };
        let saturation = scaled(difference * factor(value as usize), 12);
        [clamped(hue), saturation as u8, value as u8]
    }
}

#[derive(Copy, Clone)]
pub(super) struct HsvToRgb {
    /// Sixths of a turn for each step of hue.
    pub(super) sectors: f32,
}

impl Convert for HsvToRgb {
    #[inline(always)]
    fn convert(self, [hue, saturation, value]: [u8; 3]) -> [u8; 3] {
        let (s, v) = (unit(saturation), unit(value));
        let position = f32::from(hue) * self.sectors;
        let whole = position as i32;
        let f = position - whole as f32;
        let t1 = v * (1.0 - s);
        let t2 = v * (-s).mul_add(f, 1.0);
        let t3 = v * (-s).mul_add(1.0 - f, 1.0);
        let color = match whole % 6 {
            0 => [v, t3, t1],
            1 => [t2, v, t1],
            2 => [t1, v, t3],
            3 => [t1, t2, v],
            4 => [t3, t1, v],
            _ => [v, t1, t2],
        };
        color.map(|number| rounded(number * 255.0))
    }
}

#[derive(Copy, Clone)]
pub(super) struct RgbToHls;

impl Convert for RgbToHls {
    #[inline(always)]
    fn convert(self, samples: [u8; 3]) -> [u8; 3] {
        let [r, g, b] = samples.map(unit);
        let (most, least) = (r.max(g).max(b), r.min(g).min(b));
        let (difference, sum) = (most - least, most + least);
        let lightness = sum * 0.5;
        let (mut hue, mut saturation) = (0.0, 0.0);
        if difference > f32::EPSILON {
            saturation = difference / if lightness < 0.5 { sum } else { 2.0 - sum };
            let factor = 60.0 / difference;
            let (side, start) = match () {
                () if most == r => (g - b, if g < b { 360.0 } else { 0.0 }),
                () if most == g => (b - r, 120.0),
                () => (r - g, 240.0),
            };
            hue = f32::mul_add(side, factor, start) * 0.5;
        }
        [hue, lightness * 255.0, saturation * 255.0].map(rounded)
    }
}

#[derive(Copy, Clone)]
pub(super) struct HlsToRgb;

impl Convert for HlsToRgb {
    #[inline(always)]
    fn convert(self, [hue, lightness, saturation]: [u8; 3]) -> [u8; 3] {
        let (l, s) = (unit(lightness), unit(saturation));
        let position = f32::from(hue) * (6.0 / 180.0);
        let e = if l <= 0.5 { l * s } else { s - l * s };
        let whole = position as i32 as f32;
        let f = position - whole;
        let sector = whole - 6.0 * (position * (1.0 / 6.0)) as i32 as f32;
        let part = e * (f + f);
        let (t0, t1) = (l + e, l - e);
        let (t2, t3) = (t0 - part, t1 + part);
        // The sector is a whole number of 0 to 5.
        let color = match sector as i32 {
            0 => [t0, t3, t1],
            1 => [t2, t0, t1],
            2 => [t1, t0, t3],
            3 => [t1, t2, t0],
            4 => [t3, t1, t0],
            _ => [t0, t1, t2],
        };
        color.map(|number| rounded(number * 255.0))
    }
}

/// Luma and two differences: of red with a weight, and of blue with another one.
#[derive(Copy, Clone)]
pub(super) struct RgbToLuma<const RED: i32, const BLUE: i32, const BLUE_BEFORE: bool>;

impl<const RED: i32, const BLUE: i32, const BLUE_BEFORE: bool> Convert
    for RgbToLuma<RED, BLUE, BLUE_BEFORE>
{
    #[inline(always)]
    fn convert(self, samples: [u8; 3]) -> [u8; 3] {
        let [r, g, b] = samples.map(i32::from);
        let y = scaled(4899 * r + 9617 * g + 1868 * b, 14);
        let difference = |sample, weight| clamped(scaled((sample - y) * weight + (128 << 14), 14));
        let (red, blue) = (difference(r, RED), difference(b, BLUE));
        match BLUE_BEFORE {
            true => [y as u8, blue, red],
            false => [y as u8, red, blue],
        }
    }
}

/// The way back, with the weights of the difference of red in red and green, and of that of blue in green and blue.
#[derive(Copy, Clone)]
pub(super) struct LumaToRgb<
    const RED: i32,
    const RED_GREEN: i32,
    const BLUE_GREEN: i32,
    const BLUE: i32,
    const BLUE_BEFORE: bool,
>;

impl<
    const RED: i32,
    const RED_GREEN: i32,
    const BLUE_GREEN: i32,
    const BLUE: i32,
    const BLUE_BEFORE: bool,
> Convert for LumaToRgb<RED, RED_GREEN, BLUE_GREEN, BLUE, BLUE_BEFORE>
{
    #[inline(always)]
    fn convert(self, samples: [u8; 3]) -> [u8; 3] {
        let [y, second, third] = samples.map(i32::from);
        let (red, blue) = match BLUE_BEFORE {
            true => (third - 128, second - 128),
            false => (second - 128, third - 128),
        };
        [red * RED, blue * BLUE_GREEN + red * RED_GREEN, blue * BLUE]
            .map(|sum| clamped(y + scaled(sum, 14)))
    }
}

/// Weighted sums of the samples in 2^-12.
#[derive(Copy, Clone)]
pub(super) struct Matrix(pub(super) [[i32; 3]; 3]);

impl Convert for Matrix {
    #[inline(always)]
    fn convert(self, samples: [u8; 3]) -> [u8; 3] {
        let sample = |weights| clamped(scaled(product(weights, samples.map(i32::from)), 12));
        self.0.map(sample)
    }
}

#[inline(always)]
fn product(weights: [i32; 3], numbers: [i32; 3]) -> i32 {
    weights[0] * numbers[0] + weights[1] * numbers[1] + weights[2] * numbers[2]
}

#[derive(Copy, Clone)]
pub(super) struct RgbToLab {
    /// Linear samples in 1/2040, then cube roots in 2^-15.
    pub(super) tables: &'static [u32],
}

impl Convert for RgbToLab {
    #[inline(always)]
    fn convert(self, samples: [u8; 3]) -> [u8; 3] {
        const ROWS: [[i32; 3]; 3] = [[1777, 1541, 778], [871, 2929, 296], [73, 448, 3575]];
        let linear = samples.map(|sample| self.tables[usize::from(sample)] as i32);
        let [x, y, z] = ROWS.map(|row| {
            let sum = scaled(product(row, linear), 12);
            self.tables[FIRST + sum as usize] as i32
        });
        [
            296 * y - 1_336_934,
            500 * (x - y) + (128 << 15),
            200 * (y - z) + (128 << 15),
        ]
        .map(|sum| clamped(scaled(sum, 15)))
    }
}

#[derive(Copy, Clone)]
pub(super) struct LabToRgb {
    /// Luminances with their roots in the upper halves, in 2^-14, then samples of linear numbers in 1/4096.
    pub(super) tables: &'static [u32],
}

impl Convert for LabToRgb {
    #[inline(always)]
    fn convert(self, samples: [u8; 3]) -> [u8; 3] {
        const ROWS: [[i32; 3]; 3] = [[12615, -6296, -2223], [-3773, 7684, 185], [217, -836, 4715]];
        let [_, a, b] = samples.map(i32::from);
        let entry = self.tables[usize::from(samples[0])];
        let (y, root) = ((entry & 0xffff) as i32, (entry >> 16) as i32);
        let x = cube(root + ((5 * a * 53687 + 128) >> 13) - 4194);
        let z = cube(root - (((b * 41943 + 16) >> 9) - 10484));
        ROWS.map(|row| {
            let number = scaled(product(row, [x, y, z]), 14).clamp(0, 4095);
            self.tables[FIRST + number as usize] as u8
        })
    }
}
