//! Dequantization and inverse DCT of blocks of 8x8 coefficients.
//!
//! The arithmetic is that of the 16-bit lanes of libjpeg-turbo's accurate integer transform: where sums leave 16 bits, they wrap as
//! they wrap there.

mod transform;

use super::lanes::{Lanes, Work, in_longest};
use fearless_simd::{Level, dispatch, i16x8};

/// The coefficients of one block, in natural order: coefficient `8 * v + u` has horizontal frequency `u` and vertical frequency `v`.
pub(crate) type Block = [i16; 64];

/// The divisors of a component's coefficients, in natural order, as the transform takes them.
#[derive(Clone, Debug)]
pub(crate) struct Quantizer {
    /// The low 16 bits of each divisor, as a signed number.
    divisors: Block,
}

impl Quantizer {
    /// Takes divisors in natural order.
    pub(crate) fn new(divisors: &[u16; 64]) -> Self {
        Quantizer {
            divisors: divisors.map(|divisor| divisor as i16),
        }
    }
}

/// Transforms a row of blocks to eight rows of samples, which begin `pitch` bytes apart in `out`.
///
/// `extents` has for each block the last zigzag position at which a coefficient may be other than 0; 63 is always right.
///
/// # Panics
/// Where `extents` has fewer entries than there are blocks, or `out` has fewer than `7 * pitch + 8 * blocks.len()` bytes.
pub(crate) fn transform_row(
    level: Level,
    blocks: &[Block],
    extents: &[u8],
    quantizer: &Quantizer,
    out: &mut [u8],
    pitch: usize,
) {
    let row = BlockRow {
        blocks,
        extents: &extents[..blocks.len()],
        divisors: &quantizer.divisors,
        out,
        pitch,
    };
    dispatch!(level, simd => in_longest(simd, row));
}

/// Blocks side by side, and where their samples go.
struct BlockRow<'b> {
    blocks: &'b [Block],
    extents: &'b [u8],
    divisors: &'b Block,
    out: &'b mut [u8],
    pitch: usize,
}

impl Work for BlockRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self, token: L::Token) {
        let groups = self.blocks.len() / L::GROUPS;
        for n in 0..groups {
            self.transform::<L>(token, n * L::GROUPS);
        }
        for n in groups * L::GROUPS..self.blocks.len() {
            self.transform::<i16x8<L::Token>>(token, n);
        }
    }
}

impl BlockRow<'_> {
    /// Transforms the [`Lanes::GROUPS`] blocks from `first` on.
    #[inline(always)]
    fn transform<L: Lanes>(&mut self, token: L::Token, first: usize) {
        let (divisors, pitch) = (self.divisors, self.pitch);
        let blocks = &self.blocks[first..first + L::GROUPS];
        let extents = &self.extents[first..first + L::GROUPS];
        let out = &mut self.out[8 * first..];
        if extents.iter().all(|&extent| extent == 0) {
            for (n, block) in blocks.iter().enumerate() {
                flat(block[0].wrapping_mul(divisors[0]), &mut out[8 * n..], pitch);
            }
        } else {
            transform::transform::<L>(token, blocks, divisors, out, pitch);
        }
    }
}

/// The samples of a block that has a DC coefficient alone, dequantized.
#[inline(always)]
fn flat(dc: i16, out: &mut [u8], pitch: usize) {
    // The columns of `dc` are four times that, which wraps; the second pass takes five bits off.
    let output = (i32::from(dc << 2) + 16) >> 5;
    let sample = (output + 128).clamp(0, 255) as u8;
    for y in 0..8 {
        out[y * pitch..][..8].fill(sample);
    }
}
