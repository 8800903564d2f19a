//! The zigzag order of coefficients.

/// The natural position (row * 8 + column) of every zigzag position. Positions 64 to 79 come from damaged files only and are the
/// last coefficient, as in libjpeg-turbo; the rest fills a power of two, so that a mask replaces the bounds check.
pub(crate) const ZIGZAG: [u8; 128] = {
    let mut order = [63; 128];
    let (mut row, mut column) = (0, 0);
    let mut position = 0;
    while position < 64 {
        order[position] = row * 8 + column;
        // Diagonals with an even sum go up, the others down; at an edge the next diagonal begins.
        if (row + column) % 2 == 0 {
            if column == 7 {
                row += 1;
            } else if row == 0 {
                column += 1;
            } else {
                row -= 1;
                column += 1;
            }
        } else if row == 7 {
            column += 1;
        } else if column == 0 {
            row += 1;
        } else {
            row += 1;
            column -= 1;
        }
        position += 1;
    }
    order
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_specification() {
        // T.81 figure 5: the first two and the last diagonals, and that every coefficient is there once.
        assert_eq!(ZIGZAG[..10], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]);
        assert_eq!(ZIGZAG[58..64], [61, 54, 47, 55, 62, 63]);
        let mut sorted: Vec<u8> = ZIGZAG[..64].to_vec();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..64));
        assert!(ZIGZAG[64..].iter().all(|&natural| natural == 63));
    }
}
