//! The reference of `color_jitter`.

use crate::brightness::reference::brightness;
use crate::color_jitter::ColorJitter;
use crate::contrast::reference::contrast;
use crate::hue::reference::hue;
use crate::oracle::Image;
use crate::saturation::reference::saturation;

/// What `color_jitter` makes of the image of this index in this epoch: [`brightness`], [`contrast`], [`saturation`] and [`hue`] in the order
/// and with the factors that are drawn, without those whose range is one neutral number.
pub fn color_jitter(
    image: &Image<u8>,
    operator: &ColorJitter,
    epoch: u64,
    index: u64,
) -> Image<u8> {
    let (drawn, ranges) = (operator.draw(epoch, index), operator.ranges());
    let mut image = image.clone();
    for change in drawn.order {
        let neutral = if change == 3 { [0.0; 2] } else { [1.0; 2] };
        if ranges[change] == neutral {
            continue;
        }
        image = match change {
            0 => brightness(&image, drawn.brightness),
            1 => contrast(&image, drawn.contrast),
            2 => saturation(&image, drawn.saturation),
            _ => hue(&image, drawn.hue),
        };
    }
    image
}
