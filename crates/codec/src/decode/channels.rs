//! The channels of a decoded image, as its user wants them.

use pixelflume_ops::Image;
use pixelflume_ops::{ImageShape, reference};

/// One conversion of the operator `color`.
type Step = fn(&reference::Image<u8>) -> reference::Image<u8>;

/// The image with `channels` channels: 1 (gray), 3 (RGB) or 4 (RGBA). `None` for other numbers, and where `image` is not an
/// interleaved 8-bit image of 1, 3 or 4 channels.
///
/// The conversions are those of the operator `color`: gray is OpenCV's `(9798 R + 19235 G + 3735 B + 16384) >> 15`, alpha is
/// dropped without blending, and is 255 where the image had none. Both images are in memory at one time.
///
/// ```
/// use pixelflume_codec::with_channels;
/// use pixelflume_ops::Image;
///
/// let gray = Image::from_fn(1, 1, 1, |_, _, _| 7)?;
/// assert_eq!(with_channels(gray, 4).unwrap().data(), [7, 7, 7, 255]);
/// # Ok::<(), pixelflume_ops::ImageError>(())
/// ```
pub fn with_channels(image: Image, channels: u32) -> Option<Image> {
    let shape = image.shape();
    if shape != ImageShape::u8(shape.width, shape.height, shape.channels) {
        return None;
    }
    let steps: &[Step] = match (shape.channels, channels) {
        (1 | 3 | 4, same) if same == shape.channels => return Some(image),
        (1, 3) => &[reference::gray_to_rgb],
        (1, 4) => &[reference::gray_to_rgb, reference::rgb_to_rgba],
        (3, 1) => &[reference::rgb_to_gray],
        (3, 4) => &[reference::rgb_to_rgba],
        (4, 1) => &[reference::rgba_to_gray],
        (4, 3) => &[reference::rgba_to_rgb],
        _ => return None,
    };
    let (width, height) = (shape.width as usize, shape.height as usize);
    let first = reference::Image::new(width, height, shape.channels as usize, image.into_data());
    let converted = steps.iter().fold(first, |image, step| step(&image));
    let shape = ImageShape::u8(shape.width, shape.height, channels);
    Image::new(shape, converted.data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_conversion_keeps_the_size_and_says_its_channels() {
        for from in [1, 3, 4] {
            for to in [1, 3, 4] {
                let image = Image::from_fn(5, 2, from, |x, y, c| (x * 40 + y * 20 + c) as u8);
                let image = image.unwrap();
                let got = with_channels(image.clone(), to).unwrap();
                assert_eq!(got.shape(), ImageShape::u8(5, 2, to));
                if from == to {
                    assert_eq!(got, image);
                }
            }
        }
        let two = Image::from_fn(1, 1, 2, |_, _, _| 0).unwrap();
        assert_eq!(with_channels(two.clone(), 2), None);
        assert_eq!(with_channels(two, 3), None);
    }

    #[test]
    fn gray_is_that_of_opencv_and_alpha_is_dropped() {
        let one = |channels: u32, data: &[u8]| {
            Image::new(ImageShape::u8(1, 1, channels), data.to_vec()).unwrap()
        };
        // cv2.cvtColor of OpenCV 5.0.0 gives 149 for this color.
        let color = one(4, &[10, 250, 1, 9]);
        assert_eq!(with_channels(color.clone(), 3), Some(one(3, &[10, 250, 1])));
        assert_eq!(with_channels(color, 1), Some(one(1, &[150])));
    }
}
