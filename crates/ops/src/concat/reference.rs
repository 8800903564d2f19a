//! The reference of `concat`.

use crate::concat::ConcatAxis;
use crate::oracle::Image;

/// The second image to the right of the first, or below it (OpenCV's `hconcat` and `vconcat`).
///
/// # Panics
/// When their heights differ, or their widths where one is below the other, or their channels.
pub fn concat<T: Copy>(first: &Image<T>, second: &Image<T>, axis: ConcatAxis) -> Image<T> {
    assert_eq!(first.channels, second.channels, "the images fit");
    let (width, height) = match axis {
        ConcatAxis::Horizontal => {
            assert_eq!(first.height, second.height, "the images fit");
            (first.width + second.width, first.height)
        }
        ConcatAxis::Vertical => {
            assert_eq!(first.width, second.width, "the images fit");
            (first.width, first.height + second.height)
        }
    };
    Image::from_fn(width, height, first.channels, |x, y, c| match axis {
        _ if x < first.width && y < first.height => first.at(x, y, c),
        ConcatAxis::Horizontal => second.at(x - first.width, y, c),
        ConcatAxis::Vertical => second.at(x, y - first.height, c),
    })
}
