//! The part of a stored image that is decoded: all of it, or the crop that the options ask for.

use crate::decode::options::DecodeOptions;
use crate::decode::turn::Turn;
use crate::error::DecodeError;
use crate::format::Format;
use pixelflume_jpeg::Rect;
use pixelflume_ops::{Image, ImageShape};

/// The rectangle of an image of this stored size that is decoded, where the image is turned by `turn` behind that.
///
/// # Errors
/// The image has no pixels or more than the limit, or the crop is not inside of it.
pub(crate) fn extent(
    format: Format,
    (width, height): (u32, u32),
    turn: Turn,
    options: &DecodeOptions,
) -> Result<Rect, DecodeError> {
    if width == 0 || height == 0 {
        return Err(DecodeError::Empty {
            format,
            width,
            height,
        });
    }
    let limit = options.limits.max_pixels;
    if u64::from(width) * u64::from(height) > limit {
        return Err(DecodeError::TooManyPixels {
            format,
            width,
            height,
            limit,
        });
    }
    let Some(crop) = options.crop else {
        return Ok(Rect {
            x: 0,
            y: 0,
            width,
            height,
        });
    };
    let (columns, rows) = turn.size(width, height);
    match crop.is_inside(columns, rows) {
        true => Ok(turn.source(crop, width, height)),
        false => Err(DecodeError::Crop {
            format,
            crop,
            width: columns,
            height: rows,
        }),
    }
}

/// The part of an interleaved 8-bit image in a rectangle, which lies in it.
pub(crate) fn cut(image: Image, rect: Rect) -> Image {
    let shape = image.shape();
    let part = ImageShape::u8(rect.width, rect.height, shape.channels);
    if part == shape {
        return image;
    }
    let (first, bytes) = (rect.x as usize * shape.channels as usize, part.row_bytes());
    let rows = image.data().chunks_exact(shape.row_bytes());
    let rows = rows.skip(rect.y as usize).take(rect.height as usize);
    let mut data = Vec::with_capacity(part.bytes());
    for row in rows {
        data.extend_from_slice(&row[first..first + bytes]);
    }
    Image::new(part, data).expect("a rectangle inside of an image has its pixels")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_the_pixels_of_the_image() {
        let image = Image::from_fn(7, 5, 3, |x, y, c| (x * 30 + y * 7 + c) as u8).unwrap();
        let rect = Rect {
            x: 2,
            y: 1,
            width: 4,
            height: 3,
        };
        let expected = Image::from_fn(4, 3, 3, |x, y, c| ((x + 2) * 30 + (y + 1) * 7 + c) as u8);
        assert_eq!(cut(image, rect), expected.unwrap());
    }
}
