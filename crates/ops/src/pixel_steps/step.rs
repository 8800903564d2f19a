//! The changes of colors, in the arithmetic of torchvision's functions for u8 tensors. Everything is in f32, and every operation is
//! rounded; a `mul_add` is one operation.

/// One change of the colors of an image.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) enum PixelStep {
    /// `adjust_brightness` with this factor.
    Brightness(f64),
    /// `adjust_contrast` with this factor.
    Contrast(f64),
    /// `adjust_saturation` with this factor.
    Saturation(f64),
    /// `adjust_hue` with this part of a turn.
    Hue(f64),
    /// `rgb_to_grayscale` with as many channels as the image.
    Gray,
}

impl PixelStep {
    pub(super) const BRIGHTNESS: u32 = 0;
    pub(super) const CONTRAST: u32 = 1;
    pub(super) const SATURATION: u32 = 2;
    pub(super) const HUE: u32 = 3;
    pub(super) const GRAY: u32 = 4;

    /// The number of the step in the arguments.
    pub(super) fn kind(self) -> u32 {
        match self {
            PixelStep::Brightness(_) => Self::BRIGHTNESS,
            PixelStep::Contrast(_) => Self::CONTRAST,
            PixelStep::Saturation(_) => Self::SATURATION,
            PixelStep::Hue(_) => Self::HUE,
            PixelStep::Gray => Self::GRAY,
        }
    }

    /// The factor of the image, and that of what it is blended with.
    pub(super) fn factors(self) -> [f32; 2] {
        match self {
            PixelStep::Brightness(factor) | PixelStep::Hue(factor) => [factor as f32, 0.0],
            PixelStep::Contrast(factor) | PixelStep::Saturation(factor) => {
                [factor as f32, (1.0 - factor) as f32]
            }
            PixelStep::Gray => [0.0; 2],
        }
    }
}

/// The gray of a pixel; its integer part is that of `rgb_to_grayscale`. At most 254.9745.
#[inline(always)]
pub(super) fn gray([r, g, b]: [u8; 3]) -> u8 {
    let [r, g, b] = [r, g, b].map(f32::from);
    b.mul_add(0.114, g.mul_add(0.587, r * 0.2989)) as u8
}

/// The blend of a sample and a number; `as` clamps and truncates.
#[inline(always)]
fn blend(sample: u8, other: f32, [factor, rest]: [f32; 2]) -> u8 {
    other.mul_add(rest, f32::from(sample) * factor) as u8
}

/// Does a step to a row of pixels of `C` channels, 1 or 3. `mean` is that of the gray image, for a contrast.
#[inline(always)]
pub(super) fn change<const C: usize>(kind: u32, factors: [f32; 2], mean: f32, row: &mut [u8]) {
    match kind {
        PixelStep::BRIGHTNESS => {
            for sample in row {
                *sample = (f32::from(*sample) * factors[0]) as u8;
            }
        }
        PixelStep::CONTRAST => {
            for sample in row {
                *sample = blend(*sample, mean, factors);
            }
        }
        // The others leave gray images as they are.
        _ if C == 1 => {}
        PixelStep::SATURATION => {
            for pixel in row.as_chunks_mut::<3>().0 {
                let gray = f32::from(gray(*pixel));
                *pixel = pixel.map(|sample| blend(sample, gray, factors));
            }
        }
        PixelStep::HUE => {
            for pixel in row.as_chunks_mut::<3>().0 {
                *pixel = turned(*pixel, factors[0]);
            }
        }
        _ => {
            for pixel in row.as_chunks_mut::<3>().0 {
                *pixel = [gray(*pixel); 3];
            }
        }
    }
}

/// The color with another hue: `turn` is -0.5 to 0.5 of a turn.
#[inline(always)]
fn turned(pixel: [u8; 3], turn: f32) -> [u8; 3] {
    let [r, g, b] = pixel.map(|sample| f32::from(sample) * (1.0 / 255.0_f64) as f32);
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let range = most - least;
    // A gray has no hue: any divisor gives the same color.
    let (divisor, saturation) = match most == least {
        true => (1.0, 0.0),
        false => (range, range / most),
    };
    let [rc, gc, bc] = [r, g, b].map(|channel| (most - channel) / divisor);
    let sector = if most == r {
        bc - gc
    } else if most == g {
        (rc + 2.0) - bc
    } else {
        (gc + 4.0) - rc
    };
    let hue = fraction(sector * (1.0 / 6.0_f64) as f32 + 1.0);
    let mut hue = fraction(hue + turn);
    if hue < 0.0 {
        hue += 1.0;
    }
    let sixths = hue * 6.0;
    let whole = sixths.floor();
    let part = saturation * (sixths - whole);
    let rest = 1.0 - saturation;
    let clamped = |channel: f32| channel.clamp(0.0, 1.0);
    let p = clamped(rest * most);
    let q = clamped((1.0 - part) * most);
    let t = clamped((part + rest) * most);
    let color = match whole as u32 % 6 {
        0 => [most, t, p],
        1 => [q, most, p],
        2 => [p, most, t],
        3 => [p, q, most],
        4 => [t, p, most],
        _ => [most, p, q],
    };
    color.map(|channel| (channel * 255.999) as u8)
}

/// The remainder by 1 of a number above -1 and below 2, with its sign. The difference is exact.
#[inline(always)]
fn fraction(number: f32) -> f32 {
    if number >= 1.0 { number - 1.0 } else { number }
}
