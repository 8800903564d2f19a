//! Changes of color, as data.

/// The source of a sample of the new pixel.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum SampleSource {
    /// This sample of the old pixel, or of the weighted sum, which is sample 0 of a pixel whose other samples are 0.
    Channel(u8),
    /// The constant 255.
    Opaque,
}

use SampleSource::{Channel, Opaque};

/// A change of the colors of 8-bit pixels with at most four samples: the weighted sum of the samples, where there are
/// weights, and then a new order of samples.
///
/// All color conversions are such maps, and most sequences of them are one map ([`ColorMap::then`]).
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct ColorMap {
    /// Weights of the samples in 2^-16; their sum is 2^16.
    pub(crate) weights: Option<[u16; 4]>,
    /// The sources of the new pixel's samples.
    pub(crate) order: [SampleSource; 4],
}

impl ColorMap {
    /// The map that leaves every pixel as it is.
    pub(crate) const IDENTITY: ColorMap = ColorMap::reorder([0, 1, 2, 3]);

    /// The map to pixels with these samples of the old pixel.
    pub(crate) const fn reorder(order: [u8; 4]) -> Self {
        let [a, b, c, d] = order;
        ColorMap {
            weights: None,
            order: [Channel(a), Channel(b), Channel(c), Channel(d)],
        }
    }

    /// The map to the weighted sum of samples.
    pub(crate) const fn weighted(weights: [u16; 4]) -> Self {
        ColorMap {
            weights: Some(weights),
            ..ColorMap::IDENTITY
        }
    }

    /// The same map with 255 for alpha.
    pub(crate) const fn with_opaque_alpha(self) -> Self {
        let [r, g, b, _] = self.order;
        ColorMap {
            order: [r, g, b, Opaque],
            ..self
        }
    }

    /// Whether the map leaves every pixel as it is.
    pub(crate) fn is_identity(&self) -> bool {
        *self == ColorMap::IDENTITY
    }

    /// Whether a sample is 255 whatever the pixel.
    pub(crate) fn has_opaque(&self) -> bool {
        self.order.contains(&Opaque)
    }

    /// Whether the fourth sample stays where it is, and is in no other sample.
    pub(crate) fn keeps_alpha(&self) -> bool {
        let [colors @ .., alpha] = self.order;
        self.weights.is_none() && alpha == Channel(3) && !colors.contains(&Channel(3))
    }

    /// The weighted sum alone, and the order alone.
    pub(crate) fn split(&self) -> (ColorMap, ColorMap) {
        let sum = ColorMap {
            weights: self.weights,
            ..ColorMap::IDENTITY
        };
        let order = ColorMap {
            weights: None,
            order: self.order,
        };
        (sum, order)
    }

    /// This map followed by another one, as one map. `None` where that would need two weighted sums, or the weighted sum of
    /// a constant.
    pub(crate) fn then(&self, next: &ColorMap) -> Option<ColorMap> {
        let order = next.order.map(|source| match source {
            Channel(channel) => self.order[usize::from(channel)],
            Opaque => Opaque,
        });
        let Some(weights) = next.weights else {
            let weights = self.weights;
            return Some(ColorMap { weights, order });
        };
        let weighted = || self.order.into_iter().zip(weights).filter(|&(_, w)| w > 0);
        if self.weights.is_some() {
            // The weights sum to one, so that the gray of gray is the same gray.
            let gray = weighted().all(|(source, _)| source == Channel(0));
            return gray.then_some(ColorMap {
                weights: self.weights,
                order: next.order,
            });
        }
        let mut sum = [0u32; 4];
        for (source, weight) in weighted() {
            let Channel(channel) = source else {
                return None;
            };
            sum[usize::from(channel)] += u32::from(weight);
        }
        if let Some(channel) = sum.iter().position(|&weight| weight == 1 << 16) {
            // The sum is this sample as it is. No order reads another sample of a sum.
            let order = next.order.map(|source| match source {
                Channel(0) => Channel(channel as u8),
                other => other,
            });
            let weights = None;
            return Some(ColorMap { weights, order });
        }
        Some(ColorMap {
            weights: Some(sum.map(|weight| weight as u16)),
            order: next.order,
        })
    }

    /// Applies the map to a pixel.
    pub(crate) fn apply(&self, pixel: [u8; 4]) -> [u8; 4] {
        let pixel = match self.weights {
            None => pixel,
            Some(weights) => {
                let products = pixel.iter().zip(weights);
                let sum: u32 = products.map(|(&p, w)| u32::from(p) * u32::from(w)).sum();
                [((sum + (1 << 15)) >> 16) as u8, 0, 0, 0]
            }
        };
        self.order.map(|source| match source {
            Channel(channel) => pixel[usize::from(channel)],
            Opaque => 255,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::{ColorConversion, ColorLike};

    fn map(conversion: ColorConversion) -> ColorMap {
        let map = conversion.map(ColorLike::Opencv);
        map.expect("OpenCV's conversions are maps")
    }

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
            let fits =
                |second: &ColorConversion| second.source_channels() == first.target_channels();
            for second in ColorConversion::ALL.into_iter().filter(fits) {
                for like in [ColorLike::Opencv, ColorLike::Pillow] {
                    let (a, b) = (map(first), second.map(like).expect("a map"));
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
        }
        assert!(together > 200, "{together} pairs");
    }

    #[test]
    fn what_cannot_be_one_is_refused() {
        let (alpha, swap) = (
            map(ColorConversion::RgbToRgba),
            map(ColorConversion::RgbToBgr),
        );
        let of_alpha = ColorMap::weighted([0, 0, 32768, 32768]);
        assert_eq!(alpha.then(&of_alpha), None);
        let gray = map(ColorConversion::RgbToGray);
        // The swap moves the gray out of the first byte, of which the sum would be made.
        assert_eq!(gray.then(&swap).and_then(|moved| moved.then(&gray)), None);
    }
}
