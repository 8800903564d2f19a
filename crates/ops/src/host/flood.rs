//! A flood: the walk over all pixels that are connected with a first one.
//!
//! It needs no memory of its own, whatever the shape of what it walks over: each pixel that it enters keeps the direction in which it was entered, and
//! that is the way back.

/// Steps to the eight neighbors of a pixel, along x and y; the first four are those with a common side.
const STEPS: [(isize, isize); 8] = [
    (0, -1),
    (-1, 0),
    (1, 0),
    (0, 1),
    (-1, -1),
    (1, -1),
    (-1, 1),
    (1, 1),
];

/// The direction in which the first pixel is entered. Those of all others are below.
const FIRST: u8 = STEPS.len() as u8;

/// An image that is flooded.
pub(crate) trait Flood {
    /// Whether the pixel at column `x` and row `y` of the image is part of what is flooded and was not entered before. Then it is entered now, and keeps
    /// the direction, 0 to 8.
    fn enter(&mut self, x: usize, y: usize, direction: u8) -> bool;

    /// Marks a pixel that was entered as done, and returns the direction that it kept. It will not be entered again.
    fn leave(&mut self, x: usize, y: usize) -> u8;
}

/// Enters and leaves each pixel that is connected with the pixel `first` by steps to `NEIGHBORS` neighbors, 4 or 8, once. Does nothing where the image
/// does not let it enter the first one. `size` is the width and height of the image.
pub(crate) fn flood<const NEIGHBORS: usize>(
    image: &mut impl Flood,
    (width, height): (usize, usize),
    first: (usize, usize),
) {
    let ((mut x, mut y), mut direction) = (first, 0);
    if !image.enter(x, y, FIRST) {
        return;
    }
    // Each turn enters a pixel, leaves one for good, or looks at the next neighbor: the loop ends.
    loop {
        if let Some(&(across, down)) = STEPS[..NEIGHBORS].get(usize::from(direction)) {
            // Left of column 0 is no column, as right of the last.
            let next = (x.wrapping_add_signed(across), y.wrapping_add_signed(down));
            let inside = next.0 < width && next.1 < height;
            if inside && image.enter(next.0, next.1, direction) {
                ((x, y), direction) = (next, 0);
            } else {
                direction += 1;
            }
        } else {
            let entered = image.leave(x, y);
            let Some(&(across, down)) = STEPS.get(usize::from(entered)) else {
                return;
            };
            (x, y) = (x.wrapping_add_signed(-across), y.wrapping_add_signed(-down));
            direction = entered + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `#` is flooded, a digit is the direction of a pixel on the way, and `.` is done.
    struct Picture(Vec<Vec<u8>>);

    impl Flood for Picture {
        fn enter(&mut self, x: usize, y: usize, direction: u8) -> bool {
            let pixel = &mut self.0[y][x];
            let is_new = *pixel == b'#';
            if is_new {
                *pixel = b'0' + direction;
            }
            is_new
        }

        fn leave(&mut self, x: usize, y: usize) -> u8 {
            std::mem::replace(&mut self.0[y][x], b'.') - b'0'
        }
    }

    fn flooded<const NEIGHBORS: usize>(picture: [&str; 5], first: (usize, usize)) -> Vec<String> {
        let mut image = Picture(picture.map(|row| row.as_bytes().to_vec()).to_vec());
        flood::<NEIGHBORS>(&mut image, (picture[0].len(), 5), first);
        let text = |row: Vec<u8>| String::from_utf8(row).expect("bytes of ASCII");
        image.0.into_iter().map(text).collect()
    }

    #[test]
    fn what_is_connected_is_done_and_the_rest_stays() {
        let picture = [
            "#### #", //
            "   # #", "## # #", "#  # #", "####  ",
        ];
        let done = [
            ".... #", //
            "   . #", ".. . #", ".  . #", "....  ",
        ];
        assert_eq!(flooded::<4>(picture, (0, 0)), done);
        assert_eq!(flooded::<8>(picture, (0, 4))[0], ".... #");
        assert_eq!(flooded::<8>(picture, (4, 0)), picture);
        let corners = ["# #  ", " #   ", "#   #", "   # ", "  #  "];
        let by_corners = [". .  ", " .   ", ".   #", "   # ", "  #  "];
        assert_eq!(flooded::<8>(corners, (0, 2)), by_corners);
        assert_eq!(flooded::<4>(corners, (0, 2))[2], ".   #");
        assert_eq!(flooded::<4>(corners, (0, 2))[1], " #   ");
    }
}
