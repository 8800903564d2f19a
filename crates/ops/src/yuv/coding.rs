//! The matrix and the range of YUV samples, and the weights that follow from them.

use crate::contract::checks::text_by_name;
use crate::spec::value_from_choice;

/// The standard whose weights of red, green and blue make luma.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum YuvMatrix {
    /// ITU-R BT.601, of standard definition video and JPEG: Kr = 0.299, Kb = 0.114.
    #[default]
    Bt601,
    /// ITU-R BT.709, of high definition video: Kr = 0.2126, Kb = 0.0722.
    Bt709,
    /// ITU-R BT.2020 with non-constant luminance, of ultra high definition video: Kr = 0.2627, Kb = 0.0593.
    Bt2020,
}

impl YuvMatrix {
    /// All matrices, in the order in which error messages list them.
    pub const ALL: [YuvMatrix; 3] = [YuvMatrix::Bt601, YuvMatrix::Bt709, YuvMatrix::Bt2020];

    /// The name that pipeline files and the command use: `bt601`, `bt709` or `bt2020`.
    pub const fn name(self) -> &'static str {
        match self {
            YuvMatrix::Bt601 => "bt601",
            YuvMatrix::Bt709 => "bt709",
            YuvMatrix::Bt2020 => "bt2020",
        }
    }

    /// Kr, Kg and Kb: the shares of red, green and blue in luma.
    fn shares(self) -> [f64; 3] {
        let (red, blue) = match self {
            YuvMatrix::Bt601 => (0.299, 0.114),
            YuvMatrix::Bt709 => (0.2126, 0.0722),
            YuvMatrix::Bt2020 => (0.2627, 0.0593),
        };
        [red, 1.0 - red - blue, blue]
    }
}

/// The numbers that samples Y, U and V reach.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum YuvRange {
    /// Y is 16 (black) to 235 (white), U and V are 16 to 240 with 128 for gray. Also called video or TV range.
    #[default]
    Limited,
    /// Y, U and V are 0 to 255. Also called PC or JPEG range.
    Full,
}

impl YuvRange {
    /// Both ranges, in the order in which error messages list them.
    pub const ALL: [YuvRange; 2] = [YuvRange::Limited, YuvRange::Full];

    /// The name that pipeline files and the command use: `limited` or `full`.
    pub const fn name(self) -> &'static str {
        match self {
            YuvRange::Limited => "limited",
            YuvRange::Full => "full",
        }
    }
}

text_by_name!(YuvMatrix, "a YUV conversion", "matrix");
text_by_name!(YuvRange, "a YUV conversion", "range");
value_from_choice!(YuvMatrix, YuvRange);

/// What YUV samples mean: their matrix and their range. The default is BT.601 of limited range, which is OpenCV's.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct YuvCoding {
    /// The standard whose weights make luma.
    pub matrix: YuvMatrix,
    /// The numbers that the samples reach.
    pub range: YuvRange,
}

/// The weights of a conversion to RGB in 2^-20, and the luma of black. With y = max(Y - black, 0), and u and v that are U and V without
/// the number of gray: R = luma y + red v, G = luma y + green_u u + green_v v, B = luma y + blue u.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ToRgb {
    pub(crate) black: i32,
    pub(crate) luma: i32,
    pub(crate) red: i32,
    pub(crate) green_u: i32,
    pub(crate) green_v: i32,
    pub(crate) blue: i32,
}

/// The weights of red, green and blue in Y, U and V, in 2^-20, and the luma of black. The sums of U and V are rounded, and 128 is added.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FromRgb {
    pub(crate) black: i32,
    pub(crate) luma: [i32; 3],
    pub(crate) u: [i32; 3],
    pub(crate) v: [i32; 3],
}

/// The nearest number in 2^-20.
fn fixed(weight: f64) -> i32 {
    (weight * f64::from(1 << 20)).round() as i32
}

