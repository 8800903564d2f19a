//! The common part of the references of operators on colors.

/// The gray of a pixel as torchvision's `rgb_to_grayscale` has it; that of one sample is the sample.
pub(crate) fn gray(pixel: &[u8]) -> u8 {
    let &[r, g, b] = pixel else {
        return pixel[0];
    };
    let red = f32::from(r) * 0.2989;
    let red_and_green = f32::mul_add(f32::from(g), 0.587, red);
    f32::mul_add(f32::from(b), 0.114, red_and_green).trunc() as u8
}

/// `sample * factor + other * (1 - factor)` in f32, with a rounding of the first product and of the multiply-add, clamped and truncated.
pub(crate) fn blend(sample: u8, other: f32, factor: f64) -> u8 {
    let product = f32::from(sample) * factor as f32;
    let sum = f32::mul_add(other, (1.0 - factor) as f32, product);
    sum.clamp(0.0, 255.0).trunc() as u8
}
