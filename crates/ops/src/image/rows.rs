//! The rows of a batch, counted over all its images: row `n` of a batch of images of `h` rows is row `n % h` of image `n / h`.

use crate::image::ImageShape;
use crate::image::layout::BatchLayout;
use std::ops::Range;

/// A copy to a slice from another one of the same length.
pub type CopyBytes = fn(&mut [u8], &[u8]);

/// Divides rows of a batch at the borders of its images, which have `height` rows: gives each image with the range of its
/// own rows.
///
/// # Panics
/// `height` is 0 and there are rows.
pub fn by_image(rows: Range<usize>, height: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
    let mut next = rows.start;
    std::iter::from_fn(move || {
        if next >= rows.end {
            return None;
        }
        let (image, begin) = (next / height, next - next % height);
        let end = rows.end.min(begin + height);
        let own = next - begin..end - begin;
        next = end;
        Some((image, own))
    })
}

/// The bytes of rows of one image without padding, in the image's bytes.
pub fn bytes_of(rows: &Range<usize>, shape: ImageShape) -> Range<usize> {
    rows.start * shape.row_bytes()..rows.end * shape.row_bytes()
}

/// Rows of a batch in ordinary memory, with any padding after rows and images. They are to be written.
pub struct BatchRowsMut<'a> {
    layout: BatchLayout,
    rows: Range<usize>,
    /// The memory from the first of these rows on, at least to the end of the last one.
    data: &'a mut [u8],
}

impl<'a> BatchRowsMut<'a> {
    /// The rows `rows` of the batch of this layout in `data`.
    ///
    /// # Panics
    /// The first of these rows does not exist.
    pub fn new(layout: BatchLayout, data: &'a mut [u8], rows: Range<usize>) -> Self {
        let data = &mut data[layout.row_offset(rows.start)..];
        BatchRowsMut { layout, rows, data }
    }

    /// Takes the first `count` rows away, or all where there are fewer.
    pub fn take(&mut self, count: usize) -> BatchRowsMut<'a> {
        let (start, layout) = (self.rows.start, self.layout);
        let middle = self.rows.end.min(start + count);
        let bytes = match middle == self.rows.end {
            true => self.data.len(),
            false => layout.row_offset(middle) - layout.row_offset(start),
        };
        let (first, rest) = std::mem::take(&mut self.data).split_at_mut(bytes);
        self.data = rest;
        self.rows.start = middle;
        BatchRowsMut {
            layout,
            rows: start..middle,
            data: first,
        }
    }

    /// Copies rows without padding from `source`, which has exactly these rows.
    ///
    /// # Panics
    /// `source` has more rows.
    pub fn write(&mut self, source: &[u8]) {
        let layout = &self.layout;
        if layout.is_tight() {
            self.data[..source.len()].copy_from_slice(source);
            return;
        }
        let first = layout.row_offset(self.rows.start);
        let sources = source.chunks_exact(layout.shape().row_bytes());
        for (row, source) in self.rows.clone().zip(sources) {
            let at = layout.row_offset(row) - first;
            self.data[at..at + source.len()].copy_from_slice(source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_divided_at_images() {
        let parts = |rows| by_image(rows, 4).collect::<Vec<_>>();
        assert_eq!(parts(2..11), [(0, 2..4), (1, 0..4), (2, 0..3)]);
        assert_eq!(parts(5..7), [(1, 1..3)]);
        assert_eq!(parts(4..8), [(1, 0..4)]);
        assert_eq!(parts(3..3), []);
    }
}
