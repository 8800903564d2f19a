//! A test harness: every instruction set of this machine must compute what the baseline computes.
#![expect(unsafe_code, reason = "runs launches")]

use crate::image::{ImageBatch, ImageParam, ImageShape};
use bytemuck::NoUninit;
use fearless_simd::Level;
use pixelflume_device::{Address, Args, Device, HostConfig, HostKernel, Launch};
use std::sync::Arc;

/// Wider than several vectors, and no multiple of one.
pub(crate) const WIDTH: u32 = 201;
/// So few rows that a window of 31 rows reaches over both borders.
pub(crate) const HEIGHT: u32 = 22;

/// The instruction sets of this machine.
pub(crate) fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let between = [
        best.as_sse4_2().map(Level::Sse4_2),
        best.as_avx2().map(Level::Avx2),
    ];
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let between: [Option<Level>; 0] = [];
    between.into_iter().flatten().chain([best]).collect()
}

/// Bytes that look random, always the same.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

/// Runs the kernel at every level and compares the outputs.
pub(crate) fn same_at_all_levels<A: NoUninit>(
    name: &str,
    channels: u32,
    output: ImageShape,
    args: impl Fn(ImageParam, ImageParam) -> A,
    kernel: impl Fn(Level) -> Arc<dyn HostKernel>,
) {
    let device = Device::host_with(HostConfig::default().with_threads(1));
    let stream = device.stream().expect("a host stream");
    let input = ImageShape::u8(WIDTH, HEIGHT, channels);
    let source = noise(input.bytes());
    let run = |level| {
        let mut target = vec![0u32; output.bytes().div_ceil(4)];
        let src = ImageBatch::tight(input, 1, Address::from_ptr(source.as_ptr())).param();
        let dst = ImageBatch::tight(output, 1, Address::from_ptr(target.as_mut_ptr())).param();
        let launch = Launch::host(kernel(level), Args::of(&args(src, dst)));
        // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
        unsafe { stream.enqueue(&launch, None) }.expect("a host launch");
        stream.synchronize().expect("the kernel works");
        target
    };
    let baseline = run(Level::baseline());
    assert!(
        baseline.iter().any(|&word| word != 0),
        "{name} wrote nothing"
    );
    for level in levels() {
        assert!(run(level) == baseline, "{name} differs at {level:?}");
    }
}
