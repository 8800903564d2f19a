//! The inverse DCT of one block, number by number, as libjpeg-turbo's 16-bit lanes compute it.

use crate::samples::idct::Block;

/// The samples of a block.
pub(crate) fn block(coefficients: &Block, divisors: &Block) -> [[u8; 8]; 8] {
    let mut columns = [[0; 8]; 8];
    let flat_columns = coefficients[8..]
        .iter()
        .all(|&coefficient| coefficient == 0);
    for x in 0..8 {
        let mut column = [0; 8];
        for y in 0..8 {
            column[y] = coefficients[8 * y + x].wrapping_mul(divisors[8 * y + x]);
        }
        columns[x] = match flat_columns {
            true => [column[0] << 2; 8],
            false => pass::<11>(column),
        };
    }
    let mut samples = [[0; 8]; 8];
    for y in 0..8 {
        let row = pass::<18>(columns.map(|column| column[y]));
        samples[y] = row.map(sample);
    }
    samples
}

/// The sample of an output of the second pass.
fn sample(output: i16) -> u8 {
    (i32::from(output) + 128).clamp(0, 255) as u8
}

/// The transform of eight numbers, with this many bits taken off.
///
/// Constants are 8192 times sums of cosines. All sums of 32 bits are in range for any input.
fn pass<const SHIFT: u32>(i: [i16; 8]) -> [i16; 8] {
    let wide = i.map(i32::from);
    let e0 = i32::from(i[0].wrapping_add(i[4])) << 13;
    let e1 = i32::from(i[0].wrapping_sub(i[4])) << 13;
    let e2 = 4433 * wide[2] - 10704 * wide[6];
    let e3 = 10703 * wide[2] + 4433 * wide[6];
    let even = [e0 + e3, e1 + e2, e1 - e2, e0 - e3];

    let z3 = i32::from(i[7].wrapping_add(i[3]));
    let z4 = i32::from(i[5].wrapping_add(i[1]));
    let y3 = -6436 * z3 + 9633 * z4;
    let y4 = 9633 * z3 + 6437 * z4;
    let odd = [
        -7373 * wide[7] + 4926 * wide[1] + y4,
        -20995 * wide[5] + 4177 * wide[3] + y3,
        -4176 * wide[5] - 20995 * wide[3] + y4,
        -4927 * wide[7] - 7373 * wide[1] + y3,
    ];

    let mut outputs = [0; 8];
    for n in 0..4 {
        outputs[n] = saturate((even[n] + odd[n] + (1 << (SHIFT - 1))) >> SHIFT);
        outputs[7 - n] = saturate((even[n] - odd[n] + (1 << (SHIFT - 1))) >> SHIFT);
    }
    outputs
}

fn saturate(sum: i32) -> i16 {
    sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// The samples of a component that belong to the image, and how many pixels one is.
pub(crate) struct Plane {
    /// Pixels for each sample, horizontally and vertically.
    pub(crate) ratio: (u8, u8),
    /// Columns and rows.
    pub(crate) size: (usize, usize),
    /// Row by row.
    pub(crate) samples: Vec<u8>,
}

impl Plane {
    /// The sample at a position; beyond the borders, the outermost one.
    fn at(&self, x: i64, y: i64) -> u32 {
        let x = x.clamp(0, self.size.0 as i64 - 1) as usize;
        let y = y.clamp(0, self.size.1 as i64 - 1) as usize;
        self.samples[y * self.size.0 + x].into()
    }

    /// The sample of a pixel.
    pub(crate) fn pixel(&self, x: u32, y: u32) -> u8 {
        let (i, j) = (
            i64::from(x / u32::from(self.ratio.0)),
            i64::from(y / u32::from(self.ratio.1)),
        );
        // The neighbors of the left and upper pixels of a sample are before it, those of the others behind it.
        let (side, below) = (i + [-1, 1][x as usize % 2], j + [-1, 1][y as usize % 2]);
        let smooth_columns = self.size.0 > 2;
        let sample = match self.ratio {
            (2, 1) if smooth_columns => (3 * self.at(i, j) + self.at(side, j) + 1 + x % 2) >> 2,
            (1, 2) => (3 * self.at(i, j) + self.at(i, below) + 1 + y % 2) >> 2,
            (2, 2) if smooth_columns => {
                let sum = |i| 3 * self.at(i, j) + self.at(i, below);
                (3 * sum(i) + sum(side) + 8 - x % 2) >> 4
            }
            _ => self.at(i, j),
        };
        sample as u8
    }
}

/// Red, green and blue of YCbCr.
pub(crate) fn rgb_of_ycc([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, u, v) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let red = y + ((91881 * v + 32768) >> 16);
    let green = y + ((-22554 * u - 46802 * v + 32768) >> 16);
    let blue = y + ((116_130 * u + 32768) >> 16);
    [red, green, blue].map(|sum| sum.clamp(0, 255) as u8)
}

/// Red, green or blue of cyan, magenta or yellow, as OpenCV computes it.
pub(crate) fn opencv_ink(x: u8, k: u8) -> u8 {
    let (x, k) = (i32::from(x), i32::from(k));
    (k - (((255 - x) * k) >> 8)) as u8
}

/// Red, green or blue of cyan, magenta or yellow, as Pillow computes it.
pub(crate) fn pillow_ink(x: u8, k: u8) -> u8 {
    let (x, k) = (i32::from(x), i32::from(k));
    let t = (255 - x) * k + 128;
    (k - (((t >> 8) + t) >> 8)).max(0) as u8
}
