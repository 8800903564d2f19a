//! The eight ways to turn and mirror an image, by the numbers of EXIF: of places, rectangles and whole images.

use pixelflume_jpeg::Rect;
use pixelflume_ops::{Image, ImageShape};

/// Columns and rows of the squares in which images are turned: the rows that a square reads stay in the cache.
const TILE: usize = 32;

/// An orientation of EXIF, 1 to 8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Turn {
    /// Rows become columns, before the image is mirrored.
    transposed: bool,
    mirrored_x: bool,
    mirrored_y: bool,
}

impl Turn {
    /// Pixels stay where they are.
    pub(crate) const NONE: Turn = Turn::of_exif(1);

    /// The turn of an orientation; none for a number that is not 1 to 8.
    pub(crate) const fn of_exif(orientation: u8) -> Self {
        Turn {
            transposed: matches!(orientation, 5..=8),
            mirrored_x: matches!(orientation, 2 | 3 | 6 | 7),
            mirrored_y: matches!(orientation, 3 | 4 | 7 | 8),
        }
    }

    /// The size of a turned image.
    pub(crate) fn size(self, width: u32, height: u32) -> (u32, u32) {
        match self.transposed {
            true => (height, width),
            false => (width, height),
        }
    }

    /// The shape of a turned image.
    pub(crate) fn shape(self, shape: ImageShape) -> ImageShape {
        let (width, height) = self.size(shape.width, shape.height);
        ImageShape {
            width,
            height,
            ..shape
        }
    }

    /// Where pixel (x, y) of an image of this size goes.
    pub(crate) fn place(self, x: u32, y: u32, width: u32, height: u32) -> (u32, u32) {
        let (columns, rows) = self.size(width, height);
        let (x, y) = self.size(x, y);
        let x = if self.mirrored_x { columns - 1 - x } else { x };
        let y = if self.mirrored_y { rows - 1 - y } else { y };
        (x, y)
    }

    /// The steps in the turned image from a pixel to its right neighbor and to the one below, by the steps to a neighbor there.
    pub(crate) fn steps(self, x_step: i64, y_step: i64) -> (i64, i64) {
        let x_step = if self.mirrored_x { -x_step } else { x_step };
        let y_step = if self.mirrored_y { -y_step } else { y_step };
        match self.transposed {
            true => (y_step, x_step),
            false => (x_step, y_step),
        }
    }

