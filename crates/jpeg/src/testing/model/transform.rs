//! Dequantization and inverse transform of the model, with the 16-bit lanes of libjpeg-turbo's SIMD code.

fn lo16(value: i32) -> i32 {
    i32::from(value as i16)
}

fn sat16(value: i32) -> i32 {
    value.clamp(-32768, 32767)
}

/// One pass over eight values.
fn pass(i: [i32; 8], shift: u32) -> [i32; 8] {
    let e0 = lo16(i[0] + i[4]) << 13;
    let e1 = lo16(i[0] - i[4]) << 13;
    let e3 = 10703 * i[2] + 4433 * i[6];
    let e2 = 4433 * i[2] - 10704 * i[6];
    let (a, b, c, f) = (
        e0.wrapping_add(e3),
        e1.wrapping_add(e2),
        e1.wrapping_sub(e2),
        e0.wrapping_sub(e3),
    );
    let (z3, z4) = (lo16(i[7] + i[3]), lo16(i[5] + i[1]));
    let (y3, y4) = (-6436 * z3 + 9633 * z4, 9633 * z3 + 6437 * z4);
    let o0 = (-4927 * i[7] - 7373 * i[1]).wrapping_add(y3);
    let o3 = (-7373 * i[7] + 4926 * i[1]).wrapping_add(y4);
    let o1 = (-4176 * i[5] - 20995 * i[3]).wrapping_add(y4);
    let o2 = (-20995 * i[5] + 4177 * i[3]).wrapping_add(y3);
    let half = 1 << (shift - 1);
    let sums = [
        a.wrapping_add(o3),
        b.wrapping_add(o2),
        c.wrapping_add(o1),
        f.wrapping_add(o0),
        f.wrapping_sub(o0),
        c.wrapping_sub(o1),
        b.wrapping_sub(o2),
        a.wrapping_sub(o3),
    ];
    sums.map(|sum| sat16(sum.wrapping_add(half) >> shift))
}

/// The samples of a block, in rows, from its coefficients and its quantizer, both in natural order.
pub(super) fn samples(block: &[i16; 64], quantizer: &[u16; 64]) -> [u8; 64] {
    let mut values = [0_i32; 64];
    for k in 0..64 {
        values[k] = lo16(i32::from(block[k]) * i32::from(quantizer[k] as i16));
    }
    if block[8..].iter().all(|coefficient| *coefficient == 0) {
        let columns: [i32; 8] = std::array::from_fn(|x| lo16(values[x] << 2));
        values = std::array::from_fn(|k| columns[k % 8]);
    } else {
        for x in 0..8 {
            let column = std::array::from_fn(|y| values[8 * y + x]);
            for (y, value) in pass(column, 11).into_iter().enumerate() {
                values[8 * y + x] = value;
            }
        }
    }
    let mut samples = [0; 64];
    for y in 0..8 {
        let row = std::array::from_fn(|x| values[8 * y + x]);
        for (x, value) in pass(row, 18).into_iter().enumerate() {
            samples[8 * y + x] = (value + 128).clamp(0, 255) as u8;
        }
    }
    samples
}
