//! The reference of `equalize_hist`.

use crate::oracle::Image;

/// OpenCV's `equalizeHist` of a gray image: `f32(pixels of values above the least one, up to p) * (255 / f32(pixels above the least one))`
/// for each sample p, rounded, ties to even. An image of one value stays as it is.
pub fn equalize_hist(image: &Image<u8>) -> Image<u8> {
    let least = image.data.iter().min().copied().unwrap_or(0);
    let counted = |from: u8, to: u8| {
        let of = image
            .data
            .iter()
            .filter(|&&sample| from < sample && sample <= to);
        of.count() as f32
    };
    let others = counted(least, 255);
    if others == 0.0 {
        return image.clone();
    }
    let table: Vec<u8> = (0..=255)
        .map(|sample| (counted(least, sample) * (255.0 / others)).round_ties_even() as u8)
        .collect();
    Image::from_fn(image.width, image.height, 1, |x, y, c| {
        table[usize::from(image.at(x, y, c))]
    })
}
