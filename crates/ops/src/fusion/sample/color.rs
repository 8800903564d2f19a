//! Color maps as kernel arguments.

use crate::contract::stage::{ColorMap, SampleSource};
use pixelflume_kernels::args::ColorMapArgs;

/// The map as kernel arguments: two weights in a word, and the sources of the samples from the lowest four bits on.
pub(super) fn packed(map: &ColorMap) -> ColorMapArgs {
    let weights = map.weights.unwrap_or_default().map(u32::from);
    let nibble = |source: &SampleSource| match source {
        SampleSource::Channel(channel) => u32::from(*channel),
        SampleSource::Opaque => 4,
    };
    let order = map.order.iter().rev();
    ColorMapArgs {
        has_luma: u32::from(map.weights.is_some()),
        weights_low: weights[0] | weights[1] << 16,
        weights_high: weights[2] | weights[3] << 16,
        permutation: order.fold(0, |all, source| all << 4 | nibble(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::{ColorConversion, ColorLike};

    fn map(conversion: ColorConversion, like: ColorLike) -> ColorMap {
        conversion.map(like).expect("a map")
    }

    #[test]
    fn kernels_get_nibbles_from_the_lowest_byte_on() {
        let args = packed(&map(ColorConversion::RgbToRgba, ColorLike::Opencv));
        assert_eq!((args.has_luma, args.permutation), (0, 0x4210));
        let args = packed(&map(ColorConversion::BgrToGray, ColorLike::Pillow));
        assert_eq!((args.has_luma, args.permutation), (1, 0x3210));
        assert_eq!(
            (args.weights_low, args.weights_high),
            (7471 | 38470 << 16, 19595)
        );
    }
}