impl YuvCoding {
    /// BT.601 of limited range, for which OpenCV has constants of its own.
    pub(crate) fn is_opencv(self) -> bool {
        self == YuvCoding::default()
    }

    /// The coefficients of [`ToRgb`] in their order: luma, red, green_u, green_v and blue, for samples of 8 bits.
    fn coefficients(self) -> [f64; 5] {
        let [kr, kg, kb] = self.matrix.shares();
        let (luma, chroma) = match self.range {
            YuvRange::Limited => (255.0 / 219.0, 255.0 / 224.0),
            YuvRange::Full => (1.0, 1.0),
        };
        let (red, blue) = (2.0 * (1.0 - kr), 2.0 * (1.0 - kb));
        let green_u = -blue * kb / kg;
        let green_v = -red * kr / kg;
        [
            luma,
            red * chroma,
            green_u * chroma,
            green_v * chroma,
            blue * chroma,
        ]
    }

    /// The weights of samples of 8 or 10 bits. Those of 10 bits are quarters: the sums are in 2^-22.
    pub(crate) fn to_rgb(self, bits: u32) -> ToRgb {
        let weights = if self.is_opencv() {
            [1_220_542, 1_673_527, -409_993, -852_492, 2_116_026]
        } else {
            // White of full range is 255 in 8 bits and 1023 in 10.
            let scale = match (self.range, bits) {
                (YuvRange::Full, 10) => 1020.0 / 1023.0,
                _ => 1.0,
            };
            self.coefficients().map(|weight| fixed(weight * scale))
        };
        let [luma, red, green_u, green_v, blue] = weights;
        ToRgb {
            black: self.black() << (bits - 8),
            luma,
            red,
            green_u,
            green_v,
            blue,
        }
    }

    /// The weights of a conversion from RGB to samples of 8 bits.
    pub(crate) fn of_rgb(self) -> FromRgb {
        let [luma, u, v] = if self.is_opencv() {
            [
                [269_484, 528_482, 102_760],
                [-155_188, -305_135, 460_324],
                [460_324, -385_875, -74_448],
            ]
        } else {
            let [kr, kg, kb] = self.matrix.shares();
            let (luma, chroma) = match self.range {
                YuvRange::Limited => (219.0 / 255.0, 224.0 / 255.0),
                YuvRange::Full => (1.0, 1.0),
            };
            let (red, blue) = (chroma / (2.0 * (1.0 - kr)), chroma / (2.0 * (1.0 - kb)));
            [
                [kr, kg, kb].map(|share| fixed(share * luma)),
                [-kr * blue, -kg * blue, chroma / 2.0].map(fixed),
                [chroma / 2.0, -kg * red, -kb * red].map(fixed),
            ]
        };
        FromRgb {
            black: self.black(),
            luma,
            u,
            v,
        }
    }

