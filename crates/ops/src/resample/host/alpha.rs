//! The colors of RGBA pixels multiplied with alpha, and divided by it.

/// Multiplies the colors of RGBA pixels with alpha: `c * a / 255`, rounded.
pub(super) fn premultiply(row: &[u8], out: &mut [u8]) {
    let pixels = row.as_chunks::<4>().0;
    for (pixel, out) in pixels.iter().zip(out.as_chunks_mut::<4>().0) {
        let [red, green, blue, alpha] = *pixel;
        let color = |color: u8| {
            let product = u32::from(color) * u32::from(alpha) + 128;
            (((product >> 8) + product) >> 8) as u8
        };
        *out = [color(red), color(green), color(blue), alpha];
    }
}

/// Divides the colors of RGBA pixels by alpha: `255 * c / a`, rounded down, at most 255. Pixels without alpha stay as they are.
pub(super) fn divide_by_alpha(row: &mut [u8]) {
    for pixel in row.as_chunks_mut::<4>().0 {
        let [red, green, blue, alpha] = *pixel;
        if alpha != 0 && alpha != 255 {
            let color = |color: u8| (255 * u32::from(color) / u32::from(alpha)).min(255) as u8;
            *pixel = [color(red), color(green), color(blue), alpha];
        }
    }
}
