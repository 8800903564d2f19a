//! The columns or rows of the output of a chain with a resample: what each is made of, and its weights in digits.

use crate::contract::stage::{AxisWeights, ResampleAxis, Span};
use crate::fusion::sample::axis::{Axis, PadPixel};

/// The weight 1 of an axis without a pass, and its fractional bits.
const ONE: (i32, u32) = (64, 6);

/// A column or row of the output that is made from the source.
pub(super) struct Sampled<'a> {
    /// Its position in the output.
    pub(super) at: u32,
    /// The first source position.
    pub(super) first: u32,
    /// The weights of the positions from there on.
    pub(super) weights: &'a [i32],
}

impl Sampled<'_> {
    /// The position behind the last one.
    pub(super) fn end(&self) -> u32 {
        self.first + self.weights.len() as u32
    }

    /// The weight of a source position, 0 for those outside.
    pub(super) fn weight(&self, position: u32) -> i32 {
        let index = position.wrapping_sub(self.first) as usize;
        self.weights.get(index).copied().unwrap_or(0)
    }
}

/// A column or row of the output that is constant.
pub(super) struct Fixed {
    /// Its position in the output.
    pub(super) at: u32,
    /// The rank of the pixel, see `ResampleColumn`.
    pub(super) rank: i32,
    /// The pixel.
    pub(super) pixel: u32,
}

/// The columns or the rows of the output, those that are made from the source by ascending positions.
pub(super) struct Entries<'a> {
    pub(super) sampled: Vec<Sampled<'a>>,
    pub(super) fixed: Vec<Fixed>,
    /// Fractional bits of the weights.
    pub(super) shift: u32,
}

impl<'a> Entries<'a> {
    /// The entries of an axis that is applied to the result of a pass, or to the source where there is no pass.
    ///
    /// # Errors
    /// The reason why the kernels do not take them: f32 weights, or taps in another order than in the source.
    pub(super) fn new(axis: &Axis, pass: Option<&'a ResampleAxis>) -> Result<Self, String> {
        let (values, shift): (&[i32], u32) = match pass.map(|pass| &pass.weights) {
            None => (&[ONE.0], ONE.1),
            Some(AxisWeights::Fixed { values, shift }) => (values, *shift),
            Some(AxisWeights::Float(_)) => return Err("its weights are f32".to_owned()),
        };
        let span = |position: u32| match pass {
            Some(pass) => pass.spans[position as usize],
            None => Span {
                first: position,
                count: 1,
                weight: 0,
            },
        };
        let (mut sampled, mut fixed) = (Vec::new(), Vec::new());
        for (at, source) in axis.copies().enumerate() {
            let at = at as u32;
            match source {
                Ok(position) => {
                    let Span {
                        first,
                        count,
                        weight,
                    } = span(position);
                    let weights = &values[weight as usize..][..count as usize];
                    sampled.push(Sampled { at, first, weights });
                }
                Err(PadPixel { pad, pixel }) => fixed.push(Fixed {
                    at,
                    rank: -pad,
                    pixel: u32::from_le_bytes(pixel),
                }),
            }
        }
        sampled.sort_by_key(|entry| (entry.first, entry.end()));
        if !sampled.is_sorted_by_key(Sampled::end) {
            return Err("its taps do not ascend".to_owned());
        }
        Ok(Entries {
            sampled,
            fixed,
            shift,
        })
    }

    /// The number of digits that the weights need: 2 or 3.
    pub(super) fn planes(&self) -> u32 {
        let fits = |weight: &i32| i16::try_from(*weight).is_ok();
        match self
            .sampled
            .iter()
            .flat_map(|entry| entry.weights)
            .all(fits)
        {
            true => 2,
            false => 3,
        }
    }
}

/// The digit of a weight of `planes` digits, as a byte.
pub(super) fn digit(weight: i32, plane: u32, planes: u32) -> u8 {
    debug_assert!(plane < planes && i8::try_from(weight >> (8 * (planes - 1))).is_ok());
    (weight >> (8 * plane)) as u8
}