    /// The luma of black in 8 bits.
    fn black(self) -> i32 {
        match self.range {
            YuvRange::Limited => 16,
            YuvRange::Full => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yuv::reference::{pixel_to_rgb, pixel_to_yuv, ten_bits_to_rgb};

    pub(super) fn all() -> impl Iterator<Item = YuvCoding> {
        YuvMatrix::ALL
            .into_iter()
            .flat_map(|matrix| YuvRange::ALL.map(|range| YuvCoding { matrix, range }))
    }

    /// Red, green and blue of signals Y of 0 to 1 and U and V of -0.5 to 0.5, times 255, by the definition of the standards.
    fn real(coding: YuvCoding, y: f64, u: f64, v: f64) -> [f64; 3] {
        let [kr, kg, kb] = coding.matrix.shares();
        let red = y + 2.0 * (1.0 - kr) * v;
        let blue = y + 2.0 * (1.0 - kb) * u;
        let green = (y - kr * red - kb * blue) / kg;
        [red, green, blue].map(|signal| (255.0 * signal).clamp(0.0, 255.0))
    }

    #[test]
    fn colors_are_those_of_the_standards() {
        for coding in all() {
            let samples = || (0..=255_u8).step_by(3);
            let mut most: f64 = 0.0;
            for (y, u, v) in samples()
                .flat_map(|y| samples().flat_map(move |u| samples().map(move |v| (y, u, v))))
            {
                let [luma, a, b] = [y, u, v].map(f64::from);
                let (a, b) = (a - 128.0, b - 128.0);
                let expected = match coding.range {
                    YuvRange::Limited => {
                        let luma = (luma - 16.0).max(0.0) / 219.0;
                        real(coding, luma, a / 224.0, b / 224.0)
                    }
                    YuvRange::Full => real(coding, luma / 255.0, a / 255.0, b / 255.0),
                };
                for (got, expected) in pixel_to_rgb(coding, [y, u, v]).iter().zip(expected) {
                    most = most.max((f64::from(*got) - expected).abs());
                }
            }
            // OpenCV's weights of BT.601 have four digits.
            let bound = if coding.is_opencv() { 1.0 } else { 0.501 };
            assert!(most <= bound, "{coding:?}: {most}");
        }
    }

    #[test]
    fn colors_of_ten_bits_are_those_of_the_standards() {
        for coding in all() {
            let samples = || (0..1024_u16).step_by(31);
            for (y, u, v) in samples()
                .flat_map(|y| samples().flat_map(move |u| samples().map(move |v| (y, u, v))))
            {
                let [luma, a, b] = [y, u, v].map(f64::from);
                let (a, b) = (a - 512.0, b - 512.0);
                let expected = match coding.range {
                    YuvRange::Limited => {
                        let luma = (luma - 64.0).max(0.0) / 876.0;
                        real(coding, luma, a / 896.0, b / 896.0)
                    }
                    YuvRange::Full => real(coding, luma / 1023.0, a / 1023.0, b / 1023.0),
                };
                let bound = if coding.is_opencv() { 1.0 } else { 0.501 };
                for (got, expected) in ten_bits_to_rgb(coding, [y, u, v]).iter().zip(expected) {
                    let off = (f64::from(*got) - expected).abs();
                    assert!(off <= bound, "{coding:?} {y} {u} {v}: {off}");
                }
            }
        }
    }

    #[test]
    fn samples_are_those_of_the_standards() {
        for coding in all() {
            let [kr, kg, kb] = coding.matrix.shares();
            let samples = || (0..=255_u8).step_by(5);
            for (r, g, b) in samples()
                .flat_map(|r| samples().flat_map(move |g| samples().map(move |b| (r, g, b))))
            {
                let [red, green, blue] = [r, g, b].map(|sample| f64::from(sample) / 255.0);
                let luma = kr * red + kg * green + kb * blue;
                let u = (blue - luma) / (2.0 * (1.0 - kb));
                let v = (red - luma) / (2.0 * (1.0 - kr));
                let expected = match coding.range {
                    YuvRange::Limited => {
                        [16.0 + 219.0 * luma, 128.0 + 224.0 * u, 128.0 + 224.0 * v]
                    }
                    YuvRange::Full => [255.0 * luma, 128.0 + 255.0 * u, 128.0 + 255.0 * v],
                };
                let bound = if coding.is_opencv() { 1.0 } else { 0.501 };
                for (got, expected) in pixel_to_yuv(coding, [r, g, b]).iter().zip(expected) {
                    let off = (f64::from(*got) - expected.min(255.0)).abs();
                    assert!(off <= bound, "{coding:?} {r} {g} {b}: {off}");
                }
            }
        }
    }

    #[test]
    fn gray_stays_gray() {
        for coding in all() {
            for sample in 0..=255 {
                let [_, u, v] = pixel_to_yuv(coding, [sample; 3]);
                assert_eq!([u, v], [128; 2], "{coding:?} {sample}");
            }
        }
    }
}
