//! Random coefficients.

use crate::testing::model::frame::{Frame, ZIGZAG};
use crate::testing::random::Random;

/// How large coefficients are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// As of photographs: few and small ones.
    Natural,
    /// Any that an encoder can write.
    Noise,
    /// Any of 16 bits: AC to 32767, DC to 16000.
    Extreme,
}

/// Fills the stores of all components, padding blocks too.
pub(super) fn fill(random: &mut Random, frame: &mut Frame, size: Size) {
    for component in &mut frame.components {
        let mut dc = 0;
        let density = random.range(0, 40) as usize;
        for block in &mut component.blocks {
            *block = [0; 64];
            dc = match size {
                Size::Natural => (dc + random.range(-60, 60)).clamp(-800, 800),
                Size::Noise => random.range(-1024, 1023),
                Size::Extreme => random.range(-16000, 16000),
            };
            block[0] = dc as i16;
            let last = match random.below(4) {
                0 => 0,
                1 => random.below(6),
                _ => random.below(64),
            };
            for (k, position) in ZIGZAG.iter().enumerate().take(last + 1).skip(1) {
                if !random.chance(density) && k != last {
                    continue;
                }
                let largest = match size {
                    Size::Natural => 1 + 80 / (k as i32 + 1),
                    Size::Noise => 1 << random.below(11),
                    Size::Extreme => (1 << random.range(1, 15)) - 1,
                };
                block[*position] = random.range(-largest, largest).clamp(-32767, 32767) as i16;
            }
        }
    }
}
