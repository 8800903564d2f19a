//! Square windows of samples, for the references of box blur, erosion, dilation and median.

use super::Image;

/// The image of `f` of the samples in the window of odd `size` around each sample. `position` maps an index to one inside the
/// image, or to `None` for samples that are ignored.
pub(crate) fn windows(
    image: &Image<u8>,
    size: usize,
    position: impl Fn(isize, usize) -> Option<usize>,
    f: impl Fn(&[u8]) -> u8,
) -> Image<u8> {
    assert!(size % 2 == 1, "a window has an odd size, got {size}");
    let radius = (size / 2) as isize;
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let mut samples = Vec::with_capacity(size * size);
        for dy in -radius..=radius {
            for dx in -radius..=radius {
                let column = position(x as isize + dx, image.width);
                let row = position(y as isize + dy, image.height);
                if let (Some(column), Some(row)) = (column, row) {
                    samples.push(image.at(column, row, c));
                }
            }
        }
        f(&samples)
    })
}

/// The index, where it is inside `0..len`.
pub(crate) fn inside(index: isize, len: usize) -> Option<usize> {
    usize::try_from(index).ok().filter(|&index| index < len)
}
