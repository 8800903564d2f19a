//! ColorMap conversions put together to one: at most one weighted sum, then an order of bytes.

use crate::color::ColorConversion;
use crate::kernels::ColorMapArgs;

/// Where a byte of the new pixel comes from.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Byte {
    /// This byte of the old pixel, or of the gray one, whose other bytes are 0.
    Of(u8),
    /// The number 255.
    Full,
}

/// A change of colors: of a pixel of at most four bytes the weighted sum of its bytes, where there are weights, and then a
/// new order of bytes.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct ColorMap {
    /// In 2^-15.
    luma: Option<[u16; 4]>,
    order: [Byte; 4],
}

const SAME: [Byte; 4] = [Byte::Of(0), Byte::Of(1), Byte::Of(2), Byte::Of(3)];

impl ColorMap {
    /// All pixels stay what they are.
    pub(super) const NONE: ColorMap = ColorMap {
        luma: None,
        order: SAME,
    };

    pub(super) fn of(conversion: ColorConversion) -> Self {
        use Byte::{Full, Of};
        let (luma, order) = match conversion {
            ColorConversion::RgbToGray | ColorConversion::RgbaToGray => {
                (Some([9798, 19235, 3735, 0]), SAME)
            }
            ColorConversion::BgrToGray => (Some([3735, 19235, 9798, 0]), SAME),
            ColorConversion::RgbToBgr | ColorConversion::BgrToRgb => {
                (None, [Of(2), Of(1), Of(0), Of(3)])
            }
            ColorConversion::RgbaToRgb => (None, SAME),
            ColorConversion::RgbToRgba => (None, [Of(0), Of(1), Of(2), Full]),
            ColorConversion::GrayToRgb => (None, [Of(0), Of(0), Of(0), Of(3)]),
        };
        ColorMap { luma, order }
    }

    pub(super) fn is_none(&self) -> bool {
        *self == ColorMap::NONE
    }

    /// Whether there is a weighted sum.
    pub(super) fn has_luma(&self) -> bool {
        self.luma.is_some()
    }

    /// Whether a byte is 255 whatever the pixel.
    pub(super) fn has_full(&self) -> bool {
        self.order.contains(&Byte::Full)
    }

    /// The weighted sum alone, and the order alone.
    pub(super) fn split(&self) -> (ColorMap, ColorMap) {
        let luma = ColorMap {
            order: SAME,
            ..*self
        };
        let order = ColorMap {
            luma: None,
            ..*self
        };
        (luma, order)
    }

    /// This change and then another, as one. `None` where that would be two sums, or the sum of something that is not the
    /// pixel.
    pub(super) fn then(&self, next: &ColorMap) -> Option<ColorMap> {
        let order = next.order.map(|byte| match byte {
            Byte::Of(at) => self.order[usize::from(at)],
            Byte::Full => Byte::Full,
        });
        let Some(weights) = next.luma else {
            let luma = self.luma;
            return Some(ColorMap { luma, order });
        };
        let weighted = || self.order.into_iter().zip(weights).filter(|&(_, w)| w > 0);
        if self.luma.is_some() {
            // The weights' sum is one, so that the gray of gray is itself.
            let gray = weighted().all(|(byte, _)| byte == Byte::Of(0));
            return gray.then_some(ColorMap {
                luma: self.luma,
                order: next.order,
            });
        }
        let mut luma = [0u16; 4];
        for (byte, weight) in weighted() {
            let Byte::Of(at) = byte else {
                return None;
            };
            luma[usize::from(at)] += weight;
        }
        Some(ColorMap {
            luma: Some(luma),
            order: next.order,
        })
    }

    /// The new pixel.
    pub(super) fn apply(&self, pixel: [u8; 4]) -> [u8; 4] {
        let pixel = match self.luma {
            None => pixel,
            Some(weights) => {
                let products = pixel.iter().zip(weights);
                let sum: u32 = products.map(|(&p, w)| u32::from(p) * u32::from(w)).sum();
                [((sum + 16384) >> 15) as u8, 0, 0, 0]
            }
        };
        self.order.map(|byte| match byte {
            Byte::Of(at) => pixel[usize::from(at)],
            Byte::Full => 255,
        })
    }

    pub(super) fn args(&self) -> ColorMapArgs {
        let weights = self.luma.unwrap_or_default().map(u32::from);
        let nibble = |byte: &Byte| match byte {
            Byte::Of(at) => u32::from(*at),
            Byte::Full => 4,
        };
        let order = self.order.iter().rev();
        ColorMapArgs {
            luma: u32::from(self.luma.is_some()),
            weights_low: weights[0] | weights[1] << 16,
            weights_high: weights[2] | weights[3] << 16,
            order: order.fold(0, |all, byte| all << 4 | nibble(byte)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_changes_as_one_are_the_same_change() {
        let pixels = [
            [0; 4],
            [255; 4],
            [1, 2, 3, 4],
            [200, 7, 90, 33],
            [90, 91, 89, 255],
        ];
        let mut together = 0;
        for first in ColorConversion::ALL {
            for second in ColorConversion::ALL {
                if first.target_channels() != second.source_channels() {
                    continue;
                }
                let (a, b) = (ColorMap::of(first), ColorMap::of(second));
                let one = a.then(&b).expect("all of these can be one");
                let channels = second.target_channels() as usize;
                for pixel in pixels {
                    let (two, one) = (b.apply(a.apply(pixel)), one.apply(pixel));
                    assert_eq!(
                        two[..channels],
                        one[..channels],
                        "{first}, {second}: {pixel:?}"
                    );
                }
                together += 1;
            }
        }
        assert!(together > 15, "{together} pairs");
    }

    #[test]
    fn what_cannot_be_one_is_refused() {
        let (alpha, swap) = (
            ColorMap::of(ColorConversion::RgbToRgba),
            ColorMap::of(ColorConversion::RgbToBgr),
        );
        let of_alpha = ColorMap {
            luma: Some([0, 0, 0, 32768]),
            order: SAME,
        };
        assert_eq!(alpha.then(&of_alpha), None);
        let gray = ColorMap::of(ColorConversion::RgbToGray);
        // The swap moves the gray out of the first byte, of which the sum would be made.
        assert_eq!(gray.then(&swap).and_then(|moved| moved.then(&gray)), None);
    }

    #[test]
    fn kernels_get_nibbles_from_the_lowest_byte_on() {
        let args = ColorMap::of(ColorConversion::RgbToRgba).args();
        assert_eq!((args.luma, args.order), (0, 0x4210));
        let args = ColorMap::of(ColorConversion::BgrToGray).args();
        assert_eq!((args.luma, args.order), (1, 0x3210));
        assert_eq!(
            (args.weights_low, args.weights_high),
            (3735 | 19235 << 16, 9798)
        );
    }
}
