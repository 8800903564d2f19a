//! The division of a batch into pieces that are copied one by one, so that copies by threads and transfers overlap.

use pixelflume_ops::ImageShape;
use std::ops::Range;

/// The largest batch in bytes that is copied in one piece, by the calling thread alone: to wake other threads takes as long
/// as to copy a part of it.
pub(super) const SMALL: usize = 1 << 20;
/// Bytes of the first pieces of a batch that is uploaded: the transfer begins when the first of them is filled.
const FIRST: usize = 256 << 10;
/// Bytes of the largest pieces: a transfer of this size takes nearly all of the bandwidth of the bus.
const LARGEST: usize = 2 << 20;
/// Pieces of each smaller size, as many as threads fill by default: while one round is transferred, the next one is filled.
const ROUND: usize = 8;
/// The sizes from [`FIRST`] to [`LARGEST`], each twice the one before.
const SIZES: usize = (LARGEST / FIRST).ilog2() as usize;

/// A division of the rows of a batch. Each piece has whole rows, at least one. The size of a piece depends on its index and
/// on the length of a row, not on the number of rows.
#[derive(Copy, Clone, Debug)]
pub(super) struct Pieces {
    row_bytes: usize,
    rows: usize,
    /// Bytes of the first pieces.
    first: usize,
}

impl Pieces {
    /// The pieces of a batch that is uploaded: small ones first.
    pub(super) fn growing(shape: ImageShape, frames: usize) -> Self {
        Pieces::new(shape, frames, FIRST)
    }

    /// The pieces of a batch that is downloaded: large ones, which several threads take apart.
    pub(super) fn even(shape: ImageShape, frames: usize) -> Self {
        Pieces::new(shape, frames, LARGEST)
    }

    /// The pieces of a stream of bytes that is uploaded, of which `bytes` is a multiple of `unit`, the unit of division.
    pub(super) fn of_bytes(bytes: usize, unit: usize) -> Self {
        Pieces::of_rows(unit, bytes / unit, FIRST)
    }

    fn new(shape: ImageShape, frames: usize, first: usize) -> Self {
        Pieces::of_rows(shape.row_bytes(), shape.rows() * frames, first)
    }

    fn of_rows(row_bytes: usize, rows: usize, first: usize) -> Self {
        let first = match row_bytes * rows <= SMALL {
            true => SMALL,
            false => first,
        };
        Pieces {
            row_bytes,
            rows,
            first,
        }
    }

    /// Bytes of the whole batch.
    pub(super) fn total(&self) -> usize {
        self.row_bytes * self.rows
    }

    /// Whether the calling thread copies the batch alone, in one piece.
    pub(super) fn is_small(&self) -> bool {
        self.total() <= SMALL
    }

    /// Rows of each piece of the size `size`, counted from 0.
    fn rows_of_size(&self, size: usize) -> usize {
        let bytes = (self.first << size).min(LARGEST);
        (bytes / self.row_bytes).max(1)
    }

    /// The number of pieces.
    pub(super) fn count(&self) -> usize {
        let (mut left, mut count) = (self.rows, 0);
        for size in 0..SIZES {
            let rows = self.rows_of_size(size);
            if left <= ROUND * rows {
                return count + left.div_ceil(rows);
            }
            left -= ROUND * rows;
            count += ROUND;
        }
        count + left.div_ceil(self.rows_of_size(SIZES))
    }

    /// The rows of a piece, which exists.
    pub(super) fn rows(&self, piece: usize) -> Range<usize> {
        let (mut start, mut piece) = (0, piece);
        let mut rows = self.rows_of_size(SIZES);
        for size in 0..SIZES {
            let smaller = self.rows_of_size(size);
            if piece < ROUND {
                rows = smaller;
                break;
            }
            start += ROUND * smaller;
            piece -= ROUND;
        }
        let start = start + piece * rows;
        start..self.rows.min(start + rows)
    }

    /// The bytes of a piece in the batch.
    pub(super) fn bytes(&self, piece: usize) -> Range<usize> {
        let Range { start, end } = self.rows(piece);
        start * self.row_bytes..end * self.row_bytes
    }

