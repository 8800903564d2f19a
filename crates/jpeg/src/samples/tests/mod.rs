//! Every instruction set of this machine against plain formulas.

mod color;
mod idct;
mod model;
mod sampler;

use fearless_simd::Level;

/// The instruction sets of this machine.
fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let between = [
        best.as_sse4_2().map(Level::Sse4_2),
        best.as_avx2().map(Level::Avx2),
    ];
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let between: [Option<Level>; 0] = [];
    let between = between.into_iter().flatten();
    between.chain([best, Level::baseline()]).collect()
}
