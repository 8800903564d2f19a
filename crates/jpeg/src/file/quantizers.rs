//! Quantizers: DQT segments.

use crate::error::Fault;
use crate::file::markers::{DQT, Segment};
use crate::file::zigzag::ZIGZAG;

/// The factors of the 64 coefficients in natural order.
pub type Quantizer = [u16; 64];

/// Reads a DQT segment into the slots.
pub(crate) fn read(
    segment: &mut Segment<'_, '_>,
    slots: &mut [Option<Quantizer>; 4],
) -> Result<(), Fault> {
    while segment.left() > 0 {
        let head = segment.byte();
        let slot = head & 15;
        let quantizer = slots
            .get_mut(usize::from(slot))
            .ok_or(Fault::Slot { slot })?
            .get_or_insert([0; 64]);
        for &natural in &ZIGZAG[..64] {
            quantizer[usize::from(natural)] = match head >> 4 {
                0 => u16::from(segment.byte()),
                _ => segment.word(),
            };
        }
    }
    segment.end(DQT)
}
