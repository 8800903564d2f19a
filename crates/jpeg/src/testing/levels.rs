//! The instruction sets of this machine, and decoders for each of them.

use crate::decoder::Decoder;
use fearless_simd::Level;

/// The instruction sets that this machine has, from the baseline of its architecture on.
#[must_use]
pub fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let between = [
        best.as_sse4_2().map(Level::Sse4_2),
        best.as_avx2().map(Level::Avx2),
    ];
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let between: [Option<Level>; 0] = [];
    let between = between.into_iter().flatten();
    [Level::baseline(), best]
        .into_iter()
        .chain(between)
        .collect()
}

/// A decoder that uses this instruction set.
#[must_use]
pub fn decoder(level: Level) -> Decoder {
    Decoder::with_level(level)
}
