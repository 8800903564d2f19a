//! The taps of one axis: for each column or row of the output where it comes from. Moves and one resize are put together
//! here, when the plan is made.

use crate::resize::Tap;

/// The weight of a tap that is a pixel of the source as it is.
const WHOLE: i32 = 2048;

/// The taps of one axis. A tap with weights of 0 is outside the source: its `index1` is a pixel, and its `index0` is negative,
/// the less the later the pad that made it. Where both of a pixel's taps are outside, the later pad decides.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) taps: Vec<Tap>,
}

/// What a tap between pixels of which one is outside has for its index.
const MISSING: i32 = -1;

pub(super) fn is_outside(tap: &Tap) -> bool {
    tap.weight0 == 0 && tap.weight1 == 0
}

fn whole(index: i32) -> Tap {
    Tap {
        index0: index,
        index1: index,
        weight0: WHOLE,
        weight1: 0,
    }
}

/// Whether these taps of a resize take pixels as they are.
pub(super) fn only_moves(taps: &[Tap]) -> bool {
    taps.iter().all(|tap| {
        let (a, b) = (tap.weight0, tap.weight1);
        (a, b) == (WHOLE, 0) || (a, b) == (0, WHOLE)
    })
}

/// The one pixel of a tap that takes it as it is.
pub(super) fn moved_from(tap: &Tap) -> u32 {
    // Indices of a resize are inside its input.
    (if tap.weight0 == 0 {
        tap.index1
    } else {
        tap.index0
    }) as u32
}

impl Axis {
    /// The source as it is.
    pub(super) fn new(length: u32) -> Self {
        Axis {
            taps: (0..length as i32).map(whole).collect(),
        }
    }

    /// Takes the taps of these places, in order; `None` is outside, a pixel of the `rank`-th pad.
    pub(super) fn select(
        &mut self,
        places: impl Iterator<Item = Option<u32>>,
        (rank, pixel): (i32, [u8; 4]),
    ) {
        let outside = Tap {
            index0: -rank,
            index1: i32::from_le_bytes(pixel),
            weight0: 0,
            weight1: 0,
        };
        let tap = |place: Option<u32>| place.map_or(outside, |place| self.taps[place as usize]);
        self.taps = places.map(tap).collect();
    }

    /// Lays the taps of a resize over taps of single pixels. Gives the pixels outside the source that they take a part of.
    pub(super) fn interpolate(&mut self, resize: &[Tap]) -> Vec<[u8; 4]> {
        let mut pixels = Vec::new();
        let mut index = |tap: &Tap, weight: i32| {
            if !is_outside(tap) {
                return tap.index0;
            }
            if weight != 0 {
                pixels.push(tap.index1.to_le_bytes());
            }
            MISSING
        };
        let lay = |over: &Tap| Tap {
            index0: index(&self.taps[over.index0 as usize], over.weight0),
            index1: index(&self.taps[over.index1 as usize], over.weight1),
            ..*over
        };
        let taps = resize.iter().map(lay).collect();
        self.taps = taps;
        pixels
    }

    /// Gives each tap the order in which kernels read fastest: ascending, a pixel without a weight last. All of it changes
    /// the order of a sum alone.
    pub(super) fn sort(&mut self) {
        for tap in &mut self.taps {
            let ascending = tap.index0 <= tap.index1;
            let swap = match (tap.weight0, tap.weight1) {
                (_, 0) => false,
                (0, _) => true,
                _ => !ascending,
            };
            if swap {
                *tap = Tap {
                    index0: tap.index1,
                    index1: tap.index0,
                    weight0: tap.weight1,
                    weight1: tap.weight0,
                };
            }
        }
    }

    /// Makes one pixel of two that are the same. The sum along x is exact, so that it may; that along y is not.
    pub(super) fn merge(&mut self) {
        for tap in &mut self.taps {
            if tap.index0 == tap.index1 && !is_outside(tap) {
                tap.weight0 += tap.weight1;
                tap.weight1 = 0;
            }
        }
    }

    /// Whether each tap is of pixels of the source, one or two side by side, or outside.
    pub(super) fn is_adjacent(&self) -> bool {
        self.is_inside()
            && self
                .taps
                .iter()
                .all(|tap| is_outside(tap) || tap.weight1 == 0 || tap.index1 == tap.index0 + 1)
    }

    /// Whether no tap takes a part of a pixel outside the source.
    pub(super) fn is_inside(&self) -> bool {
        self.taps.iter().all(|tap| {
            let second = tap.weight1 == 0 || tap.index1 >= 0;
            is_outside(tap) || (tap.index0 >= 0 && second)
        })
    }

    /// The first pixel, where the taps are pixels as they are, one beside the other.
    pub(super) fn start(&self) -> Option<u32> {
        let first = self.taps.first()?.index0;
        let expected = (first..).map(whole);
        let row = self.taps.iter().zip(expected).all(|(tap, whole)| {
            (tap.index0, tap.weight0, tap.weight1) == (whole.index0, whole.weight0, 0)
        });
        (row && first >= 0).then_some(first as u32)
    }

    /// Changes the pixels of taps outside.
    pub(super) fn recolor(&mut self, color: impl Fn([u8; 4]) -> [u8; 4]) {
        for tap in self.taps.iter_mut().filter(|tap| is_outside(tap)) {
            tap.index1 = i32::from_le_bytes(color(tap.index1.to_le_bytes()));
        }
    }
}
