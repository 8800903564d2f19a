//! Block smoothing of progressive files that lack scans: coefficients that never came are estimated from the DC coefficients of 5 x 5
//! blocks.

use crate::testing::model::frame::{Component, Frame, ZIGZAG};

/// Weights of the DC coefficients of 5 x 5 blocks, row by row.
type Weights = [i64; 25];

/// Estimates of zigzag positions 1 to 5, where the DC coefficients are exact.
#[rustfmt::skip]
const NEAR: [Weights; 5] = [
    [0, 0, 0, 0, 0,  0, 0, 0, 0, 0,  -7, 50, 0, -50, 7,  0, 0, 0, 0, 0,  0, 0, 0, 0, 0],
    [0, 0, -7, 0, 0,  0, 0, 50, 0, 0,  0, 0, 0, 0, 0,  0, 0, -50, 0, 0,  0, 0, 7, 0, 0],
    [0, 0, -1, 0, 0,  0, 0, 13, 0, 0,  0, 0, -24, 0, 0,  0, 0, 13, 0, 0,  0, 0, -1, 0, 0],
    [0, -1, 0, 1, 0,  -1, 10, 0, -10, 1,  0, 0, 0, 0, 0,  1, -10, 0, 10, -1,  0, 1, 0, -1, 0],
    [0, 0, 0, 0, 0,  0, 0, 0, 0, 0,  -1, 13, -24, 13, -1,  0, 0, 0, 0, 0,  0, 0, 0, 0, 0],
];

/// Estimates of zigzag positions 1 to 9, where nothing but DC came.
#[rustfmt::skip]
const FULL: [Weights; 9] = [
    [-1, -1, 0, 1, 1,  -3, 13, 0, -13, 3,  -3, 38, 0, -38, 3,  -3, 13, 0, -13, 3,  -1, -1, 0, 1, 1],
    [-1, -3, -3, -3, -1,  -1, 13, 38, 13, -1,  0, 0, 0, 0, 0,  1, -13, -38, -13, 1,  1, 3, 3, 3, 1],
    [0, 0, 1, 0, 0,  0, 2, 7, 2, 0,  0, -5, -14, -5, 0,  0, 2, 7, 2, 0,  0, 0, 1, 0, 0],
    [-1, 0, 0, 0, 1,  0, 9, 0, -9, 0,  0, 0, 0, 0, 0,  0, -9, 0, 9, 0,  1, 0, 0, 0, -1],
    [0, 0, 0, 0, 0,  0, 2, -5, 2, 0,  1, 7, -14, 7, 1,  0, 2, -5, 2, 0,  0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0,  0, 1, 0, -1, 0,  0, 2, 0, -2, 0,  0, 1, 0, -1, 0,  0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0,  0, 1, -3, 1, 0,  0, 0, 0, 0, 0,  0, -1, 3, -1, 0,  0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0,  0, 1, 0, -1, 0,  0, -3, 0, 3, 0,  0, 1, 0, -1, 0,  0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0,  0, 1, 2, 1, 0,  0, 0, 0, 0, 0,  0, -1, -2, -1, 0,  0, 0, 0, 0, 0],
];

/// The estimate of DC, where nothing but DC came.
#[rustfmt::skip]
const DC: Weights = [
    -2, -6, -8, -6, -2,  -6, 6, 42, 6, -6,  -8, 42, 152, 42, -8,  -6, 6, 42, 6, -6,  -2, -6, -8, -6, -2,
];

/// Whether libjpeg-turbo smooths the image.
fn applies(frame: &Frame) -> bool {
    let is_known = |c: &Component| {
        let Some(quantizer) = &c.quantizer else {
            return false;
        };
        c.bits[0] >= 0
            && ZIGZAG[..10]
                .iter()
                .all(|position| quantizer[*position] != 0)
    };
    let lacks = |c: &Component| c.bits[1..10].iter().any(|bits| *bits != 0);
    frame.is_progressive
        && frame.components.iter().all(is_known)
        && frame.components.iter().any(lacks)
}

/// Smooths all components, if it applies. MCU rows after `last_good` are taken as they were before the last scan of a component.
pub(super) fn smooth(frame: &mut Frame, last_good: usize) {
    if !applies(frame) {
        return;
    }
    let mcu_rows = frame.mcus().1;
    let sizes: Vec<_> = frame
        .components
        .iter()
        .map(|c| (frame.real_blocks(c), frame.stored_blocks(c).0))
        .collect();
    for (c, ((columns, rows), stored)) in frame.components.iter_mut().zip(sizes) {
        let Some(quantizer) = c.quantizer else {
            continue;
        };
        let before: Vec<i64> = c.blocks.iter().map(|block| i64::from(block[0])).collect();
        for m in 0..mcu_rows {
            let is_last = m + 1 == mcu_rows;
            let count = match rows % c.v {
                rest if is_last && rest > 0 => rest,
                _ => c.v,
            };
            let bits = if m <= last_good {
                &c.bits
            } else {
                &c.bits_before
            };
            for r in 0..count {
                let y = m * c.v + r;
                let (t, end) = (m * count + r, count * mcu_rows);
                let above1 = if t > 0 { y - 1 } else { y };
                let above2 = if t > 1 { y - 2 } else { above1 };
                let below1 = if t + 1 < end { y + 1 } else { y };
                let below2 = if t + 2 < end { y + 2 } else { below1 };
                for x in 0..columns {
                    let mut around = [0; 25];
                    for (i, row) in [above2, above1, y, below1, below2].into_iter().enumerate() {
                        for j in 0..5 {
                            let column = (x + j).saturating_sub(2).min(columns - 1);
                            around[5 * i + j] = before[row * stored + column];
                        }
                    }
                    estimate(&mut c.blocks[y * stored + x], bits, &quantizer, &around);
                }
            }
        }
    }
}

fn estimate(block: &mut [i16; 64], bits: &[i32; 64], quantizer: &[u16; 64], around: &[i64; 25]) {
    let one = |weights: &Weights, position: usize, limit: Option<i64>| {
        let products = weights.iter().zip(around).map(|(weight, dc)| weight * dc);
        let number = i64::from(quantizer[0]) * products.sum::<i64>();
        let q = i64::from(quantizer[position]);
        let size = ((q << 7) + number.abs()) / (q << 8);
        let size = limit.map_or(size, |limit| size.min(limit));
        (if number >= 0 { size } else { -size }) as i16
    };
    let is_full = bits[1..10].iter().all(|bits| *bits == -1);
    let weights = if is_full { &FULL[..] } else { &NEAR[..] };
    for (e, weights) in weights.iter().enumerate() {
        let (al, position) = (bits[e + 1], ZIGZAG[e + 1]);
        if al != 0 && block[position] == 0 {
            block[position] = one(weights, position, (al > 0).then(|| (1 << al) - 1));
        }
    }
    if is_full {
        block[0] = one(&DC, 0, None);
    }
}
