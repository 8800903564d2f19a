//! Colors of the model: planes to interleaved RGB or gray.

/// What the components of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// One component.
    Gray,
    /// Luminance and two chrominances of JFIF.
    YCbCr,
    /// Red, green and blue.
    Rgb,
    /// Inks, stored inverted.
    Cmyk,
    /// Inks, of which the first three are stored as luminance and chrominance.
    Ycck,
}

/// Which library's formula makes RGB of inks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inks {
    /// OpenCV's.
    OpenCv,
    /// Pillow's.
    Pillow,
}

/// What decides on the color space.
#[derive(Default)]
pub(super) struct Hints {
    pub(super) has_jfif: bool,
    pub(super) adobe_transform: Option<u8>,
}

impl Hints {
    pub(super) fn space(&self, ids: &[u8]) -> Space {
        match (ids.len(), self.adobe_transform) {
            (1, _) => Space::Gray,
            (3, _) if self.has_jfif => Space::YCbCr,
            (3, Some(0)) => Space::Rgb,
            (3, Some(_)) => Space::YCbCr,
            (3, None) if ids == b"RGB" => Space::Rgb,
            (3, None) => Space::YCbCr,
            (_, None | Some(0)) => Space::Cmyk,
            _ => Space::Ycck,
        }
    }
}

fn clamp(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

fn rgb_of_ycbcr(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, u, v) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    [
        clamp(y + ((91881 * v + 32768) >> 16)),
        clamp(y + ((-22554 * u - 46802 * v + 32768) >> 16)),
        clamp(y + ((116_130 * u + 32768) >> 16)),
    ]
}

fn without_ink(ink: u8, k: u8, formula: Inks) -> u8 {
    let (x, k) = (i32::from(ink), i32::from(k));
    match formula {
        Inks::OpenCv => clamp(k - (((255 - x) * k) >> 8)),
        Inks::Pillow => {
            let t = (255 - x) * k + 128;
            clamp(k - (((t >> 8) + t) >> 8))
        }
    }
}

/// Red, green and blue of a pixel, from its samples in the order of the frame.
pub(super) fn rgb(space: Space, p: &[u8], formula: Inks) -> [u8; 3] {
    match space {
        Space::Gray => [p[0]; 3],
        Space::YCbCr => rgb_of_ycbcr(p[0], p[1], p[2]),
        Space::Rgb => [p[0], p[1], p[2]],
        Space::Cmyk => [p[0], p[1], p[2]].map(|ink| without_ink(ink, p[3], formula)),
        Space::Ycck => {
            rgb_of_ycbcr(p[0], p[1], p[2]).map(|light| without_ink(255 - light, p[3], formula))
        }
    }
}

/// Gray of a pixel, as OpenCV has it.
pub(super) fn gray(space: Space, p: &[u8], formula: Inks) -> u8 {
    let weighted = |[r, g, b]: [u8; 3], weights: [i32; 3], shift: u32| {
        let sum = weights[0] * i32::from(r) + weights[1] * i32::from(g) + weights[2] * i32::from(b);
        ((sum + (1 << (shift - 1))) >> shift) as u8
    };
    match space {
        Space::Gray | Space::YCbCr => p[0],
        Space::Rgb => weighted([p[0], p[1], p[2]], [19595, 38470, 7471], 16),
        Space::Cmyk | Space::Ycck => weighted(rgb(space, p, formula), [4899, 9617, 1868], 14),
    }
}