    /// Bytes to allocate for a piece, so that smaller batches than this one fit as well.
    pub(super) fn room(&self, piece: usize) -> usize {
        match piece {
            // A small batch is in one piece.
            0 => self.bytes(0).len().max(self.total().min(SMALL)),
            _ => self.bytes(piece).len(),
        }
    }
}

/// Bytes that a thread takes out of a downloaded piece at a time.
const PART: usize = 256 << 10;

/// Goes through parts of pieces in turn, each with whole rows of one piece.
pub(super) struct Parts {
    pieces: Pieces,
    piece: usize,
    /// The first row of the next part.
    next: usize,
}

impl Parts {
    pub(super) fn new(pieces: Pieces) -> Self {
        Parts {
            pieces,
            piece: 0,
            next: 0,
        }
    }

    /// Rows of a part that is not the last one of its piece.
    fn rows(pieces: &Pieces) -> usize {
        match pieces.is_small() {
            true => pieces.rows,
            false => (PART / pieces.row_bytes).max(1),
        }
    }

    /// The number of parts of all pieces.
    pub(super) fn count(pieces: &Pieces) -> usize {
        let rows = Parts::rows(pieces);
        (0..pieces.count())
            .map(|piece| pieces.rows(piece).len().div_ceil(rows))
            .sum()
    }
}

impl Iterator for Parts {
    /// A piece, and the rows of the part in the batch.
    type Item = (usize, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.pieces.rows {
            return None;
        }
        let end = self.pieces.rows(self.piece).end;
        let part = self.next..end.min(self.next + Parts::rows(&self.pieces));
        let piece = self.piece;
        self.next = part.end;
        if part.end == end {
            self.piece += 1;
        }
        Some((piece, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_parts_are_the_whole_batch_in_order() {
        let shapes = [
            (450, 450, 3),
            (224, 224, 3),
            (1, 3_000_000, 1),
            (700_000, 9, 4),
        ];
        for (width, height, channels) in shapes {
            let shape = ImageShape::u8(width, height, channels);
            for frames in [1, 2, 3, 7, 64] {
                for pieces in [Pieces::growing(shape, frames), Pieces::even(shape, frames)] {
                    let mut next = 0;
                    for piece in 0..pieces.count() {
                        let rows = pieces.rows(piece);
                        assert!(
                            rows.start == next && !rows.is_empty(),
                            "{pieces:?} {rows:?}"
                        );
                        let bytes = pieces.bytes(piece).len();
                        assert!(
                            bytes <= LARGEST.max(shape.row_bytes()),
                            "{pieces:?} {bytes}"
                        );
                        next = rows.end;
                    }
                    assert_eq!(next * shape.row_bytes(), pieces.total());
                    let parts: Vec<_> = Parts::new(pieces).collect();
                    assert_eq!(parts.len(), Parts::count(&pieces));
                    let mut next = 0;
                    for (piece, rows) in parts {
                        let own = pieces.rows(piece);
                        assert!(rows.start == next && !rows.is_empty() && rows.end <= own.end);
                        assert!(own.start <= rows.start);
                        next = rows.end;
                    }
                    assert_eq!(next, pieces.rows);
                }
            }
        }
    }

    #[test]
    fn room_for_the_largest_batch_is_room_for_smaller_ones() {
        let shape = ImageShape::u8(450, 450, 3);
        for division in [Pieces::growing, Pieces::even] {
            let largest = division(shape, 16);
            for frames in 1..=16 {
                let pieces = division(shape, frames);
                assert!(pieces.count() <= largest.count());
                for piece in 0..pieces.count() {
                    assert!(
                        pieces.bytes(piece).len() <= largest.room(piece),
                        "{frames} {piece}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_small_batch_is_one_piece_and_a_large_one_begins_small() {
        let shape = ImageShape::u8(512, 512, 1);
        assert_eq!(Pieces::growing(shape, 4).count(), 1);
        let pieces = Pieces::growing(shape, 200);
        assert_eq!(pieces.bytes(0).len(), FIRST);
        let last = pieces.bytes(pieces.count() - 2).len();
        assert_eq!(last, LARGEST);
        assert_eq!(Pieces::even(shape, 200).bytes(0).len(), LARGEST);
    }
}
