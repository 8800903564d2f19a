//! The formulas of color conversion, over blocks of samples.

use super::cmyk::Cmyk;
use super::{BLOCK, Samples};
use crate::samples::lanes::{Lanes, Work};

/// A block of luma and two color differences.
pub(super) struct Ycc<'s> {
    pub(super) y: &'s Samples,
    pub(super) cb: &'s Samples,
    pub(super) cr: &'s Samples,
}

impl Work for Ycc<'_> {
    type Output = [Samples; 3];

    /// Red, green and blue.
    ///
    /// A factor `f` of 65536ths, applied as `(f * x + 32768) >> 16`, is a multiple of 65536 and a rest that fits 16 bits: 91881 is 65536 +
    /// 26345, 116130 is 2 * 65536 - 14942, and -46802 is -65536 + 18734.
    #[inline(always)]
    fn run<L: Lanes>(self, token: L::Token) -> [Samples; 3] {
        let mut rgb = [[0; BLOCK]; 3];
        let [y, cb, cr] = [self.y, self.cb, self.cr].map(|samples| samples.as_chunks().0);
        let weights = L::broadcast(
            token,
            &[-22554, 18734, -22554, 18734, -22554, 18734, -22554, 18734],
        );
        for start in (0..BLOCK / 16).step_by(L::GROUPS) {
            let y = L::numbers(L::load_bytes(token, &y[start..]));
            let u = L::numbers(L::load_bytes(token, &cb[start..]));
            let v = L::numbers(L::load_bytes(token, &cr[start..]));
            let mut sums = [y; 3];
            for half in 0..2 {
                let (y, u, v) = (
                    y[half],
                    u[half] - splat::<L>(token, 128),
                    v[half] - splat::<L>(token, 128),
                );
                sums[0][half] =
                    y + v + scaled::<L>(v, splat::<L>(token, 26345), splat::<L>(token, 1));
                sums[2][half] =
                    y + u + u + scaled::<L>(u, splat::<L>(token, -14942), splat::<L>(token, 1));
                let [low, high] = u.zip(v);
                let (low, high) = (low.dot(weights), high.dot(weights));
                let rounding = splat::<L>(token, 128).dot(splat::<L>(token, 128));
                let both = L::narrow((low + rounding) >> 16, (high + rounding) >> 16);
                sums[1][half] = y - v + both;
            }
            for (rgb, [low, high]) in rgb.iter_mut().zip(sums) {
                let groups = &mut rgb.as_chunks_mut().0[start..];
                L::store_bytes(L::bytes(low, high), groups);
            }
        }
        rgb
    }
}

/// The same number everywhere.
#[inline(always)]
fn splat<L: Lanes>(token: L::Token, number: i16) -> L {
    L::broadcast(token, &[number; 8])
}

/// `(factor * x + 32768) >> 16`, of numbers in -128..128.
#[inline(always)]
fn scaled<L: Lanes>(x: L, factor: L, one: L) -> L {
    // The high half of twice the product is twice the result, before rounding.
    ((x + x).mul_high(factor) + one) >> 1
}

/// Red, green and blue of cyan, magenta and yellow.
#[inline(always)]
pub(super) fn inks_to_rgb(formula: Cmyk, inks: &[Samples; 3], black: &Samples) -> [Samples; 3] {
    let mut rgb = [[0; BLOCK]; 3];
    for (out, ink) in rgb.iter_mut().zip(inks) {
        for i in 0..BLOCK {
            out[i] = formula.apply(ink[i], black[i]);
        }
    }
    rgb
}

/// Gray of RGB by weights whose sum is `1 << shift`.
#[inline(always)]
pub(super) fn gray(weights: [u32; 3], shift: u32, [red, green, blue]: &[Samples; 3]) -> Samples {
    let mut gray = [0; BLOCK];
    for i in 0..BLOCK {
        let [red, green, blue] = [red[i], green[i], blue[i]].map(u32::from);
        let sum = weights[0] * red + weights[1] * green + weights[2] * blue;
        gray[i] = ((sum + (1 << (shift - 1))) >> shift) as u8;
    }
    gray
}
