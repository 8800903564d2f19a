//! Fixed-point weights as the vector instructions take them: four positions at a time.

use crate::contract::stage::{AxisWeights, ResampleAxis};

/// The positions of a quad.
pub(super) const POSITIONS: usize = 4;

/// The bits of the lower part of a weight that is cut into two parts.
const LOW_BITS: u32 = 15;

/// The weights of the four positions of a quad, for one product of pairs each: those of positions 0 and 2 in the lower and upper
/// half of the first number, those of positions 1 and 3 in the second.
pub(super) type QuadWeights = [i32; 2];

/// The weights of all columns, or all rows, that a pass makes, with the source cut into quads: quad `q` has the positions from
/// `4 * q` on. A position of a quad that is outside of a span has weight 0.
pub(super) struct QuadAxis {
    spans: Vec<QuadSpan>,
    weights: Vec<QuadWeights>,
    /// Whether weights are cut into two parts, since they have more bits than a factor of the vector instructions.
    cut: bool,
    shift: u32,
    most: usize,
}

/// The consecutive quads of one column or row of the output.
#[derive(Copy, Clone)]
struct QuadSpan {
    first: u32,
    count: u32,
    /// The index of the first weights.
    weights: usize,
}

/// The weights of one column or row.
pub(super) enum SpanWeights<'a> {
    /// The weights of each quad.
    Whole(&'a [QuadWeights]),
    /// The weights of each quad in two parts, `high * 2^15 + low`.
    Cut {
        low: &'a [QuadWeights],
        high: &'a [QuadWeights],
    },
}

impl QuadAxis {
    /// The weights of `axis`; `None` where they are not fixed-point numbers.
    pub(super) fn new(axis: &ResampleAxis) -> Option<Self> {
        let AxisWeights::Fixed { values, shift } = &axis.weights else {
            return None;
        };
        let cut = values.iter().any(|&weight| i16::try_from(weight).is_err());
        let mut weights = Vec::new();
        let mut most = 0;
        let mut append = |span: &crate::contract::stage::Span| {
            let (first, count) = (span.first as usize, span.count as usize);
            let quads = first / POSITIONS..(first + count).div_ceil(POSITIONS);
            let values = &values[span.weight as usize..][..count];
            let value = |position: usize| {
                let inside = position.checked_sub(first);
                inside.and_then(|i| values.get(i)).copied().unwrap_or(0)
            };
            let start = weights.len();
            most = most.max(quads.len());
            for part in 0..1 + usize::from(cut) {
                let factor = |position: usize| match (cut, part) {
                    (false, _) => value(position),
                    (true, 0) => value(position) & ((1 << LOW_BITS) - 1),
                    (true, _) => value(position) >> LOW_BITS,
                };
                let pair = |position| factor(position) & 0xffff | factor(position + 2) << 16;
                weights.extend(quads.clone().map(|quad| {
                    let position = quad * POSITIONS;
                    [pair(position), pair(position + 1)]
                }));
            }
            QuadSpan {
                first: quads.start as u32,
                count: quads.len() as u32,
                weights: start,
            }
        };
        let spans = axis.spans.iter().map(&mut append).collect();
        Some(QuadAxis {
            spans,
            weights,
            cut,
            shift: *shift,
            most,
        })
    }

    /// The quads of a column or row of the output.
    #[inline(always)]
    pub(super) fn quads(&self, index: usize) -> std::ops::Range<usize> {
        let span = self.spans[index];
        span.first as usize..(span.first + span.count) as usize
    }

    /// The weights of a column or row of the output.
    #[inline(always)]
    pub(super) fn weights(&self, index: usize) -> SpanWeights<'_> {
        let span = self.spans[index];
        let count = span.count as usize;
        let weights = &self.weights[span.weights..];
        match self.cut {
            false => SpanWeights::Whole(&weights[..count]),
            true => {
                let (low, high) = weights[..2 * count].split_at(count);
                SpanWeights::Cut { low, high }
            }
        }
    }

    /// The number of fractional bits.
    pub(super) fn shift(&self) -> u32 {
        self.shift
    }

    /// The bits by which the upper part of a sum is shifted.
    pub(super) const HIGH_SHIFT: u32 = LOW_BITS;

    /// The most quads of a span.
    pub(super) fn most(&self) -> usize {
        self.most
    }
}
