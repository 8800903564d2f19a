//! The reference of `hue`.

use crate::oracle::Image;

/// torchvision's `adjust_hue`: the hue turned by this part of the circle. Gray images stay as they are.
pub fn hue(image: &Image<u8>, turn: f64) -> Image<u8> {
    if image.channels == 1 {
        return image.clone();
    }
    Image::from_fn(image.width, image.height, 3, |x, y, c| {
        let color = [0, 1, 2].map(|c| f32::from(image.at(x, y, c)) * (1.0 / 255.0_f64) as f32);
        let [hue, saturation, value] = to_hsv(color);
        // The sign of a remainder is that of the number.
        let turned = (hue + turn as f32) % 1.0;
        let turned = if turned < 0.0 { turned + 1.0 } else { turned };
        let color = from_hsv(turned, saturation, value);
        (color[c] * 255.999).clamp(0.0, 255.0).trunc() as u8
    })
}

fn to_hsv([r, g, b]: [f32; 3]) -> [f32; 3] {
    let value = r.max(g).max(b);
    let least = r.min(g).min(b);
    if value == least {
        return [0.0, 0.0, value];
    }
    let range = value - least;
    let [rc, gc, bc] = [r, g, b].map(|channel| (value - channel) / range);
    let sixths = if value == r {
        bc - gc
    } else if value == g {
        rc + 2.0 - bc
    } else {
        gc + 4.0 - rc
    };
    let hue = (sixths * (1.0 / 6.0_f64) as f32 + 1.0) % 1.0;
    [hue, range / value, value]
}

fn from_hsv(hue: f32, saturation: f32, value: f32) -> [f32; 3] {
    let sixths = hue * 6.0;
    let sector = sixths.floor();
    let part = saturation * (sixths - sector);
    let rest = 1.0 - saturation;
    let p = (rest * value).clamp(0.0, 1.0);
    let q = ((1.0 - part) * value).clamp(0.0, 1.0);
    let t = ((part + rest) * value).clamp(0.0, 1.0);
    let reds = [value, q, p, p, t, value];
    let greens = [t, value, value, q, p, p];
    let blues = [p, p, t, value, value, q];
    let sector = sector as usize % 6;
    [reds[sector], greens[sector], blues[sector]]
}
