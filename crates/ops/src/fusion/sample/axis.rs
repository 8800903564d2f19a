//! The taps of one axis: for each column or row of the output the positions of the source that it is made of. Gathers and
//! at most one resize are composed here, when the plan is made.

use crate::contract::stage::Tap;

/// The weight of a pixel that is taken as it is, in 1/2048.
const ONE: i32 = 2048;

/// The source of one column or row of the output.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum AxisTap {
    /// One position of the source.
    Copy(u32),
    /// The weighted sum of two positions of the source, by a resize. `None` is a position outside the source, whose pixel is
    /// the constant of a pad before the resize.
    Blend {
        positions: [Option<u32>; 2],
        weights: [i32; 2],
    },
    /// A constant pixel: the column or row lies outside the source. Where column and row are both constant, the pixel of the
    /// later pad is the one to be seen.
    Constant(PadPixel),
}

/// The constant pixel of a pad.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct PadPixel {
    /// The number of the pad in the chain, counted from 1.
    pub(super) pad: i32,
    /// The samples of the pixel; pixels of fewer channels have the first ones.
    pub(super) pixel: [u8; 4],
}

/// The taps of one axis of the output.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    taps: Vec<AxisTap>,
}

/// Whether each of these taps of a resize takes one pixel as it is.
pub(super) fn only_copies(taps: &[Tap]) -> bool {
    let copies = |tap: &Tap| matches!((tap.weight0, tap.weight1), (ONE, 0) | (0, ONE));
    taps.iter().all(copies)
}

/// The position of the pixel that a tap of a resize takes as it is.
pub(super) fn copied_position(tap: &Tap) -> u32 {
    let index = if tap.weight0 == 0 {
        tap.index1
    } else {
        tap.index0
    };
    // Indices of a resize are inside its input.
    index as u32
}

impl Axis {
    /// The axis whose output is the source.
    pub(super) fn identity(length: u32) -> Self {
        Axis {
            taps: (0..length).map(AxisTap::Copy).collect(),
        }
    }

    /// Columns or rows of the output so far.
    pub(super) fn len(&self) -> usize {
        self.taps.len()
    }

    /// Makes an output of these columns or rows of the output so far, in this order; `None` is the constant of a pad.
    pub(super) fn select(
        &mut self,
        positions: impl Iterator<Item = Option<u32>>,
        constant: PadPixel,
    ) {
        let tap = |position: Option<u32>| match position {
            Some(position) => self.taps[position as usize],
            None => AxisTap::Constant(constant),
        };
        self.taps = positions.map(tap).collect();
    }

    /// Applies a resize to an axis without one. Returns the constant pixels that its sums contain.
    pub(super) fn interpolate(&mut self, resize: &[Tap]) -> Vec<[u8; 4]> {
        let mut pixels = Vec::new();
        let mut position = |index: i32, weight: i32| match self.taps[index as usize] {
            AxisTap::Copy(position) => Some(position),
            AxisTap::Constant(PadPixel { pixel, .. }) => {
                if weight != 0 {
                    pixels.push(pixel);
                }
                None
            }
            AxisTap::Blend { .. } => unreachable!("a chain has one resize that interpolates"),
        };
        let blend = |tap: &Tap| AxisTap::Blend {
            positions: [
                position(tap.index0, tap.weight0),
                position(tap.index1, tap.weight1),
            ],
            weights: [tap.weight0, tap.weight1],
        };
        let taps = resize.iter().map(blend).collect();
        self.taps = taps;
        pixels
    }

    /// Orders the two positions of each sum as the kernels read them fastest: ascending, a position without weight last. The
    /// sums stay the same.
    pub(super) fn sort(&mut self) {
        for tap in &mut self.taps {
            if let AxisTap::Blend { positions, weights } = tap {
                let swap = match *weights {
                    [_, 0] => false,
                    [0, _] => true,
                    _ => positions[0] > positions[1],
                };
                if swap {
                    positions.reverse();
                    weights.reverse();
                }
            }
        }
    }

    /// Makes one position with both weights of two equal positions. That is right along x alone, where the sum is exact:
    /// along y each product is rounded.
    pub(super) fn merge(&mut self) {
        for tap in &mut self.taps {
            if let AxisTap::Blend { positions, weights } = tap
                && positions[0] == positions[1]
            {
                *weights = [weights[0] + weights[1], 0];
            }
        }
    }

    /// Whether the positions of each sum are inside the source, and side by side.
    pub(super) fn is_adjacent(&self) -> bool {
        self.taps.iter().all(|tap| match *tap {
            AxisTap::Blend { positions, weights } => match positions {
                [Some(_), _] if weights[1] == 0 => true,
                [Some(first), Some(second)] => second == first + 1,
                _ => false,
            },
            AxisTap::Copy(_) | AxisTap::Constant(_) => true,
        })
    }

    /// Whether the positions of each sum are inside the source.
    pub(super) fn is_inside(&self) -> bool {
        self.taps.iter().all(|tap| match *tap {
            AxisTap::Blend { positions, weights } => {
                positions[0].is_some() && (weights[1] == 0 || positions[1].is_some())
            }
            AxisTap::Copy(_) | AxisTap::Constant(_) => true,
        })
    }

    /// The first position, where the output is consecutive positions of the source.
    pub(super) fn start(&self) -> Option<u32> {
        let AxisTap::Copy(first) = *self.taps.first()? else {
            return None;
        };
        let consecutive = (first..).map(AxisTap::Copy);
        let is_range = self.taps.iter().copied().eq(consecutive.take(self.len()));
        is_range.then_some(first)
    }

    /// The position that each column or row copies, or the constant pixel that it is.
    pub(super) fn copies(&self) -> impl Iterator<Item = Result<u32, PadPixel>> {
        self.taps.iter().map(|tap| match *tap {
            AxisTap::Copy(position) => Ok(position),
            AxisTap::Constant(pixel) => Err(pixel),
            AxisTap::Blend { .. } => unreachable!("the axis of a resample has copies alone"),
        })
    }

    /// Changes the constant pixels.
    pub(super) fn recolor(&mut self, color: impl Fn([u8; 4]) -> [u8; 4]) {
        for tap in &mut self.taps {
            if let AxisTap::Constant(PadPixel { pixel, .. }) = tap {
                *pixel = color(*pixel);
            }
        }
    }

    /// The taps as the kernels read them (`SampleArgs::tables`).
    pub(super) fn packed(&self) -> impl Iterator<Item = Tap> {
        self.taps.iter().map(AxisTap::packed)
    }
}

impl AxisTap {
    fn packed(&self) -> Tap {
        /// The index of a position outside the source.
        const OUTSIDE: i32 = -1;
        let index = |position: Option<u32>| position.map_or(OUTSIDE, |position| position as i32);
        let (indices, weights) = match *self {
            AxisTap::Copy(position) => ([position as i32; 2], [ONE, 0]),
            AxisTap::Blend { positions, weights } => (positions.map(index), weights),
            AxisTap::Constant(PadPixel { pad, pixel }) => {
                ([-pad, i32::from_le_bytes(pixel)], [0, 0])
            }
        };
        Tap {
            index0: indices[0],
            index1: indices[1],
            weight0: weights[0],
            weight1: weights[1],
        }
    }
}
