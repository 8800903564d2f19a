//! Coefficients to RGB, of 1920x1080 pixels, on one core: every instruction set of the machine, in turns.
//!
//! `cargo bench -p pixelflume-jpeg --features testing --bench samples`. The coefficients are noise that becomes weaker with the
//! frequency, as many as a photograph has at quality 90.

use criterion::{Criterion, criterion_group, criterion_main};
use fearless_simd::Level;
use pixelflume_jpeg::testing::samples::{Coefficients, Pixels};
use std::hint::black_box;

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;

/// Natural positions in zigzag order.
fn zigzag() -> Vec<usize> {
    let mut order: Vec<usize> = (0..64).collect();
    order.sort_by_key(|&natural| {
        let (y, x) = (natural / 8, natural % 8);
        (x + y, if (x + y) % 2 == 0 { x } else { y })
    });
    order
}

/// The blocks of a component of `columns` x `rows` blocks.
fn coefficients(columns: usize, rows: usize) -> Coefficients {
    let mut state = 1u64;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let order = zigzag();
    let mut blocks = vec![[0; 64]; columns * rows];
    let mut extents = vec![0; columns * rows];
    for (block, extent) in blocks.iter_mut().zip(&mut extents) {
        *extent = next(40) as u8;
        block[0] = next(200) as i16 - 100;
        for (k, &natural) in order
            .iter()
            .enumerate()
            .take(usize::from(*extent) + 1)
            .skip(1)
        {
            block[natural] = next(40) as i16 / k as i16 - 1;
        }
    }
    Coefficients {
        columns,
        blocks,
        extents,
    }
}

fn levels() -> Vec<(&'static str, Level)> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    let between = [
        ("SSE4.2", best.as_sse4_2().map(Level::Sse4_2)),
        ("AVX2", best.as_avx2().map(Level::Avx2)),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let between: [(&str, Option<Level>); 0] = [];
    let between = between
        .into_iter()
        .filter_map(|(name, level)| Some((name, level?)));
    between.chain([("best", best)]).collect()
}

fn samples(criterion: &mut Criterion) {
    let mut target = vec![0; (WIDTH * HEIGHT * 3) as usize];
    for (name, ratio) in [("4:4:4", (1, 1)), ("4:2:2", (2, 1)), ("4:2:0", (2, 2))] {
        let luma = coefficients(240, 136);
        let chroma = coefficients(240 / usize::from(ratio.0), 136 / usize::from(ratio.1));
        let components = [luma, chroma.clone(), chroma];
        let mut group = criterion.benchmark_group(name);
        for (level_name, level) in levels() {
            let mut pixels = Pixels::new(level, WIDTH, HEIGHT, ratio, &[3; 64]);
            group.bench_function(format!("inverse DCT, {level_name}"), |bencher| {
                bencher.iter(|| pixels.transform(black_box(&components)));
            });
            pixels.convert(&components, true, &mut target);
            group.bench_function(format!("upsampling and color, {level_name}"), |bencher| {
                bencher.iter(|| pixels.convert(black_box(&components), false, &mut target));
            });
            group.bench_function(format!("all, {level_name}"), |bencher| {
                bencher.iter(|| pixels.convert(black_box(&components), true, &mut target));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, samples);
criterion_main!(benches);
