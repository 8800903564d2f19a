//! Structuring elements: the pixels of a window that count, as one run of columns in each row.

use super::window::{MorphologyWindow, WindowShape};
use std::ops::Range;

/// A structuring element.
#[derive(Clone, Debug)]
pub(super) struct Element {
    /// Columns of the window.
    pub(super) width: u32,
    /// The columns of each row that count, at least one of each.
    pub(super) rows: Vec<Range<u32>>,
    /// Column and row of the anchor.
    pub(super) anchor: (u32, u32),
}

impl Element {
    /// The element of a window, and the number of times that it is applied. A window whose pixels all count, which is repeated, is a larger
    /// one that is not, as in OpenCV.
    pub(super) fn of(window: &MorphologyWindow) -> (Self, u32) {
        let (width, height) = window.sides();
        let anchor = window.anchor_or_center();
        let rows = (0..height).map(|row| columns(window.shape, (width, height), anchor, row));
        let element = Element {
            width,
            rows: rows.collect(),
            anchor,
        };
        if !element.is_full() {
            return (element, window.iterations);
        }
        let times = window.iterations;
        let repeated = |side: u32| side + (times - 1) * (side - 1);
        let (x, y) = anchor;
        let element = Element::full((repeated(width), repeated(height)), (x * times, y * times));
        (element, 1)
    }

    /// An element of which all pixels count.
    fn full((width, height): (u32, u32), anchor: (u32, u32)) -> Self {
        Element {
            width,
            rows: vec![0..width; height as usize],
            anchor,
        }
    }

    /// Whether all pixels count.
    pub(super) fn is_full(&self) -> bool {
        self.rows.iter().all(|row| *row == (0..self.width))
    }

    /// Rows of the window.
    pub(super) fn height(&self) -> u32 {
        self.rows.len() as u32
    }

    /// Width and height, where all pixels of a square of odd size count and the anchor is its center.
    pub(super) fn centered_square(&self) -> Option<u32> {
        let size = self.width;
        let is_square = self.is_full() && self.height() == size && size % 2 == 1;
        (is_square && self.anchor == (size / 2, size / 2)).then_some(size)
    }

    /// The row and the column that give, one after the other, what this element gives: for one of which all pixels count.
    pub(super) fn separated(&self) -> Option<[Element; 2]> {
        let (x, y) = self.anchor;
        let is_plane = self.width > 1 && self.height() > 1;
        (is_plane && self.is_full()).then(|| {
            [
                Element::full((self.width, 1), (x, 0)),
                Element::full((1, self.height()), (0, y)),
            ]
        })
    }
}

/// The columns of a row that count, as OpenCV's `getStructuringElement` has them.
fn columns(
    shape: WindowShape,
    (width, height): (u32, u32),
    anchor: (u32, u32),
    row: u32,
) -> Range<u32> {
    match shape {
        WindowShape::Cross if row != anchor.1 => anchor.0..anchor.0 + 1,
        WindowShape::Ellipse => {
            let (across, down) = (width / 2, height / 2);
            let [c, r] = [across, down].map(f64::from);
            let inverse = if down == 0 { 0.0 } else { 1.0 / (r * r) };
            let dy = f64::from(row) - r;
            let dx = (c * ((r * r - dy * dy) * inverse).sqrt()).round_ties_even() as u32;
            across.saturating_sub(dx)..(across + dx + 1).min(width)
        }
        WindowShape::Rectangle | WindowShape::Cross => 0..width,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(shape: WindowShape, width: u32, height: u32) -> Vec<String> {
        let window = MorphologyWindow {
            height: Some(height),
            ..MorphologyWindow::new(shape, width)
        };
        let rows = Element::of(&window).0.rows;
        let text = |row: Range<u32>| {
            (0..width)
                .map(|x| if row.contains(&x) { '#' } else { '.' })
                .collect()
        };
        rows.into_iter().map(text).collect()
    }

    /// What `getStructuringElement` of OpenCV 5.0.0 gives.
    #[test]
    fn ellipses_are_those_of_opencv() {
        let ellipse = |width, height| rows(WindowShape::Ellipse, width, height);
        assert_eq!(ellipse(5, 5), ["..#..", "#####", "#####", "#####", "..#.."]);
        assert_eq!(ellipse(1, 3), ["#", "#", "#"]);
        assert_eq!(ellipse(4, 2), ["..#.", "####"]);
        assert_eq!(
            ellipse(9, 4),
            ["....#....", ".#######.", "#########", ".#######."]
        );
    }

    #[test]
    fn a_repeated_rectangle_is_a_larger_one() {
        let window = MorphologyWindow {
            height: Some(3),
            anchor: Some((0, 2)),
            iterations: 3,
            ..MorphologyWindow::new(WindowShape::Rectangle, 4)
        };
        let (element, times) = Element::of(&window);
        assert_eq!((element.width, element.height(), times), (10, 7, 1));
        assert_eq!(element.anchor, (0, 6));
        let cross = MorphologyWindow::new(WindowShape::Cross, 3);
        let (element, times) = Element::of(&MorphologyWindow {
            iterations: 3,
            ..cross
        });
        assert_eq!((element.rows, times), (vec![1..2, 0..3, 1..2], 3));
    }
}
