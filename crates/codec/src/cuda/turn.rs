//! The eight ways to turn and mirror an image, by the numbers of EXIF, as places of pixels.

/// An orientation of EXIF, 1 to 8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Turn {
    /// Rows become columns, before the image is mirrored.
    transposed: bool,
    mirrored_x: bool,
    mirrored_y: bool,
}

impl Turn {
    /// The turn of an orientation; none for a number that is not 1 to 8.
    pub(crate) fn of_exif(orientation: u8) -> Self {
        Turn {
            transposed: matches!(orientation, 5..=8),
            mirrored_x: matches!(orientation, 2 | 3 | 6 | 7),
            mirrored_y: matches!(orientation, 3 | 4 | 7 | 8),
        }
    }

    /// Whether pixels stay where they are.
    pub(crate) fn is_none(self) -> bool {
        self == Turn::of_exif(1)
    }

    /// The size of a turned image.
    pub(crate) fn size(self, width: u32, height: u32) -> (u32, u32) {
        match self.transposed {
            true => (height, width),
            false => (width, height),
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
            assert_eq!(turn.is_none(), orientation == 1);
        }
        assert!(Turn::of_exif(0).is_none() && Turn::of_exif(9).is_none());
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
}
