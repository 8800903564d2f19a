//! The reference of `connected_components`.

use crate::oracle::Image;

/// OpenCV's `connectedComponentsWithAlgorithm(image, connectivity, CV_32S, CCL_WU)`.
///
/// # Panics
/// When the image is not gray.
pub fn connected_components(image: &Image<u8>, connectivity: u32) -> Image<i32> {
    assert_eq!(image.channels, 1, "the image is gray");
    let (width, height) = (image.width, image.height);
    let mut numbers = vec![0; width * height];
    let mut count = 0;
    for first in 0..width * height {
        if image.data[first] == 0 || numbers[first] != 0 {
            continue;
        }
        count += 1;
        numbers[first] = count;
        let mut found = vec![first];
        while let Some(pixel) = found.pop() {
            let (x, y) = (pixel % width, pixel / width);
            for row in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for column in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let is_neighbor = connectivity == 8 || row == y || column == x;
                    let next = row * width + column;
                    if is_neighbor && image.data[next] != 0 && numbers[next] == 0 {
                        numbers[next] = count;
                        found.push(next);
                    }
                }
            }
        }
    }
    Image::new(width, height, 1, numbers)
}