    /// The rectangle of an image of this size from which `rect`, a rectangle that lies in the turned image, is made.
    pub(crate) fn source(self, rect: Rect, width: u32, height: u32) -> Rect {
        let (columns, rows) = self.size(width, height);
        let x = match self.mirrored_x {
            true => columns - rect.x - rect.width,
            false => rect.x,
        };
        let y = match self.mirrored_y {
            true => rows - rect.y - rect.height,
            false => rect.y,
        };
        let (x, y) = self.size(x, y);
        let (width, height) = self.size(rect.width, rect.height);
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    /// Turns an image of 1, 3 or 4 channels.
    pub(crate) fn apply(self, image: Image) -> Image {
        if self == Turn::NONE {
            return image;
        }
        let (shape, data) = (image.shape(), image.data());
        let (width, height) = (shape.width as usize, shape.height as usize);
        let turned = match shape.channels {
            1 => self.pixels::<1>(data, width, height),
            3 => self.pixels::<3>(data, width, height),
            _ => self.pixels::<4>(data, width, height),
        };
        Image::new(self.shape(shape), turned).expect("a turned image has the pixels of the image")
    }

    /// The turned pixels of an image of `N` channels.
    fn pixels<const N: usize>(self, data: &[u8], width: usize, height: usize) -> Vec<u8> {
        let (columns, rows) = match self.transposed {
            true => (height, width),
            false => (width, height),
        };
        // Steps in the stored image, and where it has the first pixel of the turned one.
        let (step_x, step_y) = match self.transposed {
            true => (width as isize, 1),
            false => (1, width as isize),
        };
        let (last_x, last_y) = (columns as isize - 1, rows as isize - 1);
        let (first_x, step_x) = match self.mirrored_x {
            true => (last_x * step_x, -step_x),
            false => (0, step_x),
        };
        let (first_y, step_y) = match self.mirrored_y {
            true => (last_y * step_y, -step_y),
            false => (0, step_y),
        };
        let (stored, _) = data.as_chunks::<N>();
        let mut turned = vec![0; data.len()];
        let (pixels, _) = turned.as_chunks_mut::<N>();
        for top in (0..rows).step_by(TILE) {
            for left in (0..columns).step_by(TILE) {
                let right = columns.min(left + TILE);
                for y in top..rows.min(top + TILE) {
                    let row = &mut pixels[y * columns..][left..right];
                    let first = first_x + first_y + y as isize * step_y + left as isize * step_x;
                    for (pixel, x) in row.iter_mut().zip(0..) {
                        *pixel = stored[(first + x * step_x) as usize];
                    }
                }
            }
        }
        turned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_go_where_opencv_puts_them() {
        // The corners and one more pixel of an image of 3 x 2, by cv2.imread of files with each orientation.
        let expected = [
            (1, (3, 2), [(0, 0), (2, 0), (0, 1), (1, 0)]),
            (2, (3, 2), [(2, 0), (0, 0), (2, 1), (1, 0)]),
            (3, (3, 2), [(2, 1), (0, 1), (2, 0), (1, 1)]),
            (4, (3, 2), [(0, 1), (2, 1), (0, 0), (1, 1)]),
            (5, (2, 3), [(0, 0), (0, 2), (1, 0), (0, 1)]),
            (6, (2, 3), [(1, 0), (1, 2), (0, 0), (1, 1)]),
            (7, (2, 3), [(1, 2), (1, 0), (0, 2), (1, 1)]),
            (8, (2, 3), [(0, 2), (0, 0), (1, 2), (0, 1)]),
        ];
        for (orientation, size, places) in expected {
            let turn = Turn::of_exif(orientation);
            assert_eq!(turn.size(3, 2), size, "{orientation}");
            for ((x, y), place) in [(0, 0), (2, 0), (0, 1), (1, 0)].into_iter().zip(places) {
                assert_eq!(turn.place(x, y, 3, 2), place, "{orientation}: ({x}, {y})");
            }
            assert_eq!(turn == Turn::NONE, orientation == 1);
        }
        assert!([0, 9].map(Turn::of_exif) == [Turn::NONE; 2]);
    }

    #[test]
    fn steps_lead_from_place_to_place() {
        for orientation in 1..=8 {
            let turn = Turn::of_exif(orientation);
            let at = |x, y| {
                let (x, y) = turn.place(x, y, 5, 4);
                i64::from(x) * 3 + i64::from(y) * 100
            };
            let (step_x, step_y) = turn.steps(3, 100);
            assert_eq!(at(2, 1) - at(1, 1), step_x, "{orientation}");
            assert_eq!(at(1, 2) - at(1, 1), step_y, "{orientation}");
        }
    }

    #[test]
    fn images_and_rectangles_are_turned_as_places_are() {
        // Larger than a square of the loop in both directions.
        let (width, height) = (67, 45);
        for channels in [1, 3, 4] {
            let image = Image::from_fn(width, height, channels, |x, y, c| {
                (x * 3 + y * 11 + c * 70) as u8
            });
            let image = image.unwrap();
            for orientation in 1..=8 {
                let turn = Turn::of_exif(orientation);
                let turned = turn.apply(image.clone());
                assert_eq!(turned.shape(), turn.shape(image.shape()));
                let (columns, _) = turn.size(width, height);
                let n = channels as usize;
                for y in 0..height {
                    for x in 0..width {
                        let (to_x, to_y) = turn.place(x, y, width, height);
                        let from = (y * width + x) as usize * n;
                        let to = (to_y * columns + to_x) as usize * n;
                        assert_eq!(turned.data()[to..to + n], image.data()[from..from + n]);
                    }
                }
                let rect = Rect {
                    x: 5,
                    y: 2,
                    width: 7,
                    height: 31,
                };
                let source = turn.source(rect, width, height);
                let corners = [
                    (source.x, source.y),
                    (source.x + source.width - 1, source.y + source.height - 1),
                ];
                let corners = corners.map(|(x, y)| turn.place(x, y, width, height));
                let (left, right) = (
                    corners[0].0.min(corners[1].0),
                    corners[0].0.max(corners[1].0),
                );
                let (top, bottom) = (
                    corners[0].1.min(corners[1].1),
                    corners[0].1.max(corners[1].1),
                );
                assert_eq!((left, top), (5, 2), "{orientation}");
                assert_eq!((right, bottom), (11, 32), "{orientation}");
            }
        }
    }
}
