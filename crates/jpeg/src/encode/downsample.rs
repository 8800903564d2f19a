//! Means of neighboring color samples, in libjpeg's rounding.

/// The samples that are computed at a time.
const BLOCK: usize = 32;

/// Writes the mean of each `h` samples of `v` rows. The rows have `h` times the samples of `out`, whose length is a multiple of 32.
///
/// The rounding of 2x1 and 2x2 alternates between down and up from column to column, which keeps the mean of the image.
#[inline(always)]
pub(super) fn downsample((h, v): (usize, usize), rows: [&[u8]; 2], out: &mut [u8]) {
    let [first, second] = rows;
    match (h, v) {
        (1, 1) => out.copy_from_slice(&first[..out.len()]),
        (2, 1) => means::<2, { 2 * BLOCK }>([first], [0, 1], out),
        (2, 2) => means_2x2(first, second, out),
        (1, 2) => means_1x2(first, second, out),
        _ => means::<4, { 4 * BLOCK }>([first], [2, 2], out),
    }
}

/// Means of `H` samples of one row; `P` is `H` times [`BLOCK`]. The two biases are those of even and odd columns.
#[inline(always)]
fn means<const H: usize, const P: usize>(rows: [&[u8]; 1], bias: [u16; 2], out: &mut [u8]) {
    let [row] = rows;
    let blocks = row.as_chunks::<P>().0.iter();
    for (row, out) in blocks.zip(out.as_chunks_mut::<BLOCK>().0) {
        for i in 0..BLOCK {
            let mut sum = bias[i % 2];
            for k in 0..H {
                sum += u16::from(row[H * i + k]);
            }
            out[i] = (sum >> H.trailing_zeros()) as u8;
        }
    }
}

#[inline(always)]
fn means_2x2(first: &[u8], second: &[u8], out: &mut [u8]) {
    let first = first.as_chunks::<{ 2 * BLOCK }>().0.iter();
    let rows = first.zip(second.as_chunks::<{ 2 * BLOCK }>().0);
    for ((a, b), out) in rows.zip(out.as_chunks_mut::<BLOCK>().0) {
        for i in 0..BLOCK {
            let pair = |row: &[u8; 2 * BLOCK]| u16::from(row[2 * i]) + u16::from(row[2 * i + 1]);
            let bias = 1 + (i % 2) as u16;
            out[i] = ((pair(a) + pair(b) + bias) >> 2) as u8;
        }
    }
}

#[inline(always)]
fn means_1x2(first: &[u8], second: &[u8], out: &mut [u8]) {
    for ((a, b), out) in first.iter().zip(second).zip(out) {
        *out = ((u16::from(*a) + u16::from(*b) + 1) >> 1) as u8;
    }
}
